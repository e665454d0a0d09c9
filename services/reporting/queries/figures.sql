-- The figures, each read from the relations of relations.sql.

-- name: definition
SELECT programme, version, fiscal_year, regions, digest, definition -> 'name' AS name,
       definition #> '{page,committee_name}' AS committee_name
FROM definition

-- name: document
-- What a report says besides figures: the page's words, and the conclusion that holds.
SELECT d.definition -> 'page' AS page, d.definition -> 'expected_results' AS expected_results,
       (d.definition ->> 'region_list')::int AS region_list,
       (
           SELECT e.data::jsonb
           FROM events e
           WHERE e.programme = d.programme AND e.name = 'EvaluationConcluded'
             AND NOT EXISTS (SELECT FROM events v WHERE v.stream = e.stream AND v.voids = e.event_id)
           ORDER BY e.occurred_at DESC, e.position DESC
           LIMIT 1
       ) AS conclusion
FROM definition d

-- name: committees
SELECT * FROM region_committee ORDER BY place

-- name: committee_counts
SELECT count(*) AS regions,
       count(*) FILTER (WHERE state = 'appointed') AS appointed,
       count(*) FILTER (WHERE state = 'proposed') AS proposed,
       count(*) FILTER (WHERE state = 'dissolved') AS dissolved,
       count(*) FILTER (WHERE state IS NULL OR state IN ('none', 'withdrawn')) AS without,
       count(*) FILTER (WHERE cardinality(vacant) > 0) AS with_vacancy
FROM region_committee

-- name: meetings
SELECT m.stream, m.region, m.activity, m.number, m.state, m.scheduled_at, m.place, m.rescheduled, m.notice_on, m.adjourned,
       m.started_at, m.ended_at, m.committee, m.committee_version, m.voting, m.present, m.quorate, m.resolutions,
       m.resolution_list, m.corrected, m.minutes_on, differs.voting AS voting_now, differs.present AS present_now,
       differs.quorate AS quorate_now
FROM meeting m
JOIN asked a ON a.programme = m.programme
LEFT JOIN meeting_now differs
    ON differs.stream = m.stream
    AND (differs.voting, differs.present, differs.quorate) IS DISTINCT FROM (m.voting, m.present, m.quorate)
ORDER BY coalesce(m.started_at, m.scheduled_at), m.stream

-- name: meeting_counts
SELECT r.region, count(m.stream) FILTER (WHERE m.state = 'held') AS held,
       count(m.stream) FILTER (WHERE m.state = 'scheduled') AS scheduled,
       count(m.stream) FILTER (WHERE m.state = 'cancelled') AS cancelled,
       coalesce(sum(m.adjourned), 0)::bigint AS inquorate,
       coalesce(sum(m.resolutions) FILTER (WHERE m.state = 'held'), 0)::bigint AS resolutions,
       count(m.stream) FILTER (WHERE m.state = 'held' AND m.minutes_on IS NOT NULL) AS with_minutes
FROM (SELECT region, ordinal FROM region UNION ALL SELECT NULL, NULL) AS r
CROSS JOIN asked a
LEFT JOIN meeting m ON m.programme = a.programme AND m.region IS NOT DISTINCT FROM r.region
GROUP BY r.region, r.ordinal
ORDER BY r.ordinal NULLS LAST

-- name: activities
SELECT * FROM activity_progress ORDER BY place

-- name: budget
SELECT b.activity, nullif(b.region, '') AS region, b.allocated, b.allocated + b.transferred_in - b.transferred_out AS budget,
       b.disbursed, b.reversed, b.disbursed - b.reversed AS net_disbursed, b.payments, b.reversals
FROM budget b
JOIN asked a ON a.programme = b.programme
ORDER BY string_to_array(b.activity, '.')::int[], b.region

-- name: budget_by_activity
SELECT coalesce(p.code, b.activity) AS activity,
       coalesce(sum(b.allocated), 0)::bigint AS allocated,
       coalesce(sum(b.allocated + b.transferred_in - b.transferred_out), 0)::bigint AS budget,
       coalesce(sum(b.disbursed), 0)::bigint AS disbursed,
       coalesce(sum(b.reversed), 0)::bigint AS reversed,
       coalesce(sum(b.disbursed - b.reversed), 0)::bigint AS net_disbursed,
       coalesce(sum(b.allocated + b.transferred_in - b.transferred_out - b.disbursed + b.reversed), 0)::bigint AS remaining
FROM planned_activity p
FULL JOIN (SELECT b.* FROM budget b JOIN asked a ON a.programme = b.programme) AS b ON b.activity = p.code
GROUP BY coalesce(p.code, b.activity)
ORDER BY string_to_array(coalesce(p.code, b.activity), '.')::int[]

-- name: budget_by_region
SELECT r.region, coalesce(sum(b.disbursed), 0)::bigint AS disbursed, coalesce(sum(b.reversed), 0)::bigint AS reversed,
       coalesce(sum(b.disbursed - b.reversed), 0)::bigint AS net_disbursed, coalesce(sum(b.payments), 0)::bigint AS payments
