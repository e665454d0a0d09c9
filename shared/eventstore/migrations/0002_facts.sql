-- Facts that other systems send: what became of each, which of them wait for another, and what is told of it.

ALTER TABLE inbox ADD COLUMN reason text;
COMMENT ON COLUMN inbox.reason IS 'JSON {code, params, pointer, errors} of a fact that was rejected or quarantined; NULL when accepted.';

CREATE TABLE waiting (
    source      text        COLLATE "C" NOT NULL,
    id          text        COLLATE "C" NOT NULL,
    digest      bytea       NOT NULL,
    publisher   text        COLLATE "C" NOT NULL,
    type        text        COLLATE "C" NOT NULL,
    stream      text        COLLATE "C" NOT NULL,
    waits_for   text[]      NOT NULL,
    reason      text        NOT NULL,
    fact        text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    woken       bigint      NOT NULL DEFAULT 0,
    looked_at   bigint      NOT NULL DEFAULT -1,
    PRIMARY KEY (source, id)
);
CREATE INDEX waiting_for ON waiting USING gin (waits_for);
CREATE INDEX waiting_due ON waiting (occurred_at, received_at) WHERE woken > looked_at;
CREATE INDEX waiting_expires ON waiting (expires_at);
COMMENT ON TABLE waiting IS 'Facts whose predecessor has not come. waits_for: streams, claim:<scope>/<key>, or learned:<stream of another service>.';
COMMENT ON COLUMN waiting.woken IS 'How often something came that it waits for; it is decided again while this is more than looked_at.';

CREATE TABLE receipts (
    serial         bigint      PRIMARY KEY CHECK (serial > 0),
    publisher      text        COLLATE "C" NOT NULL,
    source         text        COLLATE "C" NOT NULL,
    id             text        COLLATE "C" NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    outcome        text        NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'waiting', 'quarantined', 'conflict')),
    reason         text,
    stream         text        COLLATE "C" NOT NULL,
    stream_version integer     NOT NULL,
    shard          integer     NOT NULL,
    position       bigint      NOT NULL,
    events         text        NOT NULL,
    received_at    timestamptz NOT NULL,
    decided_at     timestamptz NOT NULL
);
CREATE INDEX receipts_of ON receipts (source, id, serial);
CREATE INDEX receipts_publisher ON receipts (publisher, serial);
COMMENT ON TABLE receipts IS 'Every outcome that a fact came to, in the order in which it is told to its publisher; the last one of a fact holds. conflict: its id came again with another content, which changes nothing.';

CREATE TABLE receipts_cursor (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    serial   bigint  NOT NULL DEFAULT 0
);
INSERT INTO receipts_cursor DEFAULT VALUES;
COMMENT ON TABLE receipts_cursor IS 'Last receipt acknowledged by Kafka.';

-- Something came that facts may wait for: they are decided again. Called in the transaction that brings it.
CREATE FUNCTION wake_waiting(names text[]) RETURNS void
LANGUAGE sql VOLATILE
SET search_path FROM CURRENT
BEGIN ATOMIC
    UPDATE waiting SET woken = woken + 1 WHERE waits_for && names;
END;

DROP FUNCTION append_group(
    int[], text[], text[], bytea[], text[], int[], timestamptz[], text[], int[], text[], int[],
    int[], text[], text[], text[], boolean[],
    int[], int[], text[], int[], uuid[], text[], int[], timestamptz[], text[], text[], bytea[], boolean[]
);

ALTER TYPE append_answer ADD ATTRIBUTE reason text, ADD ATTRIBUTE stored text;

