"""Words of the operators' console, by table and key."""

from __future__ import annotations

from collections.abc import Mapping

from services.reporting.pages.language import marked as _

WORDS: Mapping[str, Mapping[str, str]] = {
    "verdict": {
        "ok": _("Well"),
        "lagging": _("Falls behind"),
        "stalled": _("Stands still"),
        "stopped": _("Stopped"),
        "paused": _("Paused"),
        "unknown": _("Not known"),
    },
    "alarm": {
        "raised": _("Rings"),
        "acknowledged": _("Acknowledged"),
        "silenced": _("Silenced"),
        "cleared": _("Cleared"),
    },
    "proof": {
        "waiting": _("Waiting"),
        "running": _("Under way"),
        "failed": _("Failed"),
        "whole": _("Whole"),
        "different": _("Different"),
    },
    "proven": {
        "stores": _("Stores"),
        "topics": _("Topics"),
        "views": _("Views"),
        "reports": _("Published reports"),
        "events": _("events"),
        "records": _("records"),
        "rows": _("rows"),
        "files": _("files"),
    },
    "rebuild": {
        "asked": _("Asked"),
        "filling": _("Being filled"),
        "filled": _("Filled"),
        "compared": _("Compared"),
        "live": _("Live"),
        "former": _("Former"),
        "rolled_back": _("Rolled back"),
        "failed": _("Failed"),
        "dropped": _("Dropped"),
    },
    "publisher": {
        "ok": _("Sends as usual"),
        "silent": _("Silent"),
        "suspended": _("Suspended"),
        "unknown": _("No rhythm known yet"),
    },
    "way": {
        "applied": _("In the views"),
        "no_view": _("No view is made of it"),
        "coming": _("On its way"),
        "parked": _("Parked"),
        "skipped": _("Left out"),
    },
    "action": {
        "skip": _("Leave it out"),
        "replay": _("Try again"),
        "pause": _("Pause"),
        "resume": _("Go on"),
        "hand-over": _("Hand over"),
        "rewind": _("Read anew"),
        "second": _("Second it"),
        "rebuild": _("Make the views anew"),
        "compare": _("Compare"),
        "swap": _("Swap"),
        "roll-back": _("Roll back"),
        "drop": _("Drop"),
        "rebuild.compare": _("Compare"),
        "rebuild.swap": _("Swap"),
        "rebuild.roll-back": _("Roll back"),
        "rebuild.drop": _("Drop"),
        "rebuild.swapped": _("Swapped"),
        "rebuild.dropped": _("Dropped"),
        "acknowledge": _("Acknowledge"),
        "silence": _("Silence"),
        "verify": _("Verify now"),
        "erase": _("Erase a person"),
        "forget": _("Forget a person"),
        "redact": _("Redact an event"),
        "close-period": _("Close a period"),
        "reopen-period": _("Reopen a period"),
        "extend-period": _("Extend a period"),
    },
}
"""Of what has no word its key is shown."""
