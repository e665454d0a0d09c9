"""Makes a TrueType font smaller for the wire: only the letters that Thai and English pages show keep their outlines."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

RANGES = (
    *((0x20, 0x7E), (0xA0, 0xA0), (0xAB, 0xAB), (0xB0, 0xB2), (0xB7, 0xB7), (0xBB, 0xBB), (0xD7, 0xD7), (0xF7, 0xF7)),
    *((0x0E01, 0x0E3A), (0x0E3F, 0x0E5B), (0x2010, 0x2026), (0x2030, 0x2033), (0x2190, 0x2193), (0x2212, 0x2212)),
    *((0x2260, 0x2260), (0x2264, 0x2265), (0xFB01, 0xFB02)),
)
"""First and last code points that keep their outlines; a page's style sheet names the same, so that the browser takes
other letters from another font. Among them are the ligatures fi and fl, which the font puts in the letters' place.
"""

NOT_NEEDED = frozenset({b"DSIG", b"cvt ", b"fpgm", b"prep", b"gasp", b"hdmx", b"VDMX", b"LTSH"})
"""Tables of hints and signatures, without which a browser draws the same."""

_COMPOSITE_MORE, _WORDS, _SCALE, _XY_SCALE, _TWO_BY_TWO = 0x20, 0x01, 0x08, 0x40, 0x80
_LONG_OFFSETS_AT = 50
_CHECKSUM_AT = 8
_MAGIC = 0xB1B0AFBA

Tables = dict[bytes, bytes]


def unicode_range() -> str:
    """``RANGES`` as a style sheet writes them: ``U+20-7E,U+A0``."""
    return ",".join(f"U+{first:X}" + (f"-{last:X}" if last > first else "") for first, last in RANGES)


def lightened(font: bytes) -> bytes:
    """The font with the same glyphs under the same numbers, but empty where no code point of ``RANGES`` leads to one.

    What a rule of substitution may put in a letter's place (the forms that Thai marks take beside one another) stays,
    for which every glyph of no code point is kept. Raises ValueError for what is no TrueType font.
    """
    tables = _tables(font)
    if not {b"glyf", b"loca", b"cmap", b"head", b"post"} <= tables.keys():
        raise ValueError("this is no TrueType font")
    glyphs = _glyphs(tables)
    letters = _letters(tables[b"cmap"])
    shown = {glyph for code, glyph in letters.items() if any(first <= code <= last for first, last in RANGES)}
    kept = set(range(len(glyphs))) - set(letters.values()) | shown
    for glyph in [*kept]:
        kept |= set(_parts(glyphs, glyph))
    outlines = [outline if number in kept else b"" for number, outline in enumerate(glyphs)]
    tables |= {**_outline_tables(outlines, tables[b"head"]), b"post": _without_names(tables[b"post"])}
    return _font({tag: table for tag, table in tables.items() if tag not in NOT_NEEDED})


def _tables(font: bytes) -> Tables:
    if font[:4] != b"\0\1\0\0":
        raise ValueError("this is no TrueType font")
    (count,) = struct.unpack_from(">H", font, 4)
    entries = [struct.unpack_from(">4sIII", font, 12 + 16 * number) for number in range(count)]
    return {tag: font[offset : offset + length] for tag, _checksum, offset, length in entries}


def _glyphs(tables: Mapping[bytes, bytes]) -> list[bytes]:
    (long,) = struct.unpack_from(">h", tables[b"head"], _LONG_OFFSETS_AT)
    loca = tables[b"loca"]
    offsets = struct.unpack(f">{len(loca) // (4 if long else 2)}{'I' if long else 'H'}", loca)
    scale = 1 if long else 2
    return [tables[b"glyf"][start * scale : end * scale] for start, end in pairwise(offsets)]


def _letters(cmap: bytes) -> dict[int, int]:
    """Glyphs by code point, of the table's part for the Basic Multilingual Plane (format 4)."""
    (count,) = struct.unpack_from(">H", cmap, 2)
    for number in range(count):
        _platform, _encoding, offset = struct.unpack_from(">HHI", cmap, 4 + 8 * number)
        (form,) = struct.unpack_from(">H", cmap, offset)
        if form == 4:
            return dict(_segments(cmap, offset))
    raise ValueError("the font has no table of characters that can be read here")


def _segments(cmap: bytes, at: int) -> Iterator[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", cmap, at + 6)
    count = twice // 2
    ends = struct.unpack_from(f">{count}H", cmap, at + 14)
    starts = struct.unpack_from(f">{count}H", cmap, at + 16 + twice)
    deltas = struct.unpack_from(f">{count}H", cmap, at + 16 + 2 * twice)
    ranges_at = at + 16 + 3 * twice
    for number, (start, end, delta) in enumerate(zip(starts, ends, deltas, strict=True)):
        place = ranges_at + 2 * number
        (distance,) = struct.unpack_from(">H", cmap, place)
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if distance:
                (glyph,) = struct.unpack_from(">H", cmap, place + distance + 2 * (code - start))
            if glyph:
                yield code, (glyph + delta) & 0xFFFF


def _parts(glyphs: Sequence[bytes], glyph: int) -> Iterator[int]:
    """Glyphs of which a composite one is made, and theirs."""
    outline = glyphs[glyph]
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return
    place, flags = 10, _COMPOSITE_MORE
    while flags & _COMPOSITE_MORE:
        flags, part = struct.unpack_from(">HH", outline, place)
        yield part
        yield from _parts(glyphs, part)
        place += 4 + (4 if flags & _WORDS else 2)
        place += 2 if flags & _SCALE else 4 if flags & _XY_SCALE else 8 if flags & _TWO_BY_TWO else 0


def _outline_tables(outlines: Sequence[bytes], head: bytes) -> Tables:
    offsets, body = [0], bytearray()
    for outline in outlines:
        body += outline + b"\0" * (-len(outline) % 4)
        offsets.append(len(body))
    long = head[:_LONG_OFFSETS_AT] + struct.pack(">h", 1) + head[_LONG_OFFSETS_AT + 2 :]
    return {b"glyf": bytes(body), b"loca": struct.pack(f">{len(offsets)}I", *offsets), b"head": long}


def _without_names(post: bytes) -> bytes:
    """The table of what printers need, without the glyphs' names (version 3)."""
    return struct.pack(">I", 0x00030000) + post[4:32]


def _font(tables: Mapping[bytes, bytes]) -> bytes:
    """The file: a directory of the tables, then these, each on a boundary of four bytes."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    directory = struct.pack(">4sHHHH", b"\0\1\0\0", count, 16 * power, power.bit_length() - 1, 16 * (count - power))
    head = tables[b"head"]
    cleared = {**tables, b"head": head[:_CHECKSUM_AT] + bytes(4) + head[_CHECKSUM_AT + 4 :]}
    offset, body = 12 + 16 * count, b""
    for tag, table in sorted(cleared.items()):
        directory += struct.pack(">4sIII", tag, _checksum(table), offset + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    made = directory + body
    at = offset + sum(len(table) + -len(table) % 4 for tag, table in sorted(cleared.items()) if tag < b"head")
    whole = struct.pack(">I", (_MAGIC - _checksum(made)) & 0xFFFFFFFF)
    return made[: at + _CHECKSUM_AT] + whole + made[at + _CHECKSUM_AT + 4 :]


def _checksum(table: bytes) -> int:
    padded = table + b"\0" * (-len(table) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
