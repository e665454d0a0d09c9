"""Rows of programmes, committees, voidings and the copy of events, computed by hand."""

from datetime import date

from tests.unit.oracle.story import (
    ANN,
    BEN,
    CAT,
    COMMITTEE,
    DAN,
    DEFINITION,
    MEMBERS,
    THREE,
    P,
    Row,
    Story,
    measurement,
    midnight,
    seat,
    utc,
)

CHANGE: Row = {"programme": P, "region": "R01"}


def test_a_proposal_is_a_row_with_its_members() -> None:
    story = Story()
    story.propose()
    assert story.row("committee") == {
        "stream": COMMITTEE,
        "valid_from": midnight("2016-11-07"),
        "valid_to": None,
        "programme": P,
        "region": "R01",
        "ordinal": 1,
        "state": "proposed",
        "proposed_on": date(2016, 11, 7),
        "proposed_by": "bureau",
        **dict.fromkeys(("order_unit", "order_number", "order_year", "order_date", "signatory_office")),
        **dict.fromkeys(("effective_from", "mandate_version", "withdrawn_on", "dissolved_on")),
        "members": MEMBERS,
        "chairs": 1,
        "vice_chairs": 0,
        "ordinary_members": 1,
        "secretaries": 1,
        "assistant_secretaries": 0,
        "voting": 2,
    }


def test_an_appointment_tells_its_order_and_ends_the_interval_before_it() -> None:
    story = Story()
    story.propose()
    story.appoint(mandate_version=3)
    before, row = story.rows("committee")
    assert before["valid_to"] == row["valid_from"] == midnight("2016-12-01")
    assert (row["state"], row["proposed_on"], row["effective_from"]) == (
        "appointed",
        date(2016, 11, 7),
        date(2016, 12, 1),
    )
    assert (row["order_unit"], row["order_number"], row["order_year"]) == ("OBEC", 12, 2559)
    assert (row["order_date"], row["signatory_office"], row["mandate_version"]) == (
        date(2016, 12, 1),
        "secretary-general",
        3,
    )


def test_events_of_one_instant_make_one_row() -> None:
    story = Story()
    story.propose(on="2016-11-07")
    story.appoint(on="2016-11-07")
    assert [row["state"] for row in story.rows("committee")] == ["appointed"]


def test_a_reconstitution_replaces_members_and_order() -> None:
    story = Story()
    story.propose()
    story.appoint()
    story.say(
        COMMITTEE,
        "CommitteeReconstituted",
        **CHANGE,
        order={"unit": "OBEC", "number": 40, "year": 2560},
        order_date="2017-02-01",
        signatory_office="minister",
        effective_from="2017-02-03",
        mandate_version=2,
        members=[seat(DAN, "chair"), seat(None, "secretary", office="clerk")],
    )
    row = story.rows("committee")[-1]
    assert (row["state"], row["order_number"], row["mandate_version"]) == ("appointed", 40, 2)
    assert row["members"] == [
        {"person_id": DAN, "office": "office", "seat": "chair", "voting": True},
        {"person_id": None, "office": "clerk", "seat": "secretary", "voting": True},
    ]
    assert (row["chairs"], row["secretaries"], row["voting"]) == (1, 1, 2)


def test_a_corrected_order_stands_from_its_first_day_and_not_after_a_later_one() -> None:
    story = Story()
    story.propose()
    story.appoint(on="2016-12-01")
    reconstituted: Row = {
        "order": {"unit": "OBEC", "number": 40, "year": 2560},
        "order_date": "2017-02-01",
        "signatory_office": "minister",
        "effective_from": "2017-02-01",
        "mandate_version": 1,
        "members": THREE,
    }
    story.say(COMMITTEE, "CommitteeReconstituted", **CHANGE, **reconstituted)
    story.say(
        COMMITTEE,
        "AppointmentOrderCorrected",
        **CHANGE,
        effective_from="2016-12-01",
        order={"unit": "OBEC", "number": 13, "year": 2559},
        order_date="2016-11-30",
        signatory_office="deputy",
        reason="misread",
    )
    rows = story.rows("committee")
    assert [row["order_number"] for row in rows] == [None, 13, 40]
    assert rows[1]["order_date"] == date(2016, 11, 30)
    assert rows[1]["effective_from"] == date(2016, 12, 1)


def test_members_come_change_and_go_by_who_they_are() -> None:
    story = Story()
    story.propose()
    story.appoint()
    clerk = seat(None, "assistant_secretary", office="clerk", voting=False)
    story.say(COMMITTEE, "MemberAppointed", **CHANGE, member=clerk, effective_from="2017-01-05")
    story.say(
        COMMITTEE,
        "MemberRoleChanged",
        **CHANGE,
        holder={"person_id": BEN},
        seat="vice_chair",
        voting=False,
        effective_from="2017-01-06",
    )
    story.say(COMMITTEE, "MemberEnded", **CHANGE, holder={"person_id": ANN}, ended_on="2017-01-07", reason="left")
    story.say(
        COMMITTEE, "MemberAppointed", **CHANGE, member=seat(CAT, "chair", office="new"), effective_from="2017-01-08"
    )
    story.say(COMMITTEE, "MemberEnded", **CHANGE, holder={"office": "clerk"}, ended_on="2017-01-09", reason="left")
    rows = story.rows("committee")[2:]
    held = [[(member["person_id"] or member["office"], member["seat"]) for member in row["members"]] for row in rows]
    assert held == [
        [(ANN, "chair"), (BEN, "member"), (CAT, "secretary"), ("clerk", "assistant_secretary")],
        [(ANN, "chair"), (BEN, "vice_chair"), (CAT, "secretary"), ("clerk", "assistant_secretary")],
        [(BEN, "vice_chair"), (CAT, "secretary"), ("clerk", "assistant_secretary")],
        [(BEN, "vice_chair"), (CAT, "chair"), ("clerk", "assistant_secretary")],
        [(BEN, "vice_chair"), (CAT, "chair")],
    ]
    assert [row["voting"] for row in rows] == [2, 1, 0, 1, 1]
    assert [row["chairs"] for row in rows] == [1, 1, 0, 1, 1]
    assert rows[-1]["members"][-1]["office"] == "new"


