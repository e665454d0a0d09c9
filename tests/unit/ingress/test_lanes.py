"""Many facts at once: each lane in its order, several lanes together, and a name that came before comes last."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.ingress.cloudevents import Incoming
from shared.ingress.facts import Facts
from shared.ingress.lanes import TOGETHER, in_lanes

One = tuple[str, str]
"""Lane and name."""


async def taken(ones: Sequence[One]) -> list[list[One]]:
    """The groups in which they are taken, in order."""
    groups: list[list[One]] = []

    async def take(some: Sequence[One]) -> None:
        groups.append(list(some))
        await asyncio.sleep(0)

    await in_lanes(ones, lambda one: one[0], lambda one: one[1], take)
    return groups


async def test_what_is_of_one_lane_is_taken_one_after_the_other_and_lanes_together() -> None:
    groups = await taken([("a", "1"), ("a", "2"), ("b", "3"), ("a", "4"), ("b", "5")])
    assert groups == [[("a", "1"), ("b", "3")], [("a", "2"), ("b", "5")], [("a", "4")]]


async def test_what_has_the_name_of_one_before_it_is_taken_last_and_alone() -> None:
    assert await taken([("a", "1"), ("b", "1"), ("c", "2")]) == [[("a", "1"), ("c", "2")], [("b", "1")]]


async def test_no_more_than_so_many_are_taken_together_and_none_is_left_out() -> None:
    ones = [(str(n), str(n)) for n in range(3 * TOGETHER + 1)]
    groups = await taken(ones)
    assert max(map(len, groups)) == TOGETHER
    assert sorted(one for group in groups for one in group) == sorted(ones)


async def test_a_group_is_on_its_way_before_the_next_is_decided() -> None:
    """However often both are answered at one time: else nothing would be decided while they are written."""
    told: list[str] = []
    written: list[asyncio.Event] = []

    async def take(_some: Sequence[One]) -> None:
        told.append("decided")
        await asyncio.sleep(0)
        told.append("on its way")
        written.append(asyncio.Event())
        if len(written) % 2 == 0:
            for each in written:
                each.set()
        await written[-1].wait()

    ones = [(str(n), str(n)) for n in range(6 * TOGETHER)]
    await in_lanes(ones, lambda one: one[0], lambda one: one[1], take)
    assert told == ["decided", "on its way"] * 6


async def test_the_error_of_one_group_is_raised_as_it_is() -> None:
    async def failing(_some: Sequence[One]) -> None:
        raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        await in_lanes([("a", "1")], lambda one: one[0], lambda one: one[1], failing)


async def test_what_is_of_another_part_is_taken_once_all_before_it_was() -> None:
    groups: list[list[One]] = []

    async def take(some: Sequence[One]) -> None:
        groups.append(list(some))

    ones = [("a", "1"), ("a", "2"), ("b", "void 3"), ("c", "void 4"), ("a", "5"), ("d", "6")]
    await in_lanes(ones, lambda one: one[0], lambda one: one[1], take, part=lambda one: one[1].startswith("void"))
    assert groups == [[("a", "1")], [("a", "2")], [("b", "void 3"), ("c", "void 4")], [("a", "5"), ("d", "6")]]


@pytest.mark.parametrize(
    "changes", [{"region": "เขตตรวจราชการที่ ๗"}, {"region": " r๐๗"}, {"programme": " ๒๕๖๐-cluster"}]
)
def test_a_place_has_one_lane_however_it_is_written(changes: dict[str, str]) -> None:
    told = [{"programme": "2560-cluster", "region": "R07", **more} for more in ({}, changes)]
    lanes = {
        Facts(()).lane_of(Incoming("1", "/ext/a/b", "x.CommitteeProposed.v1", "", None, data, {})) for data in told
    }
    assert len(lanes) == 1
