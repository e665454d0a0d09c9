SELECT name, shards, clock, secret FROM store
