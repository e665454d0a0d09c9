-- What analysts' role must not see: nobody but who runs the service has business in schema public. The views that it does
-- see, schema analysis, are put up after the migrations, from the queries as they are: services/reporting/analysis.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO obec_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO obec_app;
