-- What verifications found, who asked for one, and signed checkpoints of all stores. They stand beside the event store and
-- not among the views, which are made anew; so they may be there already when this runs.

CREATE TABLE IF NOT EXISTS public.proof_runs (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason      text        NOT NULL CHECK (reason <> ''),
    begun_at    timestamptz,
    finished_at timestamptz,
    error       text        NOT NULL DEFAULT ''
);
COMMENT ON TABLE public.proof_runs IS 'Verifications: those that operators asked for, and those that were due; error: why one could not be finished.';
CREATE INDEX IF NOT EXISTS proof_runs_waiting ON public.proof_runs (id) WHERE finished_at IS NULL;

CREATE TABLE IF NOT EXISTS public.proofs (
    run     bigint           NOT NULL REFERENCES public.proof_runs,
    nth     integer          NOT NULL,
    part    text             NOT NULL,
    service text             NOT NULL,
    of      text             NOT NULL,
    checked bigint           NOT NULL,
    unit    text             NOT NULL,
    place   text             NOT NULL,
    message text             NOT NULL,
    PRIMARY KEY (run, nth)
);
COMMENT ON TABLE public.proofs IS 'What a verification found, in its order; place and message tell the first difference and are empty where there is none.';

CREATE TABLE IF NOT EXISTS public.checkpoints (
    store     text        COLLATE "C" NOT NULL,
    shard     integer     NOT NULL,
    position  bigint      NOT NULL,
    hash      text        NOT NULL,
    time      text        NOT NULL,
    key       text        NOT NULL,
    signature text        NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (store, shard, position, key, time)
);
COMMENT ON TABLE public.checkpoints IS 'Signed checkpoints as they were given out; time: as it was signed. They prove something where they are kept elsewhere too.';

GRANT SELECT, INSERT, UPDATE ON public.proof_runs TO obec_app;
GRANT SELECT, INSERT ON public.proofs, public.checkpoints TO obec_app;
