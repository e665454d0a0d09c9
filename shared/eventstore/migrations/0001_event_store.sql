-- The event store: one append-only log per shard, which is also the outbox. Owned by the role that migrates; the role
-- that runs (a member of obec_app) may read and insert, and update only what is not the log.

CREATE TABLE store (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name      text        NOT NULL,
    shards    integer     NOT NULL CHECK (shards BETWEEN 1 AND 64),
    clock     text        NOT NULL CHECK (clock IN ('real', 'simulated')),
    secret    bytea       NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE store IS 'What this store is; fixed when it is made. secret: key of the HMACs of payloads.';

CREATE TABLE simulated_clock (
    only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    now       timestamptz NOT NULL
);
COMMENT ON TABLE simulated_clock IS 'Business time of a store on the simulated clock; empty on the real one.';

CREATE TABLE events (
    shard          integer     NOT NULL,
    position       bigint      NOT NULL CHECK (position > 0),
    stream         text        COLLATE "C" NOT NULL,
    stream_version integer     NOT NULL CHECK (stream_version > 0),
    event_id       uuid        NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    schema_version integer     NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    metadata       text        NOT NULL,
    data           text,
    salt           bytea,
    data_hash      bytea       NOT NULL,
    hash           bytea       NOT NULL,
    PRIMARY KEY (shard, position),
    UNIQUE (stream, stream_version),
    UNIQUE (event_id),
    CHECK ((data IS NULL) = (salt IS NULL))
);
COMMENT ON COLUMN events.data IS 'JSON, the very text that is sent; NULL once redacted, when data_hash keeps the chain.';
COMMENT ON COLUMN events.hash IS 'SHA-256(previous hash || columns as sent || data_hash); data_hash = SHA-256(salt || data).';

CREATE TABLE inbox (
    source         text        COLLATE "C" NOT NULL,
    id             text        COLLATE "C" NOT NULL,
    digest         bytea       NOT NULL,
    outcome        text        NOT NULL,
    stream         text        COLLATE "C" NOT NULL,
    stream_version integer     NOT NULL,
    shard          integer     NOT NULL,
    position       bigint      NOT NULL,
    events         text        NOT NULL,
    received_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (source, id)
);
COMMENT ON TABLE inbox IS 'Every acknowledged command and fact with its answer; digest: HMAC of what was sent.';

CREATE TABLE claims (
    serial   bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope    text    COLLATE "C" NOT NULL,
    key      text    COLLATE "C" NOT NULL,
    stream   text    COLLATE "C" NOT NULL,
    held     boolean NOT NULL,
    shard    integer NOT NULL,
    position bigint  NOT NULL
);
CREATE INDEX claims_newest ON claims (scope, key, serial DESC);
COMMENT ON TABLE claims IS 'Log of claims taken and released, with the position that did it; the newest row of a (scope, key) holds.';

CREATE TABLE relay_cursor (
    shard          integer PRIMARY KEY,
    position       bigint      NOT NULL DEFAULT 0,
    announced_at   timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE relay_cursor IS 'Last position acknowledged by Kafka; announced_at: time of the last head, before which nothing is recorded any more.';

CREATE TABLE learned_events (
    store          text        COLLATE "C" NOT NULL,
    shard          integer     NOT NULL,
    position       bigint      NOT NULL,
    stream         text        COLLATE "C" NOT NULL,
    stream_version integer     NOT NULL,
    event_id       uuid        NOT NULL,
    type           text        COLLATE "C" NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    metadata       text        NOT NULL,
    data           text        NOT NULL,
    PRIMARY KEY (store, shard, position),
    UNIQUE (store, stream, stream_version)
);
COMMENT ON TABLE learned_events IS 'Copies of other services'' events that decisions here read.';

CREATE FUNCTION business_now() RETURNS timestamptz
LANGUAGE sql VOLATILE
RETURN coalesce((SELECT now FROM simulated_clock), clock_timestamp());

-- The one form in which instants are hashed and sent: 2017-01-12T02:00:00.000000Z.
CREATE FUNCTION wire_time(moment timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE TYPE append_answer AS (
    n              integer,
    outcome        text,
    detail         text,
    stream         text,
    stream_version integer,
    shard          integer,
    position       bigint,
    events         text,
    recorded_at    timestamptz
);

-- Appends a group of decisions in one transaction. The caller sees to it that no two of them share an id, a claim or a
-- stream that one of them writes; so each can be judged by what is committed, all at once.
-- e_own: the event is of the stream that its append is about, whose version and position the answer tells.
-- outcome: accepted | known (the stored answer) | conflict (same id, other content) | stale (a version moved) | claimed.
CREATE FUNCTION append_group(
    locks int[],
    a_source text[], a_id text[], a_digest bytea[], a_stream text[], a_shard int[], a_received timestamptz[], a_events text[],
    g_append int[], g_stream text[], g_version int[],
    c_append int[], c_scope text[], c_key text[], c_stream text[], c_take boolean[],
    e_append int[], e_shard int[], e_stream text[], e_version int[], e_id uuid[], e_type text[], e_schema int[],
    e_occurred timestamptz[], e_metadata text[], e_data text[], e_salt bytea[], e_own boolean[]
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
    details      text[] := array_fill(''::text, ARRAY[cardinality(a_id)]);
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

    FOR one IN
        SELECT a.n::int AS n, CASE WHEN i.digest = a.digest THEN 'known' ELSE 'conflict' END AS outcome
        FROM unnest(a_source, a_id, a_digest) WITH ORDINALITY AS a (source, id, digest, n)
        JOIN inbox i ON i.source = a.source AND i.id = a.id
    LOOP
        outcomes[one.n] := one.outcome;
    END LOOP;

    FOR one IN
        SELECT g.append AS n, g.stream || ' ' || coalesce(now.stream_version, 0) || ' ' || g.version AS detail
        FROM unnest(g_append, g_stream, g_version) AS g (append, stream, version)
        LEFT JOIN LATERAL (
            SELECT e.stream_version FROM events e WHERE e.stream = g.stream ORDER BY e.stream_version DESC LIMIT 1
        ) AS now ON true
        WHERE coalesce(now.stream_version, 0) <> g.version
    LOOP
        IF outcomes[one.n] = 'accepted' THEN
            outcomes[one.n] := 'stale';
            details[one.n] := one.detail;
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
        IF outcomes[one.n] = 'accepted' THEN
            outcomes[one.n] := 'claimed';
            details[one.n] := one.detail;
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

    INSERT INTO inbox (source, id, digest, outcome, stream, stream_version, shard, position, events, received_at, recorded_at)
    SELECT a.source, a.id, a.digest, 'accepted', a.stream, coalesce(a.own_version, newest.stream_version, 0), a.shard,
           coalesce(a.own_place, newest.position, 0), a.events, a.received, coalesce(a.own_time, clock_now)
    FROM unnest(a_source, a_id, a_digest, a_stream, a_shard, a_received, a_events, outcomes, own_versions, own_places, own_times)
         AS a (source, id, digest, stream, shard, received, events, outcome, own_version, own_place, own_time)
    LEFT JOIN LATERAL (
        SELECT e.stream_version, e.position FROM events e
        WHERE a.own_version IS NULL AND e.stream = a.stream ORDER BY e.stream_version DESC LIMIT 1
    ) AS newest ON true
    WHERE a.outcome = 'accepted';

    IF cardinality(c_append) > 0 THEN
        INSERT INTO claims (scope, key, stream, held, shard, position)
        SELECT c.scope, c.key, c.stream, c.take, i.shard, i.position
        FROM unnest(c_append, c_scope, c_key, c_stream, c_take) WITH ORDINALITY AS c (append, scope, key, stream, take, n)
        JOIN inbox i ON i.source = a_source[c.append] AND i.id = a_id[c.append]
        WHERE outcomes[c.append] = 'accepted'
        ORDER BY c.n;
    END IF;

    RETURN QUERY
    SELECT a.n::int, a.outcome, a.detail, i.stream, i.stream_version, i.shard, i.position, i.events, i.recorded_at
    FROM unnest(a_source, a_id, outcomes, details) WITH ORDINALITY AS a (source, id, outcome, detail, n)
    LEFT JOIN inbox i ON i.source = a.source AND i.id = a.id AND a.outcome IN ('accepted', 'known')
    ORDER BY a.n;
END
$$;

-- The head of a shard at a moment of the business clock: everything recorded by then is at or below the position, and,
-- because the moment is kept, nothing is recorded at or before it any more.
CREATE FUNCTION announce_head(of_shard int) RETURNS TABLE (head_position bigint, head_time timestamptz)
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(71001, of_shard);
    UPDATE relay_cursor SET announced_at = greatest(announced_at, business_now()) WHERE shard = of_shard
    RETURNING announced_at INTO head_time;
    SELECT coalesce(max(e.position), 0) INTO head_position FROM events e WHERE e.shard = of_shard;
    RETURN NEXT;
END
$$;

GRANT SELECT, INSERT ON store, events, inbox, claims, learned_events TO obec_app;
GRANT SELECT, INSERT, UPDATE ON simulated_clock, relay_cursor TO obec_app;
