"""Finds, starts and ends processes by what they run, so that a pid file can neither lie nor be lost.

A process counts as ours when its command line names a file of our data folder; it is signalled through a pidfd that was
opened before that was checked, so a pid that the system gave to another process meanwhile is never hit. Linux only.
"""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

Match = Callable[[Sequence[str]], bool]

# Kept so that children are reaped, and never collected while they run.
_children: list[subprocess.Popen[bytes]] = []


def arguments(pid: int) -> list[str]:
    """The command line of a process; empty when it has ended, zombies included."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return raw.decode(errors="replace").rstrip("\0").split("\0") if raw else []


def find(match: Match) -> list[int]:
    """The pids of all processes whose command line matches."""
    reap()
    return [pid for pid in _pids() if match(arguments(pid))]


def working_in(folder: Path) -> list[int]:
    """The pids of all processes whose working directory is the folder."""
    reap()
    return [pid for pid in _pids() if _working_directory(pid) == str(folder)]


def find_by_environment(settings: Collection[str]) -> list[int]:
    """The pids of all processes that were started with one of these `NAME=value` in their environment."""
    reap()
    wanted = {setting.encode() for setting in settings}
    return [pid for pid in _pids() if wanted & _environment(pid)]


def lives(pid: int) -> bool:
    """Whether a process has not ended yet; a new one does, whose command line cannot be read or is not its last one."""
    reap()
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def comes_up(pid: int, answers: Callable[[], bool], seconds: float) -> bool:
    """Wait until a process answers; False when it ends instead, or the seconds are over."""
    return wait_until(lambda: answers() or not lives(pid), seconds) and lives(pid)


def reap() -> None:
    """Take the exit codes of ended children of this process, so that no zombie is taken for a living process."""
    _children[:] = [child for child in _children if child.poll() is None]


def spawn(command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path) -> int:
    """Start a process in a session of its own that outlives this one, its output appended to a log; returns the pid."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children.append(child)
    return child.pid


def end(pid: int, match: Match, patience: float, first: signal.Signals = signal.SIGTERM) -> bool:
    """Ask a process to end, and kill it when the patience (seconds) is over; not if it is another process by now.

    Returns whether it ended by itself.
    """
    return end_all([pid], match, patience, first)


def end_all(pids: Iterable[int], match: Match, patience: float, first: signal.Signals = signal.SIGTERM) -> bool:
    """As ``end``, of several: all are asked before the first is waited for, and share the patience (seconds)."""
    deadline = time.monotonic() + patience
    obeyed = True
    with ExitStack() as held:
        asked = [handle for pid in pids if (handle := _asked_to_end(held, pid, match, first)) is not None]
        for handle in asked:
            if not _ended_within(handle, max(0.0, deadline - time.monotonic())):
                obeyed = False
                _send(handle, signal.SIGKILL)
                _ended_within(handle, patience)
    reap()
    return obeyed


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Ask again and again until the condition holds; False when the seconds are over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _pids() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def _working_directory(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def _environment(pid: int) -> set[bytes]:
    try:
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return set()


@contextmanager
def _handle(pid: int) -> Iterator[int | None]:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


def _asked_to_end(held: ExitStack, pid: int, match: Match, first: signal.Signals) -> int | None:
    """A handle of the process, which was sent the signal; None when it has ended, or is another by now."""
    handle = held.enter_context(_handle(pid))
    if handle is None or not match(arguments(pid)):
        return None
    _send(handle, first)
    # A stopped process takes no other signal before it is continued.
    _send(handle, signal.SIGCONT)
    return handle


def _send(handle: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(handle, number)


def _ended_within(handle: int, seconds: float) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])
