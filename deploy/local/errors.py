"""The one error of the embedded stack: a sentence that a person can act on."""


class StackError(Exception):
    """The stack cannot do what was asked; the message is one line that says why and what to do."""
