"""What ties a request to what it causes: W3C ``traceparent`` and ``X-Correlation-Id``, taken in or made here."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_KEY = "obec.trace"


class Trace(NamedTuple):
    """``id`` is the trace id (32 hexadecimal digits) that problems and logs name."""

    id: str
    traceparent: str
    correlation: str


def begin(headers: Mapping[str, str]) -> Trace:
    """The trace that a request belongs to; a header that is none is as good as missing."""
    given = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    traceparent = given[0] if given else fresh()
    trace = traceparent[3:35]
    correlation = headers.get("x-correlation-id", "")
    return Trace(trace, traceparent, correlation if _CORRELATION.fullmatch(correlation) else trace)


def fresh() -> str:
    """A traceparent of a trace that begins here. Its ids differ from all others; they need not be hard to guess."""
    return f"00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01"


def is_correlation(text: str) -> bool:
    """Whether a text may be a correlation id."""
    return _CORRELATION.fullmatch(text) is not None


def below(trace: Trace, traceparent: str) -> Trace:
    """The trace as what follows belongs to it: below the span ``traceparent``."""
    return trace._replace(traceparent=traceparent)


def attach(scope: Any, trace: Trace) -> None:
    """Keep the trace with its request (an ASGI scope)."""
    scope[_KEY] = trace


def trace_of(scope: Any) -> Trace:
    """The trace of a request (an ASGI scope)."""
    found: Trace = scope.get(_KEY) or Trace("", "", "")
    return found
