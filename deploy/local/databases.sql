-- The services' databases and their two roles each: the owner migrates and owns the tables, the app role runs.
-- Analysts come to reporting's database by a role of their own, which reads the views of schema analysis alone.
-- psql variables: owner_password, app_password, and analyst_password, without which that role cannot log in. Can be run
-- again at any time.
\if :{?analyst_password}
\else
    \set analyst_password ''
\endif
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

SELECT 'CREATE ROLE obec_reporting_analyst'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'obec_reporting_analyst')
\gexec

SELECT format('ALTER ROLE obec_reporting_analyst %s CONNECTION LIMIT 10 PASSWORD %L', can, password)
FROM (SELECT nullif(:'analyst_password', '') AS password) AS given,
     LATERAL (SELECT CASE WHEN password IS NULL THEN 'NOLOGIN' ELSE 'LOGIN' END AS can) AS login
\gexec
ALTER ROLE obec_reporting_analyst SET search_path = analysis;
ALTER ROLE obec_reporting_analyst SET default_transaction_read_only = on;
ALTER ROLE obec_reporting_analyst SET statement_timeout = '60s';
ALTER ROLE obec_reporting_analyst SET idle_in_transaction_session_timeout = '60s';
GRANT CONNECT ON DATABASE obec_reporting TO obec_reporting_analyst;
