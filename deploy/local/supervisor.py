"""Runs the product's processes under supervisord, which restarts each by itself with a growing pause.

Each process is told by the kernel when its supervisor dies (setpriv --pdeathsig) and ends as for SIGTERM; what is left
over all the same is found by the ready file it was told to write, and ended before the next start.
"""

import hashlib
import os
import sys
import tempfile
import time
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from deploy.local import processes
from deploy.local.errors import StackError, last_line
from deploy.local.ports import HOST, require_free

ROOT = Path(__file__).parents[2]
READY_SECONDS = 120.0
DRAIN_SECONDS = 15
SOCKET_PATH_LIMIT = 90  # of 107; supervisord binds a longer name first

CONFIGURATION = """\
[supervisord]
nodaemon=true
logfile={home}/log/supervisor.log
pidfile={home}/run/supervisor.pid
childlogdir={home}/log
{user}
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

; The processes of one group are told to end together, groups one after the other.
[group:stack]
programs={names}
"""

PROGRAM = """
[program:{name}]
command=setpriv --pdeathsig TERM -- {politely}{command}
directory={root}
environment=OBEC_READY_FILE="{ready}",OBEC_INSTANCE="{name}",OBEC_PROCESSES="{names}"{more}
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
redirect_stderr=true
autostart={autostart}
autorestart=true
startretries=1000000
stopwaitsecs={drain}
"""


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process: `python -m` these words. Ready when its port says so, or, without one, its ready file."""

    name: str
    words: tuple[str, ...]
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it alone is told, beside what all are."""
    background: bool = False
    """Whether it gives way to the others where there is too little CPU for all."""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What is known of one process: supervisord's state name, its pid while it runs, whether it is ready for work."""

    name: str
    state: str
    pid: int | None
    ready: bool


