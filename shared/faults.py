"""Named points at which a test can break the process on purpose; inert unless OBEC_FAULTS names a folder.

A test arms a point by writing the name of a signal (KILL, STOP) or ``raise`` to the file ``<OBEC_FAULTS>/<point>``; the
first process to pass the point takes the file away and does it.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_FOLDER = os.environ.get("OBEC_FAULTS")


class ArmedFault(Exception):
    """Raised at a point that a test armed with ``raise``."""


def fault_point(name: str) -> None:
    """Do here what a test armed, if it did."""
    if _FOLDER is None:
        return
    armed = Path(_FOLDER) / name
    try:
        what = armed.read_text().strip()
        armed.unlink()
    except FileNotFoundError:
        return
    if what == "raise":
        raise ArmedFault(name)
    os.kill(os.getpid(), signal.Signals[f"SIG{what}"])
