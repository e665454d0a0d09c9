"""Writes the published documents that need the services: AsyncAPI, and the schemas of what publishers send.

``python -m obec.contracts``; those of the contracts alone are written by ``python -m shared.contracts.document``.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import document
from shared.streams.declared import WRITE_SERVICES
from shared.web.app import VERSION

ROOT = Path(__file__).parents[1]


def pages() -> Iterator[tuple[str, str]]:
    """Path below ``docs`` and text of each document."""
    for service in (*WRITE_SERVICES, "reporting"):
        facts: dict[str, Any] = {}
        if service in WRITE_SERVICES:
            facts = importlib.import_module(f"services.{service}.facts").FACTS.schemas()
        yield f"asyncapi/{service}.json", _text(document(service, facts, VERSION))
        for name, schema in facts.items():
            if name != "FactVoided" or service == "committee":
                yield f"schemas/facts/{name}.json", _text(schema)


def write(root: Path = ROOT) -> None:
    """Write every document."""
    for name, text in pages():
        path = root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    write()
