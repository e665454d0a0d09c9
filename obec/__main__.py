"""The command line's entry point."""

import typer

app = typer.Typer(no_args_is_help=True, help="The OBEC CLUSTER programme on this machine.")


def main() -> None:
    """Run the command that the arguments name."""
    app()
