SELECT EXISTS (SELECT FROM consumer_offsets WHERE consumer = $1)
