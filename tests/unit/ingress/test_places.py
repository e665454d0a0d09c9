"""Places by whatever sure name they are told, one or several: all of them are read, and held against rights."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import pytest

from services.activity.facts import FACTS
from shared.contracts import Rejected
from shared.contracts.committee import PublisherRights
from shared.ingress.cloudevents import Incoming
from shared.ingress.handler import require_rights
from shared.ingress.places import places_of, with_places
from shared.ingress.register import Publisher
from shared.web.validation import MOST

DATA = {"programme": "2560-cluster"}


def test_every_one_of_several_places_is_read_and_told() -> None:
    told = {**DATA, "regions": ["R01", "เชียงใหม่", "ส่วนกลาง"]}
    assert with_places(told) == ({**DATA, "regions": ["R01", "R15", "CTR"]}, [])
    assert places_of(told) == {"regions/0": "R01", "regions/1": "R15", "regions/2": "CTR"}


def test_the_one_of_several_that_is_not_sure_is_pointed_at() -> None:
    found, errors = with_places({**DATA, "region": "R07", "regions": ["R01", "เชียงใหม"]})
    assert [each["pointer"] for each in errors] == ["/data/regions/1"]
    assert found["regions"] == ["R01", "เชียงใหม"]


def test_what_is_no_place_is_left_to_who_reads_the_data() -> None:
    told = {**DATA, "region": 7, "scope": None, "regions": "R01"}
    assert with_places(told) == (told, [])
    assert places_of(told) == {}
    assert places_of({**DATA, "regions": [7, "R02"]}) == {"regions/1": "R02"}


def test_of_names_without_end_no_more_are_looked_up_than_are_told() -> None:
    begun = time.process_time()
    _, errors = with_places({**DATA, "regions": [f"เชียงใหม{number}" for number in range(20_000)]})
    assert len(errors) == MOST
    assert time.process_time() - begun < 5


def test_what_leaves_its_region_out_speaks_of_the_nation() -> None:
    assert places_of({**DATA, "region": None}, ("region",)) == {"region": "TH"}
    assert places_of(DATA, ("region",)) == {"region": "TH"}
    assert places_of({**DATA, "region": "R02"}, ("region",)) == {"region": "R02"}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("MeetingScheduled", {}, "publisher.region_not_allowed"),
        ("MeetingScheduled", {"region": None}, "publisher.region_not_allowed"),
        ("MeetingScheduled", {"region": "R08"}, "publisher.region_not_allowed"),
        ("MeetingScheduled", {"region": "R07"}, ""),
        ("WorkshopSummarised", {}, ""),  # its stream says of which regions it is
    ],
)
def test_who_may_speak_of_a_region_does_not_speak_of_the_nation(name: str, data: dict[str, Any], code: str) -> None:
    rights = PublisherRights(sources=("/ext/p/x",), types=(name,), regions=("R07",))
    sent = Incoming("1", "/ext/p/x", f"th.go.obec.cluster.{name}.v1", "", None, {**DATA, **data}, {})
    fact = FACTS.of_type(sent.type)
    assert fact is not None
    with pytest.raises(Rejected, match=code) if code else nullcontext():
        require_rights(Publisher("p", "สพฐ.", rights), sent, fact)
