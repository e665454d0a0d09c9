"""Charts of figures against targets, activities over the year, and scores by region: they show, they do not compute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from babel.dates import format_date

from services.reporting.pictures.colours import BLACK, BORDER, LINE, NO_SCORE, PALE, STATES, level_tone
from services.reporting.pictures.svg import element, number, picture, titled, words
from shared.thai.fiscal import to_be

WIDTH = 320
"""Every chart is as wide as a small telephone's column, so that its text is as large there as it is given here."""
TEXT = 13
SMALL = 11

HIGHEST_SCORE = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure against its target, both in the indicator's unit; ``text`` tells them in words and stands at the end.

    Both share one line of about 50 letters. ``upper`` is where the scale ends; without it, a little after the
    greater of the two.
    """

    label: str
    value: Decimal | None
    target: Decimal | None
    text: str
    fill: str = STATES["done"].fill
    upper: Decimal | None = None


def bars(rows: Sequence[Bar], *, title: str, description: str) -> str:
    """Horizontal bars, each on a scale of its own from nought, with a mark where the target is."""
    height = 44
    drawn = [_bar(row, height * place) for place, row in enumerate(rows)]
    return picture(WIDTH, height * len(rows), *drawn, title=title, description=description, kind="bars")


def _bar(row: Bar, top: float) -> str:
    upper = row.upper or max(row.value or Decimal(), row.target or Decimal()) * Decimal("1.05") or Decimal(1)
    base = top + 20

    def width(of: Decimal) -> float:
        return float(min(max(of / upper, Decimal()), Decimal(1))) * WIDTH

    return element(
        "g",
        titled(f"{row.label}: {row.text}"),
        words(row.label, x=0, y=top + 14, font_size=TEXT, fill=BLACK),
        words(row.text, x=WIDTH, y=top + 14, font_size=TEXT, fill=BLACK, text_anchor="end"),
        element("rect", x=0, y=base, width=WIDTH, height=14, fill=PALE),
        *([_rectangle("value", 0, base, width(row.value), 14, row.fill)] if row.value is not None else []),
        *([_target(min(width(row.target), WIDTH - 1.5), base)] if row.target is not None else []),
    )


def _target(x: float, base: float) -> str:
    return _upright(x, base - 3, base + 17, class_="target", stroke=BLACK, stroke_width=3)


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity's days; ``title`` tells them in words and is read out, ``label`` has room for about 50 letters.

    ``opens`` and ``closes`` are the planned window, ``started`` and ``completed`` what happened; None: not yet known.
    """

    label: str
    title: str
    opens: date | None
    closes: date | None
    deadline: date | None
    started: date | None
    completed: date | None
    late: bool = False


LEGEND: Mapping[str, Mapping[str, str]] = {
    "th": {"planned": "ตามแผน", "done": "ดำเนินการจริง", "late": "เกินกำหนด", "deadline": "กำหนดเสร็จ", "today": "ณ วันที่ดู"},
    "en": {"planned": "planned", "done": "in fact", "late": "late", "deadline": "deadline", "today": "as of"},
}
_HEAD = 62
_ROW = 38


