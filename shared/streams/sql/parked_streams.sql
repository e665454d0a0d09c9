SELECT DISTINCT stream FROM parked WHERE consumer = $1 AND stream IS NOT NULL
