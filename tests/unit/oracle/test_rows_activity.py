"""Rows of meetings, activities, briefings and money, computed by hand."""

from datetime import date

from tests.unit.oracle.story import ANN, BEN, CAT, COMMITTEE, DAN, THREE, P, Row, Story, utc

MEETING = "meeting:one"
NAMED: Row = {"programme": P, "region": "R01", "activity": "3", "number": "1/2560"}
ROLL: Row = {
    "committee": COMMITTEE,
    "committee_version": 2,
    "programme_version": 1,
    "members": THREE,
    "voting": 2,
    "present": 2,
    "quorate": True,
}
THERE: list[Row] = [
    {"person_id": ANN, "attendance": "present"},
    {"person_id": BEN, "attendance": "apology"},
    {"person_id": DAN, "attendance": "substitute", "substitute_for": {"person_id": BEN}},
    {"office": "clerk", "attendance": "present"},
    {"person_id": CAT, "attendance": "absent"},
]
RESOLVED = [{"number": 1, "text": "agreed", "votes_for": 2}]
HELD: Row = {
    **NAMED,
    "started_at": "2017-03-10T02:00:00Z",
    "ended_at": "2017-03-10T05:00:00Z",
    "attendance": THERE,
    "resolutions": RESOLVED,
    "roll": ROLL,
}
ADJOURNED: Row = {
    **NAMED,
    "started_at": "2017-03-03T02:00:00Z",
    "attendance": THERE[:1],
    "roll": {**ROLL, "present": 1, "quorate": False},
}


def schedule(story: Story) -> str:
    return story.say(
        MEETING,
        "MeetingScheduled",
        **NAMED,
        starts_at="2017-03-03T02:00:00Z",
        place="hall",
        scheduled_on="2017-02-01",
    )


def reschedule(story: Story, starts_at: str = "2017-03-10T02:00:00Z") -> str:
    return story.say(
        MEETING,
        "MeetingRescheduled",
        programme=P,
        starts_at=starts_at,
        place="other hall",
        reason="r",
        at=utc(2017, 3, 4),
    )


def cancel(story: Story) -> str:
    return story.say(MEETING, "MeetingCancelled", programme=P, reason="r", at=utc(2017, 3, 5))


def test_a_scheduled_meeting() -> None:
    story = Story()
    schedule(story)
    story.say(MEETING, "MeetingNoticeIssued", programme=P, issued_on="2017-02-05", agenda=["one"])
    assert story.row("meeting") == {
        "stream": MEETING,
        **NAMED,
        "state": "scheduled",
        "scheduled_at": utc(2017, 3, 3, 2),
        "place": "hall",
        "rescheduled": 0,
        "notice_on": date(2017, 2, 5),
        "adjourned": 0,
        **dict.fromkeys(("started_at", "ended_at", "committee", "committee_version", "voting", "present", "quorate")),
        "attended": [],
        "resolutions": 0,
        "resolution_list": [],
        "corrected": False,
        "minutes_on": None,
    }


def test_a_meeting_that_was_inquorate_rescheduled_and_held() -> None:
    story = Story()
    schedule(story)
    story.say(MEETING, "MeetingAdjourned", **ADJOURNED)
    row = story.row("meeting")
    assert (row["state"], row["adjourned"], row["present"], row["quorate"]) == ("adjourned", 1, 1, False)
    assert row["attended"] == [f"person:{ANN}"]
    reschedule(story)
    row = story.row("meeting")
    assert (row["state"], row["rescheduled"], row["scheduled_at"]) == ("scheduled", 1, utc(2017, 3, 10, 2))
    story.say(MEETING, "MeetingHeld", **HELD)
    row = story.row("meeting")
    assert (row["state"], row["adjourned"], row["started_at"]) == ("held", 1, utc(2017, 3, 10, 2))
    assert (row["ended_at"], row["place"]) == (utc(2017, 3, 10, 5), "other hall")
    assert (row["committee"], row["committee_version"]) == (COMMITTEE, 2)
    assert (row["voting"], row["present"], row["quorate"]) == (2, 2, True)


