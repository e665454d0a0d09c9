"""Runs a peer in a process and an environment of its own; it says what it measured on its last line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PYTHON = os.environ.get("PEERS_PYTHON", str(HERE.parent / ".venv-bench" / "bin" / "python"))
SECONDS = 900


async def run_python(name: str, **given: Any) -> dict[str, float]:
    """Run ``bench/peers/<name>.py``, which gets what is given as JSON on standard input."""
    return await run([PYTHON, str(HERE / "peers" / f"{name}.py")], given)


async def run(command: list[str], given: Mapping[str, Any]) -> dict[str, float]:
    """Run a command and read the JSON on the last line of what it says. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=HERE.parent
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(json.dumps(given).encode()), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}: {err.decode()[-2000:]}")
    measured: dict[str, float] = json.loads(out.decode().strip().splitlines()[-1])
    return measured


def versions(*packages: str) -> dict[str, str]:
    """Versions of packages in the peers' environment."""
    code = "import importlib.metadata as m, json, sys; print(json.dumps({p: m.version(p) for p in sys.argv[1:]}))"
    said = subprocess.run([PYTHON, "-c", code, *packages], capture_output=True, text=True, check=True).stdout
    found: dict[str, str] = json.loads(said)
    return found
