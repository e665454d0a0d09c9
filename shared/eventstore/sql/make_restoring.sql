CREATE TABLE IF NOT EXISTS public.restoring (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    folder   text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT ON public.restoring TO obec_app;
