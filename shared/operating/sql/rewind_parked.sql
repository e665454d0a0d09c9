WITH taken AS (DELETE FROM parked WHERE consumer = $1 RETURNING record)
SELECT count(*) FROM taken
