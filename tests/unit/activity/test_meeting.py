"""A meeting: its calendar, who came, quorum, resolutions, minutes; its laws, and a stream driven at random."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from services.activity.meeting import (
    MEETING,
    ApproveMinutes,
    CancelMeeting,
    CorrectMeetingRecord,
    HoldMeeting,
    IssueNotice,
    Meeting,
    RescheduleMeeting,
    ScheduleMeeting,
    number_claim,
)
from services.activity.roster import Roster, Sitting, roster_stream
from shared.contracts import Claim, Command, Event, KnownProgramme, Read, Rejected
from shared.contracts.activity import (
    Attendance,
    Attendee,
    MeetingAdjourned,
    MeetingCancelled,
    MeetingHeld,
    MeetingNoticeIssued,
    MeetingRecordCorrected,
    MeetingRescheduled,
    MeetingScheduled,
    MinutesApproved,
    Resolution,
    Roll,
)
from shared.contracts.committee import Holder, Member, Seat
from shared.contracts.common import FactVoided
from shared.contracts.definition import QuorumRule
from tests.given import Scenario, event_id, given
from tests.unit.activity.driving import AGO, Driven
from tests.unit.activity.examples import PROGRAMME, PROGRAMME_STREAM, day, known, member, moment, paper, person

STREAM = "meeting:01a20a1f-630e-76a7-ac94-9451f5efe284"
ROSTER_STREAM = roster_stream(PROGRAMME, "R07")
KEY = "2560-cluster/R07/1/2560"

OFFICE = "ศึกษาธิการภาค 7"
chair = member("chair", Seat.CHAIR)
secretary = member("secretary", Seat.SECRETARY)
teacher = member("teacher")
officer = Member(office=OFFICE, seat=Seat.MEMBER)
clerk = member("clerk", Seat.ASSISTANT_SECRETARY, voting=False)
MEMBERS = (chair, secretary, teacher, officer, clerk)
SITTING = Sitting("committee:2560-cluster:R07:1", 4, moment(1, 9), MEMBERS)
ROSTER = Roster({SITTING.committee: SITTING})

START, END = moment(1, 12, 2), moment(1, 12, 5)
NUMBERED = {"programme": PROGRAMME, "region": "R07", "number": "1/2560"}


def came(name: str, attendance: Attendance = Attendance.PRESENT) -> Attendee:
    return Attendee(person_id=person(name), attendance=attendance)


def office_came(attendance: Attendance = Attendance.PRESENT) -> Attendee:
    return Attendee(office=OFFICE, attendance=attendance)


def substitute(name: str, holder: str) -> Attendee:
    return Attendee(
        person_id=person(name), attendance=Attendance.SUBSTITUTE, substitute_for=Holder(person_id=person(holder))
    )


def resolution(number: int = 1, votes_for: int = 0, votes_against: int = 0, abstentions: int = 0) -> Resolution:
    return Resolution(
        number=number, text="เห็นชอบ", votes_for=votes_for, votes_against=votes_against, abstentions=abstentions
    )


def roll(voting: int = 4, present: int = 2, quorate: bool = True, programme_version: int = 1) -> Roll:
    return Roll(
        committee=SITTING.committee,
        committee_version=SITTING.version,
        programme_version=programme_version,
        members=MEMBERS,
        voting=voting,
        present=present,
        quorate=quorate,
    )


TWO = (came("chair"), came("secretary"))

scheduled = MeetingScheduled(
    **NUMBERED, activity="3", starts_at=START, place="ห้องประชุม 1", scheduled_on=day(10, 1, 2016)
)
notice = MeetingNoticeIssued(programme=PROGRAMME, issued_on=day(1, 4), agenda=("เรื่องแจ้งเพื่อทราบ",))
moved = MeetingRescheduled(programme=PROGRAMME, starts_at=moment(1, 20), place="ห้องประชุม 2", reason="ติดราชการ")
off = MeetingCancelled(programme=PROGRAMME, reason="น้ำท่วม")
held = MeetingHeld(
    **NUMBERED,
    activity="3",
    started_at=START,
    ended_at=END,
    attendance=TWO,
    resolutions=(resolution(votes_for=2),),
    roll=roll(),
)
adjourned = MeetingAdjourned(
    **NUMBERED,
    activity="3",
    started_at=START,
    attendance=(came("chair"),),
    roll=roll(present=1, quorate=False),
)
minutes = MinutesApproved(programme=PROGRAMME, approved_on=day(1, 20), evidence=paper("รายงานการประชุม"))


def schedule(**changes: Any) -> ScheduleMeeting:
    told = {"activity": "3", "starts_at": START, "place": "ห้องประชุม 1", "scheduled_on": day(10, 1, 2016)}
    return ScheduleMeeting(**{**NUMBERED, **told, **changes})


def hold(*attendance: Attendee, **changes: Any) -> HoldMeeting:
    told = {"activity": "3", "started_at": START, "ended_at": END, "attendance": attendance or TWO}
    return HoldMeeting(**{**NUMBERED, **told, **changes})


call = IssueNotice(issued_on=notice.issued_on, agenda=notice.agenda)
move = RescheduleMeeting(starts_at=moved.starts_at, place=moved.place, reason=moved.reason)
cancel = CancelMeeting(reason=off.reason)
approve = ApproveMinutes(approved_on=minutes.approved_on, evidence=minutes.evidence)
correct = CorrectMeetingRecord(ended_at=END + timedelta(hours=1), resolutions=(resolution(votes_for=1),), reason="x")
corrected = MeetingRecordCorrected(
    programme=PROGRAMME, ended_at=correct.ended_at, resolutions=correct.resolutions, reason=correct.reason
)


def meeting(*events: Event, quorum: QuorumRule | None = None) -> Scenario:
    return (
        given(*events)
        .on(STREAM, MEETING)
        .where(PROGRAMME_STREAM, known(quorum))
        .where(ROSTER_STREAM, ROSTER, version=4)
    )


def decided_roll(scenario: Scenario, command: HoldMeeting) -> Roll:
    [decided] = scenario.when(command).decided()
    assert isinstance(decided.event, MeetingHeld | MeetingAdjourned)
    return decided.event.roll


# The calendar


def test_a_meeting_is_scheduled() -> None:
    meeting().when(schedule()).then(scheduled)


def test_a_meeting_of_the_centre_has_no_region() -> None:
    meeting().when(schedule(region=None)).then(scheduled.model_copy(update={"region": None}))


def test_a_meeting_belongs_to_an_activity_and_a_region_of_the_programme() -> None:
    meeting().when(schedule(activity="9")).then_rejected("activity.unknown")
    meeting().when(schedule(region="R18")).then_rejected("activity.unknown_region")
    meeting().when(hold(activity="9")).then_rejected("activity.unknown")
    elsewhere = meeting().where(roster_stream(PROGRAMME, "R18"), ROSTER)
    elsewhere.when(hold(region="R18")).then_rejected("activity.unknown_region")


def test_nothing_is_scheduled_or_held_before_the_programme_is_known() -> None:
    for command in (schedule(), hold()):
        meeting().where(PROGRAMME_STREAM, KnownProgramme()).when(command).then_rejected("programme.not_known")


def test_a_schedule_told_twice_is_nothing_new() -> None:
    meeting(scheduled).when(schedule()).then()
    meeting(scheduled, moved).when(schedule()).then()


def test_a_meeting_is_scheduled_once() -> None:
    meeting(scheduled).when(schedule(place="ที่อื่น")).then_rejected("meeting.already_scheduled")


def test_a_meeting_holds_its_number_for_good() -> None:
    claim = Claim("meeting", KEY)
    assert number_claim(schedule().key) == claim
    for story in (meeting(scheduled), meeting(held), meeting(adjourned), meeting(scheduled, off)):
        assert MEETING.claims(story.state()) == {claim}
    assert MEETING.claims(Meeting()) == frozenset()


def test_the_centres_meetings_are_numbered_apart_from_the_regions() -> None:
    assert schedule(region=None).key == "2560-cluster/TH/1/2560"


def test_members_are_called_to_a_scheduled_meeting() -> None:
    meeting(scheduled).when(call).then(notice)


def test_a_notice_told_twice_is_nothing_new_and_a_second_one_is() -> None:
    meeting(scheduled, notice).when(call).then()
    again = IssueNotice(issued_on=day(1, 5), agenda=("เรื่องเพิ่มเติม",))
    meeting(scheduled, notice).when(again).then(
        MeetingNoticeIssued(programme=PROGRAMME, issued_on=day(1, 5), agenda=("เรื่องเพิ่มเติม",))
    )


def test_a_meeting_is_moved_before_it_is_held() -> None:
    story = meeting(scheduled)
    story.when(move).then(moved)
    after = meeting(scheduled, moved).state()
    assert (after.starts_at, after.place) == (moved.starts_at, moved.place)


def test_a_move_told_twice_is_nothing_new() -> None:
    meeting(scheduled, moved).when(move).then()


def test_a_cancelled_meeting_keeps_the_time_it_had() -> None:
    meeting(scheduled, moved).when(cancel).then(off)
    after = meeting(scheduled, moved, off).state()
    assert after.starts_at == moved.starts_at
    assert after.scheduled.starts_at == START


def test_a_cancellation_told_twice_is_nothing_new() -> None:
    meeting(scheduled, off).when(cancel).then()


def test_what_was_never_scheduled_is_not_called_moved_or_cancelled() -> None:
    for command in (call, move, cancel):
        meeting().when(command).then_rejected("meeting.not_scheduled")


def test_nothing_happens_to_a_cancelled_meeting() -> None:
    again: list[Command] = [call, move, hold(), schedule(scheduled_on=None, place="ที่อื่น"), CancelMeeting(reason="อื่น")]
    for command in again:
        meeting(scheduled, off).when(command).then_rejected("meeting.cancelled")
    records: list[Command] = [approve, correct]
    for command in records:
        meeting(scheduled, off).when(command).then_rejected("meeting.not_held")


@pytest.mark.parametrize("end", [held, adjourned], ids=["held", "adjourned"])
def test_nothing_but_minutes_and_corrections_follows_a_meeting(end: Event) -> None:
    later = IssueNotice(issued_on=day(2, 1), agenda=("x",))
    commands: list[Command] = [later, move, cancel, schedule(scheduled_on=None, place="ที่อื่น")]
    for command in commands:
        meeting(scheduled, end).when(command).then_rejected("meeting.already_held")


def test_a_meeting_that_was_held_before_it_was_cancelled_contradicts_that() -> None:
    told_in_january(scheduled, off).when(hold()).then_rejected("effective.contradicts_later")


# Held


def test_a_meeting_is_held_with_the_roll_it_was_judged_by() -> None:
    meeting(scheduled).when(hold(resolutions=held.resolutions)).then(held)


def test_a_meeting_that_was_never_scheduled_is_held_too() -> None:
    meeting().when(hold(resolutions=held.resolutions)).then(held)


def test_the_roll_is_read_as_it_was_when_the_meeting_started() -> None:
    assert list(MEETING.reads(hold(), Meeting()))[1:] == [Read(Roster, ROSTER_STREAM, START)]


def test_a_meeting_of_the_centre_reads_no_roster() -> None:
    assert [each.stream for each in MEETING.reads(hold(region=None), Meeting())] == [PROGRAMME_STREAM]


def test_a_meeting_told_twice_is_nothing_new() -> None:
    meeting(scheduled, held).when(hold(resolutions=held.resolutions)).then()
    meeting(scheduled, held, corrected).when(hold(resolutions=held.resolutions)).then()
    meeting(scheduled, adjourned).when(hold(came("chair"))).then()


def test_a_meeting_is_judged_once() -> None:
    three = hold(came("chair"), came("secretary"), came("teacher"))
    meeting(scheduled, held).when(three).then_rejected("meeting.already_held")
    meeting(scheduled, adjourned).when(three).then_rejected("meeting.already_held")
    resolving = hold(came("chair"), resolutions=(resolution(),))
    meeting(scheduled, adjourned).when(resolving).then_rejected("meeting.already_held")


def test_a_meeting_is_not_held_a_second_time_before_the_first() -> None:
    earlier = hold(started_at=START - timedelta(hours=1))
    meeting(scheduled, held).when(earlier).then_rejected("effective.contradicts_later")


def test_what_is_known_later_does_not_judge_a_meeting_again() -> None:
    nobody_but_the_chair = Roster({SITTING.committee: Sitting(SITTING.committee, 9, moment(1, 9), (chair,))})
    later = meeting(scheduled, held).where(ROSTER_STREAM, nobody_but_the_chair)
    later.when(hold(resolutions=held.resolutions)).then()
    assert later.state().held.roll == held.roll


def test_a_meeting_ends_after_it_started() -> None:
    meeting().when(hold(ended_at=START)).then_rejected("meeting.ends_before_start")


def test_a_meeting_that_has_not_started_or_not_ended_was_not_held() -> None:
    before = meeting().at(START - timedelta(hours=1))
    before.when(hold()).then_rejected("effective.in_future")
    during = meeting().at(START + timedelta(hours=1))
    during.when(hold()).then_rejected("effective.in_future")


def test_a_stream_is_that_of_one_number() -> None:
    other = hold(number="2/2560")
    meeting(scheduled).when(other).then_rejected("meeting.other_number")
    before_it_was_scheduled = other.model_copy(update={"started_at": datetime(2016, 9, 1, 2, tzinfo=START.tzinfo)})
    meeting(scheduled).when(before_it_was_scheduled).then_rejected("effective.contradicts_later")


def test_a_meeting_that_was_held_is_not_scheduled_under_another_number() -> None:
    meeting(held).when(schedule(number="2/2560")).then_rejected("effective.contradicts_later")
    meeting(scheduled).when(schedule(number="2/2560")).then_rejected("meeting.other_number")


def test_a_schedule_that_is_entered_after_the_meeting_says_its_day() -> None:
    meeting(held).when(schedule()).then(scheduled)
    meeting(held).when(schedule(scheduled_on=None)).then_rejected("meeting.already_held")


def test_a_meeting_that_started_before_its_schedule_was_entered_that_day_is_held() -> None:
    entered = scheduled.model_copy(update={"scheduled_on": None})
    at_dawn = datetime(2016, 10, 3, 0, tzinfo=START.tzinfo)
    story = meeting(entered)
    [decided] = story.when(hold(started_at=at_dawn, ended_at=at_dawn + timedelta(hours=1))).decided()
    assert isinstance(decided.event, MeetingHeld)


# Quorum


def test_a_meeting_without_a_quorum_is_adjourned() -> None:
    meeting(scheduled).when(hold(came("chair"))).then(adjourned)


def test_without_a_quorum_nothing_is_resolved() -> None:
    resolving = hold(came("chair"), resolutions=(resolution(),))
    meeting(scheduled).when(resolving).then_rejected("meeting.no_quorum_no_resolution")


def test_half_of_the_voting_members_is_a_quorum_by_default() -> None:
    assert decided_roll(meeting(), hold()) == roll(voting=4, present=2, quorate=True)


def test_a_programme_may_ask_for_more_than_two_thirds() -> None:
    strict = QuorumRule(numerator=2, denominator=3, comparison="more_than")
    two = meeting(quorum=strict)
    assert not decided_roll(two, hold()).quorate
    assert decided_roll(two, hold(*TWO, came("teacher"))).quorate


def test_the_roll_names_the_programmes_version_whose_rule_held() -> None:
    amended = meeting().where(PROGRAMME_STREAM, known(version=3))
    assert decided_roll(amended, hold()).programme_version == 3


def test_a_member_without_a_vote_does_not_count_for_the_quorum() -> None:
    found = decided_roll(meeting(), hold(came("chair"), came("clerk")))
    assert (found.voting, found.present, found.quorate) == (4, 1, False)


def test_an_office_counts_by_its_seat() -> None:
    assert decided_roll(meeting(), hold(came("chair"), office_came())).present == 2


def test_who_sent_an_apology_or_stayed_away_does_not_count() -> None:
    away = hold(came("chair"), came("secretary", Attendance.APOLOGY), came("teacher", Attendance.ABSENT))
    assert decided_roll(meeting(), away).present == 1


def test_a_substitute_counts_for_the_member() -> None:
    found = decided_roll(meeting(), hold(came("chair"), substitute("deputy", "secretary")))
    assert found.present == 2
    listed_too = hold(came("chair"), came("secretary", Attendance.APOLOGY), substitute("deputy", "secretary"))
    assert decided_roll(meeting(), listed_too).present == 2


def test_the_substitute_of_a_member_without_a_vote_has_none_either() -> None:
    assert decided_roll(meeting(), hold(came("chair"), substitute("deputy", "clerk"))).present == 1


def test_a_person_counts_once() -> None:
    meeting().when(hold(came("chair"), came("chair"))).then_rejected("meeting.listed_twice")
    both_seats = hold(came("chair"), substitute("chair", "secretary"))
    meeting().when(both_seats).then_rejected("meeting.listed_twice")
    for_two = hold(substitute("deputy", "chair"), substitute("deputy", "secretary"))
    meeting().when(for_two).then_rejected("meeting.listed_twice")


def test_a_member_does_not_sit_for_another() -> None:
    meeting().when(hold(substitute("chair", "secretary"))).then_rejected("meeting.substitute_has_own_seat")


def test_a_substitute_sits_for_somebody_on_the_roll() -> None:
    stranger = hold(came("chair"), substitute("deputy", "stranger"))
    meeting().when(stranger).then_rejected("meeting.substitute_for_stranger")


def test_a_member_who_is_present_has_no_substitute() -> None:
    both = hold(came("chair"), substitute("deputy", "chair"))
    meeting().when(both).then_rejected("meeting.substituted_yet_present")


def test_a_member_has_one_substitute() -> None:
    two = hold(substitute("deputy", "chair"), substitute("other", "chair"))
    meeting().when(two).then_rejected("meeting.substituted_twice")


def test_who_was_not_on_the_roll_is_not_on_the_attendance_list() -> None:
    meeting().when(hold(*TWO, came("stranger"))).then_rejected("meeting.not_on_roll")


def test_a_committee_of_which_nothing_is_known_has_no_roll() -> None:
    unknown = meeting(scheduled).where(ROSTER_STREAM, Roster())
    unknown.when(hold()).then_rejected("meeting.roll_not_known")


def test_a_committee_that_was_not_in_office_has_no_roll() -> None:
    proposed_only = Roster({SITTING.committee: Sitting(SITTING.committee, 1, None, MEMBERS)})
    meeting(scheduled).where(ROSTER_STREAM, proposed_only).when(hold()).then_rejected("meeting.roll_not_known")


def test_the_roll_of_the_centre_is_its_attendance() -> None:
    central = hold(*TWO, came("teacher", Attendance.APOLOGY), substitute("deputy", "clerk"), region=None)
    found = decided_roll(meeting(), central)
    assert (found.committee, found.committee_version, found.members) == (None, 0, ())
    assert (found.voting, found.present, found.quorate) == (4, 3, True)


def test_the_centre_too_needs_a_quorum_of_its_list() -> None:
    away = hold(came("chair"), *(came(name, Attendance.ABSENT) for name in ("a", "b")), region=None)
    [decided] = meeting().when(away).decided()
    assert isinstance(decided.event, MeetingAdjourned)


# Resolutions


def test_votes_are_not_more_than_voting_members_present() -> None:
    full = hold(resolutions=(resolution(votes_for=1, votes_against=0, abstentions=1),))
    assert len(meeting().when(full).decided()) == 1
    for votes in ({"votes_for": 3}, {"votes_for": 2, "abstentions": 1}, {"votes_for": 2, "votes_against": 1}):
        meeting().when(hold(resolutions=(resolution(**votes),))).then_rejected("meeting.too_many_votes")


def test_resolutions_are_numbered_apart() -> None:
    meeting().when(hold(resolutions=(resolution(1), resolution(1)))).then_rejected("meeting.resolution_twice")


def test_a_meeting_may_resolve_nothing() -> None:
    meeting().when(hold()).then(held.model_copy(update={"resolutions": ()}))


# Minutes and corrections


def test_minutes_are_approved_after_the_meeting() -> None:
    meeting(scheduled, held).when(approve).then(minutes)


def test_minutes_may_be_approved_on_the_day_of_the_meeting() -> None:
    same_day = ApproveMinutes(approved_on=day(1, 12), evidence=minutes.evidence)
    assert len(meeting(scheduled, held).when(same_day).decided()) == 1


def test_minutes_are_not_approved_before_the_meeting() -> None:
    before = ApproveMinutes(approved_on=day(1, 11), evidence=minutes.evidence)
    meeting(scheduled, held).when(before).then_rejected("meeting.not_held")


def test_minutes_are_not_approved_before_a_meeting_of_two_days_ended() -> None:
    two_days = held.model_copy(update={"ended_at": END + timedelta(days=1)})
    first_day = ApproveMinutes(approved_on=day(1, 12), evidence=minutes.evidence)
    meeting(scheduled, two_days).when(first_day).then_rejected("meeting.minutes_before_end")


def test_only_a_meeting_with_a_quorum_has_minutes_and_corrections() -> None:
    for command in (approve, correct):
        for story in (meeting(), meeting(scheduled), meeting(scheduled, adjourned)):
            story.when(command).then_rejected("meeting.not_held")


def test_minutes_are_approved_once() -> None:
    meeting(scheduled, held, minutes).when(approve).then()
    other = ApproveMinutes(approved_on=day(1, 25), evidence=minutes.evidence)
    meeting(scheduled, held, minutes).when(other).then_rejected("meeting.minutes_already_approved")
    earlier = ApproveMinutes(approved_on=day(1, 15), evidence=minutes.evidence)
    meeting(scheduled, held, minutes).when(earlier).then_rejected("effective.contradicts_later")


def told_in_january(*events: Event) -> Scenario:
    return meeting(*events).told_from(moment(1, 13))


def test_the_record_of_a_held_meeting_is_set_right_and_its_judgement_stays() -> None:
    told_in_january(scheduled, held).when(correct).then(corrected)
    after = told_in_january(scheduled, held, corrected).state()
    assert (after.ended_at, after.resolutions) == (correct.ended_at, correct.resolutions)
    assert after.held.roll == held.roll


def test_a_correction_told_twice_is_nothing_new() -> None:
    told_in_january(scheduled, held, corrected).when(correct).then()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ended_at": START}, "meeting.ends_before_start"),
        ({"ended_at": moment(7, 1)}, "effective.in_future"),
        ({"resolutions": (resolution(votes_for=3),)}, "meeting.too_many_votes"),
        ({"resolutions": (resolution(1), resolution(1))}, "meeting.resolution_twice"),
    ],
)
def test_a_correction_keeps_to_the_rules_of_the_meeting(change: dict[str, Any], code: str) -> None:
    told_in_january(scheduled, held).when(correct.model_copy(update=change)).then_rejected(code)


def test_a_correction_does_not_end_a_meeting_after_its_minutes() -> None:
    longer = correct.model_copy(update={"ended_at": moment(1, 25)})
    told_in_january(scheduled, held, minutes).when(longer).then_rejected("meeting.minutes_before_end")


def test_a_meeting_may_be_corrected_to_have_ended_on_the_day_of_its_minutes() -> None:
    same_day = correct.model_copy(update={"ended_at": moment(1, 20, 16)})
    assert len(told_in_january(scheduled, held, minutes).when(same_day).decided()) == 1


# Voiding


def test_a_meeting_whose_minutes_are_approved_is_not_voided_before_them() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    meeting(scheduled, held, minutes).when(void).then_rejected("effective.contradicts_later")


def test_a_voided_meeting_is_open_again_and_may_be_told_aright() -> None:
    void = FactVoided(event_id=event_id(1), reason="ผิด")
    meeting(scheduled, held).when(void).then(void)
    again = meeting(scheduled, held, void)
    [decided] = again.when(hold(*TWO, came("teacher"))).decided()
    assert isinstance(decided.event, MeetingHeld)
    assert decided.event.roll.present == 3


def test_a_schedule_that_members_were_called_to_is_not_voided() -> None:
    void = FactVoided(event_id=event_id(0), reason="ผิด")
    meeting(scheduled, notice).when(void).then_rejected("effective.contradicts_later")
    meeting(scheduled, held).when(void).then(void)


# Laws


names = ("chair", "secretary", "teacher", "clerk", "stranger", "deputy", "other")
lines = st.one_of(
    st.builds(came, st.sampled_from(names), st.sampled_from([a for a in Attendance if a is not Attendance.SUBSTITUTE])),
    st.builds(office_came, st.sampled_from([Attendance.PRESENT, Attendance.APOLOGY])),
    st.builds(substitute, st.sampled_from(names), st.sampled_from(names)),
)
attendances = st.lists(lines, min_size=1, max_size=6)


@settings(deadline=None, max_examples=200)
@for_all(attendances, st.sampled_from(["R07", None]), st.integers(1, 3), st.integers(1, 3))
def test_a_roll_counts_each_seat_at_most_once(
    attendance: list[Attendee], region: str | None, numerator: int, more: int
) -> None:
    rule_ = QuorumRule(numerator=numerator, denominator=numerator + more)
    try:
        found = decided_roll(meeting(quorum=rule_), hold(*attendance, region=region))
    except Rejected:
        return
    assert 0 <= found.present <= found.voting
    assert found.quorate is (found.voting > 0 and found.present * (numerator + more) >= found.voting * numerator)
    assert len({each.key for each in attendance}) == len(attendance)


lists = st.sampled_from(
    [TWO, (came("chair"),), (*TWO, came("teacher")), (substitute("deputy", "chair"), office_came())]
)
resolved = st.sampled_from([(), (resolution(1, votes_for=2),), (resolution(1), resolution(2))])


class DrivenMeeting(Driven):
    aggregate = MEETING
    stream = STREAM
    states: ClassVar = {PROGRAMME_STREAM: known(), ROSTER_STREAM: ROSTER}

    @initialize(ago=st.none() | AGO)
    def begin(self, ago: int | None) -> None:
        self.tell(schedule(scheduled_on=None if ago is None else self.days_ago(ago)))

    @rule(ago=st.none() | AGO, place=st.sampled_from(["ก", "ข"]))
    def schedule_it(self, ago: int | None, place: str) -> None:
        self.tell(schedule(scheduled_on=None if ago is None else self.days_ago(ago), place=place))

    @rule(ago=AGO, agenda=st.sampled_from([("ก",), ("ข",)]))
    def call_it(self, ago: int, agenda: tuple[str, ...]) -> None:
        self.tell(IssueNotice(issued_on=self.days_ago(ago), agenda=agenda))

    @rule(days=st.integers(0, 3))
    def move_it(self, days: int) -> None:
        self.tell(RescheduleMeeting(starts_at=START + timedelta(days=days), place="ค", reason="x"))

    @precondition(lambda self: len(self.history) > 4)
    @rule()
    def cancel_it(self) -> None:
        self.tell(CancelMeeting(reason="x"))

    @rule(
        ago=st.integers(0, 20 * 24),
        hours=st.integers(1, 30),
        who=lists,
        what=resolved,
        number=st.sampled_from(["1/2560", "2/2560"]),
    )
    def hold_it(
        self, ago: int, hours: int, who: tuple[Attendee, ...], what: tuple[Resolution, ...], number: str
    ) -> None:
        start = self.now - timedelta(hours=ago)
        end = start + timedelta(hours=hours)
        self.tell(hold(*who, started_at=start, ended_at=end, resolutions=what, number=number))

    @precondition(lambda self: self.state.held is not None)
    @rule(ago=AGO)
    def approve_it(self, ago: int) -> None:
        self.tell(ApproveMinutes(approved_on=self.days_ago(ago), evidence=paper("x")))

    @precondition(lambda self: self.state.held is not None)
    @rule(hours=st.integers(0, 60), what=resolved)
    def correct_it(self, hours: int, what: tuple[Resolution, ...]) -> None:
        held_then = self.state.held
        end = (held_then.started_at if held_then else START) + timedelta(hours=hours)
        self.tell(CorrectMeetingRecord(ended_at=end, resolutions=what, reason="x"))

    @invariant()
    def what_is_known_hangs_together(self) -> None:
        state: Meeting = self.state
        if state.cancelled is not None:
            assert state.held is None
            assert state.starts_at is not None
        if state.resolutions:
            assert isinstance(state.held, MeetingHeld)
            assert state.held.roll.quorate
        if state.minutes is not None:
            assert state.ended_at is not None
            assert state.minutes.approved_on >= (state.ended_at + timedelta(hours=7)).date()
        assert len(MEETING.claims(state)) == bool(state.key)


TestDrivenMeeting = DrivenMeeting.TestCase
TestDrivenMeeting.settings = settings(deadline=None, max_examples=120, stateful_step_count=25)
