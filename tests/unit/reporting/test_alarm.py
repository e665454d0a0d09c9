"""What an alarm may go through, what each condition takes to hold, and what goes out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from deploy.local.supervisor import ROOT
from services.reporting.alarm import (
    ALARM,
    AcknowledgeAlarm,
    Alarm,
    ClearAlarm,
    RaiseAlarm,
    SilenceAlarm,
    Status,
    alarm_stream,
)
from services.reporting.alarms import domain, technical
from services.reporting.alarms.channels import letter_of, signature
from services.reporting.alarms.judging import DOMAIN, Verdict
from services.reporting.alarms.kinds import Condition, condition, kinds
from services.reporting.alarms.others import judged_of
from services.reporting.alarms.outbox import Notice
from services.reporting.alarms.running import due_commands
from services.reporting.alarms.technical import Arrived, Credential, Disk, Head, Judged, Parked, Topic
from shared.contracts import REGISTRY, Event
from shared.contracts.reporting import AlarmAcknowledged, AlarmCleared, AlarmRaised, AlarmSilenced
from shared.contracts.types import Bilingual
from shared.settings import Settings, WrongSettings
from shared.streams.declared import declared_topics
from shared.streams.topics import Topics
from tests.given import Scenario, given

PROGRAMME = "2560-cluster"
STREAM = f"alarm:{PROGRAMME}:committee.without_chair:R07"
OPERATOR = "usr-operator"
TODAY = date(2017, 3, 1)
TOMORROW = datetime(2026, 11, 30, tzinfo=UTC)
REASON = "ประสานสำนักงานแล้ว"
ABOUT: dict[str, Any] = {"programme": PROGRAMME, "kind": "committee.without_chair", "what": "R07"}
MESSAGE = Bilingual(th="ไม่มีประธานกรรมการ", en="No chair")


def raised(occurrence: int = 1) -> AlarmRaised:
    return AlarmRaised(**ABOUT, occurrence=occurrence, message=MESSAGE)


def cleared(occurrence: int = 1) -> AlarmCleared:
    return AlarmCleared(**ABOUT, occurrence=occurrence)


def acknowledged(occurrence: int = 1) -> AlarmAcknowledged:
    return AlarmAcknowledged(**ABOUT, occurrence=occurrence, reason=REASON, operator=OPERATOR)


def silenced(occurrence: int = 1) -> AlarmSilenced:
    return AlarmSilenced(**ABOUT, occurrence=occurrence, until=TOMORROW, reason=REASON, operator=OPERATOR)


def raise_it(occurrence: int = 1) -> RaiseAlarm:
    return RaiseAlarm(**ABOUT, occurrence=occurrence, message=MESSAGE)


ACKNOWLEDGE, SILENCE = AcknowledgeAlarm(reason=REASON), SilenceAlarm(until=TOMORROW, reason=REASON)


def alarm(*events: Event) -> Scenario:
    return given(*events).on(STREAM, ALARM).by(OPERATOR, "operator")


def state(*events: Event) -> Alarm:
    found: Alarm = alarm(*events).state()
    return found


# The aggregate.


def test_an_alarm_is_raised_acknowledged_cleared_and_raised_again() -> None:
    alarm().when(raise_it()).then(raised())
    alarm(raised()).when(ACKNOWLEDGE).then(acknowledged())
    alarm(raised(), acknowledged()).when(ClearAlarm(occurrence=1)).then(cleared())
    alarm(raised(), acknowledged(), cleared()).when(raise_it(2)).then(raised(2))
    assert state(raised(), acknowledged(), cleared(), raised(2)).status is Status.RAISED


def test_the_same_condition_seen_again_raises_nothing() -> None:
    alarm(raised()).when(raise_it()).then()
    alarm(raised(), acknowledged()).when(raise_it(2)).then()
    alarm(raised(), cleared()).when(raise_it(1)).then()


def test_what_was_cleared_of_an_earlier_time_leaves_a_later_one_open() -> None:
    alarm(raised(), cleared(), raised(2)).when(ClearAlarm(occurrence=1)).then()


def test_what_is_said_twice_is_recorded_once() -> None:
    alarm(raised(), acknowledged()).when(ACKNOWLEDGE).then()
    alarm(raised(), silenced()).when(SILENCE).then()


def test_an_alarm_that_was_never_raised_is_not_found() -> None:
    for command in (ACKNOWLEDGE, SILENCE, ClearAlarm(occurrence=1)):
        alarm().when(command).then_rejected("alarm.not_found")


def test_only_an_open_alarm_is_acknowledged() -> None:
    alarm(raised(), cleared()).when(ACKNOWLEDGE).then_rejected("alarm.not_open")


def test_a_silence_outlasts_what_was_raised_and_ends_by_itself() -> None:
    alarm(raised(), cleared()).when(SILENCE).then(silenced())
    again = state(raised(), silenced(), cleared(), raised(2))
    assert again.is_silent(TOMORROW - timedelta(seconds=1))
    assert not again.is_silent(TOMORROW)


def test_an_alarm_of_the_system_has_a_stream_of_its_own() -> None:
    assert alarm_stream(None, "disk.nearly_full", "root") == "alarm:system:disk.nearly_full:root"
    assert raise_it().stream() == STREAM


def test_alarms_of_version_1_are_read_in_both_languages_and_counted() -> None:
    told = '{"programme":"2560-cluster","code":"committee.without_chair","about":"committee:x","message":"ไม่มี"}'
    read = REGISTRY.read("th.go.obec.cluster.AlarmRaised.v1", told)
    assert isinstance(read, AlarmRaised)
    assert (read.kind, read.what, read.occurrence, read.message.en) == (
        "committee.without_chair",
        "committee:x",
        1,
        "ไม่มี",
    )


# What is to be raised and cleared.


def names(conditions: Iterable[Condition]) -> list[str]:
    return [f"{each.kind} {each.what}" for each in conditions]


NO_CHAIR = condition("committee.without_chair", "R07", PROGRAMME, region_th="เขต 7", region_en="region 7")


def test_what_holds_is_raised_and_what_holds_no_more_is_cleared() -> None:
    known = frozenset({(PROGRAMME, NO_CHAIR.kind)})
    [(stream, first)] = due_commands(Verdict([NO_CHAIR], known), {})
    assert (stream, first.occurrence) == (STREAM, 1)
    assert due_commands(Verdict([NO_CHAIR], known), {STREAM: state(raised())}) == []
    [(_, again)] = due_commands(Verdict([NO_CHAIR], known), {STREAM: state(raised(), cleared())})
    assert again.occurrence == 2
    assert due_commands(Verdict([], known), {STREAM: state(raised())}) == [(STREAM, ClearAlarm(occurrence=1))]
    assert due_commands(Verdict([], known), {STREAM: state(raised(), cleared())}) == []


def test_what_cannot_be_judged_stays_as_it_is() -> None:
    assert due_commands(Verdict([], frozenset()), {STREAM: state(raised())}) == []


# The programme.


def committee(region: str, state: str = "appointed", *vacant: str) -> dict[str, Any]:
    return {"region": region, "state": state, "vacant": list(vacant)}


def test_a_committee_without_a_chair_is_told_and_one_without_a_secretary_or_not_yet_appointed_is_not() -> None:
    rows = [
        committee("CTR"),
        committee("R01", "appointed", "chair", "secretary"),
        committee("R02", "appointed", "secretary"),
        committee("R03", "proposed", "chair"),
    ]
    [found] = domain.without_chair(PROGRAMME, rows)
    assert (found.what, found.message.th) == ("R01", "คณะกรรมการของเขตตรวจราชการที่ 1 ไม่มีประธานกรรมการ")
    assert found.stream == f"alarm:{PROGRAMME}:committee.without_chair:R01"


def due(kind: str, about: str = "meeting:1", *, overdue: bool = True, region: str | None = "R07") -> dict[str, Any]:
    return {"kind": kind, "region": region, "about": about, "due_on": date(2017, 2, 28), "overdue": overdue}


def test_a_proposal_is_told_once_its_order_is_overdue() -> None:
    [found] = domain.without_order(PROGRAMME, [due("appointment"), due("minutes")])
    assert (found.what, found.kind) == ("R07", "committee.without_order")
    assert "28 ก.พ. 2560" in found.message.th
    assert "28 Feb 2017" in found.message.en
    assert list(domain.without_order(PROGRAMME, [due("appointment", overdue=False)])) == []


def test_minutes_are_told_once_they_are_overdue() -> None:
    [found] = domain.minutes_unapproved(PROGRAMME, [due("minutes", "meeting:018f")])
    assert found.what == "meeting:018f"
    assert list(domain.minutes_unapproved(PROGRAMME, [due("minutes", overdue=False)])) == []


def test_deadlines_of_activities_and_recommendations_are_told_and_others_have_alarms_of_their_own() -> None:
    rows = [
        due("activity", f"activity:{PROGRAMME}:1.2", region=None),
        due("recommendation", "recommendation:018f"),
        due("activity", f"activity:{PROGRAMME}:2", region=None, overdue=False),
        due("measurement"),
        due("appointment"),
        due("minutes"),
    ]
    assert names(domain.past_deadline(PROGRAMME, rows)) == [
        "deadline.activity 1.2",
        "deadline.recommendation recommendation:018f",
    ]


def meeting(
    region: str | None, day: int, *, adjourned: int = 0, held: bool = True, quorate: bool = True
) -> dict[str, Any]:
    return {
        "region": region,
        "started_at": datetime(2017, 1, day, tzinfo=UTC),
        "adjourned": adjourned,
        "state": "held" if held else "adjourned",
        "quorate": quorate,
    }


@pytest.mark.parametrize(
    ("sat", "told"),
    [
        ([meeting("R07", 2, adjourned=2, held=False, quorate=False)], True),
        ([meeting("R07", 2, adjourned=1, held=False), meeting("R07", 9, adjourned=1, held=False)], True),
        ([meeting("R07", 1), meeting("R07", 2, adjourned=2, held=False)], True),
        ([meeting("R07", 2, adjourned=1, held=False)], False),
        ([meeting("R07", 2, adjourned=2)], False),
        ([meeting("R07", 9, adjourned=1, held=False), meeting("R07", 2)], False),
        ([meeting("R07", 2, adjourned=1, held=False), meeting("R08", 3, adjourned=1, held=False)], False),
        ([meeting("R07", 2), {"region": "R07", "started_at": None, "adjourned": 0, "state": "scheduled"}], False),
    ],
)
def test_two_sittings_running_without_a_quorum_are_told(sat: list[dict[str, Any]], told: bool) -> None:
    assert names(domain.inquorate_twice(PROGRAMME, sat)) == (["meeting.inquorate_twice R07"] if told else [])


def test_meetings_of_no_region_are_the_centre_s() -> None:
    sat = [meeting(None, 2, adjourned=2, held=False)]
    assert names(domain.inquorate_twice(PROGRAMME, sat)) == ["meeting.inquorate_twice centre"]


def cell(scope: str, indicator: str, status: str, *, is_due: bool = True, period: str = "2560-Q1") -> dict[str, Any]:
    return {"scope": scope, "indicator": indicator, "period": period, "is_due": is_due, "status": status}


def indicator(code: str, weight: str = "50", *, closed: bool = False, computed: str | None = None) -> dict[str, Any]:
    closed_at = datetime(2017, 1, 1, tzinfo=UTC) if closed else None
    return {"code": code, "weight": Decimal(weight), "closed_at": closed_at, "computed_by": computed}


INDICATORS = [indicator("QN1", computed="qn1"), indicator("QN2"), indicator("QN3")]


def test_a_region_that_sent_nothing_that_was_due_is_silent() -> None:
    cells = [
        cell("R07", "QN1", "verified"),
        cell("R07", "QN2", "not_reported"),
        cell("R07", "QN3", "not_reported"),
        cell("R08", "QN2", "waiting"),
        cell("R08", "QN3", "verified"),
        cell("R09", "QN2", "not_due", is_due=False),
    ]
    [found] = domain.late_figures(PROGRAMME, cells, INDICATORS)
    assert (found.kind, found.what) == ("region.silent", "R07:2560-Q1")
    assert found.message.th == "เขตตรวจราชการที่ 7 ไม่ได้ส่งผลการดำเนินงานใดเลยสำหรับไตรมาส 1/2560"


def test_a_region_of_which_some_figures_are_overdue_has_passed_a_deadline() -> None:
    cells = [
        cell("R07", "QN2", "not_reported"),
        cell("R07", "QN3", "verified"),
        cell("R08", "QN2", "returned"),
        cell("R08", "QN3", "verified"),
    ]
    assert names(domain.late_figures(PROGRAMME, cells, INDICATORS)) == [
        "deadline.figures R07:2560-Q1",
        "deadline.figures R08:2560-Q1",
    ]


def test_weights_are_told_when_they_are_not_100_after_a_closing() -> None:
    [found] = domain.weights_off(PROGRAMME, [indicator("QN2", "60"), indicator("QN3", "40", closed=True)])
    assert "60" in found.message.en
    whole = [indicator("QN2", "100"), indicator("QN3", "40", closed=True)]
    assert list(domain.weights_off(PROGRAMME, whole)) == []
    assert list(domain.weights_off(PROGRAMME, [indicator("QN2", "60")])) == []


def test_a_score_without_a_verified_figure_is_told() -> None:
    rows = [{"indicator": "QN2", "scope": "TH", "period": "2560-Y"}]
    assert names(domain.unverified_scores(PROGRAMME, rows)) == ["score.unverified QN2:TH:2560-Y"]
    assert list(domain.unverified_scores(PROGRAMME, [])) == []


# The system.


def test_a_disk_is_told_when_it_is_nearly_full() -> None:
    disks = [Disk("/", 90.0), Disk("/var/lib/kafka", 97.4), Disk("/home", 89.9)]
    assert names(technical.full_disks(disks)) == ["disk.nearly_full root", "disk.nearly_full var-lib-kafka"]


@pytest.mark.parametrize(
    ("ahead", "uncertain", "told"), [(2.5, 0.1, True), (-3, 0.1, True), (1.9, 0, False), (5, 4, False)]
)
def test_a_clock_is_told_when_it_surely_differs(ahead: float, uncertain: float, told: bool) -> None:
    assert bool([*technical.skewed_clock(ahead, uncertain)]) is told


def credential(name: str, days: int | None, publisher: str = "e-meeting", kind: str = "api_key") -> Credential:
    return Credential(publisher, name, kind, None if days is None else TODAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ([credential("first", 14)], ["first"]),
        ([credential("first", -3)], ["first"]),
        ([credential("first", 15)], []),
        ([credential("first", None)], []),
        ([credential("first", 3), credential("second", 90)], []),
        ([credential("first", 3), credential("second", 90, kind="scram")], ["first"]),
        ([credential("first", 3), credential("second", None, "fiscal")], ["first"]),
    ],
)
def test_a_credential_is_told_before_it_expires_unless_another_lasts_longer(
    known: list[Credential], told: list[str]
) -> None:
    assert [each.what.partition(":")[2] for each in technical.expiring(known, TODAY)] == told


def test_connections_are_told_when_nearly_all_are_taken() -> None:
    assert list(technical.few_connections(84, 100)) == []
    assert names(technical.few_connections(85, 100)) == ["connections.nearly_exhausted reporting"]


def test_a_topic_is_told_when_it_is_not_as_declared() -> None:
    declared = declared_topics(Topics("x."), 3)
    found = {each.name: Topic(each.name, each.partitions, dict(each.settings)) for each in declared}
    assert list(technical.changed_topics(declared, found)) == []
    committee, activity, evaluation, reporting, heads = (each.name for each in declared)
    found[committee] = Topic(committee, 3, {**found[committee].settings, "retention.ms": "604800000"})
    found[activity] = Topic(activity, 1, found[activity].settings)
    found[evaluation] = Topic(evaluation, None, {})
    found[heads] = Topic(heads, 1, {"cleanup.policy": "delete", "max.message.bytes": "1"})
    del found[reporting]
    told = {each.what: each.message.en.partition(": ")[2] for each in technical.changed_topics(declared, found)}
    assert told == {
        committee: "retention.ms = 604800000 (-1)",
        activity: "partitions = 1 (3)",
        evaluation: "missing",
        heads: "cleanup.policy = delete (compact)",
    }


def test_consumers_that_have_set_events_aside_are_told() -> None:
    told = technical.parked_events([Parked("reporting", "reporting", 2), Parked("activity", "activity.learner", 0)])
    assert names(told) == ["consumer.parked reporting:reporting"]


def test_a_relay_that_announces_nothing_is_told() -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    heads = [Head("committee", now - timedelta(seconds=61)), Head("activity", now - timedelta(seconds=59))]
    assert names(technical.silent_relays(heads, now)) == ["relay.silent committee"]


def test_a_store_whose_canaries_do_not_arrive_is_told_where_any_are_sent() -> None:
    arrived = [Arrived("committee", timedelta(seconds=200)), Arrived("activity", timedelta(seconds=100))]
    assert names(technical.missing_canaries(arrived, 60)) == ["canary.missing committee"]
    assert list(technical.missing_canaries(arrived, 0)) == []


def test_what_its_service_calls_stalled_or_stopped_is_told_once() -> None:
    status = {
        "roles": [
            {"process": "reporting-projector", "verdict": "stopped"},
            {"process": "reporting-api", "verdict": "ok"},
        ],
        "relays": [{"shard": 0, "verdict": "stalled"}, {"shard": 1, "verdict": "lagging"}],
        "consumers": [{"consumer": "reporting", "verdict": verdict} for verdict in ("ok", "stopped", "stalled")],
    }
    told = list(technical.not_working(judged_of("reporting", status)))
    assert sorted(names(told)) == [
        "consumer.not_moving reporting:reporting",
        "process.not_working reporting:reporting-projector",
        "relay.not_moving reporting:0",
    ]
    assert all("has stopped" in each.message.en for each in told if each.kind != "relay.not_moving")
    assert list(technical.not_working([Judged("committee", "role", "api", "paused")])) == []


def test_a_publisher_that_the_monitor_calls_silent_is_told() -> None:
    heard: list[dict[str, Any]] = [
        {"publisher": "e-meeting", "verdict": "silent", "quiet_seconds": 216_000.0},
        {"publisher": "fiscal", "verdict": "ok", "quiet_seconds": 100.0},
        {"publisher": "sandbox", "verdict": "unknown", "quiet_seconds": None},
    ]
    [found] = technical.silent_publishers(heard)
    assert (found.what, "2.5 days" in found.message.en) == ("e-meeting", True)


def test_what_the_last_verification_found_is_told() -> None:
    difference = {"part": "stores", "service": "committee", "of": "shard 0", "place": "0:7", "message": "another hash"}
    [found] = technical.failed_proofs([difference])
    assert found.what == "stores:committee:shard-0"
    assert found.message.en.endswith("in stores of committee (shard 0): 0:7 another hash")
    assert list(technical.failed_proofs([])) == []


@pytest.mark.parametrize(("error", "told"), [(None, False), ("", False), ("no broker", True)])
def test_a_verification_that_could_not_be_finished_is_told(error: str | None, told: bool) -> None:
    assert bool([*technical.unfinished_proof(error)]) is told


def test_a_service_that_does_not_answer_is_told() -> None:
    assert names(technical.unreachable(["committee"])) == ["service.unreachable committee"]
    assert names(technical.untold(["committee"])) == ["service.untold committee"]


# What goes out.

NOTICE = Notice(
    7,
    STREAM,
    1,
    "raised",
    0,
    PROGRAMME,
    "committee.without_chair",
    "R07",
    "คณะกรรมการของเขตตรวจราชการที่ 7 ไม่มีประธานกรรมการ",
    "The committee of inspection region 7 has no chair",
    datetime(2017, 1, 12, 9, tzinfo=UTC),
    datetime(2026, 11, 29, tzinfo=UTC),
)


def test_a_letter_tells_every_notice_in_both_languages() -> None:
    second = condition("disk.nearly_full", "root", folder="/", percent="95")
    both = [NOTICE, Notice(8, second.stream, 1, "cleared", 0, None, second.kind, "root", second.message.th,
                           second.message.en, NOTICE.raised_at, NOTICE.made_at)]  # fmt: skip
    letter = letter_of(both, "obec@office.example", ["a@office.example", "b@office.example"], "https://c/ops/alarms")
    text = letter.get_content()
    assert letter["To"] == "a@office.example, b@office.example"
    assert letter["Subject"] == f"OBEC CLUSTER: เกิดการเตือน – {NOTICE.th} (+1)"
    assert text.index(NOTICE.th) < text.index(second.message.th) < text.index(NOTICE.en) < text.index("is 95 % full")
    assert "12 ม.ค. 2560 16:00 น." in text
    assert "12 Jan 2017, 16:00" in text
    assert "https://c/ops/alarms" in text


def test_a_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's reference implementations.
    key = __import__("base64").b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"OBEC_ALARM_WEBHOOK": "http://a.example/x", "OBEC_ALARM_WEBHOOK_SECRET": "s" * 24},
            "WEBHOOK: alarms",
        ),
        ({"OBEC_ALARM_WEBHOOK": "https://a.example/x", "OBEC_ALARM_WEBHOOK_SECRET": "short"}, "WEBHOOK_SECRET"),
        (
            {"OBEC_ALARM_WEBHOOK": "https://a.example/x", "OBEC_ALARM_WEBHOOK_SECRET": f"whsec_{'~' * 24}"},
            "base64",
        ),
        ({"OBEC_SMTP_HOST": "mail.example", "OBEC_SMTP_FROM": "a@b.example"}, "OBEC_SMTP_TO"),
        (
            {
                "OBEC_SMTP_HOST": "mail.example",
                "OBEC_SMTP_FROM": "a@b.example",
                "OBEC_SMTP_TO": "c@d.example",
                "OBEC_SMTP_SECURITY": "none",
            },
            "OBEC_SMTP_SECURITY",
        ),
        ({"OBEC_ALARM_SECONDS": "0"}, "OBEC_ALARM_SECONDS"),
    ],
)
def test_a_channel_that_cannot_be_is_refused_with_its_variable(
    variables: Mapping[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings, match=said):
        Settings.read()


# The document.


def test_every_kind_of_alarm_is_documented_and_no_other() -> None:
    said = re.findall(r"^\| `([a-z_.]+)` \|", (ROOT / "docs" / "alarms.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(said) == sorted(kinds())
    assert set(DOMAIN) <= set(kinds())
