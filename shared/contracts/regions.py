"""Which fiscal years have a list of inspection regions, and the codes on each list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ALL = ("CTR", *(f"R{number:02}" for number in range(1, 19)))

REGION_LISTS: Mapping[int, tuple[str, ...]] = MappingProxyType({2560: _ALL, 2563: _ALL})
"""Codes of the regions by fiscal year (B.E.). The two lists name the same codes, not the same provinces; a year that
is not here has no known list, and none is borrowed for it."""
