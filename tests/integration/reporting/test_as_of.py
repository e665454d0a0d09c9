"""Answers as of a time: what was recorded, what was in effect, repeatable for ever after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oracle.told import tell
from tests.integration.reporting.site import Site
from tests.integration.reporting.test_projection import EVERY_ROW, empty
from tests.oracle_figures import figure_differences
from tests.unit.reporting.histories import histories
from tests.unit.reporting.log import Log


def figures_of(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what it is as of."""
    return {name: value for name, value in answer.items() if name != "meta"}


@EVERY_ROW
@given(log=histories(), data=st.data())
async def test_any_moment_can_be_asked_about(site: Site, log: Log, data: st.DataObject) -> None:
    await empty(site)
    await site.project(log)
    recorded = st.sampled_from([each.recorded_at for each in log.sent])
    occurred = st.sampled_from([each.occurred_at for each in log.sent])
    as_of = data.draw(st.none() | recorded)
    effective_at = data.draw(occurred if as_of is None else st.none() | occurred)
    told = tell(log.sent)

    assert await figure_differences(site.pool, told, log.now, as_of=as_of, effective_at=effective_at) == []


async def test_a_programme_is_not_found_before_it_was_registered(site: Site) -> None:
    log = Log()
    log.at("2016-10-05").register()
    log.at("2016-10-20")
    await site.project(log)

    assert (await site.get("national", status=404, as_of="2016-10-04"))["code"] == "programme.unknown"
    assert (await site.get("national", status=404, effective_at="2016-10-04"))["code"] == "programme.unknown"
    await site.get("national", as_of="2016-10-06")


async def test_the_day_before_a_late_order_was_recorded_lacks_it_and_effective_time_alone_has_it(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-02-20").appoint("R07", "2017-01-10")
    log.at("2017-03-31")
    await site.project(log)

    before = await site.get("national", as_of="2017-02-19")
    in_effect = await site.get("national", effective_at="2017-02-19")
    both = await site.get("national", as_of="2017-02-19", effective_at="2017-02-19")
    after = await site.get("national", as_of="2017-02-20")

    assert before["committees"]["text"] == both["committees"]["text"] == "0/19"
    assert in_effect["committees"]["text"] == after["committees"]["text"] == "1/19"


async def test_effective_time_before_an_order_takes_effect_shows_the_proposal(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-02-20").appoint("R07", "2017-01-10")
    await site.project(log)

    day_before = await site.get("regions/R07", effective_at="2017-01-09")
    that_day = await site.get("regions/R07", effective_at="2017-01-10")

    assert day_before["committee"]["state"] == "proposed"
    assert that_day["committee"]["state"] == "appointed"


async def test_an_order_that_takes_effect_later_is_not_in_effect_now(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2016-12-20").appoint("R07", "2017-01-10")
    await site.project(log)

    now = await site.get("regions/R07")
    site.clock.moment = datetime(2017, 1, 9, 17, 0, tzinfo=UTC)
    on_the_day = await site.get("regions/R07")

    assert now["committee"]["state"] == "proposed"
    assert on_the_day["committee"]["state"] == "appointed"


async def test_as_of_a_past_now_is_what_was_answered_then(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    paid = log.at("2017-01-12").pay(500_00, "2017-01-12")
    figure = log.measure("QN3:R07:2560-Q1", "42")
    await site.project(log)
    then = site.clock.moment
    answered = {path: figures_of(await site.get(path)) for path in ("national", "regions", "budget", "indicators")}

    log.at("2017-02-20").void(paid)
    log.verify(figure)
    log.appoint("R07", "2017-01-10")
    await site.project(log)

    for path, known in answered.items():
        assert figures_of(await site.get(path, as_of=then.isoformat())) == known
        assert figures_of(await site.get(path)) != known


async def test_a_voiding_that_was_not_known_yet_voids_nothing(site: Site) -> None:
    log = Log()
    log.register()
    paid = log.at("2017-01-12").pay(500_00, "2017-01-12")
    log.at("2017-02-20").void(paid)
    log.at("2017-02-28")
    await site.project(log)

    assert (await site.get("budget", as_of="2017-02-19"))["total"]["disbursed"] == 500_00
    assert (await site.get("budget", as_of="2017-02-20"))["total"]["disbursed"] == 0
    assert (await site.get("budget", effective_at="2017-02-19"))["total"]["disbursed"] == 0


async def test_a_day_means_its_end_in_bangkok_in_either_era(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-01-12T23:58:00+07:00").pay(1_00, "2017-01-12")
    log.at("2017-01-13T00:00:00+07:00").pay(2_00, "2017-01-13")
    log.at("2017-01-20")
    await site.project(log)

    assert (await site.get("budget", as_of="2017-01-12"))["total"]["disbursed"] == 1_00
    assert (await site.get("budget", as_of="2560-01-12"))["total"]["disbursed"] == 1_00
    assert (await site.get("budget", as_of="2017-01-13"))["total"]["disbursed"] == 3_00


async def test_the_future_cannot_have_been_known(site: Site) -> None:
    log = Log()
    log.register()
    await site.project(log)
    later = site.clock.moment + timedelta(seconds=1)

    problem = await site.get("national", status=400, as_of=later.isoformat())

    assert problem["code"] == "query.as_of_in_future"


async def test_of_today_is_told_what_is_known_so_far(site: Site) -> None:
    log = Log()
    log.register()
    log.at("2017-01-12T09:00:00+07:00").pay(1_00, "2017-01-12")
    await site.project(log)
    morning = await site.get("budget", as_of="2017-01-12")
    log.at("2017-01-12T15:00:00+07:00").pay(2_00, "2017-01-12")
    await site.project(log)
    afternoon = await site.get("budget", as_of="2017-01-12")
    tomorrow = await site.get("budget", status=400, as_of="2017-01-13")

    assert (morning["total"]["disbursed"], afternoon["total"]["disbursed"]) == (1_00, 3_00)
    assert [each["meta"]["final"] for each in (morning, afternoon)] == [False, False]
    assert tomorrow["code"] == "query.as_of_in_future"


async def test_as_of_resolves_to_one_position_of_every_shard(site: Site) -> None:
    log = Log(shards=3)
    log.register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-01-12").pay(1_00, "2017-01-12")
    for day in range(13, 20):
        log.at(f"2017-01-{day}").pay(1_00, f"2017-01-{day}")
    await site.project(log)

    answer = await site.get("national", as_of="2017-01-14")

    moment = datetime(2017, 1, 14, 17, 0, tzinfo=UTC)
    expected = {(each.store, each.shard): 0 for each in log.sent}
    for each in log.sent:
        if each.recorded_at < moment:
            expected[each.store, each.shard] = each.position
    found = {(each["store"], each["shard"]): each["position"] for each in answer["meta"]["positions"]}
    assert found == expected
    newest = max(each.recorded_at for each in log.sent if each.recorded_at < moment)
    assert datetime.fromisoformat(answer["meta"]["newest_recorded_at"]) == newest
