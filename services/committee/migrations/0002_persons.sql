-- The person register: who a person_id is. Rows, not events, because a name must be erasable.

CREATE TABLE persons (
    person_id     uuid        PRIMARY KEY,
    publisher     text        COLLATE "C",
    ref           text        COLLATE "C",
    display_name  text,
    erased_at     timestamptz,
    UNIQUE (publisher, ref),
    CHECK (num_nonnulls(publisher, ref, display_name) = CASE WHEN erased_at IS NULL THEN 3 ELSE 0 END)
);
COMMENT ON TABLE persons IS 'Registered persons; an erased one keeps its id alone, so that it is never given again.';
COMMENT ON COLUMN persons.ref IS 'What the publisher calls the person; one person_id for each (publisher, ref).';

GRANT SELECT, INSERT, UPDATE ON persons TO obec_app;
