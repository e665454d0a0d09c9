"""A meeting's stream: whether it was held and with whom, as it was judged then."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from services.reporting.projections.fact import Body, Fact
from services.reporting.projections.tables import Given, Row
from services.reporting.projections.values import day, instant, json


class MeetingFold:
    """Gives the row of ``meeting``."""

    tables: ClassVar[tuple[str, ...]] = ("meeting",)
    __slots__ = (
        "_activity",
        "_adjourned",
        "_attended",
        "_corrected",
        "_ended_at",
        "_minutes_on",
        "_notice_on",
        "_number",
        "_place",
        "_programme",
        "_region",
        "_rescheduled",
        "_resolutions",
        "_roll",
        "_scheduled_at",
        "_started_at",
        "_state",
        "_stream",
    )

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._programme = ""
        self._activity: str | None = None
        self._number: str | None = None
        self._region: str | None = None
        self._state: str | None = None
        self._scheduled_at: datetime | None = None
        self._place: str | None = None
        self._rescheduled = 0
        self._notice_on: date | None = None
        self._adjourned = 0
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None
        self._roll: Row = (None, None, None, None, None)
        self._attended = _NOBODY
        self._resolutions: Row = (0, "[]")
        self._corrected = False
        self._minutes_on: date | None = None

    def step(self, fact: Fact) -> None:
        """The state only goes on: what was held stays held."""
        if fact.name not in _OF_MEETINGS:
            return
        body = fact.body
        if self._activity is None:
            self._programme = body["programme"]
        match fact.name:
            case "MeetingHeld":
                self._met(body)
                self._state = "held"
                self._ended_at = instant(body["ended_at"])
                self._resolutions = _counted(body.get("resolutions", []))
            case "MeetingAdjourned":
                self._adjourned += 1
                self._met(body)
                self._unless(("held", "cancelled"), "adjourned")
            case "MeetingScheduled":
                self._named(body)
                self._set(body)
                self._state = self._state or "scheduled"
            case "MeetingRescheduled":
                self._rescheduled += 1
                self._set(body)
                self._unless(("held", "cancelled"), "scheduled")
            case "MeetingNoticeIssued":
                self._notice_on = day(body["issued_on"])
            case "MeetingCancelled":
                self._unless(("held",), "cancelled")
            case "MinutesApproved":
                self._minutes_on = day(body["approved_on"])
            case "MeetingRecordCorrected":
                self._corrected = True
                self._ended_at = instant(body["ended_at"])
                self._resolutions = _counted(body["resolutions"])

    def give(self, rows: Given) -> None:
        """One row, or none before anything has happened."""
        if self._programme:
            rows["meeting"].append(self._row())

    def _row(self) -> Row:
        return (
            self._stream,
            self._programme,
            self._region,
            self._activity,
            self._number,
            self._state,
            self._scheduled_at,
            self._place,
            self._rescheduled,
            self._notice_on,
            self._adjourned,
            self._started_at,
            self._ended_at,
            *self._roll,
            self._attended,
            *self._resolutions,
            self._corrected,
            self._minutes_on,
        )

    def _named(self, body: Body) -> None:
        self._programme = body["programme"]
        self._region = body.get("region")
        self._activity = body["activity"]
        self._number = body["number"]

    def _set(self, body: Body) -> None:
        self._scheduled_at = instant(body["starts_at"])
        self._place = body["place"]

    def _met(self, body: Body) -> None:
        self._named(body)
        self._started_at = instant(body["started_at"])
        roll = body["roll"]
        self._roll = (
            roll.get("committee"),
            roll["committee_version"],
            roll["voting"],
            roll["present"],
            roll["quorate"],
        )
        self._attended = json([_holder(each) for each in body["attendance"] if each["attendance"] in _CAME])

    def _unless(self, states: tuple[str, ...], state: str) -> None:
        if self._state not in states:
            self._state = state


_OF_MEETINGS = frozenset(
    {
        *("MeetingScheduled", "MeetingNoticeIssued", "MeetingRescheduled", "MeetingCancelled"),
        *("MeetingHeld", "MeetingAdjourned", "MinutesApproved", "MeetingRecordCorrected"),
    }
)
_NOBODY = "[]"
_CAME = frozenset({"present", "substitute"})


def _counted(resolutions: list[Any]) -> Row:
    return len(resolutions), json(resolutions)


def _holder(attendee: Body) -> str:
    who = attendee.get("substitute_for") or attendee
    person = who.get("person_id")
    return f"person:{person}" if person else f"office:{who['office']}"
