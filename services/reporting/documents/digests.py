"""Hashes of what a report is made from besides events: the definition, the contracts, reference data, the renderer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from services.reporting.documents.archive import sha256
from shared.contracts.evolution import snapshot
from shared.packages import npm_package

PROGRAMME, CONTRACTS, REFERENCE, RENDERER = "programme", "contracts", "reference", "renderer"

MAP = "@svg-maps/thailand"
REFERENCE_FILES = ("inspection-regions.csv",)


def digests(programme: str, renderer: str) -> Mapping[str, str]:
    """By what was hashed; of ``programme``'s definition and of the ``renderer`` the digest is given."""
    return {PROGRAMME: programme, CONTRACTS: contracts(), REFERENCE: reference(), RENDERER: renderer}


def of_content(known: Mapping[str, str]) -> Mapping[str, str]:
    """Those that the content itself tells: what it says is the same whoever renders it."""
    return {of: digest for of, digest in known.items() if of != RENDERER}


@cache
def contracts() -> str:
    """Of the published schemas of all events."""
    return sha256(_canonical(snapshot()))


@cache
def reference() -> str:
    """Of the list of inspection regions and of the map."""
    lists = [(files("shared.thai") / name).read_bytes() for name in REFERENCE_FILES]
    package = npm_package(MAP)
    drawn = [each.read_bytes() for each in sorted(package.iterdir()) if each.suffix in (".svg", ".js")]
    return sha256(b"".join(sha256(each).encode() for each in (*lists, *drawn)))


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