-- Appends a group of decisions in one transaction. The caller sees to it that no two of them share an id, a claim or a
-- stream that one of them writes; so each can be judged by what is committed, all at once.
-- e_own: the event is of the stream that its append is about, whose version and position the answer tells.
-- f_*: the appends that are facts of other systems, with the outcome that they were decided to have.
-- f_again: it waits already and was decided again.
-- outcome of the answer: accepted | rejected | quarantined | waiting | known (the stored answer) | pending (it waits already) |
-- conflict (same id, other content) | stale (a version moved) | claimed.
CREATE FUNCTION append_group(
    locks int[],
    a_source text[], a_id text[], a_digest bytea[], a_stream text[], a_shard int[], a_received timestamptz[], a_events text[],
    g_append int[], g_stream text[], g_version int[],
    c_append int[], c_scope text[], c_key text[], c_stream text[], c_take boolean[],
    e_append int[], e_shard int[], e_stream text[], e_version int[], e_id uuid[], e_type text[], e_schema int[],
    e_occurred timestamptz[], e_metadata text[], e_data text[], e_salt bytea[], e_own boolean[],
    f_append int[], f_outcome text[], f_reason text[], f_publisher text[], f_type text[], f_again boolean[],
    f_waits_for text[], f_fact text[], f_occurred timestamptz[], f_expires timestamptz[], f_woken bigint[]
) RETURNS SETOF append_answer
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
-- A plan that was made while the tables were small would read all of them for every group later on.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    lock_shard   int;
    clock_now    timestamptz;
    one          record;
    outcomes     text[] := array_fill('accepted'::text, ARRAY[cardinality(a_id)]);
    reasons      text[] := array_fill(NULL::text, ARRAY[cardinality(a_id)]);
    details      text[] := array_fill(''::text, ARRAY[cardinality(a_id)]);
    decided      boolean[] := array_fill(true, ARRAY[cardinality(a_id)]);
    head         record;
    head_shard   int := -1;
    last_hash    bytea;
    last_pos     bigint;
    last_time    timestamptz;
    -- At full length from the start: an array begins where it is first assigned to, and unnest would shift it.
    positions    bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(e_id)]);
    times        timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(e_id)]);
    data_hashes  bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(e_id)]);
    hashes       bytea[] := array_fill(NULL::bytea, ARRAY[cardinality(e_id)]);
    own_versions int[] := array_fill(NULL::int, ARRAY[cardinality(a_id)]);
    own_places   bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(a_id)]);
    own_times    timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(a_id)]);