class Supervisor:
    """The processes of one stack; configuration, sockets and ready files are in `home/run`."""

    def __init__(self, home: Path, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self.home = home
        self.programs = programs
        self.environment = environment

    @property
    def pid(self) -> int | None:
        """supervisord's pid while it runs."""
        return next(iter(processes.find(self._is_ours)), None)

    def start(self, report: Callable[[str], None] = lambda _: None, *, background: bool = True) -> None:
        """Start every process and wait until all are ready; nothing when they are. Raises StackError.

        Without ``background`` those in the background wait for ``start_background``.
        """
        pid = self.pid
        if not self.programs:
            return
        if pid is None:
            self._end_orphans()
            for program in self.programs:
                if program.port is not None:
                    require_free(program.name.removesuffix("-api"), program.port)
            self._configure(background)
            command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)]
            pid = processes.spawn(command, self.home / "log" / "supervisor.out", self.environment, self.home)
        awaited = [each.name for each in self.programs if background or not each.background]
        self._wait_until_ready(pid, report, awaited)

    def start_background(self) -> None:
        """Start those in the background that ``start`` left out, and wait for nothing. Raises StackError."""
        stopped = {each.name for each in self.states() if each.state == "STOPPED"}
        with self._control() as control:
            for program in self.programs:
                if program.background and program.name in stopped:
                    control.startProcess(f"stack:{program.name}", False)

    def stop(self) -> None:
        """Let every process finish what it has in hand, and end it."""
        for pid in processes.find(self._is_ours):
            processes.end(pid, self._is_ours, DRAIN_SECONDS + 5)
        self._end_orphans()

    def states(self) -> list[ProcessState]:
        """The state of every process; all STOPPED when there is no supervisor."""
        known = {info["name"]: info for info in self._ask()} if self.pid else {}
        return [self._state(program, known.get(program.name)) for program in self.programs]

    @property
    def _configuration(self) -> Path:
        return self.home / "run" / "supervisor.conf"

    def _is_ours(self, arguments: Sequence[str]) -> bool:
        return list(arguments[1:]) == ["-m", "supervisor.supervisord", "-c", str(self._configuration)]

    def _ready_file(self, program: Program) -> Path:
        return self.home / "run" / f"{program.name}.ready"

    def _configure(self, background: bool) -> None:
        self._configuration.parent.mkdir(parents=True, exist_ok=True)
        (self.home / "log").mkdir(exist_ok=True)
        user = "user=root\n" if os.geteuid() == 0 else ""
        names = ",".join(program.name for program in self.programs)
        head = CONFIGURATION.format(home=_quoted(self.home), socket=_quoted(self._socket), user=user, names=names)
        self._configuration.touch(mode=0o600)  # it tells processes their passwords
        self._configuration.chmod(0o600)
        sections = [self._section(each, autostart=background or not each.background) for each in self.programs]
        self._configuration.write_text(head + "".join(sections))

    def _section(self, program: Program, *, autostart: bool) -> str:
        return PROGRAM.format(
            name=program.name,
            autostart="true" if autostart else "false",
            names=",".join(each.name for each in self.programs),
            politely="nice -n 5 " if program.background else "",
            command=" ".join([_quoted(f'"{sys.executable}"'), "-m", *program.words]),
            root=_quoted(ROOT),
            ready=_quoted(self._ready_file(program)),
            more="".join(f',{key}="{_told(key, text)}"' for key, text in program.environment.items()),
            log=_quoted(self.home / "log" / f"{program.name}.log"),
            drain=DRAIN_SECONDS,
        )

    @property
    def _socket(self) -> Path:
        path = self.home / "run" / "supervisor.sock"
        if len(str(path)) < SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"obec-{os.geteuid()}-{digest}.sock"

    def _ask(self) -> list[dict[str, Any]]:
        try:
            with self._control() as control:
                return list(control.getAllProcessInfo())
        except StackError:
            return []

    @contextmanager
    def _control(self) -> Iterator[Any]:
        """What supervisord can be told. Raises StackError when it does not answer."""
        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            yield xmlrpc.client.ServerProxy("http://stack", transport).supervisor
        except (OSError, xmlrpc.client.Error) as error:
            raise StackError(f"the supervisor does not answer: {error}") from error
        finally:
            transport.close()

    def _state(self, program: Program, info: Mapping[str, Any] | None) -> ProcessState:
        if info is None or not info["pid"]:
            return ProcessState(program.name, info["statename"] if info else "STOPPED", None, ready=False)
        return ProcessState(program.name, info["statename"], info["pid"], self._is_ready(program, info["start"]))

    def _is_ready(self, program: Program, started: float) -> bool:
        if program.port is not None:
            return _says_ready(program.port)
        try:
            return self._ready_file(program).stat().st_mtime >= started
        except FileNotFoundError:
            return False

    def _wait_until_ready(self, pid: int, report: Callable[[str], None], names: Collection[str]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        seen: set[str] = set()
        while waiting := [state for state in self.states() if state.name in names and not state.ready]:
            ready = [name for name in names if name not in {state.name for state in waiting}]
            _report_new(ready, seen, report)
            if time.monotonic() > deadline or not processes.lives(pid):
                name = waiting[0].name
                raise StackError(f"{name} does not become ready: {last_line(self.home / 'log' / f'{name}.log')}")
            time.sleep(0.2)
        _report_new(names, seen, report)

    def _end_orphans(self) -> None:
        """End processes that outlived their supervisor."""
        ready_files = {f"OBEC_READY_FILE={self._ready_file(program)}" for program in self.programs}
        orphans = processes.find_by_environment(ready_files)
        processes.end_all(orphans, lambda arguments: "-m" in arguments, DRAIN_SECONDS)


def _report_new(names: Iterable[str], seen: set[str], report: Callable[[str], None]) -> None:
    for name in names:
        if name not in seen:
            seen.add(name)
            report(name)


def _says_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _told(name: str, text: str) -> str:
    """A value as it stands between quotation marks; StackError for one that supervisord would cut short."""
    if '"' in text or "\n" in text or " ;" in text:
        raise StackError(f"{name} cannot be told to processes: it has a quotation mark, a blank before ; or two lines")
    return _quoted(text)


def _quoted(text: object) -> str:
    """supervisord expands % in its configuration."""
    return str(text).replace("%", "%%")