FROM (SELECT region, ordinal FROM region UNION ALL SELECT NULL, NULL) AS r
CROSS JOIN asked a
LEFT JOIN budget b ON b.programme = a.programme AND b.region = coalesce(r.region, '')
GROUP BY r.region, r.ordinal
ORDER BY r.ordinal NULLS LAST

-- name: budget_total
SELECT coalesce(sum(b.allocated), 0)::bigint AS allocated,
       coalesce(sum(b.allocated + b.transferred_in - b.transferred_out), 0)::bigint AS budget,
       coalesce(sum(b.disbursed), 0)::bigint AS disbursed,
       coalesce(sum(b.reversed), 0)::bigint AS reversed,
       coalesce(sum(b.disbursed - b.reversed), 0)::bigint AS net_disbursed,
       coalesce(sum(b.allocated + b.transferred_in - b.transferred_out - b.disbursed + b.reversed), 0)::bigint AS remaining
FROM budget b
JOIN asked a ON a.programme = b.programme

-- name: indicators
SELECT i.code, i.version, i.kind, i.measured_at, i.frequency, i.period_rule, i.national_rule, i.computed_by, i.due_days,
       i.baseline, i.target, i.national_target, i.weight, i.definition -> 'name' AS name, i.definition -> 'unit' AS unit,
       i.definition -> 'direction' AS direction, i.definition -> 'bands' AS bands,
       i.definition -> 'national_bands' AS national_bands, i.definition -> 'rubric' AS rubric, i.definition -> 'example' AS example,
       i.revisions, i.closed_at
FROM indicator i
JOIN asked a ON a.programme = i.programme
LEFT JOIN definition d ON d.programme = i.programme
LEFT JOIN LATERAL (
    SELECT e.place
    FROM jsonb_array_elements(d.definition -> 'indicators') WITH ORDINALITY AS e (indicator, place)
    WHERE e.indicator ->> 'code' = i.code
) AS page ON true
ORDER BY page.place NULLS LAST, i.code

-- name: cells
SELECT c.indicator, c.measured_at, c.scope, c.period, c.due_on, c.is_due, c.status, c.provisional, c.timely, c.figure, c.value,
       c.numerator, c.denominator, c.level, c.measured_id, c.reporter, c.verifier, c.received_at, c.first_received_at, c.restatements, c.evidence, c.verified_figure,
       c.verified_at, c.returned_reason, s.score, s.level AS score_level, s.target AS scored_target, s.weight, s.weighted,
       s.scheme, s.figure AS scored_figure, s.indicator_version AS scored_version, s.cause, s.event_id AS scored_by
FROM cell c
LEFT JOIN region r ON r.region = c.scope
LEFT JOIN current_score s ON s.indicator = c.indicator AND s.scope = c.scope AND s.period = c.period
ORDER BY c.indicator, r.ordinal NULLS FIRST, c.ends_on

-- name: national_cells
SELECT * FROM national_cell ORDER BY indicator, ends_on

-- name: scores
SELECT s.indicator, s.scope, s.period, s.figure, s.target, s.score, s.level, s.weight, s.weighted, s.scheme, s.indicator_version,
       s.regions_counted, s.regions_expected, s.provisional, s.cause, s.event_id
FROM current_score s
ORDER BY s.indicator, s.scope, s.period

-- name: year_scores
SELECT y.indicator, y.scope, y.period, y.figure, y.target, y.score, y.level, y.weight, y.weighted, y.scheme,
       y.indicator_version, y.regions_counted, y.regions_expected, y.provisional, y.cause, y.event_id, y.is_year
FROM year_score y
ORDER BY y.indicator, y.scope

-- name: weighted_totals
SELECT scope, total, weight, indicators FROM weighted_total ORDER BY scope

-- name: completeness
SELECT region, expected, submitted, verified, timely,
       CASE WHEN expected = 0 THEN 'not_due' ELSE 'due' END AS state,
       round(verified::numeric / nullif(expected, 0), 4) AS completeness,
       round(timely::numeric / nullif(expected, 0), 4) AS timeliness
FROM completeness
ORDER BY place

-- name: completeness_total
SELECT t.expected, t.submitted, t.verified, t.timely,
       CASE WHEN t.expected = 0 THEN 'not_due' ELSE 'due' END AS state,
       round(t.verified::numeric / nullif(t.expected, 0), 4) AS completeness,
       round(t.timely::numeric / nullif(t.expected, 0), 4) AS timeliness
FROM (
    SELECT coalesce(sum(expected), 0)::bigint AS expected, coalesce(sum(submitted), 0)::bigint AS submitted,
           coalesce(sum(verified), 0)::bigint AS verified, coalesce(sum(timely), 0)::bigint AS timely
    FROM completeness
) AS t

-- name: recommendations
SELECT r.stream, r.region, r.visit, r.issued_on, r.due_on, r.text, r.owner, r.state, r.follow_ups, r.last_followed_up_on,
       r.closed_on, r.state = 'open' AND r.due_on < d.today AS overdue,
       CASE WHEN r.state = 'open' THEN d.today - r.issued_on END AS open_days
