-- The archive of published reports. It stands beside the event store and not among the views: these are dropped and made
-- anew, a published file never is. For the same reason it may be there already when this runs.

CREATE TABLE IF NOT EXISTS public.report_content (
    programme text    COLLATE "C" NOT NULL,
    edition   integer NOT NULL,
    sha256    text    COLLATE "C" NOT NULL,
    content   bytea   NOT NULL,
    PRIMARY KEY (programme, edition, sha256)
);
COMMENT ON TABLE public.report_content IS 'What editions say, as canonical JSON; the event ReportPublished names the hash of the one that was published.';

CREATE TABLE IF NOT EXISTS public.report_file (
    programme  text    COLLATE "C" NOT NULL,
    edition    integer NOT NULL,
    name       text    COLLATE "C" NOT NULL,
    media_type text    NOT NULL,
    sha256     text    COLLATE "C" NOT NULL,
    size       integer NOT NULL,
    bytes      bytea   NOT NULL,
    PRIMARY KEY (programme, edition, name, sha256)
);
COMMENT ON TABLE public.report_file IS 'Files of editions; a row that no event names was made for a publication that did not come about.';

GRANT SELECT, INSERT ON public.report_content, public.report_file TO obec_app;
