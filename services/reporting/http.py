"""The reporting service's questions over HTTP: the nation, its regions, and the events behind each figure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request, Response
from sse_starlette import EventSourceResponse

from services.reporting.asking import Desk, Wanted
from services.reporting.etags import build, matches, quoted, tag_of
from services.reporting.exports.dictionary import dictionary
from services.reporting.exports.formats import FORMATS, ONE_TABLE, answer_in, format_of
from services.reporting.exports.formats import PARAMETERS as FORMS
from services.reporting.following import Watch, resumed
from services.reporting.kept import Kept
from services.reporting.narrowing import Narrowing, narrowing
from services.reporting.paging import page_of
from services.reporting.queries.asked import question
from shared.contracts import Rejected, require
from shared.web.api import Api, Operation, Parameter
from shared.web.jsonable import Json
from shared.web.problems import LANGUAGES
from shared.web.viewing import viewer

KEPT_FILES, KEPT_BYTES = 256, 64 * 1024 * 1024
"""How many made answers are kept, and how large they may be together."""
REVALIDATED = "private, no-cache"
"""Cache-Control of an answer: it may be kept, and is asked for again by its ETag."""
PING_SECONDS = 15

_MOMENT = {"type": "string", "examples": ["2017-09-30", "2560-09-30", "2017-01-12T09:00:00+07:00"]}
_A_DAY = "An instant with its offset, or a day (C.E. or B.E.), which means its end in Bangkok."
_PROGRAMME = Parameter(
    "programme", "path", "Programme.", {"type": "string", "examples": ["2560-cluster"]}, required=True
)
_REGION = {"type": "string", "examples": ["R07"]}
_PERIOD = {"type": "string", "examples": ["2560-Q1"]}
IF_NONE_MATCH = Parameter("If-None-Match", "header", "The ETag of an answer that is at hand: 304 while it holds.", {})
PARAMETERS = (
    _PROGRAMME,
    Parameter("as_of", "query", f"As it was known then; not in the future, of today so far. {_A_DAY}", _MOMENT),
    Parameter("effective_at", "query", f"As it was in effect then. {_A_DAY}", _MOMENT),
    Parameter("region", "query", "Only rows of this inspection region, or of the ``centre``.", _REGION),
    Parameter("period", "query", "Only rows of this period of the fiscal year (B.E.).", _PERIOD),
    Parameter("lang", "query", "Language of problems, before Accept-Language.", {"enum": list(LANGUAGES)}),
    Parameter("limit", "query", "At most so many rows of the main list; Link leads to the next.", {"type": "integer"}),
    Parameter("cursor", "query", "Where the page before ended: from its Link. Opaque.", {"type": "string"}),
    Parameter(
        "after",
        "query",
        "<store>:<shard>:<position> that the answer must contain; after a while it answers with stale: true.",
        {"type": "string", "examples": ["committee:0:12"]},
    ),
    IF_NONE_MATCH,
)
REGION = Parameter("region", "path", "Inspection region.", _REGION, required=True)
INDICATOR = Parameter("code", "path", "Indicator.", {"type": "string", "examples": ["QN2"]}, required=True)
EVENT = Parameter("event_id", "path", "Id of an event.", {"type": "string", "format": "uuid"}, required=True)
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
BESIDE = (
    Parameter("with_region", "query", "Lay ``region`` beside this one.", {"type": "string", "examples": ["R08"]}),
    Parameter("with_period", "query", "Lay ``period`` beside this one.", {"type": "string", "examples": ["2560-Q2"]}),
    Parameter("with_programme", "query", "Lay the programme beside this one.", {"type": "string"}),
)

COMPARE = "compare"
SIDES = ("region", "period")
"""Of a comparison's query, what names its one side: to other views it says which rows are wanted."""


