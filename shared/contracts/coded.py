"""An error with a stable code, for those who act on it; the message is for those who read it."""

from __future__ import annotations


class CodedError(Exception):
    """Base of the errors that say by ``code`` what happened, such as ``event.unknown_type``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
