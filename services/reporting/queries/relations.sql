-- What every figure is read from: the relations that docs/views.md defines over the row tables, for the programme $1 at
-- the time $2. They stand before each query of figures.sql.
asked AS NOT MATERIALIZED (SELECT $1::text AS programme, $2::timestamptz AS at),
definition AS (
    SELECT p.programme, p.version, p.fiscal_year, p.regions, p.definition, p.digest, a.at,
           (a.at AT TIME ZONE 'Asia/Bangkok')::date AS today,
           p.definition -> 'deadlines' AS deadlines,
           coalesce(p.definition #>> '{quorum,comparison}', 'at_least') AS quorum_comparison,
           coalesce((p.definition #>> '{quorum,numerator}')::int, 1) AS quorum_numerator,
           coalesce((p.definition #>> '{quorum,denominator}')::int, 2) AS quorum_denominator
    FROM programme p
    JOIN asked a ON a.programme = p.programme
),
region AS (
    SELECT r.code AS region, r.ordinal
    FROM definition d
    CROSS JOIN jsonb_array_elements_text(d.regions) WITH ORDINALITY AS r (code, ordinal)
),
region_committee AS (
    SELECT r.region, r.ordinal AS place, CASE WHEN c.stream IS NULL THEN 'none' ELSE c.state END AS state, c.stream, c.ordinal, c.valid_from, c.valid_to,
           c.proposed_on, c.proposed_by, c.order_unit, c.order_number, c.order_year, c.order_date, c.signatory_office,
           c.effective_from, c.mandate_version, c.withdrawn_on, c.dissolved_on, c.members, c.chairs, c.vice_chairs,
           c.ordinary_members, c.secretaries, c.assistant_secretaries, c.voting,
           CASE WHEN c.state = 'appointed' THEN
               array_remove(ARRAY [
                   CASE WHEN c.chairs = 0 THEN 'chair' END, CASE WHEN c.secretaries = 0 THEN 'secretary' END
               ], NULL)
           ELSE '{}' END AS vacant
    FROM region r
    LEFT JOIN LATERAL (
        SELECT held.*
        FROM committee held
        JOIN asked a ON a.programme = held.programme
        WHERE held.region = r.region AND held.valid_from <= a.at AND (held.valid_to IS NULL OR held.valid_to > a.at)
        ORDER BY array_position(ARRAY ['appointed', 'proposed', 'dissolved', 'withdrawn'], held.state), held.ordinal DESC
        LIMIT 1
    ) AS c ON true
),
period_of_year AS (
    SELECT f.frequency,
           d.fiscal_year || '-' || f.letter
               || CASE f.letter WHEN 'Y' THEN '' WHEN 'M' THEN lpad(n::text, 2, '0') ELSE n::text END AS period,
           (make_date(d.fiscal_year - 544, 10, 1) + make_interval(months => n * f.months))::date - 1 AS ends_on
    FROM definition d
    CROSS JOIN (
        VALUES ('monthly', 'M', 1), ('quarterly', 'Q', 3), ('half_yearly', 'H', 6), ('yearly', 'Y', 12)
    ) AS f (frequency, letter, months)
    JOIN generate_series(1, 12) AS n ON n <= 12 / f.months
),
slot AS (
    SELECT i.code AS indicator, i.measured_at, i.computed_by, i.closed_at, s.scope, p.period, p.ends_on,
           greatest(p.ends_on + i.due_days, x.until) AS due_on
    FROM indicator i
    JOIN asked a ON a.programme = i.programme
    JOIN period_of_year p ON p.frequency = i.frequency
    CROSS JOIN LATERAL (
        SELECT r.region AS scope FROM region r WHERE i.measured_at = 'region'
        UNION ALL
        SELECT 'TH' WHERE i.measured_at = 'nation'
    ) AS s
    LEFT JOIN period_extension x ON x.programme = i.programme AND x.period = p.period AND x.region = s.scope
),
due_slot AS (
    SELECT s.*, over.due_over, s.closed_at IS NULL OR s.closed_at >= over.due_over AS applies, over.due_over <= a.at AS past
    FROM slot s
    CROSS JOIN asked a
    CROSS JOIN LATERAL (SELECT (s.due_on + 1)::timestamp AT TIME ZONE 'Asia/Bangkok' AS due_over) AS over
),
cell AS MATERIALIZED (
    SELECT s.indicator, s.measured_at, s.computed_by, s.scope, s.period, s.ends_on, s.due_on, s.due_over, s.applies,
           s.applies AND s.past AS is_due,
           CASE
               WHEN m.stream IS NOT NULL THEN m.status
               WHEN NOT s.applies THEN 'not_applicable'
               WHEN NOT s.past THEN 'not_due'
               ELSE 'not_reported'
           END AS status,
           m.stream IS NOT NULL AND m.status <> 'verified' AS provisional,
           coalesce(m.first_received_at < s.due_over, false) AS timely,
           m.stream, m.figure, m.value, m.numerator, m.denominator, m.level, m.indicator_version, m.measured_id,
           m.received_at, m.first_received_at, m.restatements, m.evidence, m.reporter, m.verified_figure,
           m.verified_measured, m.verifier, m.verified_id, m.verified_at, m.returned_reason
    FROM due_slot s
    CROSS JOIN asked a
    LEFT JOIN measurement m
        ON m.programme = a.programme
        AND m.stream = concat_ws(':', 'measurement', a.programme, s.indicator, s.scope, s.period)
),
completeness AS (
    SELECT r.region, r.ordinal AS place,
           count(*) FILTER (WHERE c.is_due) AS expected,
           count(*) FILTER (
               WHERE c.is_due AND (c.status IN ('waiting', 'verified') OR c.verified_figure IS NOT NULL)
           ) AS submitted,
           count(*) FILTER (WHERE c.is_due AND c.verified_figure IS NOT NULL) AS verified,
           count(*) FILTER (WHERE c.is_due AND c.timely) AS timely
    FROM region r
    LEFT JOIN cell c ON c.scope = r.region
    GROUP BY r.region, r.ordinal
),
current_score AS MATERIALIZED (
    SELECT DISTINCT ON (s.indicator, s.scope, s.period)
           s.event_id, s.stream, s.indicator, s.scope, s.period, s.indicator_version, s.figure, s.target, s.score, s.level,
           s.weight, s.weighted, s.scheme, s.regions_counted, s.regions_expected, s.provisional, s.cause, s.occurred_at
    FROM score s
    JOIN asked a ON a.programme = s.programme
    LEFT JOIN slot o ON o.indicator = s.indicator AND o.scope = s.scope AND o.period = s.period
    LEFT JOIN measurement m ON m.programme = s.programme AND m.stream = s.stream
    -- Most scores hold. Written as an equality, the planner would count on one in two hundred and join row by row.
    WHERE o.indicator IS NULL OR coalesce(round(m.verified_figure, 6) = round(s.figure, 6), false)
    ORDER BY s.indicator, s.scope, s.period, s.occurred_at DESC, s.position DESC
),
national_cell AS (
    SELECT i.code AS indicator, p.period, p.ends_on,
           s.figure, s.score, s.level, s.target, s.weight, s.weighted, s.regions_counted, s.regions_expected, s.provisional,
           s.event_id, s.scheme, s.indicator_version, s.cause,
           CASE WHEN s.event_id IS NULL THEN r.status WHEN s.provisional THEN 'provisional' ELSE 'scored' END AS status
    FROM indicator i
    JOIN asked a ON a.programme = i.programme
    JOIN period_of_year p ON p.frequency = i.frequency
    LEFT JOIN current_score s ON s.indicator = i.code AND s.scope = 'TH' AND s.period = p.period
    LEFT JOIN LATERAL (
        SELECT replace(c.status, 'verified', 'waiting') AS status
        FROM cell c
        WHERE c.indicator = i.code AND c.period = p.period
        ORDER BY array_position(
            ARRAY ['waiting', 'returned', 'not_reported', 'verified', 'not_due', 'not_applicable'], c.status
        )
        LIMIT 1
    ) AS r ON true
    WHERE i.measured_at = 'region'
),
year_score AS (
    SELECT DISTINCT ON (s.indicator, s.scope) s.*, p.frequency = 'yearly' AS is_year
    FROM current_score s
    JOIN period_of_year p ON p.period = s.period
    ORDER BY s.indicator, s.scope, (p.frequency = 'yearly') DESC, p.ends_on DESC
),
weighted_total AS (
    SELECT t.scope, round(sum(s.weight * s.score) / nullif(sum(s.weight), 0), 2) AS total, coalesce(sum(s.weight), 0) AS weight,
           count(s.indicator) AS indicators
    FROM (SELECT region AS scope FROM region UNION ALL SELECT 'TH') AS t
    LEFT JOIN year_score s ON s.scope = t.scope
    GROUP BY t.scope
),
planned_activity AS (
    SELECT e.ordinal AS place, e.activity ->> 'code' AS code, e.activity -> 'name' AS name,
           e.activity -> 'completed_when' AS completed_when,
           coalesce(p.state, 'not_planned') AS state,
           coalesce(p.opens, (e.activity ->> 'opens')::date) AS opens,
           coalesce(p.closes, (e.activity ->> 'closes')::date) AS closes,
           coalesce(p.deadline, (e.activity ->> 'deadline')::date) AS deadline,
           coalesce(p.extensions, 0) AS extensions, p.stream, p.started_on, p.completed_on, p.cancelled_on,
           coalesce(p.outputs, '[]') AS outputs
    FROM definition d
    CROSS JOIN jsonb_array_elements(d.definition -> 'activities') WITH ORDINALITY AS e (activity, ordinal)
    LEFT JOIN activity p ON p.programme = d.programme AND p.code = e.activity ->> 'code'
),
evidence_rule AS (
    SELECT p.code, n.name
    FROM planned_activity p
    CROSS JOIN LATERAL jsonb_array_elements_text(p.completed_when -> 'evidence') AS n (name)
),
evidence_event AS MATERIALIZED (
    SELECT e.stream, e.event_id, e.name, e.region,
           CASE WHEN strpos(e.data, '"regions"') > 0 THEN e.data::jsonb -> 'regions' END AS regions
    FROM events e
    JOIN asked a ON a.programme = e.programme
    WHERE e.name = ANY (ARRAY(SELECT name FROM evidence_rule))
),
evidence_voided AS MATERIALIZED (
    SELECT v.stream, v.voids AS event_id
    FROM events v
    WHERE v.voids IS NOT NULL
      AND v.stream = ANY (ARRAY(
          SELECT DISTINCT x.stream FROM voided x WHERE x.event_id = ANY (ARRAY(SELECT event_id FROM evidence_event))
      ))
),
evidence_piece AS (
    SELECT DISTINCT r.code, e.stream, about.region, about.several
    FROM evidence_event e
    JOIN evidence_rule r ON r.name = e.name
    CROSS JOIN LATERAL (
        SELECT told.region, jsonb_array_length(e.regions) <> 1 AS several
        FROM jsonb_array_elements_text(e.regions) AS told (region)
        UNION ALL
        SELECT nullif(e.region, 'TH'), false WHERE coalesce(jsonb_array_length(e.regions), 0) = 0
    ) AS about
    WHERE NOT EXISTS (SELECT FROM evidence_voided v WHERE v.stream = e.stream AND v.event_id = e.event_id)
),
evidence_count AS (
    SELECT code, region, count(DISTINCT stream) AS streams FROM evidence_piece GROUP BY code, region
),
activity_progress AS (
    SELECT p.place, p.code, p.name, p.state, p.opens, p.closes, p.deadline, p.extensions, p.stream, p.started_on,
           p.completed_on, p.cancelled_on, p.outputs, late.overdue,
           CASE WHEN late.overdue THEN d.today - p.deadline ELSE 0 END AS days_late,
           rule.per, p.completed_when -> 'evidence' AS evidence,
           CASE rule.per WHEN 'region' THEN (SELECT count(*) FROM region) ELSE rule.at_least END AS needed,
           CASE rule.per
               WHEN 'region' THEN (
                   SELECT count(*)
                   FROM region r
                   LEFT JOIN evidence_count f ON f.code = p.code AND f.region = r.region
                   WHERE rule.at_least <= coalesce(f.streams, 0)
               )
               WHEN 'programme' THEN least(
                   (
                       SELECT count(DISTINCT (f.stream, CASE WHEN NOT f.several THEN f.region END))
                       FROM evidence_piece f
                       WHERE f.code = p.code
                   ),
                   rule.at_least
               )
           END AS counted
    FROM planned_activity p
    CROSS JOIN definition d
    CROSS JOIN LATERAL (
        SELECT p.state NOT IN ('completed', 'cancelled') AND p.deadline < d.today AS overdue
    ) AS late
    LEFT JOIN LATERAL (
        SELECT p.completed_when ->> 'per' AS per, coalesce((p.completed_when ->> 'at_least')::bigint, 1) AS at_least
        WHERE jsonb_typeof(p.completed_when) = 'object'
    ) AS rule ON true
),
meeting_now AS MATERIALIZED (
    SELECT m.stream, now.voting, now.present,
           now.voting > 0 AND CASE d.quorum_comparison
               WHEN 'at_least' THEN now.present * d.quorum_denominator >= now.voting * d.quorum_numerator
               ELSE now.present * d.quorum_denominator > now.voting * d.quorum_numerator
           END AS quorate
    FROM meeting m
    JOIN definition d ON d.programme = m.programme
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE (e ->> 'voting')::boolean)::int AS voting,
               count(*) FILTER (
                   WHERE (e ->> 'voting')::boolean
                     AND m.attended ? coalesce('person:' || (e ->> 'person_id'), 'office:' || (e ->> 'office'))
               )::int AS present
        FROM committee c
        CROSS JOIN jsonb_array_elements(c.members) AS e
        WHERE c.programme = m.programme AND c.region = m.region AND c.state = 'appointed'
          AND c.valid_from <= m.started_at AND (c.valid_to IS NULL OR c.valid_to > m.started_at)
    ) AS now
    WHERE m.region IS NOT NULL AND m.started_at IS NOT NULL
),
due_item AS (
    SELECT 'appointment' AS kind, c.region, c.stream AS about,
           c.proposed_on + coalesce((d.deadlines ->> 'appointment_days')::int, 60) AS due_on
    FROM region_committee c
    CROSS JOIN definition d
    WHERE c.state = 'proposed'
    UNION ALL
    SELECT 'minutes', m.region, m.stream,
           (m.started_at AT TIME ZONE 'Asia/Bangkok')::date + coalesce((d.deadlines ->> 'minutes_days')::int, 30)
    FROM meeting m
    JOIN definition d ON d.programme = m.programme
    WHERE m.state = 'held' AND m.minutes_on IS NULL
    UNION ALL
    SELECT 'measurement', nullif(c.scope, 'TH'), concat_ws(':', 'measurement', a.programme, c.indicator, c.scope, c.period),
           c.due_on
    FROM cell c
    CROSS JOIN asked a
    WHERE c.applies AND c.computed_by IS NULL AND c.status IN ('not_due', 'not_reported', 'returned')
    UNION ALL
    SELECT 'recommendation', r.region, r.stream, r.due_on
    FROM recommendation r
    JOIN asked a ON a.programme = r.programme
    WHERE r.state = 'open'
    UNION ALL
    SELECT 'activity', NULL, concat_ws(':', 'activity', a.programme, p.code), p.deadline
    FROM planned_activity p
    CROSS JOIN asked a
    WHERE p.state NOT IN ('completed', 'cancelled')
),
due AS (
    SELECT i.kind, i.region, i.about, i.due_on, i.due_on < d.today AS overdue
    FROM due_item i
    CROSS JOIN definition d
)