def test_who_was_there_is_told_by_holder_and_a_substitute_by_whom_it_sits_for() -> None:
    story = Story()
    story.say(MEETING, "MeetingHeld", **HELD)
    assert story.row("meeting")["attended"] == [f"person:{ANN}", f"person:{BEN}", "office:clerk"]


def test_a_cancelled_meeting_keeps_its_time_and_stays_cancelled() -> None:
    story = Story()
    schedule(story)
    cancel(story)
    row = story.row("meeting")
    assert (row["state"], row["scheduled_at"], row["place"]) == ("cancelled", utc(2017, 3, 3, 2), "hall")
    story.say(MEETING, "MeetingAdjourned", **{**ADJOURNED, "started_at": "2017-03-06T02:00:00Z"})
    assert story.row("meeting")["state"] == "cancelled"
    story.say(MEETING, "MeetingHeld", **HELD)
    assert story.row("meeting")["state"] == "held"


def test_a_held_meeting_is_not_cancelled_or_scheduled_again() -> None:
    story = Story()
    story.say(MEETING, "MeetingHeld", **{**HELD, "started_at": "2017-03-01T02:00:00Z"})
    reschedule(story)
    cancel(story)
    assert story.row("meeting")["state"] == "held"


def test_minutes_and_a_corrected_record() -> None:
    story = Story()
    story.say(MEETING, "MeetingHeld", **HELD)
    corrected = [*RESOLVED, {"number": 2, "text": "noted"}]
    story.say(
        MEETING,
        "MeetingRecordCorrected",
        programme=P,
        ended_at="2017-03-10T06:00:00Z",
        resolutions=corrected,
        reason="r",
        at=utc(2017, 3, 20),
    )
    story.say(MEETING, "MinutesApproved", programme=P, approved_on="2017-03-21", evidence={"title": "minutes"})
    row = story.row("meeting")
    assert (row["ended_at"], row["resolutions"], row["corrected"]) == (utc(2017, 3, 10, 6), 2, True)
    assert [each["text"] for each in row["resolution_list"]] == ["agreed", "noted"]
    assert row["resolution_list"][0]["votes_against"] == 0
    assert (row["minutes_on"], row["present"]) == (date(2017, 3, 21), 2)


def test_an_activity_is_planned_started_extended_and_completed() -> None:
    story = Story()
    stream = f"activity:{P}:3"
    code: Row = {"programme": P, "code": "3"}
    story.say(
        stream,
        "ActivityPlanned",
        **code,
        opens="2017-03-01",
        closes="2017-08-31",
        deadline="2017-09-15",
        planned_on="2016-12-01",
    )
    assert story.row("activity") == {
        "stream": stream,
        "programme": P,
        "code": "3",
        "state": "planned",
        "opens": date(2017, 3, 1),
        "closes": date(2017, 8, 31),
        "planned_deadline": date(2017, 9, 15),
        "deadline": date(2017, 9, 15),
        "extensions": 0,
        **dict.fromkeys(("started_on", "completed_on", "cancelled_on")),
        "outputs": [],
    }
    story.say(stream, "ActivityStarted", **code, started_on="2017-03-02")
    assert story.row("activity")["state"] == "started"
    story.say(stream, "DeadlineExtended", **code, deadline="2017-10-15", reason="r", at=utc(2017, 4, 1))
    story.say(stream, "ActivityCompleted", **code, completed_on="2017-10-01", outputs=["a", "b"])
    row = story.row("activity")
    assert (row["state"], row["deadline"], row["planned_deadline"]) == (
        "completed",
        date(2017, 10, 15),
        date(2017, 9, 15),
    )
    assert (row["extensions"], row["outputs"], row["started_on"]) == (1, ["a", "b"], date(2017, 3, 2))
    story.say(stream, "ActivityCancelled", **code, cancelled_on="2017-11-01", reason="r")
    assert story.row("activity")["state"] == "completed"