BEGIN
    -- Statements of their own, before anything is read: under READ COMMITTED what follows sees what the last holder committed.
    FOREACH lock_shard IN ARRAY locks LOOP
        PERFORM pg_advisory_xact_lock(71001, lock_shard);
    END LOOP;
    clock_now := business_now();
    FOR n IN 1..cardinality(f_append) LOOP
        outcomes[f_append[n]] := f_outcome[n];
        reasons[f_append[n]] := f_reason[n];
    END LOOP;

    FOR one IN
        SELECT a.n::int AS n, CASE WHEN i.digest = a.digest THEN 'known' ELSE 'conflict' END AS outcome
        FROM unnest(a_source, a_id, a_digest) WITH ORDINALITY AS a (source, id, digest, n)
        JOIN inbox i ON i.source = a.source AND i.id = a.id
    LOOP
        outcomes[one.n] := one.outcome;
        decided[one.n] := false;
    END LOOP;

    IF cardinality(f_append) > 0 THEN
        FOR one IN
            SELECT f.append AS n, w.reason, w.stream,
                   CASE WHEN w.digest = a_digest[f.append] THEN 'pending' ELSE 'conflict' END AS outcome
            FROM unnest(f_append, f_again) AS f (append, again)
            JOIN waiting w ON w.source = a_source[f.append] AND w.id = a_id[f.append]
            WHERE NOT f.again
        LOOP
            outcomes[one.n] := one.outcome;
            reasons[one.n] := one.reason;
            details[one.n] := one.stream;
            decided[one.n] := false;
        END LOOP;
    END IF;

    FOR one IN
        SELECT g.append AS n, g.stream || ' ' || coalesce(now.stream_version, 0) || ' ' || g.version AS detail
        FROM unnest(g_append, g_stream, g_version) AS g (append, stream, version)
        LEFT JOIN LATERAL (
            SELECT e.stream_version FROM events e WHERE e.stream = g.stream ORDER BY e.stream_version DESC LIMIT 1
        ) AS now ON true
        WHERE coalesce(now.stream_version, 0) <> g.version
    LOOP
        IF decided[one.n] THEN
            outcomes[one.n] := 'stale';
            details[one.n] := one.detail;
            decided[one.n] := false;
        END IF;
    END LOOP;

    FOR one IN
        SELECT c.append AS n, c.scope || ' ' || c.key AS detail
        FROM unnest(c_append, c_scope, c_key, c_stream, c_take) AS c (append, scope, key, stream, take)
        LEFT JOIN LATERAL (
            SELECT k.stream, k.held FROM claims k WHERE k.scope = c.scope AND k.key = c.key ORDER BY k.serial DESC LIMIT 1
        ) AS now ON true
        WHERE coalesce(now.held, false) AND now.stream <> c.stream
    LOOP
        IF decided[one.n] THEN
            outcomes[one.n] := 'claimed';
            details[one.n] := one.detail;
            decided[one.n] := false;
        END IF;
    END LOOP;

    FOR one IN
        SELECT e.n, e.append, e.shard, e.version, e.own, sha256(e.salt || convert_to(e.data, 'UTF8')) AS data_hash,
               chr(31) || concat_ws(chr(31), e.stream, e.version, e.id, e.type, wire_time(e.occurred)) || chr(31) AS before_time,
               chr(31) || concat_ws(chr(31), wire_time(a_received[e.append]), e.metadata) AS after_time
        FROM unnest(e_append, e_shard, e_stream, e_version, e_id, e_type, e_occurred, e_metadata, e_data, e_salt, e_own)
             WITH ORDINALITY AS e (append, shard, stream, version, id, type, occurred, metadata, data, salt, own, n)
        ORDER BY e.shard, e.n
    LOOP
        IF one.shard <> head_shard THEN
            SELECT h.position, h.hash, greatest(h.recorded_at, r.announced_at) AS recorded_at INTO head
            FROM (SELECT one.shard AS shard) AS s
            LEFT JOIN LATERAL (
                SELECT e.position, e.hash, e.recorded_at FROM events e WHERE e.shard = s.shard ORDER BY e.position DESC LIMIT 1
            ) AS h ON true
            LEFT JOIN relay_cursor r ON r.shard = s.shard;
            head_shard := one.shard;
            last_pos := coalesce(head.position, 0);
            last_hash := coalesce(head.hash, decode(repeat('00', 32), 'hex'));
            last_time := coalesce(head.recorded_at, '-infinity');
        END IF;
        IF outcomes[one.append] = 'accepted' THEN
            last_pos := last_pos + 1;
            last_time := greatest(clock_now, last_time + interval '1 microsecond');
            last_hash := sha256(last_hash || convert_to(
                one.shard || chr(31) || last_pos || one.before_time || wire_time(last_time) || one.after_time, 'UTF8') || one.data_hash);
            positions[one.n] := last_pos;
            times[one.n] := last_time;
            data_hashes[one.n] := one.data_hash;
            hashes[one.n] := last_hash;
            IF one.own THEN
                own_versions[one.append] := one.version;
                own_places[one.append] := last_pos;
                own_times[one.append] := last_time;
            END IF;
        END IF;
    END LOOP;

    INSERT INTO events (shard, position, stream, stream_version, event_id, type, schema_version,
                        occurred_at, recorded_at, received_at, metadata, data, salt, data_hash, hash)
    SELECT e.shard, e.position, e.stream, e.version, e.id, e.type, e.schema,
           e.occurred, e.recorded, a_received[e.append], e.metadata, e.data, e.salt, e.data_hash, e.hash
    FROM unnest(e_append, e_shard, e_stream, e_version, e_id, e_type, e_schema, e_occurred, e_metadata, e_data, e_salt,
                positions, times, data_hashes, hashes)
         AS e (append, shard, stream, version, id, type, schema, occurred, metadata, data, salt, position, recorded, data_hash, hash)
    WHERE e.position IS NOT NULL;

    INSERT INTO inbox (source, id, digest, outcome, stream, stream_version, shard, position, events, received_at,
                       recorded_at, reason)
    SELECT a.source, a.id, a.digest, a.outcome, a.stream, coalesce(a.own_version, newest.stream_version, 0), a.shard,
           coalesce(a.own_place, newest.position, 0), a.events, a.received, coalesce(a.own_time, clock_now), a.reason
    FROM unnest(a_source, a_id, a_digest, a_stream, a_shard, a_received, a_events, outcomes, own_versions, own_places, own_times, reasons)
         AS a (source, id, digest, stream, shard, received, events, outcome, own_version, own_place, own_time, reason)
    LEFT JOIN LATERAL (
        SELECT e.stream_version, e.position FROM events e
        WHERE a.own_version IS NULL AND e.stream = a.stream ORDER BY e.stream_version DESC LIMIT 1
    ) AS newest ON true
    WHERE a.outcome IN ('accepted', 'rejected', 'quarantined');

    IF cardinality(c_append) > 0 THEN
        INSERT INTO claims (scope, key, stream, held, shard, position)
        SELECT c.scope, c.key, c.stream, c.take, i.shard, i.position
        FROM unnest(c_append, c_scope, c_key, c_stream, c_take) WITH ORDINALITY AS c (append, scope, key, stream, take, n)
        JOIN inbox i ON i.source = a_source[c.append] AND i.id = a_id[c.append]
        WHERE outcomes[c.append] = 'accepted'
        ORDER BY c.n;
    END IF;

    IF EXISTS (SELECT FROM waiting) THEN
        PERFORM wake_waiting(
            ARRAY(SELECT DISTINCT e.stream FROM unnest(e_append, e_stream) AS e (append, stream) WHERE outcomes[e.append] = 'accepted')
            || ARRAY(SELECT DISTINCT 'claim:' || c.scope || '/' || c.key FROM unnest(c_append, c_scope, c_key) AS c (append, scope, key)
                     WHERE outcomes[c.append] = 'accepted')
        );
    END IF;

    IF cardinality(f_append) > 0 THEN
        -- Who copies other services' events takes this lock too: what is copied now wakes what waits now.
        PERFORM pg_advisory_xact_lock(71003, 0);
        INSERT INTO waiting AS known (source, id, digest, publisher, type, stream, waits_for, reason, fact, occurred_at,
                                      received_at, expires_at)
        SELECT a_source[f.append], a_id[f.append], a_digest[f.append], f.publisher, f.type, a_stream[f.append],
               string_to_array(f.waits_for, chr(31)), f.reason, f.fact, f.occurred, a_received[f.append], f.expires
        FROM unnest(f_append, f_publisher, f_type, f_reason, f_waits_for, f_fact, f_occurred, f_expires)
             AS f (append, publisher, type, reason, waits_for, fact, occurred, expires)
        WHERE outcomes[f.append] = 'waiting'
        ON CONFLICT (source, id) DO UPDATE SET waits_for = excluded.waits_for, reason = excluded.reason, stream = excluded.stream;

        UPDATE waiting w SET looked_at = f.woken
        FROM unnest(f_append, f_again, f_woken) AS f (append, again, woken)
        WHERE f.again AND outcomes[f.append] = 'waiting' AND w.source = a_source[f.append] AND w.id = a_id[f.append];

        DELETE FROM waiting w
        USING unnest(f_append) AS f (append)
        WHERE outcomes[f.append] IN ('accepted', 'rejected', 'quarantined', 'known')
          AND w.source = a_source[f.append] AND w.id = a_id[f.append];

        -- Receipts have an order of their own, over all shards.
        PERFORM pg_advisory_xact_lock(71004, 0);
        INSERT INTO receipts (serial, publisher, source, id, type, outcome, reason, stream, stream_version, shard, position,
                              events, received_at, decided_at)
        SELECT coalesce((SELECT max(r.serial) FROM receipts r), 0) + row_number() OVER (ORDER BY f.n),
               f.publisher, a_source[f.append], a_id[f.append], f.type, outcomes[f.append], reasons[f.append],
               coalesce(i.stream, a_stream[f.append]), coalesce(i.stream_version, 0), coalesce(i.shard, a_shard[f.append]),
               coalesce(i.position, 0), coalesce(i.events, '[]'), a_received[f.append], coalesce(i.recorded_at, clock_now)
        FROM unnest(f_append, f_publisher, f_type, f_again) WITH ORDINALITY AS f (append, publisher, type, again, n)
        LEFT JOIN inbox i ON i.source = a_source[f.append] AND i.id = a_id[f.append]
        WHERE outcomes[f.append] IN ('accepted', 'rejected', 'quarantined')
           OR outcomes[f.append] = 'waiting' AND NOT f.again;
    END IF;

    RETURN QUERY
    SELECT a.n::int, a.outcome, a.detail, i.stream, i.stream_version, i.shard, i.position, i.events, i.recorded_at,
           coalesce(i.reason, a.reason), i.outcome
    FROM unnest(a_source, a_id, outcomes, details, reasons) WITH ORDINALITY AS a (source, id, outcome, detail, reason, n)
    LEFT JOIN inbox i ON i.source = a.source AND i.id = a.id AND a.outcome IN ('accepted', 'rejected', 'quarantined', 'known')
    ORDER BY a.n;
END
$$;

-- A receipt of what changes nothing: the id of a fact came again with another content.
CREATE FUNCTION add_conflict(of_publisher text, of_source text, of_id text, of_type text, of_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(71004, 0);
    INSERT INTO receipts (serial, publisher, source, id, type, outcome, reason, stream, stream_version, shard, position,
                          events, received_at, decided_at)
    SELECT coalesce((SELECT max(r.serial) FROM receipts r), 0) + 1, of_publisher, of_source, of_id, of_type, 'conflict',
           of_reason, '', 0, 0, 0, '[]', business_now(), business_now();
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON waiting TO obec_app;
GRANT SELECT, INSERT ON receipts TO obec_app;
GRANT SELECT, UPDATE ON receipts_cursor TO obec_app;
