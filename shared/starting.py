"""How a process is loaded: without a look for cycles, as nothing that it is loaded with is garbage.

This module imports next to nothing, so that whoever starts by it has loaded nothing before.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from shared.process import Role

COLLECT = (20_000, 20, 20)
"""How many objects more there must be before it is looked for cycles among the young, and how often among the older."""


def start(service: str, roles: Mapping[str, Role]) -> NoReturn:
    """Load and run a process, see ``shared.process.run``; each role says by ``loaded`` when it begins its work.

    Looking for cycles took a seventh of the time that a process needs until it is ready.
    """
    gc.disable()
    from shared.process import run

    run(service, roles)


def loaded() -> None:
    """What is there by now stays for good; it is looked for cycles from now on, seldom, among what comes.

    Looking through all of it again and again took a sixth of the time.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT)
    gc.enable()
