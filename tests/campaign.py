"""``python -m tests.campaign [rounds] [tests…]``: tests that break things, each round at moments of its own.

Every round prints its seed; ``OBEC_FAULT_SEED=<seed> pytest tests/faults`` breaks things at the same moments once more.
Rounds also drive the store's state machine with examples of their own. Ends at the first round that is not green.
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
EXAMPLES = "25"
CHAOS_SECONDS = "20"


def main(rounds: int, tests: Sequence[str] = TESTS) -> int:
    """Run the rounds; returns the exit code of the last."""
    console = Console()
    for number in range(1, rounds + 1):
        seed, begin = secrets.token_hex(4), time.monotonic()
        console.print(f"round {number} of {rounds}, OBEC_FAULT_SEED={seed}", highlight=False)
        run = _round(tests, {"OBEC_FAULT_SEED": seed, "OBEC_EXAMPLES": EXAMPLES, "OBEC_CHAOS_SECONDS": CHAOS_SECONDS})
        console.print(f"  {_last_line(run.stdout)}, {time.monotonic() - begin:.0f} s", markup=False, highlight=False)
        if run.returncode != 0:
            console.print(run.stdout[-20_000:], markup=False, highlight=False)
            return run.returncode
    return 0


def _round(tests: Sequence[str], settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
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