def test_a_person_who_holds_an_office_is_not_that_office() -> None:
    story = Story()
    story.propose()
    story.say(COMMITTEE, "MemberEnded", **CHANGE, holder={"office": "office"}, ended_on="2017-01-07", reason="left")
    assert len(story.rows("committee")[-1]["members"]) == 3


def test_withdrawn_and_dissolved_committees_keep_their_members() -> None:
    story = Story()
    story.propose("R01")
    story.say(COMMITTEE, "CommitteeProposalWithdrawn", **CHANGE, withdrawn_on="2016-11-20", reason="r")
    row = story.rows("committee")[-1]
    assert (row["state"], row["withdrawn_on"], len(row["members"])) == ("withdrawn", date(2016, 11, 20), 3)
    other = "committee:2560-cluster:R02:2"
    story.propose("R02", ordinal=2)
    story.appoint("R02", ordinal=2)
    story.say(other, "CommitteeDissolved", programme=P, region="R02", dissolved_on="2017-04-01", reason="r")
    row = story.rows("committee")[-1]
    assert (row["state"], row["dissolved_on"], row["ordinal"], row["voting"]) == ("dissolved", date(2017, 4, 1), 2, 2)


def test_the_last_definition_of_a_programme_counts() -> None:
    story = Story()
    story.programme()
    story.say(
        f"programme:{P}",
        "ProgrammeAmended",
        programme=P,
        version=2,
        definition={**DEFINITION, "regions": ["R02", "CTR"]},
        digest="0" * 64,
        reason="r",
    )
    row = story.row("programme")
    assert (row["version"], row["regions"], row["digest"], row["stream"]) == (
        2,
        ["R02", "CTR"],
        "0" * 64,
        f"programme:{P}",
    )
    assert (row["fiscal_year"], row["region_list"]) == (2560, 2560)
    assert row["definition"]["activities"][2]["code"] == "3"


def test_the_copy_of_an_event_has_what_its_type_says() -> None:
    story = Story()
    story.propose()
    appointed = story.appoint()
    story.void(COMMITTEE, appointed)
    budget = f"budget:{P}"
    story.say(
        budget,
        "BudgetAllocated",
        programme=P,
        activity="1.2",
        amount_satang=500,
        allocated_on="2016-10-05",
        document="d",
    )
    story.say(f"activity:{P}:3", "ActivityStarted", programme=P, code="3", started_on="2017-03-01")
    story.measure({"numerator": "1", "denominator": "2"}, received_at=utc(2016, 10, 3))
    story.say(f"indicators:{P}", "IndicatorClosed", programme=P, code="QN2", reason="r")
    rows = {row["name"]: row for row in story.rows("events")}
    assert [(rows["CommitteeProposed"][name]) for name in ("programme", "region", "activity", "voids")] == [
        P,
        "R01",
        None,
        None,
    ]
    voiding = rows["FactVoided"]
    assert (voiding["voids"], voiding["programme"], voiding["region"]) == (appointed, None, None)
    assert (voiding["store"], voiding["position"], voiding["stream_version"]) == ("committee", 3, 3)
    assert (rows["BudgetAllocated"]["activity"], rows["BudgetAllocated"]["amount_satang"]) == ("1.2", 500)
    assert rows["ActivityStarted"]["activity"] == "3"
    figure = rows["IndicatorMeasured"]
    assert (figure["indicator"], figure["region"], figure["period"]) == ("QN2", "R01", "2560-Q1")
    assert (figure["occurred_at"], figure["received_at"]) == (utc(2016, 10, 3), utc(2016, 10, 3))
    assert rows["IndicatorClosed"]["indicator"] == "QN2"
    assert figure["data"] == story.streams[measurement()][0].data.decode()


def test_a_voided_measurement_takes_its_verification_with_it() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    verified = story.verify(figure)
    story.turn_back(figure)
    later = story.measure({"value": "2"})
    kept = story.verify(later)
    first = story.void(measurement(), figure)
    story.void(measurement(), figure)
    by = {row["event_id"]: row["voided_by"] for row in story.rows("voided")}
    assert set(by.values()) == {first}
    assert len(by) == 3
    assert verified in by
    assert kept not in by
    assert all(row["stream"] == measurement() for row in story.rows("voided"))


def test_a_verification_that_was_voided_itself_first_says_so() -> None:
    story = Story()
    figure = story.measure({"value": "1"})
    verified = story.verify(figure)
    first = story.void(measurement(), verified)
    second = story.void(measurement(), figure)
    assert {row["event_id"]: row["voided_by"] for row in story.rows("voided")} == {verified: first, figure: second}


def test_the_last_applied_event_of_each_shard_is_told() -> None:
    story = Story()
    story.propose()
    story.appoint()
    assert story.row("applied") == {"store": "committee", "shard": 0, "position": 2, "recorded_at": story.now}
