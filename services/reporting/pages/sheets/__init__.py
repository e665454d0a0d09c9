"""Every kind of page below a programme's address: what it asks the desk for, and what it makes of the answers."""

from services.reporting.pages.sheets import board, places, results, tracing, work
from services.reporting.pages.sheets.sheet import Sheet

SHEETS: tuple[Sheet, ...] = (*board.SHEETS, *places.SHEETS, *work.SHEETS, *results.SHEETS, *tracing.SHEETS)
"""All of them; of two whose addresses fit, the first one answers."""
