"""The command line's entry point: every command is a function of its own module."""

import sys

import typer

from obec import checkpoints, kafka, local, persons, programme, report, stores
from obec.demo import demo
from obec.ops import commands as operating
from obec.output import fail
from obec.publish import publish
from obec.redacting import redact
from obec.rereading import reread
from obec.trace import trace

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The OBEC CLUSTER programme on this machine.",
)
for command in (
    demo,
    local.up,
    local.down,
    local.reset,
    local.status,
    local.token,
    publish,
    stores.verify,
    stores.backup,
    stores.restore,
    redact,
    reread,
    trace,
):
    app.command()(command)
app.add_typer(programme.app, name="programme")
app.add_typer(kafka.app, name="kafka")
app.add_typer(report.app, name="report")
app.add_typer(operating.app, name="ops")
app.add_typer(persons.app, name="persons")
app.add_typer(checkpoints.app, name="checkpoint")


def main() -> None:
    """Run the command that the arguments name; what is wrong with them is said in one line."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except typer.TyperException as error:
        fail(f"{error.format_message().rstrip('.')}; see obec --help")
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
