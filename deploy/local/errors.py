"""The one error of the embedded stack: a sentence that a person can act on."""

from pathlib import Path


class StackError(Exception):
    """The stack cannot do what was asked; the message is one line that says why and what to do."""


def last_line(log: Path) -> str:
    """The last line of a log with its path, for the end of a message."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except FileNotFoundError:
        lines = []
    return f"{next((line for line in reversed(lines) if line.strip()), 'no word')} (more in {log})"
