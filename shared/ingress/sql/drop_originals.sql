WITH gone AS (DELETE FROM originals WHERE kept_until <= now() RETURNING source, id)
DELETE FROM original_keys k USING gone g WHERE k.source = g.source AND k.id = g.id
