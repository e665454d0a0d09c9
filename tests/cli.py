"""Runs the command line as a person would, with a data folder and ports of its own."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from deploy.local.kafka import SHORT_LIVED
from deploy.local.ports import Ports, variable
from deploy.local.stack import Stack
from deploy.local.supervisor import ROOT
from obec.__main__ import command_line
from tests.servers import FOLDER, run_folder

Settings = Mapping[str, str]


@dataclass
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it said to a program."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@contextmanager
def own_settings(name: str) -> Iterator[Settings]:
    """An environment in which `obec` disturbs nobody; everything in it is ended and deleted afterwards."""
    home = run_folder() / f"cli-{name}"
    home.mkdir(parents=True)
    (home / "cache").symlink_to(FOLDER / "cache")
    ports = {variable(name): str(port) for name, port in asdict(Ports.free()).items()}
    java_options = {"JDK_JAVA_OPTIONS": " ".join(SHORT_LIVED)}
    settings = {**os.environ, **java_options, "OBEC_HOME": str(home), **ports}
    try:
        yield settings
    finally:
        Stack(data_folder(settings), Ports()).stop()
        shutil.rmtree(home)


def obec(*words: str, settings: Settings, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command with its output caught; `said` is what the person types."""
    command = [sys.executable, "-m", "obec", *words]
    return subprocess.run(command, cwd=ROOT, env=dict(settings), input=said, capture_output=True, text=True)


async def said_in_this_process(*words: str, **settings: str) -> Said:
    """What a command says, run in this process, which has everything imported; ``settings``: of its environment."""
    run = await asyncio.to_thread(CliRunner().invoke, command_line(), words, env=settings)
    assert run.exception is None or isinstance(run.exception, SystemExit), run.exception
    return Said(run.exit_code, run.stdout, run.stderr)


def data_folder(settings: Settings) -> Path:
    """Where `obec up` keeps its data in this environment."""
    return Path(settings["OBEC_HOME"]) / "local"
