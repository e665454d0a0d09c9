"""Who asks for an operator's view or action, and what the body of a request says."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from shared.contracts import Rejected
from shared.operating.deciding import Decided
from shared.web.auth import OPERATOR, Caller, authorised
from shared.web.commanding import require_json
from shared.web.door import door_of
from shared.web.jsonable import Json, dump
from shared.web.session import session_user
from shared.web.text import fit, repaired
from shared.web.validation import read_json, validated
from shared.web.viewing import LOOKING

M = TypeVar("M", bound=BaseModel)

_door_of = cache(door_of)


async def operator_of(request: Request) -> Caller:
    """The operator whom a request's token names; where nothing is changed, a session is as good as a token.

    Raises Rejected ``auth.*``.
    """
    person = session_user(request) if request.method in LOOKING else None
    if person is None or "authorization" in request.headers:
        return await authorised(request, OPERATOR)
    if person.roles.isdisjoint(OPERATOR):
        raise Rejected("auth.forbidden", roles=", ".join(sorted(OPERATOR)))
    return Caller(person.id, person.roles)


async def body_of(request: Request, model: type[M], *, naming: str = "") -> M:
    """What a request's JSON says. ``naming``: the field that is there to name a person, and kept nowhere.

    Raises Invalid, Rejected ``request.*``.
    """
    require_json(request.headers)
    sent: Any = read_json(await request.body())
    return validated(model, dump(_door_of(model)(_fit(sent, naming))), sent)


def _fit(sent: Any, naming: str) -> Any:
    """Fit to be kept, all but what ``naming`` says, whose text is only repaired."""
    if not isinstance(sent, dict) or naming not in sent:
        return fit(sent)
    rest = {name: each for name, each in sent.items() if name != naming}
    return {**fit(rest), **repaired({naming: sent[naming]})}


def told(decided: Decided) -> Json:
    """The answer that tells what became of an action: 200 when it is done, 202 while it waits for a second operator."""
    return Json(decided, 202 if decided.status == "proposed" else 200)
