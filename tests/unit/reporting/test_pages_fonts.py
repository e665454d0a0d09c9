"""The font of the pages: lighter on the wire, and still a font in which Thai is written."""

import gzip
import struct

import pytest

from services.reporting.pages.fonts import RANGES, lightened, unicode_range
from shared.packages import npm_package

TABLE = struct.Struct(">4sIII")
CHECKSUM_OF_A_FONT = 0xB1B0AFBA


@pytest.fixture(scope="module")
def whole() -> bytes:
    return (npm_package("@expo-google-fonts/sarabun") / "400Regular/Sarabun_400Regular.ttf").read_bytes()


def tables(font: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", font, 4)
    entries = [TABLE.unpack_from(font, 12 + TABLE.size * number) for number in range(count)]
    return {tag: font[offset : offset + length] for tag, _checksum, offset, length in entries}


def checksum(content: bytes) -> int:
    padded = content + b"\0" * (-len(content) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF


def outline(font: bytes, code: int) -> int:
    """Bytes of a letter's outline; letters up to U+FFFF of a table in format 4 whose segments have no list."""
    made = tables(font)
    cmap = made[b"cmap"]
    (count,) = struct.unpack_from(">H", cmap, 2)
    offsets = [struct.unpack_from(">HHI", cmap, 4 + 8 * n)[2] for n in range(count)]
    at = next(offset for offset in offsets if struct.unpack_from(">H", cmap, offset)[0] == 4)
    (twice,) = struct.unpack_from(">H", cmap, at + 6)
    for n in range(twice // 2):
        (end,) = struct.unpack_from(">H", cmap, at + 14 + 2 * n)
        if code <= end:
            (start,) = struct.unpack_from(">H", cmap, at + 16 + twice + 2 * n)
            (delta,) = struct.unpack_from(">H", cmap, at + 16 + 2 * twice + 2 * n)
            place = at + 16 + 3 * twice + 2 * n
            (far,) = struct.unpack_from(">H", cmap, place)
            glyph = struct.unpack_from(">H", cmap, place + far + 2 * (code - start))[0] if far else code
            glyph = (glyph + delta) & 0xFFFF
            break
    (long,) = struct.unpack_from(">h", made[b"head"], 50)
    size, letter = (4, "I") if long else (2, "H")
    begin, finish = struct.unpack_from(f">2{letter}", made[b"loca"], size * glyph)
    return int(finish - begin) * (1 if long else 2)


def test_it_is_a_third_lighter_on_the_wire(whole: bytes) -> None:
    assert len(gzip.compress(lightened(whole), 9)) < 0.7 * len(gzip.compress(whole, 9))


@pytest.mark.parametrize("letter", "กำแพงเพชร๙ฯ19AzéÅ")
def test_letters_that_pages_show_keep_their_outlines_and_others_have_none(whole: bytes, letter: str) -> None:
    kept = any(first <= ord(letter) <= last for first, last in RANGES)

    assert outline(whole, ord(letter)) > 0
    assert bool(outline(lightened(whole), ord(letter))) is kept


def test_glyphs_keep_their_numbers_so_that_thai_marks_find_their_places(whole: bytes) -> None:
    before, after = tables(whole), tables(lightened(whole))

    for table in (b"GSUB", b"GPOS", b"GDEF", b"cmap", b"hmtx", b"maxp", b"name"):
        assert after[table] == before[table]


def test_its_checksums_are_right(whole: bytes) -> None:
    made = lightened(whole)

    assert checksum(made) == CHECKSUM_OF_A_FONT


def test_the_browser_is_told_which_letters_it_has() -> None:
    assert unicode_range().startswith("U+20-7E,U+A0,")
    assert "U+E01-E3A" in unicode_range()


def test_what_is_no_font_is_refused() -> None:
    with pytest.raises(ValueError, match="TrueType"):
        lightened(b"OTTO and so on")
