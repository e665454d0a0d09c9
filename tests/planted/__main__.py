"""``python -m tests.planted [word …]``: plants each defect whose name holds all the words, in a copy of the tree.

First every test that is named must be green there; then, defect by defect, red. Exit code 1 when one is not.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.supervisor import ROOT
from tests.faults.process import clean_environment
from tests.planted.defects import DEFECTS, Defect
from tests.servers import Servers, servers, stop_servers

LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".obec*", "__pycache__", ".*_cache", "raw", "node_modules")
SECONDS = 240
"""For one test; then it counts as red."""
FAILED = 1
"""pytest's exit code for tests that ran and failed; others say that nothing was tested."""


@dataclass(frozen=True)
class Verdict:
    """What became of one defect."""

    defect: Defect
    said: str
    seconds: float

    @property
    def as_it_should_be(self) -> bool:
        """Whether its test went red."""
        return self.said == "red"


def main(words: Sequence[str]) -> int:
    """Plant what was asked for; returns the exit code."""
    console = Console()
    chosen = [defect for defect in DEFECTS if all(word in defect.name for word in words)]
    if not chosen:
        console.print(f"no defect's name holds {' and '.join(words)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        try:
            environment = _environment(servers())
            console.print(f"{len(chosen)} defects; first without any")
            if not _green(tree, chosen, environment, console):
                return 1
            verdicts = [_planted(tree, defect, environment, console) for defect in chosen]
        finally:
            stop_servers()
    _show(verdicts, console)
    return 0 if all(verdict.as_it_should_be for verdict in verdicts) else 1


def _environment(made: Servers) -> dict[str, str]:
    """What the tests in the copy are told: the servers of this run."""
    return {
        **clean_environment(),
        **made.broker.environment(),
        "OBEC_TEST_POSTGRES_DSN": made.admin_dsn,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _green(tree: Path, chosen: Sequence[Defect], environment: Mapping[str, str], console: Console) -> bool:
    tests = list(dict.fromkeys(defect.test for defect in chosen))
    run = _pytest(tree, tests, environment, SECONDS * len(tests))
    if run.returncode != 0:
        console.print(run.stdout[-6000:], markup=False)
        console.print("not green without a defect")
    return run.returncode == 0


def _planted(tree: Path, defect: Defect, environment: Mapping[str, str], console: Console) -> Verdict:
    path, begin = tree / defect.file, time.monotonic()
    kept = path.read_text("utf-8")
    try:
        path.write_text(with_defect(defect, kept), "utf-8")
        said = _outcome(tree, defect, environment)
    except LookupError as error:
        said = str(error)
    finally:
        path.write_text(kept, "utf-8")
    verdict = Verdict(defect, said, time.monotonic() - begin)
    console.print(f"{verdict.seconds:6.1f} s  {said:5}  {defect.name}", markup=False, highlight=False)
    return verdict


def with_defect(defect: Defect, text: str) -> str:
    """The file's text with the defect. Raises LookupError when its place is not found, or is not one place."""
    for old, new in ((defect.old, defect.new), (defect.old_too, defect.new_too)):
        if not old:
            continue
        found = text.count(old)
        if found != 1:
            raise LookupError(f"its text is found {found} times in {defect.file}: {old.strip().splitlines()[0]}")
        text = text.replace(old, new)
    return text


def _outcome(tree: Path, defect: Defect, environment: Mapping[str, str]) -> str:
    try:
        code = _pytest(tree, [defect.test], environment, SECONDS).returncode
    except subprocess.TimeoutExpired:
        return "red"
    return {0: "GREEN", FAILED: "red"}.get(code, f"pytest ended with {code}")


def _pytest(
    tree: Path, tests: Sequence[str], environment: Mapping[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    return subprocess.run(
        command,
        cwd=tree,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
    )


def _show(verdicts: Sequence[Verdict], console: Console) -> None:
    table = Table("defect", "test", "became", "s")
    for verdict in verdicts:
        test = verdict.defect.test.rpartition("::")[2]
        table.add_row(verdict.defect.name, test, verdict.said, f"{verdict.seconds:.0f}")
    console.print(table)
    red = sum(verdict.as_it_should_be for verdict in verdicts)
    console.print(f"{red} of {len(verdicts)} defects turned their test red")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
