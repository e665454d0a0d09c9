"""Kafka's own command-line tools, for who has no Kafka distribution at hand: ``deploy/local/bin`` has their names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.kafka import HERE, java, resolve_class_path

POM = HERE / "tools-pom.xml"
ROOT = HERE.parents[1]


def main() -> None:
    """Become the tool whose Java class is the first argument."""
    folder = Path(os.environ.get("OBEC_HOME") or ROOT / ".obec") / "cache"
    try:
        program, class_path = java(), resolve_class_path(folder, POM)
    except StackError as error:
        sys.exit(f"obec: {error}")
    os.execv(program, [program, "-XX:TieredStopAtLevel=1", "-cp", class_path, *sys.argv[1:]])


if __name__ == "__main__":
    main()
