"""Alarms over HTTP, for operators alone: what stands, and acknowledging and silencing it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from pydantic import BaseModel, Field

from services.reporting.alarm import ALARM, AcknowledgeAlarm, SilenceAlarm
from services.reporting.alarms.outbox import machine_time, waiting
from services.reporting.alarms.standing import Alarmed, Standing
from shared.contracts import require
from shared.contracts.types import Contract, Instant, Prose
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.eventstore.inside import carry_out
from shared.eventstore.store import EventStore
from shared.operating.asking import body_of, operator_of, told
from shared.operating.deciding import Decided, Operators
from shared.web.api import COMMANDING, Api, Operation, Parameter
from shared.web.asked import whole
from shared.web.auth import Caller
from shared.web.jsonable import Json

LONGEST_SILENCE = timedelta(days=30)
CLEARED = 100
"""How many cleared alarms are told unless more are asked for."""
MOST_CLEARED = 1000
TAG = "alarms"

ALARM_ID = Parameter(
    "id", "path", "Stream of the alarm.",
    {"type": "string", "examples": ["alarm:2560-cluster:committee.without_chair:R07"]}, required=True,
)  # fmt: skip
HOW_MANY = Parameter(
    "cleared", "query", f"How many cleared alarms to tell, the newest first; {CLEARED} if not given.",
    {"type": "integer", "minimum": 0, "maximum": MOST_CLEARED},
)  # fmt: skip

_Reason = Field(default="", description="Why; it is kept in the audit.", examples=["ประสานสำนักงานแล้ว"])


class Acknowledge(Contract):
    """Say that somebody sees to it: it is not told again."""

    reason: Prose = _Reason


class Silence(Contract):
    """Have nobody told of it until then, by the clock on the wall; 30 days at most."""

    until: Instant
    reason: Prose = _Reason


class AlarmAnswer(BaseModel):
    """An alarm as it stands."""

    id: str = Field(examples=["alarm:2560-cluster:committee.without_chair:R07"])
    state: str = Field(description="raised, acknowledged, silenced (while it is open) or cleared.")
    programme: str | None
    kind: str
    what: str
    occurrence: int
    th: str
    en: str
    raised_at: datetime
    changed_at: datetime
    acknowledged: dict[str, str] | None = Field(description="{operator, reason}; None while nobody has.")
    silenced: dict[str, Any] | None = Field(description="{operator, reason, until}; None when it is not, or is over.")


class Alarms(BaseModel):
    """Every open alarm, the newest first, cleared ones, and what could not be told yet by channel."""

    open: list[AlarmAnswer]
    cleared: list[AlarmAnswer]
    counts: dict[str, int]
    untold: list[dict[str, Any]]


class AlarmApi:
    """Serves alarms of ``store``; actions are audited by ``operators``."""

    def __init__(self, store: EventStore, operators: Operators) -> None:
        self._store, self._operators = store, operators
        self._alarmed, self._handler = Alarmed(store), CommandHandler(store, [ALARM])
        operators.on("acknowledge", self._acknowledge)
        operators.on("silence", self._silence)

    def add_to(self, api: Api) -> None:
        """Serve them."""
        answers: dict[int, tuple[str, Any]] = {200: ("Alarms.", Alarms)}
        api.add(Operation("GET", "/v1/ops/alarms", "Alarms as they stand", TAG, answers, None, (HOW_MANY,)), self._list)
        done: dict[int, tuple[str, Any]] = {200: ("Done, and audited.", Decided)}
        for verb, body, endpoint in (
            ("acknowledge", Acknowledge, self._asked_to_acknowledge),
            ("silence", Silence, self._asked_to_silence),
        ):
            path, summary = f"/v1/ops/alarms/{{id}}/{verb}", f"{verb.capitalize()} an alarm"
            api.add(Operation("POST", path, summary, TAG, done, body, (ALARM_ID,), COMMANDING), endpoint)

    async def _list(self, request: Request) -> Response:
        await operator_of(request)
        most = whole("cleared", request.query_params.get("cleared"), 0, MOST_CLEARED)
        return Json(await self.alarms(CLEARED if most is None else most))

    async def alarms(self, most_cleared: int = CLEARED) -> Alarms:
        """Alarms as they stand; of cleared ones so many."""
        now = machine_time()
        found = [answer_of(each, now) for each in (await self._alarmed.read()).values()]
        found.sort(key=lambda each: (each.changed_at, each.id), reverse=True)
        still_open = [each for each in found if each.state != "cleared"]
        counts = dict.fromkeys(("raised", "acknowledged", "silenced"), 0)
        for each in still_open:
            counts[each.state] += 1
        cleared = [each for each in found if each.state == "cleared"]
        return Alarms(
            open=still_open, cleared=cleared[:most_cleared], counts=counts, untold=await waiting(self._store.pool)
        )

    async def _asked_to_acknowledge(self, request: Request) -> Response:
        caller = await operator_of(request)
        body = await body_of(request, Acknowledge)
        return told(await self.acknowledge(caller, request.path_params["id"], body.reason))

    async def _asked_to_silence(self, request: Request) -> Response:
        caller = await operator_of(request)
        body = await body_of(request, Silence)
        return told(await self.silence(caller, request.path_params["id"], body.until, body.reason))

    async def acknowledge(self, caller: Caller, alarm: str, reason: str) -> Decided:
        """Acknowledge an open alarm. Raises Rejected ``alarm.*``, ``ops.*``."""
        params = {"alarm": alarm, "reason": reason.strip()}
        return await self._operators.ask(caller, "acknowledge", alarm[:300], params, reason=reason)

    async def silence(self, caller: Caller, alarm: str, until: datetime, reason: str) -> Decided:
        """Silence an alarm, open or not. Raises Rejected ``alarm.*``, ``ops.*``."""
        within = timedelta() < until - machine_time() <= LONGEST_SILENCE
        require(within, "alarm.silence_out_of_range", pointer="/until", days=LONGEST_SILENCE.days)
        params = {"alarm": alarm, "reason": reason.strip(), "until": until.isoformat()}
        return await self._operators.ask(caller, "silence", alarm[:300], params, reason=reason)

    async def _acknowledge(self, connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
        return await self._carry_out(connection, params["alarm"], AcknowledgeAlarm(reason=params["reason"]), caller)

    async def _silence(self, connection: Any, params: Mapping[str, Any], caller: Caller) -> str:
        silence = SilenceAlarm(until=datetime.fromisoformat(params["until"]), reason=params["reason"])
        return await self._carry_out(connection, params["alarm"], silence, caller)

    async def _carry_out(
        self, connection: Any, alarm: str, command: AcknowledgeAlarm | SilenceAlarm, caller: Caller
    ) -> str:
        """The event is written in the transaction of its line in the audit."""
        require(alarm.startswith("alarm:") and alarm.isprintable(), "alarm.not_found")
        name = f"{type(command).__name__} {uuid4()}"
        asked = CommandRequest(ALARM, alarm, command, caller.source, name, name, caller.id, caller.roles)
        answer = await carry_out(connection, self._handler, asked)
        return "done" if answer.events else "told before"


def answer_of(standing: Standing, now: datetime) -> AlarmAnswer:
    """What is told of an alarm at a time of the machine's clock."""
    alarm, raised = standing.alarm, standing.alarm.raised
    assert raised is not None, "its first event raised it"
    said, silence = alarm.acknowledged, alarm.silenced if alarm.is_silent(now) else None
    return AlarmAnswer(
        id=standing.stream,
        state=standing.state(now),
        programme=raised.programme,
        kind=raised.kind,
        what=raised.what,
        occurrence=raised.occurrence,
        th=raised.message.th,
        en=raised.message.en,
        raised_at=standing.raised_at,
        changed_at=standing.changed_at,
        acknowledged=said and {"operator": said.operator, "reason": said.reason},
        silenced=silence and {"operator": silence.operator, "reason": silence.reason, "until": silence.until},
    )
