UPDATE receipts_cursor SET serial = $1
