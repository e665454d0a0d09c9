"""Names of persons, asked of the committee service in the reader's own name: for who may see them, kept in memory."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import httpx
from pydantic import BaseModel

MOST_ASKED = 500
"""Persons that are asked for at once at most; the committee service refuses more."""
PATIENCE_SECONDS = 2.0
KEPT_SECONDS = 30.0
"""How long names are shown without asking again: by then a name that was erased is gone."""
MOST_KEPT = 256
"""Answers that are kept; the oldest gives way."""


class _Person(BaseModel):
    person_id: str
    display_name: str | None


class _Persons(BaseModel):
    persons: list[_Person]


@dataclass(frozen=True, slots=True)
class _Kept:
    names: Mapping[str, str]
    until: float


class People:
    """Asks the committee service at ``address``; ``now`` gives seconds of a clock that only goes forward."""

    def __init__(self, client: httpx.AsyncClient, address: str, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._address, self._now = client, address, now
        # By the access token too: what one reader was told is shown to no other.
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], _Kept] = OrderedDict()

    async def names(self, token: str | None, ids: Iterable[str]) -> Mapping[str, str] | None:
        """Names by ``person_id`` of those who have one, for whom ``token`` speaks for.

        Who was erased or never registered is not among them. None when names cannot be had: without a token, or when
        the service refuses, is silent or says what cannot be read.
        """
        wanted = tuple(sorted(set(ids)))[:MOST_ASKED]
        if not wanted or token is None:
            return None if wanted else {}
        self._forget()
        kept = self._kept.get((token, wanted))
        if kept is not None:
            return kept.names
        until = self._now() + KEPT_SECONDS
        found = await self._ask(token, wanted)
        if found is not None:
            self._kept[token, wanted] = _Kept(found, until)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found

    async def _ask(self, token: str, wanted: tuple[str, ...]) -> Mapping[str, str] | None:
        query, headers = {"ids": ",".join(wanted)}, {"Authorization": f"Bearer {token}"}
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                answer = await self._client.get(f"{self._address}/v1/persons", params=query, headers=headers)
            if answer.status_code != 200:
                return None
            told = _Persons.model_validate_json(answer.content)
        except (httpx.HTTPError, TimeoutError, ValueError):
            return None
        return {each.person_id: each.display_name for each in told.persons if each.display_name is not None}

    def _forget(self) -> None:
        """Let go of what is too old."""
        for old in [each for each, kept in self._kept.items() if kept.until <= self._now()]:
            del self._kept[old]
