"""An example of every kind of page, and which questions of the programming interface have the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.scenarios.product import Product
from tests.scenarios.year import LAST_DAY

AS_OF = {"as_of": LAST_DAY}
"""Pages and interface are asked as of the end of the year, whatever other tests append."""
SINCE = "2017-10-20"
"""Not long before: what a page lists grows with what has changed."""

BESIDE = {"this_region": "R07", "with_region": "R11"}


@dataclass(frozen=True)
class Kind:
    """A kind of page by an example of it: its address below the programme's, and what it is asked for."""

    path: str
    questions: Sequence[str] = ()
    """Paths below the programme's whose answers have every figure of the page."""
    query: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] | None = None
    """What the questions are asked for, where it is not what the page is."""


KINDS: Mapping[str, Kind] = {
    "": Kind("", ("national", "regions")),
    "regions": Kind("regions", ("regions",)),
    "regions/{region}": Kind("regions/R11", ("regions/R11",)),
    "committees": Kind("committees", ("committees",)),
    "committees/{region}": Kind("committees/R07", ("committees/R07",)),
    "meetings": Kind("meetings", ("meetings",)),
    "meetings/{stream}": Kind("meetings/{meeting}", ("meetings",)),
    "activities": Kind("activities", ("activities",)),
    "activities/{code}": Kind("activities/1.2", ("activities", "budget")),
    "recommendations": Kind("recommendations", ("recommendations",)),
    "recommendations/{stream}": Kind("recommendations/{recommendation}", ("recommendations",)),
    "budget": Kind("budget", ("budget",)),
    "indicators": Kind("indicators", ("indicators",)),
    "indicators/{code}": Kind("indicators/QN3", ("indicators/QN3",)),
    "changes": Kind("changes", ("changes",), {"since": SINCE}),
    "compare": Kind("compare", ("compare",), BESIDE, {"region": "R07", "with_region": "R11"}),
    "lineage": Kind("lineage", ("lineage",), {"figure": "committees"}),
    "events/{event_id}": Kind("events/{event}"),
    "reports": Kind("reports"),
}
"""By the route below the programme's."""


async def paths(product: Product) -> Mapping[str, str]:
    """What stands in for streams and events in examples: some that there are."""
    meetings = (await product.ask("meetings", **AS_OF))["meetings"]
    recommendations = (await product.ask("recommendations", **AS_OF))["recommendations"]
    events = (await product.ask("lineage", figure="committees", **AS_OF))["events"]
    return {
        "meeting": meetings[0]["stream"],
        "recommendation": recommendations[0]["stream"],
        "event": events[0]["id"],
    }
