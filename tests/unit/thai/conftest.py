"""Generated tests here have no deadline of their own: a busy machine is no defect of theirs."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("thai", deadline=None)
settings.load_profile("thai")
