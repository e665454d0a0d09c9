"""How the command line speaks: to a person on a terminal, one line for what went wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

console = Console()
errors = Console(stderr=True)


def fail(message: str) -> typer.Exit:
    """Say in one line what went wrong; raise what this returns."""
    errors.print(f"[bold red]obec:[/] {escape(message)}", highlight=False, soft_wrap=True)
    return typer.Exit(1)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Show that something is under way; yields a function that says what is done."""
    with console.status(title):
        yield lambda done: console.print(f"[green]✓[/] {done}")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print a table; text in it may have rich's markup. What is too long goes on in the next line."""
    made = Table(*(Column(name, overflow="fold") for name in columns), title=title, title_justify="left")
    for row in rows:
        made.add_row(*row)
    console.print(made)
