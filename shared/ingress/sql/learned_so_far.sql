SELECT count(*) > 0 FROM consumer_offsets WHERE consumer = $1 AND store = $2
