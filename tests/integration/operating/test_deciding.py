"""What operators order: with a reason, confirmed, perhaps by two persons, and audited in the action's transaction."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from shared.operating.deciding import Operators
from shared.web.auth import OPERATOR, Caller
from tests.conftest import NewDatabase
from tests.integration.operating.office import Office, open_office

SKIP = {"store": "committee", "shard": 0, "record": 7, "reason": "ระเบียนแปลกปลอม", "typed": "committee/0/7"}
LONG = "ก" * 1001

REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("skip", {**SKIP, "reason": " "}, 422, "ops.reason_missing"),
    ("skip", {**SKIP, "reason": LONG}, 422, "ops.reason_too_long"),
    ("skip", {**SKIP, "typed": "committee/0/8"}, 422, "ops.not_confirmed"),
    ("skip", {**SKIP, "typed": None}, 422, "ops.not_confirmed"),
    ("skip", {**SKIP, "shard": 64}, 422, "request.invalid"),
    ("skip", {**SKIP, "record": -1}, 422, "request.invalid"),
    ("skip", {**SKIP, "record": 2**80}, 422, "request.invalid"),
    ("skip", {**SKIP, "store": "a\0b"}, 422, "request.invalid"),
    ("skip", {**SKIP, "reason": "เพราะ\0"}, 422, "request.invalid"),
    ("skip", {**SKIP, "more": 1}, 422, "request.invalid"),
    ("skip", {**SKIP, "store": "nobody", "typed": "nobody/0/7"}, 404, "ops.parked_not_found"),
    ("replay", {"reason": "ลองใหม่"}, 422, "request.invalid"),
    ("replay", {"consumer": "nobody", "reason": "ลองใหม่"}, 404, "ops.consumer_not_found"),
    ("replay", {"consumer": "activity.learner", "reason": "ลองใหม่"}, 404, "ops.parked_not_found"),
    ("replay", {"consumer": "activity.learner"}, 422, "ops.reason_missing"),
    ("replay", {"consumer": "activity.learner", "stream": "a:b", "code": "c", "reason": "x"}, 422, "request.invalid"),
    ("replay", {"consumer": "activity.learner", "shard": 0, "record": 7, "reason": "x"}, 422, "request.invalid"),
    ("replay", {"consumer": "activity.learner", "stream": "a\0b", "reason": "x"}, 422, "request.invalid"),
    ("pause", {"consumer": "nobody", "reason": "พัก"}, 404, "ops.consumer_not_found"),
    ("pause", {"consumer": "relay:1", "reason": "พัก"}, 404, "ops.relay_not_found"),
    ("resume", {"consumer": "relay:x", "reason": "พัก"}, 404, "ops.relay_not_found"),
    ("pause", {"consumer": "relay:0"}, 422, "ops.reason_missing"),
    ("hand-over", {"shard": 1, "reason": "ส่งมอบ"}, 404, "ops.relay_not_found"),
    ("hand-over", {"reason": "ส่งมอบ"}, 422, "request.invalid"),
    ("proposals/x/second", {}, 404, "ops.proposal_not_found"),
    ("proposals/00000000-0000-0000-0000-000000000000/second", {}, 404, "ops.proposal_not_found"),
]
ASKED: list[tuple[str, str]] = [
    ("parked?limit=0", "query.unreadable"),
    ("parked?after=a/b", "query.unreadable"),
    ("parked?after=a/b/c/d", "query.unreadable"),
    ("parked?code=%00", "query.unreadable"),
    ("parked/a/b/c/d", "query.unreadable"),
    ("parked/a%00/b/0/0", "query.unreadable"),
    ("audit?before=x", "query.unreadable"),
    ("replays?limit=9999", "query.unreadable"),
    ("waiting?limit=x", "query.unreadable"),
]


async def test_what_is_wrong_is_told_and_nothing_is_done(office: Office) -> None:
    await office.read()
    for path, body, status, code in REFUSED:
        problem = await office.post(path, body, status)
        assert problem["code"] == code, (path, body, problem)
        assert problem["th"]
        assert problem["en"]
    for path, code in ASKED:
        assert (await office.get(path, 400))["code"] == code, path
    assert (await office.get("parked/a/b/0/0", 404))["code"] == "ops.parked_not_found"
    for table in ("skips", "replays", "consumer_control", "operator_audit", "operator_proposals"):
        assert await office.count(table) == 0


async def test_only_operators_see_and_order(office: Office) -> None:
    for path in ("parked", "audit", "replays", "waiting", "proposals"):
        assert (await office.get(path, 403, roles="officer"))["code"] == "auth.forbidden"
        assert (await office.client.get(f"/v1/ops/{path}")).status_code == 401
    answer = await office.client.post("/v1/ops/skip", json=SKIP, headers=office.issuer.bearer("approver"))
    assert answer.status_code == 403
    assert (await office.client.post("/v1/ops/skip", json=SKIP)).status_code == 401


async def test_an_action_and_its_audit_line_are_one(office: Office) -> None:
    """An action that fails leaves no line, and a line that cannot be written leaves no action."""
    await office.read()
    assert await office.post("skip", SKIP) == {
        "status": "done", "outcome": "committee/0/7 is left out", "audit": 1, "proposal": None
    }  # fmt: skip
    assert (await office.post("skip", SKIP, 409))["code"] == "ops.already_skipped"
    [line] = await office.get("audit")
    assert {name: line[name] for name in ("actor", "seconded_by", "action", "target", "reason")} == {
        "actor": "usr-one", "seconded_by": None, "action": "skip", "target": "committee/0/7", "reason": "ระเบียนแปลกปลอม"
    }  # fmt: skip
    await office.as_owner("ALTER TABLE operator_audit ADD CHECK (action <> 'pause')")
    operators: Operators = office.app.state.operators
    params = {"consumer": "activity.learner"}
    with pytest.raises(asyncpg.CheckViolationError):
        await operators.ask(Caller("usr-one", OPERATOR), "pause", "activity.learner", params, reason="พัก")
    assert await office.count("consumer_control") == 0
    assert await office.count("operator_audit") == 1


async def test_the_audit_is_read_page_by_page_and_never_changed(office: Office) -> None:
    for _ in range(2):
        for action in ("pause", "resume"):
            await office.post(action, {"consumer": "activity.learner", "reason": "ซ้อมรับเหตุ"})
    newest = await office.get("audit", limit=3)
    assert [line["action"] for line in newest] == ["resume", "pause", "resume"]
    assert [line["id"] for line in await office.get("audit", before=newest[-1]["id"])] == [1]
    for change in ("UPDATE operator_audit SET actor = 'x'", "DELETE FROM operator_audit"):
        with pytest.raises(Exception, match="permission denied"):
            await office.store.pool.execute(change)


async def test_where_two_persons_decide_what_destroys_waits_for_the_second(database: NewDatabase) -> None:
    async with open_office(await database("activity"), two_person=True) as office:
        await office.read()
        proposed = await office.post("skip", SKIP, 202)
        assert (proposed["status"], proposed["audit"]) == ("proposed", None)
        assert await office.count("skips") == await office.count("operator_audit") == 0
        [waiting] = await office.get("proposals")
        assert (waiting["actor"], waiting["action"], waiting["target"]) == ("usr-one", "skip", "committee/0/7")
        second, typed = f"proposals/{proposed['proposal']}/second", {"typed": "committee/0/7"}
        assert (await office.post(second, typed, 403, by="usr-one"))["code"] == "ops.same_operator"
        assert (await office.post(second, {}, 422, by="usr-two"))["code"] == "ops.not_confirmed"
        assert (await office.post(second, typed, by="usr-two"))["status"] == "done"
        assert (await office.post(second, typed, 409, by="usr-two"))["code"] == "ops.proposal_decided"
        [line] = await office.get("audit")
        assert (line["actor"], line["seconded_by"]) == ("usr-one", "usr-two")
        [skip] = await office.store.pool.fetch("SELECT decided_by, reason FROM skips")
        assert tuple(skip) == ("usr-one", "ระเบียนแปลกปลอม")
        assert await office.get("proposals") == []

        late = await office.post("skip", {**SKIP, "record": 8, "typed": "committee/0/8"}, 202)
        await office.store.pool.execute(
            "UPDATE operator_proposals SET until = clock_timestamp() WHERE decided_at IS NULL"
        )
        second, typed = f"proposals/{late['proposal']}/second", {"typed": "committee/0/8"}
        assert (await office.post(second, typed, 409, by="usr-two"))["code"] == "ops.proposal_lapsed"
        assert await office.count("skips") == 1
        assert (await office.post("pause", {"consumer": "relay:0", "reason": "พัก"}))["status"] == "done"
