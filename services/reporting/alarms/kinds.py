"""What an alarm is raised for: a condition, of a kind whose sentences stand in ``kinds.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from services.reporting.alarm import alarm_stream
from services.reporting.pages.dates import day_in, period_in
from shared.contracts.types import Bilingual
from shared.thai.regions import CENTRAL

_UNNAMEABLE = re.compile(r"[^A-Za-z0-9:._-]+")
LONGEST_NAME = 120
"""Characters of what tells an alarm from the others of its kind."""
LONGEST_PARAM = 500
"""Characters of each thing that a sentence tells; the rest stands where the alarm comes from."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that needs attention now; ``programme`` None: of the system."""

    programme: str | None
    kind: str
    what: str
    message: Bilingual

    @property
    def stream(self) -> str:
        """The alarm's."""
        return alarm_stream(self.programme, self.kind, self.what)


@cache
def kinds() -> Mapping[str, Bilingual]:
    """What each kind says, by its name."""
    text = (files("services.reporting.alarms") / "kinds.toml").read_text("utf-8")
    return {kind: Bilingual(**said) for kind, said in tomllib.loads(text).items()}


def condition(kind: str, what: str, programme: str | None = None, **params: Any) -> Condition:
    """A condition with its sentences filled in. Raises KeyError for a kind, or a name in its sentences, that is not."""
    said = kinds()[kind]
    params = {name: each[:LONGEST_PARAM] if isinstance(each, str) else each for name, each in params.items()}
    message = Bilingual(th=said.th.format_map(params), en=said.en.format_map(params))
    return Condition(programme, kind, _UNNAMEABLE.sub("-", what).strip("-.:_")[:LONGEST_NAME] or "all", message)


def of_region(code: str | None) -> dict[str, str]:
    """How a region is called in sentences; None: what is of no region."""
    if code is None:
        return {"region_th": "ส่วนกลางของโครงการ", "region_en": "the programme's centre"}
    if code == "TH":
        return {"region_th": "ระดับประเทศ", "region_en": "the nation"}
    if code == CENTRAL:
        return {
            "region_th": "เขตตรวจราชการส่วนกลาง (กรุงเทพมหานคร)",
            "region_en": "the central inspection region (Bangkok)",
        }
    number = int(code[1:])
    return {"region_th": f"เขตตรวจราชการที่ {number}", "region_en": f"inspection region {number}"}


def of_day(day: date) -> dict[str, str]:
    """How a day is called in sentences: B.E. in Thai, C.E. in English."""
    return {"day_th": day_in("th", day), "day_en": day_in("en", day)}


def of_period(code: str) -> dict[str, str]:
    """How a period is called in sentences."""
    return {"period_th": period_in("th", code), "period_en": period_in("en", code)}
