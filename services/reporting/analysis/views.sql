-- The views of schema analysis. Each reads functions of analysis_figures, made of the queries of the same names in
-- queries/figures.sql; what is behind the figures, and who reported or verified them, stays behind.

-- name: freshness
SELECT c.at AS judged_at, c.simulated, c.newest_recorded_at
FROM analysis_figures.clock() AS c

-- name: programmes
SELECT p.programme, d.version, d.fiscal_year, d.name ->> 'th' AS name_th, d.name ->> 'en' AS name_en
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.definition(p.programme, p.at) AS d

-- name: regions
SELECT p.programme, c.place, c.region, c.state AS committee_state, t.total, t.weight AS total_weight,
       t.indicators AS total_indicators
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.committees(p.programme, p.at) AS c
JOIN LATERAL analysis_figures.weighted_totals(p.programme, p.at) AS t ON t.scope = c.region

-- name: committees
SELECT p.programme, c.region, c.state, c.stream AS committee, c.ordinal, c.proposed_on, c.order_unit, c.order_number, c.order_year,
       c.order_date, c.effective_from, c.dissolved_on, c.chairs, c.vice_chairs, c.ordinary_members, c.secretaries,
       c.assistant_secretaries, c.voting, 'chair' = ANY (c.vacant) AS chair_vacant, 'secretary' = ANY (c.vacant) AS secretary_vacant
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.committees(p.programme, p.at) AS c

-- name: members
SELECT p.programme, c.region, c.stream AS committee, m.place, m.member ->> 'office' AS office, m.member ->> 'seat' AS seat,
       (m.member ->> 'voting')::boolean AS votes
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.committees(p.programme, p.at) AS c
CROSS JOIN LATERAL jsonb_array_elements(c.members) WITH ORDINALITY AS m (member, place)

-- name: meetings
SELECT p.programme, m.stream AS meeting, m.region, m.activity, m.number, m.state, m.scheduled_at, m.started_at, m.ended_at, m.rescheduled,
       m.adjourned, m.notice_on, m.minutes_on, m.voting, m.present, m.quorate, m.voting_now, m.present_now, m.quorate_now,
       m.resolutions, m.corrected
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.meetings(p.programme, p.at) AS m

-- name: activities
SELECT p.programme, a.place, a.code AS activity, a.name ->> 'th' AS name_th, a.name ->> 'en' AS name_en, a.state, a.opens, a.closes,
       a.deadline, a.extensions, a.started_on, a.completed_on, a.cancelled_on, a.overdue, a.days_late, a.needed, a.counted
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.activities(p.programme, p.at) AS a

-- name: indicators
SELECT p.programme, i.code AS indicator, i.version, i.name ->> 'th' AS name_th, i.name ->> 'en' AS name_en, i.kind, i.measured_at,
       i.frequency, i.period_rule, i.national_rule, i.due_days, i.baseline, i.target, i.national_target, i.weight, i.closed_at
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.indicators(p.programme, p.at) AS i

-- name: measurements
SELECT p.programme, c.indicator, c.scope, c.period, c.status, c.due_on, c.is_due, c.timely, c.provisional, c.figure, c.value, c.numerator,
       c.denominator, c.level, c.verified_figure, c.received_at, c.first_received_at, c.verified_at, c.restatements, c.evidence,
       c.score, c.score_level, c.weight, c.weighted
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.cells(p.programme, p.at) AS c

-- name: national_measurements
SELECT p.programme, n.indicator, n.period, n.ends_on, n.status, n.figure, n.score, n.level AS score_level, n.target, n.weight, n.weighted,
       n.regions_counted, n.regions_expected, n.provisional
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.national_cells(p.programme, p.at) AS n

-- name: scores
SELECT p.programme, s.indicator, s.scope, s.period, s.figure, s.target, s.score, s.level AS score_level, s.weight, s.weighted, s.scheme,
       s.indicator_version, s.regions_counted, s.regions_expected, s.provisional
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.scores(p.programme, p.at) AS s

-- name: totals
SELECT p.programme, t.scope, t.total, t.weight AS total_weight, t.indicators AS total_indicators
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.weighted_totals(p.programme, p.at) AS t

-- name: budget
SELECT p.programme, b.activity, b.region, b.allocated, b.budget, b.disbursed, b.reversed, b.net_disbursed, b.payments, b.reversals
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.budget(p.programme, p.at) AS b

-- name: recommendations
SELECT p.programme, r.stream AS recommendation, r.region, r.visit, r.issued_on, r.due_on, r.text, r.owner, r.state, r.follow_ups,
       r.last_followed_up_on, r.closed_on, r.overdue, r.open_days
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.recommendations(p.programme, p.at) AS r

-- name: visits
SELECT p.programme, v.stream AS visit, v.region, v.visited_on, v.findings, v.no_findings
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.visits(p.programme, p.at) AS v

-- name: briefings
SELECT p.programme, b.stream AS briefing, b.activity, b.title, b.briefed_on, b.called, b.acknowledged
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.briefings(p.programme, p.at) AS b

-- name: completeness
SELECT p.programme, c.region, c.expected, c.submitted, c.verified, c.timely, c.state, c.completeness, c.timeliness
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.completeness(p.programme, p.at) AS c

-- name: due
SELECT p.programme, d.kind, d.region, d.about, d.due_on, d.overdue
FROM analysis_figures.programmes() AS p
CROSS JOIN LATERAL analysis_figures.due(p.programme, p.at) AS d
