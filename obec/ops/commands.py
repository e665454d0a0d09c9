"""The commands of ``obec ops``, put together."""

from __future__ import annotations

import typer

from obec.ops import alarming, mending, periods, rebuilding, watching

app = typer.Typer(help="See the services and mend them, in an operator's name (OBEC_TOKEN; on this machine by itself).")


@app.callback()
def ops() -> None:
    """See the services and mend them, in an operator's name (OBEC_TOKEN; on this machine by itself)."""


for command in (watching.status, watching.monitor, watching.events, watching.waiting, watching.receipts,
                watching.audit, mending.parked, mending.skip, mending.replay, mending.pause, mending.resume,
                mending.hand_over, mending.rewind, mending.redact, mending.proposals, mending.second):  # fmt: skip
    app.command()(command)
app.add_typer(rebuilding.app, name="rebuild")
app.add_typer(alarming.app, name="alarms")
app.add_typer(periods.app, name="period")
