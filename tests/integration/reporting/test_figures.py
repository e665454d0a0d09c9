"""The figures over HTTP: what each question is answered with, now and as of a time."""

from __future__ import annotations

from tests.integration.reporting.site import Site
from tests.unit.reporting.log import Log


async def test_the_nation_counts_its_regions_first(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-03-01").appoint("R07", "2017-01-10")
    await site.project(log)

    national = await site.get("national")
    assert next(iter(national)) == "committees"
    assert national["committees"]["text"] == "1/19"