FROM recommendation r
JOIN definition d ON d.programme = r.programme
ORDER BY r.issued_on, r.stream

-- name: recommendation_counts
SELECT g.region, count(r.stream) FILTER (WHERE r.state = 'open') AS open,
       count(r.stream) FILTER (WHERE r.state = 'closed') AS closed,
       count(r.stream) FILTER (WHERE r.state = 'open' AND r.due_on < d.today) AS overdue,
       d.today - min(r.issued_on) FILTER (WHERE r.state = 'open') AS oldest_open_days
FROM (SELECT region, ordinal FROM region UNION ALL SELECT NULL, NULL) AS g
CROSS JOIN definition d
CROSS JOIN asked a
LEFT JOIN recommendation r ON r.programme = a.programme AND r.region IS NOT DISTINCT FROM g.region
GROUP BY g.region, g.ordinal, d.today
ORDER BY g.ordinal NULLS LAST

-- name: visits
SELECT v.stream, v.region, v.visited_on, v.visited_by, v.findings, v.no_findings
FROM visit v
JOIN asked a ON a.programme = v.programme
ORDER BY v.visited_on, v.stream

-- name: visit_counts
SELECT r.region, count(v.stream) AS visits,
       coalesce(array_agg(DISTINCT v.visited_on ORDER BY v.visited_on) FILTER (WHERE v.stream IS NOT NULL), '{}') AS days,
       coalesce(sum(v.findings), 0)::bigint AS findings,
       max(v.visited_on) AS last_visited_on
FROM region r
CROSS JOIN asked a
LEFT JOIN visit v ON v.programme = a.programme AND v.region = r.region
GROUP BY r.region, r.ordinal
ORDER BY r.ordinal

-- name: briefings
SELECT b.stream, b.activity, b.title, b.briefed_on, b.regions, jsonb_array_length(b.regions) AS called,
       (SELECT count(DISTINCT k.region) FROM acknowledgement k WHERE k.stream = b.stream AND b.regions ? k.region) AS acknowledged,
       (
           SELECT coalesce(jsonb_agg(c.code ORDER BY c.place), '[]')
           FROM jsonb_array_elements_text(b.regions) WITH ORDINALITY AS c (code, place)
           WHERE NOT EXISTS (SELECT FROM acknowledgement k WHERE k.stream = b.stream AND k.region = c.code)
       ) AS awaited
FROM briefing b
JOIN asked a ON a.programme = b.programme
ORDER BY b.briefed_on, b.stream

-- name: acknowledgements
SELECT k.stream, k.committee, k.activity, k.region, k.acknowledged_on
FROM acknowledgement k
JOIN asked a ON a.programme = k.programme
ORDER BY k.acknowledged_on, k.committee

-- name: due
SELECT kind, region, about, due_on, overdue FROM due ORDER BY due_on, kind, about

-- name: due_counts
SELECT r.region, min(u.due_on) FILTER (WHERE NOT u.overdue) AS next_due, count(u.about) FILTER (WHERE u.overdue) AS overdue
FROM (SELECT region, ordinal FROM region UNION ALL SELECT NULL, NULL) AS r
LEFT JOIN due u ON u.region IS NOT DISTINCT FROM r.region
GROUP BY r.region, r.ordinal
ORDER BY r.ordinal NULLS LAST

-- name: due_total
SELECT min(due_on) FILTER (WHERE NOT overdue) AS next_due, count(*) FILTER (WHERE overdue) AS overdue FROM due

-- name: meeting_total
SELECT count(*) FILTER (WHERE m.state = 'held') AS held,
       count(*) FILTER (WHERE m.state = 'scheduled') AS scheduled,
       count(*) FILTER (WHERE m.state = 'cancelled') AS cancelled,
       coalesce(sum(m.adjourned), 0)::bigint AS inquorate,
       coalesce(sum(m.resolutions) FILTER (WHERE m.state = 'held'), 0)::bigint AS resolutions,
       count(*) FILTER (WHERE m.state = 'held' AND m.minutes_on IS NOT NULL) AS with_minutes
FROM meeting m
JOIN asked a ON a.programme = m.programme

-- name: recommendation_total
SELECT count(*) FILTER (WHERE r.state = 'open') AS open, count(*) FILTER (WHERE r.state = 'closed') AS closed,
       count(*) FILTER (WHERE r.state = 'open' AND r.due_on < d.today) AS overdue,
       max(d.today - r.issued_on) FILTER (WHERE r.state = 'open') AS oldest_open_days
FROM recommendation r
JOIN definition d ON d.programme = r.programme

-- name: visit_total
SELECT count(*) AS visits, count(DISTINCT (v.region, v.visited_on)) AS days, coalesce(sum(v.findings), 0)::bigint AS findings,
       count(DISTINCT v.region) AS regions, max(v.visited_on) AS last_visited_on
FROM visit v
JOIN asked a ON a.programme = v.programme
