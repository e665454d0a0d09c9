-- The services' databases and their two roles each: the owner migrates and owns the tables, the app role runs.
-- psql variables: owner_password, app_password. Can be run again at any time.
SET client_min_messages = warning;
SET password_encryption = 'scram-sha-256';
-- The passwords are 128 random bits: there is nothing for a slow hash to protect.
SET scram_iterations = 1;

CREATE TEMPORARY TABLE service AS
SELECT name AS database, name || '_owner' AS owner, name || '_app' AS app
FROM unnest(ARRAY ['obec_committee', 'obec_activity', 'obec_evaluation', 'obec_reporting']) AS name;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM service, LATERAL unnest(ARRAY [owner, app]) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

SELECT format('ALTER ROLE %I PASSWORD %L', owner, :'owner_password'),
       format('ALTER ROLE %I PASSWORD %L', app, :'app_password')
FROM service
\gexec

SELECT format('ALTER ROLE %I SET lock_timeout = %L', role, '10s'),
       format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '30s')
FROM service, LATERAL unnest(ARRAY [owner, app]) AS role
\gexec

SELECT format('CREATE DATABASE %I OWNER %I', database, owner)
FROM service
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = database)
\gexec

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database),
       format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', database, app)
FROM service
\gexec

-- What every role that runs may do is granted to one group, so that migrations need not know a role's name.
SELECT 'CREATE ROLE obec_app NOLOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'obec_app')
\gexec

SELECT format('GRANT obec_app TO %I', app)
FROM service
\gexec
