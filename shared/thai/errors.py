"""The error of this package: a value that cannot be read, with a stable code and a sentence in Thai and in English."""

from __future__ import annotations


class ThaiConventionError(ValueError):
    """Base of the errors here.

    ``code`` is stable (``area.rule``); ``thai`` and ``english`` are one sentence each, fit to be shown to a user.
    """

    def __init__(self, code: str, thai: str, english: str) -> None:
        super().__init__(code, thai, english)
        self.code = code
        self.thai = thai
        self.english = english

    def __str__(self) -> str:
        return f"{self.code}: {self.english}"
