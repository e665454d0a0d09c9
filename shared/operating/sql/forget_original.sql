WITH gone AS (DELETE FROM originals WHERE source = $1 AND id = $2)
DELETE FROM original_keys WHERE source = $1 AND id = $2
