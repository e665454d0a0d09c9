"""Writes SVG: elements as text, and the frame that gives a picture its name for those who do not see it."""

from __future__ import annotations

from hashlib import blake2s
from html import escape

FONT = "Sarabun, sans-serif"


def element(tag: str, *children: str, **attributes: object) -> str:
    """One element. ``children`` are SVG already; attributes are escaped, those that are None are left out.

    ``stroke_width=2`` is written ``stroke-width="2"``, ``class_`` is written ``class``.
    """
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{told}>{''.join(children)}</{tag}>" if children else f"<{tag}{told}/>"


def words(text: str, **attributes: object) -> str:
    """A line of text at ``x``, ``y``."""
    return element("text", escape(text, quote=False), **attributes)


def titled(title: str) -> str:
    """The name of the element that it stands first in: read out, and shown when pointed at."""
    return element("title", escape(title, quote=False))


def picture(
    width: float, height: float, *body: str, title: str, description: str, kind: str, interactive: bool = False
) -> str:
    """A whole picture that scales with its frame, named by ``title`` and described by ``description``.

    ``kind`` is its class. An ``interactive`` one holds links, which a plain image would hide from screen readers.
    """
    # A page may hold several pictures: what is drawn makes the ids of each its own.
    drawn = "".join(body)
    name = f"{kind}-{blake2s(f'{title}{description}{drawn}'.encode(), digest_size=4).hexdigest()}"
    return element(
        "svg",
        element("title", escape(title, quote=False), id=f"{name}-title"),
        element("desc", escape(description, quote=False), id=f"{name}-description"),
        drawn,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        class_=f"picture {kind}",
        role="group" if interactive else "img",
        aria_labelledby=f"{name}-title",
        aria_describedby=f"{name}-description",
        font_family=FONT,
    )


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit and without a needless ``.0``."""
    return f"{value:.1f}".removesuffix(".0")
