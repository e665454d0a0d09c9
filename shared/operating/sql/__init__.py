"""The statements of operating, by name."""

from __future__ import annotations

from importlib.resources import files


def statement(name: str) -> str:
    """The text of one of the ``.sql`` files here."""
    return (files("shared.operating.sql") / f"{name}.sql").read_text("utf-8")
