SELECT * FROM receipts WHERE publisher = $1 AND source = $2 AND id = $3 AND outcome <> 'conflict' ORDER BY serial DESC LIMIT 1
