"""The row tables by name: their columns in the order in which rows are written, and which of those hold JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Row = tuple[Any, ...]
"""Values in the order of a table's columns; a JSON column's value is its text."""
Rows = Mapping[str, list[Row]]
"""Rows by table."""
Given = defaultdict[str, list[Row]]
"""Rows by table, as folds add to them."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table that events are projected into. The dictionary of its columns is docs/views.md."""

    name: str
    columns: tuple[str, ...]
    json: frozenset[str] = frozenset()


def _table(name: str, columns: str, *json: str) -> Table:
    return Table(name, tuple(columns.split()), frozenset(json))


EVENTS = _table(
    "events",
    """store shard position stream stream_version event_id type name programme region activity indicator period
    amount_satang voids occurred_at recorded_at received_at metadata data""",
)

_TABLES = (
    _table(
        "programme",
        "programme stream version fiscal_year region_list regions definition digest",
        "regions",
        "definition",
    ),
    _table(
        "committee",
        """stream valid_from valid_to programme region ordinal state proposed_on proposed_by order_unit order_number
        order_year order_date signatory_office effective_from mandate_version withdrawn_on dissolved_on members chairs
        vice_chairs ordinary_members secretaries assistant_secretaries voting""",
        "members",
    ),
    _table(
        "meeting",
        """stream programme region activity number state scheduled_at place rescheduled notice_on adjourned started_at
        ended_at committee committee_version voting present quorate attended resolutions resolution_list corrected
        minutes_on""",
        "attended",
        "resolution_list",
    ),
    _table(
        "activity",
        """stream programme code state opens closes planned_deadline deadline extensions started_on completed_on
        cancelled_on outputs""",
        "outputs",
    ),
    _table("briefing", "stream programme activity title briefed_on regions", "regions"),
    _table("acknowledgement", "stream committee programme activity region acknowledged_on"),
    _table(
        "indicator",
        """programme code stream version kind measured_at frequency period_rule national_rule computed_by due_days
        baseline target national_target weight definition defined_at revisions closed_at""",
        "definition",
        "revisions",
    ),
    _table("period", "programme period stream closed changed_at"),
    _table("period_extension", "programme period region stream until"),
    _table(
        "measurement",
        """stream programme indicator scope period status figure value numerator denominator level indicator_version
        measured_id received_at first_received_at restatements evidence reporter verified_figure verified_measured
        verifier verified_id verified_at returned_reason""",
    ),
    _table(
        "score",
        """event_id stream programme indicator scope period indicator_version figure target score level weight weighted
        scheme regions_counted regions_expected provisional cause occurred_at position""",
    ),
    _table("voided", "event_id stream voided_by"),
    _table("visit", "stream programme region visited_on visited_by findings no_findings"),
    _table(
        "recommendation",
        """stream programme region visit issued_on due_on text owner state follow_ups last_followed_up_on
        closed_on""",
    ),
    _table(
        "budget",
        """programme activity region allocated transferred_in transferred_out disbursed payments reversed
        reversals""",
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _TABLES})
"""Every row table by name."""
