"""The reporting service's questions over HTTP: the nation, its regions, and the events behind each figure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request, Response

from services.reporting import views
from services.reporting.changes import changes
from services.reporting.exports.formats import FORMATS, answer_in, format_of
from services.reporting.exports.formats import PARAMETERS as FORMS
from services.reporting.projections.projection import STORES
from services.reporting.queries.asked import Answering, answering, question
from services.reporting.queries.lineage import lineage
from shared.clock import Clock
from shared.contracts import Rejected
from shared.web.api import Api, Operation, Parameter
from shared.web.asked import moment
from shared.web.auth import viewer

View = Callable[[Answering, Request], Awaitable[dict[str, Any]]]

PATIENCE_SECONDS = 2.0
"""How long an answer waits for the position that ``after`` names."""

_MOMENT = {"type": "string", "examples": ["2017-09-30", "2560-09-30", "2017-01-12T09:00:00+07:00"]}
_A_DAY = "An instant with its offset, or a day (C.E. or B.E.), which means its end in Bangkok."
PARAMETERS = (
    Parameter("programme", "path", "Programme.", {"type": "string", "examples": ["2560-cluster"]}, required=True),
    Parameter("as_of", "query", f"As it was known then: what had been recorded. Not in the future. {_A_DAY}", _MOMENT),
    Parameter("effective_at", "query", f"As it was in effect then. {_A_DAY}", _MOMENT),
    Parameter(
        "after",
        "query",
        "<store>:<shard>:<position> that the answer must contain; after a while it answers with stale: true.",
        {"type": "string", "examples": ["committee:0:12"]},
    ),
)
REGION = Parameter("region", "path", "Inspection region.", {"type": "string", "examples": ["R07"]}, required=True)
INDICATOR = Parameter("code", "path", "Indicator.", {"type": "string", "examples": ["QN2"]}, required=True)
SINCE = Parameter(
    "since",
    "query",
    f"The earlier time, as it was known then; the later one is ``as_of``, else now. {_A_DAY}",
    {"type": "string", "examples": ["2017-01-24"]},
    required=True,
)
FIGURE = Parameter(
    "figure",
    "query",
    "Name of a figure, as answers give it.",
    {"type": "string", "examples": ["committees", "cell/QN2/R07/2560-Q1", "score/QN2/TH/2560-Q1", "budget/1.2/R07"]},
    required=True,
)


def reporting_api(
    pool: Callable[[], Any],
    clock: Clock,
    *,
    consumer: str = "reporting",
    stores: Sequence[str] = STORES,
    patience: float = PATIENCE_SECONDS,
) -> Api:
    """Every question as a route. ``pool`` gives the asyncpg pool, whose search_path finds reporting's schema first.

    ``consumer`` is the projection's name, by which its offsets and parked events are known.
    """
    api = Api()

    @asynccontextmanager
    async def answered(request: Request) -> AsyncIterator[Answering]:
        await viewer(request)
        query = request.query_params
        asked = question(
            request.path_params["programme"], query.get("as_of"), query.get("effective_at"), query.get("after")
        )
        async with answering(pool(), clock, asked, consumer=consumer, stores=stores, patience=patience) as answer:
            yield answer

    def serve(path: str, main: str, summary: str, view: View, *parameters: Parameter) -> None:
        """``main``: the part of the answer that a file of one table holds, if none is named."""

        async def endpoint(request: Request) -> Response:
            form = format_of(request)
            async with answered(request) as answer:
                found = {**await view(answer, request), "meta": answer.meta}
            about = {"programme": request.path_params["programme"], "question": _asked(path, request)}
            # A large file takes tenths of a second, in which others want their answers.
            return await asyncio.to_thread(answer_in, form, request, found, main, about)

        answers = {200: ("The figures, with what they are as of.", dict[str, Any])}
        operation = Operation(
            "GET",
            f"/v1/programmes/{{programme}}/{path}",
            summary,
            "reporting",
            answers,
            None,
            (*PARAMETERS, *FORMS, *parameters),
            files=[each.media_type for each in FORMATS.values()],
        )
        api.add(operation, endpoint)

    serve(
        "national", "indicators", "The nation: its regions' committees, work, money and results", _plain(views.national)
    )
    serve("regions", "regions", "Every region in short", _plain(views.regions))
    serve("regions/{region}", "cells", "One region in full", _region, REGION)
    serve("activities", "activities", "Activities of the programme", _plain(views.activities))
    serve("indicators", "indicators", "Indicators with the nation's figures and scores", _plain(views.indicators))
    serve("indicators/{code}", "cells", "One indicator in every region and period", _indicator, INDICATOR)
    serve("committees", "committees", "Committees with their members", _plain(views.committees))
    serve("meetings", "meetings", "Meetings, as judged and as known now", _plain(views.meetings))
    serve("budget", "by_activity_and_region", "Money by activity and region, in satang", _plain(views.budget))
    serve(
        "recommendations",
        "recommendations",
        "Recommendations and how long they have been open",
        _plain(views.recommendations),
    )
    serve("lineage", "events", "The events behind a figure", _lineage, FIGURE)
    serve("changes", "changes", "What changed since a time, and the events that were recorded since", _changes, SINCE)
    return api


def _asked(path: str, request: Request) -> str:
    """The question in words, such as ``regions R07``, ``lineage committees`` or ``changes 2017-01-24``."""
    of = [value for name, value in request.path_params.items() if name != "programme"]
    return " ".join(
        [path.partition("/")[0], *of, *(request.query_params.get(each, "") for each in ("figure", "since"))]
    ).strip()


def _plain(view: Callable[[Answering], Awaitable[dict[str, Any]]]) -> View:
    async def answer(answering: Answering, _request: Request) -> dict[str, Any]:
        return await view(answering)

    return answer


async def _region(answer: Answering, request: Request) -> dict[str, Any]:
    return await views.region(answer, request.path_params["region"])


async def _indicator(answer: Answering, request: Request) -> dict[str, Any]:
    return await views.indicator(answer, request.path_params["code"])


async def _changes(answer: Answering, request: Request) -> dict[str, Any]:
    since = moment("since", request.query_params.get("since"))
    if since is None:
        raise Rejected("query.unreadable", name="since", value="")
    return await changes(answer, since)


async def _lineage(answer: Answering, request: Request) -> dict[str, Any]:
    figure = request.query_params.get("figure")
    if not figure:
        raise Rejected("query.unreadable", name="figure", value="")
    return await lineage(answer, figure)
