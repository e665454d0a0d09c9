-- Receipts that were not sent yet; the cursor's row is the right to send them, held until the end of the transaction.
WITH cursor AS (SELECT serial FROM receipts_cursor FOR UPDATE SKIP LOCKED)
SELECT r.* FROM cursor c JOIN receipts r ON r.serial > c.serial ORDER BY r.serial LIMIT $1
