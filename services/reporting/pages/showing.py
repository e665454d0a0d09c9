"""What templates show with: figures that lead to what is behind them, days, regions, states, in the page's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from services.reporting.pages.address import Address
from services.reporting.pages.dates import day_in, day_of, moment_in, period_in, short_period_in
from services.reporting.pages.language import said
from services.reporting.pages.naming import (
    form_of,
    has_lineage,
    name_of_figure,
    name_of_stream,
    path_of_stream,
    state_of,
)
from services.reporting.pages.numbers import FORMS, count, exact
from services.reporting.pages.operating import WORDS as OPERATING
from services.reporting.pages.states import DUE, EVENTS, MEMBERS, RULES, SEATS, STATES, WHY
from services.reporting.pictures.colours import STATES as TONES
from services.reporting.queries.lineage import CENTRE, NATION
from shared.contracts import Rejected
from shared.thai.fiscal import BANGKOK, KIND_OF_FREQUENCY, periods
from shared.thai.regions import CENTRAL, CODES
from shared.web.asked import moment
from shared.web.problems import Language

_WORDS: Mapping[str, Mapping[str, str]] = {
    "seat": SEATS,
    "due": DUE,
    "rule": RULES,
    "event": EVENTS,
    "member": MEMBERS,
    **OPERATING,
}

_FIGURE = Markup('<a class="figure" href="{}"><data value="{}" data-figure="{}" data-member="{}">{}</data></a>')
_LINKED = Markup('<a class="figure" href="{}">{}</a>')
_DATA = Markup('<data value="{}" data-figure="{}" data-member="{}">{}</data>')
_LINK = Markup('<a href="{}">{}</a>')
_COUNTED = Markup('<a class="figure" href="{}"><data value="{}">{}</data></a>')
_LIST = Markup('<span class="list">{}</span>')
_TIME = Markup('<time datetime="{}">{}</time>')
_WHY = Markup('<span class="why">{}</span>')
_STATE = Markup('<span class="state {}"><span class="sign" aria-hidden="true">{}</span>{}</span>')


@dataclass(frozen=True, slots=True)
class Showing:
    """Shows in one language on one page."""

    language: Language
    address: Address

    def say(self, sentence: str) -> str:
        """A sentence in the page's language."""
        return said(self.language, sentence)

    def pick(self, both: Mapping[str, str] | None) -> str:
        """Of a text in both languages the page's; the Thai one where there is no other."""
        given = both or {}
        return given.get(self.language) or given.get("th") or ""

    def day(self, day: date | None) -> Markup | str:
        """A day, or nothing."""
        return _TIME.format(day.isoformat(), day_in(self.language, day)) if day else ""

    def moment(self, moment: datetime | None) -> Markup | str:
        """A moment by Bangkok's clock, or nothing."""
        if moment is None:
            return ""
        return _TIME.format(moment.astimezone(BANGKOK).isoformat(timespec="seconds"), moment_in(self.language, moment))

    def instant(self, text: str) -> Markup | str:
        """A moment that a service told as text."""
        return self.moment(datetime.fromisoformat(text))

    def on(self, text: str) -> Markup | str:
        """A day that a service told as text."""
        return self.day(date.fromisoformat(text))

    def event_name(self, type_: str | None) -> Markup | str:
        """An event's name in words, from its whole type; of a record that is no event, that there is none."""
        return self.word("event", type_.split(".")[-2]) if type_ and type_.count(".") > 1 else self.why("none")

    def period(self, code: str) -> str:
        """A period's name."""
        return period_in(self.language, code)

    def short_period(self, code: str) -> str:
        """A period's name where the year is known."""
        return short_period_in(self.language, code)

    def region(self, code: str | None) -> str:
        """A region's short name; of none the centre's, of ``TH`` the nation's."""
        if code is None or code in (CENTRE, ""):
            return self.say("The centre")
        if code == NATION:
            return self.say("The nation")
        if code == CENTRAL:
            return self.say("Central, Bangkok")
        return self.say("Region %(number)s") % {"number": code[1:].lstrip("0")} if code in CODES else code

    def region_in_full(self, code: str) -> str:
        """An inspection region's whole name."""
        if code == CENTRAL:
            return self.say("Central Region, Bangkok")
        return self.say("Inspection Region %(number)s") % {"number": code[1:].lstrip("0")}

    def why(self, reason: str) -> Markup:
        """Why there is no figure, in a short word."""
        return _WHY.format(self.say(WHY[reason]))

    def state(self, of: str, state: str | None) -> Markup:
        """A state in a word, with the sign and tone of its kind; ``of`` is a key of ``STATES``."""
        sentence, tone = STATES[of].get(state or "none", (state or "", "none"))
        return _STATE.format(tone, TONES[tone].sign, self.say(sentence))

    def quorum(self, quorate: bool) -> Markup:
        """Whether there was a quorum."""
        if quorate:
            return self.tone("done", self.say("Quorate"))
        return self.tone("attention", self.say("Not quorate"))

    def tone(self, tone: str, sentence: str) -> Markup:
        """A word, already in the page's language, in a tone."""
        return _STATE.format(tone, TONES[tone].sign, sentence)

    def word(self, table: str, key: str) -> str:
        """The page's word for a key of a table of words, such as ``seat``, ``due``, ``event`` or ``member``."""
        return self.say(_WORDS[table].get(key, key))

    def shown(self, value: Any, form: str = "count") -> Markup | str:
        """A value as people read it; ``form`` is a key of ``FORMS``, and of days and moments does not matter."""
        match value:
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case bool():
                return self.say("Yes") if value else self.say("No")
            case _:
                return FORMS[form](value)

    def figure(
        self, row: Mapping[str, Any], member: str, form: str = "count", *, why: str = "none", of: str | None = None
    ) -> Markup:
        """A member of a figure, leading to what is behind it; without a value, ``why`` there is none.

        ``of`` names the figure where its row does not (``lineage``). Raises KeyError for what the row has not.
        """
        value = row[member]
        if value is None:
            return self.why(why)
        name = of or row["lineage"]
        return _FIGURE.format(
            self.address.to("lineage", figure=name), exact(value), name, member, self.shown(value, form)
        )

    def pair(self, row: Mapping[str, Any], counted: str, of: str) -> Markup:
        """Two counts of a figure as one link, such as 16/19; ``of`` is of which the other is counted."""
        both = Markup('{}<span class="of">/{}</span>').format(self.plain(row, counted), self.plain(row, of))
        return _LINKED.format(self.address.to("lineage", figure=row["lineage"]), both)

    def plain(self, row: Mapping[str, Any], member: str, form: str = "count", *, of: str | None = None) -> Markup:
        """A member of a figure without a link, where the whole around it leads somewhere already."""
        value = row[member]
        return _DATA.format(exact(value), of or row["lineage"], member, self.shown(value, form))

    def exact(self, value: Any) -> str:
        """A value as the programming interface writes it."""
        return exact(value)

    def counted(self, value: int, href: str) -> Markup:
        """A count behind which no lineage stands, leading to the list of what it counts."""
        return _COUNTED.format(href, value, count(value))

    def member(self, figure: str, member: str, value: Any) -> Markup | str:
        """A member of any figure, in the form that its name tells."""
        of = state_of(figure, member)
        if of is not None and (value is None or isinstance(value, str)):
            return self.state(of, value)
        if member in ("region", "scope"):
            return self.region(value)
        form = form_of(member)
        return self.anything(value) if form is None or value is None else self.shown(value, form)

    def figure_name(self, figure: str) -> str:
        """A figure's name in words."""
        return name_of_figure(self, figure)

    def to_lineage(self, figure: str, words: str) -> Markup | str:
        """Words that lead to what is behind a figure, where that can be told."""
        return _LINK.format(self.address.to("lineage", figure=figure), words) if has_lineage(figure) else words

    def figure_link(self, figure: str) -> Markup | str:
        """A figure's name in words, leading to what is behind it."""
        return self.to_lineage(figure, self.figure_name(figure))

    def about(self, stream: str) -> str:
        """What a stream is about, in words."""
        return name_of_stream(self, stream)

    def due(self, row: Mapping[str, Any]) -> str:
        """What is due, in words, where its region stands beside it: such as Minutes of a meeting."""
        telling = name_of_stream(self, row["about"], brief=True)
        return " · ".join(word for word in (self.word("due", row["kind"]), telling) if word)

    def page_of(self, stream: str) -> str | None:
        """The address of the page about a stream's subject; None when there is none."""
        path = path_of_stream(stream)
        return None if path is None else self.address.to(path)

    def side(self, row: Mapping[str, Any], side: str) -> Markup | str:
        """One side of a comparison, leading to what is behind it where that is known."""
        name, value = row[f"{side}_lineage"], row[side]
        shown = self.member(name or row["figure"], row["member"], value)
        if name is None or value is None:
            return shown
        return _FIGURE.format(self.address.to("lineage", figure=name), exact(value), name, row["member"], shown)

    def compared_name(self, figure: str) -> str:
        """What is compared, by its place in the answer, such as ``meetings`` or ``QN2/2560-Q1``."""
        return name_of_figure(self, figure) if figure else self.say("Region")

    def period_heads(self, codes: Sequence[str]) -> list[tuple[str, str]]:
        """Heads of columns for periods."""
        return [(self.short_period(code), "number") for code in codes]

    def periods_of(self, fiscal_year: int) -> list[str]:
        """Every period of a fiscal year that a page can be narrowed to, the longest first."""
        return [str(each) for frequency in reversed(KIND_OF_FREQUENCY) for each in periods(fiscal_year, frequency)]

    def day_of(self, moment: datetime | None) -> Markup | str:
        """The day in Bangkok of a moment, or nothing."""
        return self.day(day_of(moment)) if moment else ""

    def iso_day(self, text: str) -> Markup | str:
        """A day that is told as text."""
        return self.day(day_of(datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)))

    def span(self, first: date | None, last: date | None) -> Markup:
        """From a day to another."""
        return Markup("{} – {}").format(self.day(first) or self.why("none"), self.day(last) or self.why("none"))

    def date_value(self, name: str) -> str:
        """What a field for a day holds of what was asked for under ``name``."""
        return self.date_text(self.address.kept.get(name, ""))

    def date_text(self, asked: str) -> str:
        """A day or moment as it was asked for, as a field for a day takes it; nothing for what cannot be read."""
        try:
            found = moment("day", asked) if asked else None
        except Rejected:
            return ""
        return day_of(found).isoformat() if found else ""

    def anything(self, value: Any) -> Markup | str:
        """Any value of an answer in short, for pages that show whichever members there are."""
        match value:
            case None:
                return self.why("none")
            case Mapping():
                return self.pick(value) if value.keys() & {"th", "en"} else exact(value)
            case list() | tuple():
                told = Markup(", ").join(self.anything(each) for each in value)
                return _LIST.format(told) if told else self.why("none")
            case datetime() | date() | bool():
                return self.shown(value)
            case int():
                return count(value)
            case str():
                return value
            case _:
                return exact(value)
