-- The database of one test. psql variables: database, template, owner, app.
CREATE DATABASE :"database" TEMPLATE :"template" OWNER :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"app";
