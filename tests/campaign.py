"""``python -m tests.campaign [rounds] [tests…]``: tests that break things, each round at moments of its own.

Every round prints its seed; ``OBEC_FAULT_SEED=<seed> pytest tests/faults`` breaks things at the same moments once more.
Rounds also drive the store's state machine with examples of their own. Without tests named, every page is first looked
at in every language and width. Ends at the first round that is not green.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from deploy.local.supervisor import ROOT

ROUNDS = 20
TESTS = ("tests/faults", "tests/shuffled", "tests/fuzzed", "tests/integration/eventstore/test_store_machine.py")
LOOKS = ("tests/browser/test_pages.py",)
HEAVY = {
    "OBEC_EXAMPLES": "25",
    "OBEC_CHAOS_SECONDS": "20",
    "OBEC_FAULT_COMMANDS": "140",
    "OBEC_FAULT_KILLS": "4",
    "OBEC_EVERY_SHARDING": "1",
}
"""How much more is sent, broken and looked at than in the suite."""


def main(rounds: int, tests: Sequence[str] = TESTS) -> int:
    """Run the rounds; returns the exit code of the last."""
    console = Console()
    if tests == TESTS:
        console.print("every page in every language and width")
        code = _told(console, LOOKS, {"OBEC_EVERY_LOOK": "1"})
        if code != 0:
            return code
    for number in range(1, rounds + 1):
        seed = secrets.token_hex(4)
        console.print(f"round {number} of {rounds}, OBEC_FAULT_SEED={seed}", highlight=False)
        code = _told(console, tests, {"OBEC_FAULT_SEED": seed, **HEAVY})
        if code != 0:
            return code
    return 0


def _told(console: Console, tests: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run tests and say how they ended, of red ones everything; returns their exit code."""
    begin = time.monotonic()
    run = _run(tests, settings)
    console.print(f"  {_last_line(run.stdout)}, {time.monotonic() - begin:.0f} s", markup=False, highlight=False)
    if run.returncode != 0:
        console.print(run.stdout[-20_000:], markup=False, highlight=False)
    return run.returncode


def _run(tests: Sequence[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=--import-mode=importlib",
        *tests,
    ]
    environment = {**os.environ, **settings}
    return subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1].strip("= ")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS, sys.argv[2:] or TESTS))
