"""Places by whatever sure name they are told, one or several: all of them are read, and held against rights."""

from __future__ import annotations

import time

from shared.ingress.places import places_of, with_places
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
