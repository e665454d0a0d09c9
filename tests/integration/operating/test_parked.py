"""Parked events as operators see them, and facts that wait or lie in quarantine."""

from __future__ import annotations

from tests.integration.operating.office import Office

WAITS = """
INSERT INTO waiting (
    source, id, digest, publisher, type, stream, waits_for, reason, fact, occurred_at, received_at, expires_at
) VALUES (
    '/ext/a', 'w' || $1::bigint, '', 'a', 't', 's', '{s}', '{"code": "x.y", "params": {}}', '{}', now(), now(), now()
)
"""
QUARANTINED = """
INSERT INTO inbox (
    source, id, digest, outcome, stream, stream_version, shard, position, events, received_at, recorded_at, reason
) VALUES ('/ext/a', $1, '', $2, 's', 0, 0, 0, '[]', now(), now(), '{"code": "fact.rule_failed", "params": {}}')
"""
CORRECTED = "INSERT INTO corrections VALUES ('/ext/a', 'new', 'a', '/ext/a', 'q2')"


async def test_parked_events_are_listed_by_cause_and_stream(office: Office) -> None:
    await office.read()
    await office.park(1, "committee:a", "event.unknown_type")
    await office.park(2, "committee:a", "stream.parked")
    await office.park(3, "committee:b", "event.unknown_type")
    await office.park(4, None, "record.not_an_event", b"\xff\x00")
    skip = {"store": "committee", "shard": 0, "record": 4, "reason": "แปลกปลอม", "typed": "committee/0/4"}
    await office.post("skip", skip)
    answer = await office.get("parked")
    causes = [(each["code"], each["count"], each["skipped"], each["streams"]) for each in answer["causes"]]
    assert causes == [("event.unknown_type", 2, 0, 2), ("stream.parked", 1, 0, 1), ("record.not_an_event", 0, 1, 0)]
    assert [(each["record"], each["skipped"]) for each in answer["parked"]] == [
        (1, False), (2, False), (3, False), (4, True)
    ]  # fmt: skip
    assert not {"headers", "value", "text"} & set(answer["parked"][0])
    of_a = await office.get("parked", stream="committee:a")
    assert [each["record"] for each in of_a["parked"]] == [1, 2]
    assert [each["record"] for each in (await office.get("parked", code="event.unknown_type"))["parked"]] == [1, 3]
    assert (await office.get("parked", consumer="nobody")) == {"causes": [], "parked": []}


async def test_what_is_in_a_parked_record_is_shown_by_its_own_address(office: Office) -> None:
    await office.park(1, "committee:a", "event.invalid", '{"ชื่อ": 1}'.encode())
    await office.park(2, None, "record.not_an_event", b"\xff\x00")
    await office.park(3, None, "record.not_an_event", None)
    shown = [await office.get(f"parked/activity.learner/obec.cluster.committee/0/{record}") for record in (1, 2, 3)]
    assert [(each["text"], each["base64"]) for each in shown] == [('{"ชื่อ": 1}', None), (None, "/wA="), (None, None)]
    assert shown[0]["headers"] == [["ce_id", "e1"]]


async def test_a_long_list_is_read_page_by_page(office: Office) -> None:
    for record in range(5):
        await office.park(record, f"committee:{record}", "event.invalid")
    headers = office.issuer.bearer("operator")
    path, found = "/v1/ops/parked?limit=2&code=event.invalid", []
    while True:
        answer = await office.client.get(path, headers=headers)
        found += [each["record"] for each in answer.json()["parked"]]
        if "link" not in answer.headers:
            break
        path = "/v1/ops/parked" + answer.headers["link"].partition("<")[2].partition(">")[0]
    assert found == [0, 1, 2, 3, 4]


async def test_facts_that_wait_and_those_in_quarantine_are_listed(office: Office) -> None:
    pool = office.store.pool
    for number in range(3):
        await pool.execute(WAITS, number)
    for fact, outcome in (("q1", "quarantined"), ("q2", "quarantined"), ("r1", "rejected")):
        await pool.execute(QUARANTINED, fact, outcome)
    await pool.execute(CORRECTED)
    answer = await office.get("waiting", limit=2)
    assert answer["waiting"]["count"] == 3
    assert [(each["id"], each["reason"]["code"]) for each in answer["waiting"]["facts"]] == [
        ("w0", "x.y"), ("w1", "x.y")
    ]  # fmt: skip
    assert answer["quarantined"]["count"] == 1
    assert [each["id"] for each in answer["quarantined"]["facts"]] == ["q1"]


RECEIPTS = """
INSERT INTO receipts (
    serial, publisher, source, id, type, outcome, reason, stream, stream_version, shard, position, events, received_at,
    decided_at
)
SELECT n, publisher, '/ext/x', n::text, 't', outcome, '{"code": "' || code || '"}', 's', 0, 0, 0, '[]', now(), now()
FROM (
    SELECT n, CASE n % 2 WHEN 0 THEN 'hr' ELSE 'e-meeting' END AS publisher,
           CASE WHEN n % 2 = 0 AND n > 460 THEN 'rejected' WHEN n IN (202, 1) THEN 'quarantined' ELSE 'accepted' END
               AS outcome,
           CASE WHEN n % 4 = 0 OR n > 490 THEN 'meeting.no_roll' ELSE 'event.invalid' END AS code
    FROM generate_series(1, 500) AS n
) AS made
"""


async def test_a_publisher_whose_facts_begin_to_be_refused_is_seen(office: Office) -> None:
    await office.as_owner(RECEIPTS)
    meeting, hr = await office.get("receipts")
    counted = [hr[each] for each in ("publisher", "receipts", "accepted", "rejected", "quarantined")]
    assert counted == ["hr", 100, 80, 20, 0]
    assert (hr["receipts_before"], hr["refused_before"], hr["code"]) == (100, 1, "meeting.no_roll")
    assert (meeting["accepted"], meeting["refused_before"], meeting["code"]) == (100, 0, None)
    assert await office.get("receipts", 403, roles="officer")