def test_a_cancelled_activity_is_neither_started_nor_completed() -> None:
    story = Story()
    stream = f"activity:{P}:3"
    story.say(stream, "ActivityCancelled", programme=P, code="3", cancelled_on="2017-03-01", reason="r")
    story.say(stream, "ActivityStarted", programme=P, code="3", started_on="2017-03-02")
    story.say(stream, "ActivityCompleted", programme=P, code="3", completed_on="2017-03-03", outputs=["a"])
    assert story.row("activity")["state"] == "cancelled"


def test_a_briefing_and_its_acknowledgements() -> None:
    story = Story()
    stream = "briefing:one"
    story.say(
        stream,
        "PolicyBriefed",
        programme=P,
        activity="2",
        title="policy",
        briefed_on="2017-02-10",
        regions=["R02", "R01"],
        policy={"title": "paper"},
    )
    for day in ("2017-02-12", "2017-02-14"):
        story.say(
            stream,
            "PolicyAcknowledged",
            programme=P,
            activity="2",
            region="R01",
            committee=COMMITTEE,
            acknowledged_on=day,
        )
    assert story.row("briefing") == {
        "stream": stream,
        "programme": P,
        "activity": "2",
        "title": "policy",
        "briefed_on": date(2017, 2, 10),
        "regions": ["R02", "R01"],
    }
    assert story.row("acknowledgement") == {
        "stream": stream,
        "committee": COMMITTEE,
        "programme": P,
        "activity": "2",
        "region": "R01",
        "acknowledged_on": date(2017, 2, 14),
    }


def _in(region: str | None) -> Row:
    return {"region": region} if region else {}


def spend(story: Story, amount: int, region: str | None = None, number: str = "1") -> str:
    voucher = {"number": number, "unit": "u", "date": "2017-01-10"}
    return story.say(
        f"budget:{P}",
        "FundsDisbursed",
        programme=P,
        activity="2",
        amount_satang=amount,
        paid_on="2017-01-10",
        voucher=voucher,
        **_in(region),
    )


def test_money_is_summed_by_activity_and_region() -> None:
    story = Story()
    stream = f"budget:{P}"
    day: Row = {"allocated_on": "2016-10-05", "document": "d"}
    story.say(stream, "BudgetAllocated", programme=P, activity="1.2", amount_satang=1000, **day)
    story.say(stream, "BudgetAllocated", programme=P, activity="1.2", amount_satang=11, **day)
    story.say(
        stream,
        "BudgetTransferred",
        programme=P,
        from_activity="1.2",
        to_activity="2",
        amount_satang=300,
        transferred_on="2016-12-01",
        document="d",
    )
    spend(story, 100, "R01")
    spend(story, 50, "R01", "2")
    wrong = spend(story, 7)
    story.say(
        stream,
        "DisbursementReversed",
        programme=P,
        activity="2",
        region="R01",
        voucher={"number": "1", "unit": "u", "date": "2017-01-10"},
        amount_satang=40,
        reversed_on="2017-02-01",
        reason="r",
    )
    nothing = dict.fromkeys(
        ("allocated", "transferred_in", "transferred_out", "disbursed", "payments", "reversed", "reversals"), 0
    )
    where = {"programme": P, "activity": "2"}
    rows = {(row["activity"], row["region"]): row for row in story.rows("budget")}
    assert rows == {
        ("1.2", ""): {
            **nothing,
            "programme": P,
            "activity": "1.2",
            "region": "",
            "allocated": 1011,
            "transferred_out": 300,
        },
        ("2", ""): {**nothing, **where, "region": "", "transferred_in": 300, "disbursed": 7, "payments": 1},
        ("2", "R01"): {
            **nothing,
            **where,
            "region": "R01",
            "disbursed": 150,
            "payments": 2,
            "reversed": 40,
            "reversals": 1,
        },
    }
    story.void(stream, wrong)
    assert [row["disbursed"] for row in story.rows("budget") if row["region"] == "" and row["activity"] == "2"] == [0]


def test_a_sum_that_nothing_living_contributes_to_has_no_row() -> None:
    story = Story()
    story.void(f"budget:{P}", spend(story, 7, "R02"))
    assert story.rows("budget") == []
