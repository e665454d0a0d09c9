-- Drops a database whoever is connected, or every database of a prefix. psql variable: prefix.
SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname)
FROM pg_database
WHERE starts_with(datname, :'prefix')
\gexec
