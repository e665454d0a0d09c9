"""What a report needs besides the other views: the page's words, and the conclusion that holds at a time."""

from __future__ import annotations

from typing import Any

from services.reporting.asking import Wanted
from services.reporting.documents.content import content_of
from services.reporting.documents.publishing import VIEWS
from shared.contracts.evaluation import EvaluationConcluded
from tests.integration.reporting.site import Site
from tests.unit.reporting.log import PROGRAMME, Log


def concluded(on: str, words: str) -> EvaluationConcluded:
    """A conclusion that says the same thrice."""
    return EvaluationConcluded.model_validate(
        {
            "programme": PROGRAMME,
            "concluded_on": on,
            **{name: [words] for name in ("conclusions", "recommendations", "guidelines")},
        }
    )


async def conclusion(site: Site, **query: str) -> Any:
    """The words of the conclusion, None without one."""
    found = (await site.desk.ask(PROGRAMME, query, Wanted("document"))).parts[0]["conclusion"]
    return found and found["conclusions"]


async def test_the_last_conclusion_that_was_not_voided_holds_now_and_as_of_a_time(site: Site) -> None:
    log = Log()
    log.at("2016-10-05").register()
    log.at("2017-09-20").tell(f"evaluation:{PROGRAMME}", concluded("2017-09-20", "ข้อสรุปแรก"))
    second = log.at("2017-09-25").tell(f"evaluation:{PROGRAMME}", concluded("2017-09-25", "ข้อสรุปที่สอง"))
    log.at("2017-09-28").void(second)
    log.at("2017-09-30")
    await site.project(log)

    assert await conclusion(site, as_of="2017-09-19") is None
    assert await conclusion(site, as_of="2017-09-20") == ["ข้อสรุปแรก"]
    assert await conclusion(site, as_of="2017-09-26") == ["ข้อสรุปที่สอง"]
    assert await conclusion(site, as_of="2017-09-29") == await conclusion(site) == ["ข้อสรุปแรก"]


async def test_real_views_make_a_content_with_the_words_of_the_page(site: Site) -> None:
    log = Log()
    log.at("2016-10-05").register()
    log.at("2016-11-10").propose("R07", "2016-11-01")
    log.at("2017-01-12").appoint("R07", "2017-01-10")
    log.at("2017-01-31")
    await site.project(log)

    answers = await site.desk.ask(PROGRAMME, {}, *map(Wanted, VIEWS))
    views: dict[str, Any] = dict(zip(VIEWS, answers.parts, strict=True))
    content = content_of(**views, meta=answers.meta, edition=1, title="รายงาน", text="ร่าง", digests={})

    assert content["programme"]["page"]["committee_name"]["th"].startswith("คณะกรรมการ")
    assert content["sources"]["positions"] != []
    assert [row["committee"] for row in content["results"]["regions"]].count("appointed") == 1
    assert "person_id" not in str(content)
