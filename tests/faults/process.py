"""One process of the product under test: a real one, started, broken and ended by real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.supervisor import ROOT
from tests.eventually import eventually

READY_SECONDS = 60.0
END_SECONDS = 15.0


class Process:
    """``python -m`` some words; its folder holds its log, its ready file and the faults it is armed with."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._words, self._environment, self.folder = words, environment, folder
        self._child: subprocess.Popen[bytes] | None = None
        (folder / "faults").mkdir(parents=True)

    @property
    def child(self) -> subprocess.Popen[bytes]:
        """The running, or last, child."""
        assert self._child is not None, "not started yet"
        return self._child

    @property
    def log(self) -> str:
        """What it has said so far."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def spawn(self) -> None:
        """Start it; it ends with this test run at the latest."""
        self._ready_file.unlink(missing_ok=True)
        environment = {
            **self._environment,
            "OBEC_FAULTS": str(self._faults),
            "OBEC_READY_FILE": str(self._ready_file),
            "OBEC_INSTANCE": self.folder.name,
        }
        command = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", *self._words]
        with (self.folder / "log").open("ab") as output:
            self._child = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    async def ready(self) -> None:
        """Wait until it says that it is ready."""
        await eventually(lambda: self._ready_file.exists() or not self.lives, READY_SECONDS)
        assert self.lives, f"{' '.join(self._words)} ended by itself:\n{self.log[-3000:]}"

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self.spawn()
        await self.ready()

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self.child.poll() is None

    def arm(self, point: str, what: str) -> None:
        """Have it do ``what`` (KILL, STOP, raise) when it passes a point next."""
        unfinished = self._faults / f".{point}"
        unfinished.write_text(what)
        unfinished.rename(self._faults / point)

    def armed(self, point: str) -> bool:
        """Whether it has not passed the point yet."""
        return (self._faults / point).exists()

    async def passes(self, point: str, seconds: float = 20.0) -> None:
        """Wait until it has passed an armed point."""
        await eventually(lambda: not self.armed(point), seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.child.send_signal(number)

    async def killed(self, seconds: float = 20.0) -> None:
        """Wait until a signal has killed it; that it ended in another way is an error."""
        await eventually(lambda: not self.lives, seconds)
        assert self.child.returncode == -signal.SIGKILL, f"ended with {self.child.returncode}:\n{self.log[-3000:]}"

    async def stopped(self, seconds: float = 20.0) -> None:
        """Wait until it stands still."""
        await eventually(lambda: self._state() == "T", seconds)

    def kill(self) -> None:
        """End it as hard as can be; nothing when it has ended or was never started."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()

    async def end(self) -> int:
        """Ask it to end, and wait; returns its exit code."""
        self.signal(signal.SIGTERM)
        await eventually(lambda: not self.lives, END_SECONDS)
        return self.child.returncode

    def _state(self) -> str:
        """One letter of the kernel: R, S, T for stopped, Z."""
        return Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()[0]

    @property
    def _faults(self) -> Path:
        return self.folder / "faults"

    @property
    def _ready_file(self) -> Path:
        return self.folder / "ready"


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that settings of the product are read from."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("OBEC_", "KAFKA_"))}