def timeline(
    rows: Sequence[Activity], *, first: date, last: date, today: date | None, lang: str, title: str, description: str
) -> str:
    """Activities from the fiscal year's ``first`` to its ``last`` day, below each other; ``lang`` is ``th`` or ``en``.

    What lies outside of the year is drawn at its edge. Without ``today`` there is no line for it.
    """
    axis = _Axis(first, last)
    bottom = _HEAD + _ROW * len(rows)
    return picture(
        WIDTH,
        bottom + 2,
        *_legend(lang, has_late=any(row.late for row in rows), has_today=today is not None),
        *_months(axis, bottom, lang),
        *(_activity(row, axis, _HEAD + _ROW * place, today) for place, row in enumerate(rows)),
        *([_today(axis.of(today), bottom)] if today else []),
        title=title,
        description=description,
        kind="timeline",
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    first: date
    last: date

    def of(self, day: date) -> float:
        """Where a day begins."""
        inside = min(max(day, self.first), self.last + timedelta(days=1))
        return WIDTH * (inside - self.first).days / ((self.last - self.first).days + 1)

    def after(self, day: date) -> float:
        """Where a day ends."""
        return self.of(day + timedelta(days=1))

    def months(self) -> Iterable[date]:
        """The first day of every month."""
        day = self.first
        while day <= self.last:
            yield day
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _legend(lang: str, *, has_late: bool, has_today: bool) -> Sequence[str]:
    """Two lines of signs with their meaning, of those that are drawn."""
    missing = {name for name, drawn in (("late", has_late), ("today", has_today)) if not drawn}
    signs = [name for name in LEGEND[lang] if name not in missing]
    drawn = []
    for place, name in enumerate(signs):
        x, y = WIDTH / 3 * (place % 3) + 1, 17 * (place // 3)
        drawn += [_sign(name, x, y), words(LEGEND[lang][name], x=number(x + 17), y=y + 13, font_size=SMALL, fill=BLACK)]
    return drawn


def _sign(name: str, x: float, y: float) -> str:
    match name:
        case "planned":
            return _rectangle(name, x, y + 4, 12, 9, PALE, stroke=LINE)
        case "deadline":
            return _deadline(x + 6, y + 4)
        case "today":
            return _upright(x + 6, y + 2, y + 15, stroke=BLACK, stroke_width=1.5, stroke_dasharray="3 2")
        case _:
            return _rectangle(name, x, y + 5, 12, 7, STATES[name].fill)


def _months(axis: _Axis, bottom: float, lang: str) -> Sequence[str]:
    """A line for every month, and a name with the year for every third."""
    drawn = []
    for place, month in enumerate(axis.months()):
        x = axis.of(month)
        drawn.append(_upright(x, _HEAD - 10 if place % 3 else _HEAD - 16, bottom, stroke=PALE, stroke_width=1))
        if place % 3 == 0:
            name = f"{format_date(month, 'MMM', locale=lang)} {to_be(month.year) if lang == 'th' else month.year}"
            drawn.append(words(name, x=number(x + 2), y=_HEAD - 12, font_size=SMALL, fill=LINE))
    return drawn


def _activity(row: Activity, axis: _Axis, top: float, today: date | None) -> str:
    base = top + 18
    fill = STATES["late" if row.late else "done"].fill
    drawn = [titled(f"{row.label}: {row.title}"), words(row.label, x=2, y=top + 13, font_size=TEXT, fill=BLACK)]
    if row.opens and row.closes:
        x = axis.of(row.opens)
        drawn.append(_rectangle("planned", x, base, axis.after(row.closes) - x, 14, PALE, stroke=LINE))
    if row.started:
        x = axis.of(row.started)
        end = row.completed or max(today or axis.last, row.started)
        drawn.append(_rectangle("done", x, base + 3, axis.after(end) - x, 8, fill))
    if row.completed:
        drawn.append(_tick(min(axis.after(row.completed), WIDTH - 6), base + 7))
    if row.deadline:
        drawn.append(_deadline(min(axis.after(row.deadline), WIDTH - 5), base + 2))
    return element("g", *drawn)


def _tick(x: float, y: float) -> str:
    """What is completed ends in a tick, what goes on does not."""
    return element("circle", cx=number(x), cy=number(y), r=6, fill=BLACK) + element(
        "path",
        d=f"M{number(x - 3)} {number(y)}l2 2.5l4 -5",
        fill="none",
        stroke="#ffffff",
        stroke_width=1.5,
    )


def _deadline(x: float, y: float) -> str:
    return element(
        "path", d=f"M{number(x)} {number(y)}l5 5l-5 5l-5 -5z", class_="deadline", fill="#ffffff", stroke=BLACK
    )


def _today(x: float, bottom: float) -> str:
    return _upright(x, _HEAD - 6, bottom, class_="today", stroke=BLACK, stroke_width=1.5, stroke_dasharray="3 2")


@dataclass(frozen=True, slots=True)
class Column:
    """A region's score, 1…5, or None; ``title`` tells it in words and is read out."""

    label: str
    score: Decimal | None
    level: int | None
    title: str


def columns(rows: Sequence[Column], *, title: str, description: str) -> str:
    """Upright columns on a scale of 0 to 5, coloured by level; where there is no score stands a dash."""
    left, top, floor = 14, 8, 158
    step = (WIDTH - left) / max(len(rows), 1)
    rise = (floor - top) / HIGHEST_SCORE
    return picture(
        WIDTH,
        floor + 20,
        *(_height(value, left, floor - rise * value) for value in range(HIGHEST_SCORE + 1)),
        *(_column(row, left + step * place, step, floor, rise) for place, row in enumerate(rows)),
        title=title,
        description=description,
        kind="columns",
    )


def _height(value: int, left: float, y: float) -> str:
    return element("path", d=f"M{left} {number(y)}H{WIDTH}", stroke=PALE) + words(
        str(value), x=left - 4, y=number(y + 4), font_size=SMALL, fill=LINE, text_anchor="end"
    )


def _column(row: Column, x: float, step: float, floor: float, rise: float) -> str:
    middle = number(x + step / 2)
    tone = level_tone(row.level)
    if row.score is None:
        drawn = words(NO_SCORE.sign, x=middle, y=floor - 4, font_size=TEXT, fill=BLACK, text_anchor="middle")
    else:
        height = rise * float(row.score)
        drawn = _rectangle(
            "score", x + 1, floor - height, step - 2, height, tone.fill, stroke=BORDER, stroke_width=0.75
        )
    label = words(row.label, x=middle, y=floor + 14, font_size=SMALL, fill=BLACK, text_anchor="middle")
    return element("g", titled(f"{row.label}: {row.title}"), drawn, label)


def _rectangle(kind: str, x: float, y: float, width: float, height: float, fill: str, **more: object) -> str:
    return element(
        "rect",
        class_=kind,
        x=number(x),
        y=number(y),
        width=number(width),
        height=number(height),
        fill=fill,
        **more,
    )


def _upright(x: float, top: float, bottom: float, **more: object) -> str:
    return element("path", d=f"M{number(x)} {number(top)}V{number(bottom)}", **more)
