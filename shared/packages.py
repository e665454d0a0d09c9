"""Where what set-up took from npm stands: fonts and maps are read from their packages, none is copied here."""

from __future__ import annotations

import sys
from pathlib import Path

_MODULES = Path(sys.prefix) / "npm" / "node_modules"


def npm_package(name: str) -> Path:
    """The folder of a package, such as ``@svg-maps/thailand``. Raises FileNotFoundError."""
    folder = _MODULES / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{name} is not installed: run `make venv`")
    return folder
