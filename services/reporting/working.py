"""How a score came about, to be followed by hand: the bands around the figure, the share of the way, the weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import pairwise
from typing import Any

NATION = "TH"
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_CENT = Decimal("0.01")
_SHOWN = Decimal("0.000001")
_NO_BANDS: Mapping[str, Any] = dict.fromkeys(("bands", "low", "high", "earned", "share"))
SCHEME = "five-band-linear/1"
"""The scheme that can be laid open here; a score by another is shown without its steps."""


def working(definition: Mapping[str, Any], score: Mapping[str, Any]) -> dict[str, Any]:
    """The steps from ``score``'s figure to its score by the definition that it was made with.

    ``kind`` is bands, rubric, or unknown where the scheme cannot be laid open. Of bands: ``low`` and ``high`` around
    the figure (one of them null outside the bands), ``earned`` for the one, ``share`` of the way from it to the other.
    ``weighted`` = ``weight`` × ``score`` / 100. ``agrees``: the steps lead to the score that the event tells. Reporting
    computes no score: these steps explain one.
    """
    told = {
        name: score[name] for name in ("scope", "period", "figure", "score", "level", "weight", "weighted", "scheme")
    }
    steps = (
        _steps(definition, score) if score["scheme"] == SCHEME else {**_NO_BANDS, "kind": "unknown", "reached": None}
    )
    reached = steps.pop("reached")
    return {
        **told,
        "version": score["indicator_version"],
        "direction": definition.get("direction", "higher"),
        **steps,
        "agrees": None if reached is None else reached == score["score"],
    }


def _steps(definition: Mapping[str, Any], score: Mapping[str, Any]) -> dict[str, Any]:
    bands = _bands(definition, score["scope"])
    if bands is None:
        reached = min(max(score["figure"], Decimal(1)), Decimal(5)).quantize(_CENT, ROUND_HALF_UP, _EXACT)
        return {**_NO_BANDS, "kind": "rubric", "reached": reached}
    return {"kind": "bands", "bands": bands, **_between(bands, score["figure"], definition.get("direction", "higher"))}


def _bands(definition: Mapping[str, Any], scope: str) -> list[Decimal] | None:
    found = (definition.get("national_bands") if scope == NATION else None) or definition.get("bands")
    return found and [Decimal(each) for each in found]


def _between(bands: Sequence[Decimal], figure: Decimal, direction: str) -> dict[str, Any]:
    """Where the figure lies among the bands; ``reached`` is the score that follows."""
    sign = -1 if direction == "lower" else 1
    if sign * figure <= sign * bands[0]:
        return {"low": None, "high": bands[0], "earned": 1, "share": None, "reached": Decimal("1.00")}
    for earned, (low, high) in enumerate(pairwise(bands), start=1):
        if sign * figure < sign * high:
            with localcontext(_EXACT):
                share = (figure - low) / (high - low)
                reached = (earned + share).quantize(_CENT)
            return {
                "low": low,
                "high": high,
                "earned": earned,
                "share": share.quantize(_SHOWN, ROUND_HALF_UP),
                "reached": reached,
            }
    return {"low": bands[-1], "high": None, "earned": 5, "share": None, "reached": Decimal("5.00")}
