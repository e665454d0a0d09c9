"""Which stream a proposal goes to, and that what the service serves is whole."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import ModuleType

import pytest

from services.committee import committee, http, mandate, programme, publishers
from services.committee.http import COLLECTIONS, of_the_region
from shared.contracts import Claim, Command
from shared.contracts.rejection import codes
from tests.unit.committee.committee_words import propose

ACTIVE = Claim("active-committee", "2560-cluster/R07")


def nth(ordinal: int) -> Claim:
    return Claim("committee", f"2560-cluster/R07/{ordinal}")


def stream(ordinal: int) -> str:
    return f"committee:2560-cluster:R07:{ordinal}"


class Known:
    """What a store would say: who holds which claim, and which streams there are."""

    def __init__(self, held: Mapping[Claim, str], *streams: str) -> None:
        self._held, self._streams = held, streams

    async def holder(self, claim: Claim) -> str | None:
        return self._held.get(claim)

    async def streams(self, prefix: str) -> list[str]:
        return sorted(name for name in self._streams if name.startswith(prefix))


async def test_a_regions_first_committee_is_number_one() -> None:
    other_regions = ("committee:2560-cluster:R08:1", "committee:2560-cluster:R08:2")
    assert await of_the_region(propose(), Known({}, *other_regions)) == stream(1)


async def test_a_proposal_goes_to_the_committee_that_has_not_ended() -> None:
    known = Known({ACTIVE: stream(2), nth(1): stream(1), nth(2): stream(2)}, stream(1), stream(2))
    assert await of_the_region(propose(), known) == stream(2)


async def test_after_the_end_of_one_a_proposal_makes_the_next() -> None:
    assert await of_the_region(propose(), Known({nth(1): stream(1)}, stream(1))) == stream(2)


async def test_the_next_is_counted_by_number_not_by_letter() -> None:
    used = {nth(ordinal): stream(ordinal) for ordinal in range(1, 11)}
    assert await of_the_region(propose(), Known(used, *used.values())) == stream(11)


async def test_a_stream_whose_proposal_was_voided_is_used_again() -> None:
    assert await of_the_region(propose(), Known({nth(1): stream(1)}, stream(1), stream(2))) == stream(2)


def test_every_command_of_the_service_is_served() -> None:
    served = {command for each in COLLECTIONS for command in (each.create, *each.verbs.values())}
    declared = {
        thing
        for module in (committee, mandate, programme, publishers)
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, Command) and thing is not Command
    }
    assert declared - served == {committee.ByOrder}  # what two of them have in common


def test_collections_have_names_of_their_own() -> None:
    names = [each.name for each in COLLECTIONS]
    assert len(names) == len(set(names))
    assert {each.aggregate.name for each in COLLECTIONS} == {"programme", "mandate", "committee", "publisher"}


@pytest.mark.parametrize("module", [committee, mandate, programme, publishers, http])
def test_every_code_has_a_thai_and_an_english_sentence(module: ModuleType) -> None:
    for code in re.findall(r'"((?:region|programme|mandate|committee|publisher)\.[a-z_]+)"', inspect.getsource(module)):
        assert codes()[code].th
        assert codes()[code].en
