"""What the console's forms order: which address of a service, and which fields of the form become its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.contracts import Rejected

TEXT, WHOLE, YES, MOMENT = "text", "whole", "yes", "moment"
BANGKOK = "+07:00"
WRITTEN = ("region", "until", "reason", "typed")
"""Fields that a person fills in; the others stand in the form."""


@dataclass(frozen=True, slots=True)
class Action:
    """An order. ``path`` below ``/v1/`` with names of fields in braces; ``fields``: what becomes the body, and how."""

    path: str
    fields: Mapping[str, str]
    commands: bool = False
    """Whether it is a command to an aggregate, which has an idempotency key."""
    later: bool = False
    """Whether the answer only says that it is ordered, and a process does it then."""


_WHY = {"reason": TEXT}
_RECORD = {"store": TEXT, "shard": WHOLE, "record": WHOLE}
_TYPED = {**_WHY, "typed": TEXT}
ACTIONS: Mapping[str, Action] = {
    "skip": Action("ops/skip", {**_RECORD, **_TYPED}),
    "replay": Action(
        "ops/replay",
        {
            "consumer": TEXT,
            "stream": TEXT,
            "code": TEXT,
            "store": TEXT,
            "shard": WHOLE,
            "record": WHOLE,
            **_WHY,
            "dry_run": YES,
        },
        later=True,
    ),
    "pause": Action("ops/pause", {"consumer": TEXT, **_WHY}),
    "resume": Action("ops/resume", {"consumer": TEXT, **_WHY}),
    "hand-over": Action("ops/hand-over", {"shard": WHOLE, **_WHY}),
    "rewind": Action("ops/rewind", {"consumer": TEXT, **_TYPED}),
    "second": Action("ops/proposals/{id}/second", {"typed": TEXT}),
    "rebuild": Action("ops/rebuilds", _WHY, later=True),
    "compare": Action("ops/rebuilds/{schema}/compare", _TYPED, later=True),
    "swap": Action("ops/rebuilds/{schema}/swap", {**_TYPED, "differences": WHOLE}, later=True),
    "roll-back": Action("ops/rebuilds/{schema}/roll-back", _TYPED, later=True),
    "drop": Action("ops/rebuilds/{schema}/drop", _TYPED, later=True),
    "acknowledge": Action("ops/alarms/{id}/acknowledge", _WHY),
    "silence": Action("ops/alarms/{id}/silence", {"until": MOMENT, **_WHY}),
    "verify": Action("ops/proofs", _WHY, later=True),
    "close-period": Action("indicators/{stream}/close-period", {"period": TEXT, **_WHY}, commands=True),
    "reopen-period": Action("indicators/{stream}/reopen-period", {"period": TEXT, **_WHY}, commands=True),
    "extend-period": Action(
        "indicators/{stream}/extend-period", {"period": TEXT, "region": TEXT, "until": TEXT, **_WHY}, commands=True
    ),
}


def body_of(action: Action, form: Mapping[str, str]) -> dict[str, Any]:
    """The body that a form's fields make; an empty field counts as not given. Raises Rejected ``query.unreadable``."""
    given = {name: form.get(name, "").strip() for name in action.fields}
    return {name: _read(name, action.fields[name], text) for name, text in given.items() if text or name == "reason"}


def path_of(action: Action, form: Mapping[str, str]) -> str:
    """The address that a form's fields name. Raises Rejected ``query.unreadable``."""
    try:
        return action.path.format_map({name: _part(name, text) for name, text in form.items()})
    except KeyError as error:
        raise Rejected("query.unreadable", name=str(error.args[0]), value="") from error


def target_of(form: Mapping[str, str]) -> str:
    """What an order is about, as it is typed to confirm it, such as ``activity/0/281``; "" where it names nothing."""
    if "store" in form:
        return "/".join(form.get(name, "") for name in ("store", "shard", "record"))
    if "period" in form:
        return f"{form.get('stream', '')} {form['period']}"
    named = (form[name] for name in ("target", "schema", "id", "consumer") if name in form)
    return next(named, f"relay:{form['shard']}" if "shard" in form else "")


def written_in(action: Action, form: Mapping[str, str]) -> dict[str, str]:
    """What a person wrote or chose in a form, by field; of a dry run, which has no such field, nothing."""
    return {} if "dry_run" in form else {name: form[name] for name in WRITTEN if name in form and name in action.fields}


def _part(name: str, text: str) -> str:
    if name in ("id", "schema", "stream") and (not text or "/" in text or "?" in text):
        raise Rejected("query.unreadable", name=name, value=text[:100])
    return text


def _read(name: str, kind: str, text: str) -> Any:
    if kind == WHOLE:
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise Rejected("query.unreadable", name=name, value=text[:100])
        return int(text)
    if kind == YES:
        return text == "yes"
    # A field for day and hour tells no zone: it is Bangkok's.
    return f"{text}{BANGKOK}" if kind == MOMENT and "+" not in text and not text.endswith("Z") else text
