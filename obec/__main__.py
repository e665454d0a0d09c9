"""The command line's entry point: every command is a function of its own module, imported only when it is to run."""

import sys
from collections.abc import Collection
from importlib import import_module
from typing import Any

import typer

from obec.output import fail

COMMANDS = {
    "demo": "obec.demo",
    "up": "obec.local",
    "down": "obec.local",
    "reset": "obec.local",
    "status": "obec.local",
    "token": "obec.local",
    "publish": "obec.publish",
    "verify": "obec.stores",
    "backup": "obec.stores",
    "restore": "obec.stores",
    "redact": "obec.redacting",
    "reread": "obec.rereading",
    "trace": "obec.trace",
}
"""The module of each command, where a function has its name."""
GROUPS = {
    "programme": "obec.programme",
    "kafka": "obec.kafka",
    "report": "obec.report",
    "ops": "obec.ops.commands",
    "persons": "obec.persons",
    "checkpoint": "obec.checkpoints",
}
"""The module of each command that has commands under it, where they are its ``app``."""


def command_line(names: Collection[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """The commands of these names, by default all."""
    made = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        help="The OBEC CLUSTER programme on this machine.",
    )
    made.callback()(_programme)
    for name in names:
        module: Any = import_module(COMMANDS.get(name) or GROUPS[name])
        if name in COMMANDS:
            made.command(name)(getattr(module, name))
        else:
            made.add_typer(module.app, name=name)
    return made


def _programme() -> None:
    """The OBEC CLUSTER programme on this machine."""


def main() -> None:
    """Run the command that the arguments name; what is wrong with them is said in one line."""
    words = sys.argv[1:] or ["--help"]
    known = words[0] in COMMANDS or words[0] in GROUPS
    try:
        sys.exit((command_line(words[:1]) if known else command_line())(words, standalone_mode=False))
    except typer.TyperException as error:
        fail(f"{error.format_message().rstrip('.')}; see obec --help")
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