class Views:
    """The routes of the views, as one convention: what is asked, in which form, kept by its ETag."""

    def __init__(self, desk: Desk, watch: Watch) -> None:
        self.desk, self.watch = desk, watch
        self._files: Kept[Response] = Kept(KEPT_FILES, KEPT_BYTES, lambda made: len(made.body))

    def add_to(self, api: Api) -> None:
        """Serve them."""
        serve = self._serve
        serve(api, "national", "indicators", "The nation: its regions' committees, work, money and results")
        serve(api, "regions", "regions", "Every region in short")
        serve(api, "regions/{region}", "cells", "One region in full", REGION)
        serve(api, "activities", "activities", "Activities of the programme")
        serve(api, "indicators", "indicators", "Indicators with the nation's figures and scores")
        serve(
            api,
            "indicators/{code}",
            "cells",
            "One indicator in every region and period, and its scores' working",
            INDICATOR,
        )
        serve(api, "committees", "committees", "Committees with their members")
        serve(api, "committees/{region}", "members", "One region's committee with its roll", REGION)
        serve(api, "meetings", "meetings", "Meetings, as judged and as known now")
        serve(api, "budget", "by_activity_and_region", "Money by activity and region, in satang")
        serve(api, "recommendations", "recommendations", "Recommendations and how long they have been open")
        serve(api, "completeness", "by_region", "How many figures are due, came, and came in time")
        serve(api, "due", "due", "What is due, and what is overdue")
        serve(api, COMPARE, "figures", "Two regions, two periods or two programmes side by side", *BESIDE)
        serve(api, "lineage", "events", "The events behind a figure", FIGURE)
        serve(api, "changes", "changes", "What changed since a time, and the events that were recorded since", SINCE)
        serve(api, "events/{event_id}", "moved", "One event: where it came from, what it moved", EVENT)
        self._add_stream(api)
        self._add_lists(api)

    def _serve(self, api: Api, view: str, main: str, summary: str, *parameters: Parameter) -> None:
        """``main``: the list of the answer that is paged, and that a file of one table holds if none is named."""
        taken = tuple(each.name for each in parameters)

        async def endpoint(request: Request) -> Response:
            return await self._answer(request, view, main, taken)

        operation = Operation(
            "GET",
            f"/v1/programmes/{{programme}}/{view}",
            summary,
            "reporting",
            {200: ("The figures, with what they are as of.", dict[str, Any])},
            None,
            (*PARAMETERS, *FORMS, *parameters),
            files=[each.media_type for each in FORMATS.values()],
        )
        api.add(operation, endpoint)

    async def _answer(self, request: Request, view: str, main: str, taken: Sequence[str]) -> Response:
        caller = await viewer(request)
        query = request.query_params
        form, language, page = format_of(request), language_of(query), page_of(query)
        programme = request.path_params["programme"]
        asked = question(programme, query.get("as_of"), query.get("effective_at"), query.get("after"))
        wanted = Wanted(view, _taken(request, taken))
        narrow = Narrowing() if view == COMPARE else narrowing(query)
        answers = await self.desk.answers(replace(asked, frozen=page.frozen), narrow, wanted)
        role = "public" if caller is None else "reader"
        tag = tag_of(answers.tag, form, language, role, sorted(query.multi_items()))
        headers = {"ETag": quoted(tag), "Cache-Control": REVALIDATED, "Vary": "Accept, Accept-Language, Authorization"}
        if matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)

        async def make() -> Response:
            part = dict(answers.parts[0])
            rows = part[main] if isinstance(part.get(main), list) else []
            # A file of another list is whole: who followed a link would have its rows again.
            whole = form in ONE_TABLE and (query.get("table") or main) != main
            link = {} if whole else page.link(query, rows, answers.meta)
            found = {**part, **({main: page.of(rows)} if page.limit is not None else {}), "meta": answers.meta}
            about = {"programme": programme, "question": _in_words(wanted)}
            # A large file takes tenths of a second, in which others want their answers.
            return await asyncio.to_thread(answer_in, form, query, found, main, about, {**headers, **link})

        made = await self._files.once(tag, make)
        return Response(made.body, headers=made.headers)

    def _add_stream(self, api: Api) -> None:
        async def stream(request: Request) -> Response:
            await viewer(request)
            programme = request.path_params["programme"]
            known = {each["programme"] for each in await self.desk.programmes()}
            require(programme in known, "programme.unknown", programme=programme[:100])
            query = request.query_params
            since = resumed(request.headers.get("last-event-id") or query.get("last_event_id"), query.get("from"))
            return EventSourceResponse(self.watch.follow(programme, since), ping=PING_SECONDS)

        resume = Parameter("Last-Event-ID", "header", "Id of the last event that was heard: go on behind it.", {})
        shown = Parameter(
            "from", "query", "Such an id for who has heard nothing yet: where to begin.", {"type": "string"}
        )
        operation = Operation(
            "GET",
            "/v1/programmes/{programme}/stream",
            "What is applied, as it is applied (server-sent events)",
            "reporting",
            {200: ("Events ``listening`` and ``applied``, each with an id to resume at.", str)},
            None,
            (_PROGRAMME, resume, shown),
            media_type="text/event-stream",
        )
        api.add(operation, stream)

    def _add_lists(self, api: Api) -> None:
        async def programmes(request: Request) -> Response:
            await viewer(request)
            known = await self.desk.programmes()
            return _held(request, tag_of(build(), known), lambda headers: Json({"programmes": known}, headers=headers))

        async def words(request: Request) -> Response:
            await viewer(request)
            form, query = format_of(request), request.query_params

            def make(headers: Mapping[str, str]) -> Response:
                return answer_in(form, query, {"columns": dictionary()}, "columns", {"question": "dictionary"}, headers)

            return _held(request, tag_of(build(), form, sorted(query.multi_items())), make)

        listed = {200: ("The newest first.", dict[str, Any])}
        told = {200: ("Every column of every file, in Thai and in English.", dict[str, Any])}
        every = Operation("GET", "/v1/programmes", "Every programme", "reporting", listed, None, (IF_NONE_MATCH,))
        api.add(every, programmes)
        files = [each.media_type for each in FORMATS.values()]
        explained = Operation(
            "GET",
            "/v1/dictionary",
            "What each column means",
            "reporting",
            told,
            None,
            (*FORMS, IF_NONE_MATCH),
            files=files,
        )
        api.add(explained, words)


def _held(request: Request, tag: str, make: Callable[[Mapping[str, str]], Response]) -> Response:
    """304 for who has the answer of this tag at hand, else what ``make`` makes with these headers."""
    headers = {"ETag": quoted(tag), "Cache-Control": REVALIDATED, "Vary": "Accept, Authorization"}
    if matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return make(headers)


def language_of(query: Mapping[str, str]) -> str | None:
    """The language that a query names. Raises Rejected ``query.unreadable``."""
    named = query.get("lang")
    if named is not None and named not in LANGUAGES:
        raise Rejected("query.unreadable", name="lang", value=named[:100])
    return named


def _taken(request: Request, names: Sequence[str]) -> dict[str, str]:
    """What a view takes of the path and the query."""
    given = {**request.query_params, **request.path_params}
    sides = {f"this_{name}": given[name] for name in SIDES if name in given} if "with_region" in names else {}
    return {**sides, **{name: given[name] for name in names if name in given}}


def _in_words(wanted: Wanted) -> str:
    """The question in words, such as ``regions R07``, ``lineage committees`` or ``changes 2017-01-24``."""
    return " ".join([wanted.view.partition("/")[0], *wanted.query.values()])
