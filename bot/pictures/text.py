"""Text in SVG with the fonts at hand: what they have, how wide it is, how it is drawn.

The first fonts are packages (fontpkg): Noto Serif, Arimo, a sans-serif with more symbols and
alphabets, and Noto Sans Arabic. Letters and digits that these lack are drawn with the fonts of the
operating system. What a font has and how wide a text is shows when resvg draws it.
"""

import unicodedata
import zlib
from enum import Enum
from functools import cache, lru_cache
from xml.sax.saxutils import escape

from bot.pictures.svg import FAMILIES, SYSTEM, rendered, svg_of
from data.phrases import ENGLISH, Showable, in_language

FALLBACKS = ("Arimo", "Noto Sans Arabic", SYSTEM)
"""Font families for characters that the family of a style lacks, in order of preference."""
MEASURING_SIZE = 50
"""Font size in pixels at which text is measured."""
UNASSIGNED = "\U0010ffff"
"""A code point that Unicode reserves for ever, so every font draws its missing-glyph box for it."""
MAX_MARKS = 2
"""Combining marks on one letter; more would overlap the neighbouring lines."""

# Controls, directional formatting, private-use characters, surrogates, unassigned code points.
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs"}


class FontStyle(Enum):
    """The first family of a style, and attributes of SVG: weight and slope."""

    SERIF_BOLD = ("Noto Serif", ' font-weight="700"')
    SERIF_ITALIC = ("Noto Serif", ' font-style="italic"')
    SERIF = ("Noto Serif", "")
    SANS_BOLD = ("Arimo", ' font-weight="700"')
    SANS = ("Arimo", "")


def drawable_text(text: Showable, style: FontStyle) -> str:
    """The part of a text that can be drawn, on one line, in English if it is in no language yet.

    Empty if a letter or digit had to be skipped and none is left.
    """
    kept, marks, skipped = "", 0, False
    for character in unicodedata.normalize("NFC", in_language(text, ENGLISH)):
        category = unicodedata.category(character)
        if category in _INVISIBLE and not character.isspace():
            continue  # before counting marks: those on both sides of it are on the same letter
        marks = marks + 1 if category.startswith("M") else 0
        if character.isspace():
            kept += " "
        elif marks > MAX_MARKS:
            continue
        elif _family_with(character, style):
            kept += character
        else:
            skipped = True
    kept = " ".join(kept.split())
    return "" if skipped and not any(map(str.isalnum, kept)) else kept


def is_drawable(text: Showable, style: FontStyle) -> bool:
    """Whether all letters of a text can be drawn. Its spaces may be of any kind."""
    words = unicodedata.normalize("NFC", in_language(text, ENGLISH)).split()
    return drawable_text(text, style) == " ".join(words)


def text_width(text: str, style: FontStyle, size: float = 1) -> float:
    """Width in pixels of a drawable text; with size 1, in font sizes."""
    return size * sum(_width(part, family, style) for family, part in _runs(text, style))


def fitting_size(text: str, style: FontStyle, size: float, width: float) -> float:
    """The font size in pixels: smaller than `size` if a text would be wider than `width`."""
    return min(size, width / max(text_width(text, style), 1e-9))


def text_element(
    x: float, y: float, text: str, style: FontStyle, size: float, align: float = 0.5
) -> str:
    """A drawable text. `x` and `y`: a point of its baseline, at `align` of its width."""
    x -= align * text_width(text, style, size)
    elements = ""
    for family, part in _runs(text, style):
        elements += _element(part, family, style, f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"')
        x += size * _width(part, family, style)
    return elements


def _element(text: str, family: str, style: FontStyle, attributes: str) -> str:
    font = f'font-family="{family}"{style.value[1]}'
    return f'<text {attributes} {font} xml:space="preserve">{escape(text)}</text>'


@lru_cache(1024)
def _runs(text: str, style: FontStyle) -> tuple[tuple[str, str], ...]:
    """A text in parts, each with its family, as resvg mixes fonts in simple alphabets only."""
    families = (style.value[0], *FALLBACKS)
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        # Parts are placed from left to right, so right-to-left text must not be split.
        for family in families:
            if family != SYSTEM and all(_has(character, family, style) for character in text):
                return ((family, text),)
    runs: list[tuple[str, str]] = []
    for character in text:
        joins = character == " " or unicodedata.category(character).startswith("M")
        family = _family_with(character, style) or families[0]
        if runs and (joins or family == runs[-1][0]):
            runs[-1] = (runs[-1][0], runs[-1][1] + character)
        else:
            runs.append((family, character))
    return tuple(runs)


def _family_with(character: str, style: FontStyle) -> str | None:
    """The first family that has a character, or None."""
    families = (style.value[0], *FALLBACKS)
    return next((family for family in families if _has(character, family, style)), None)


@lru_cache(8192)
def _has(character: str, family: str, style: FontStyle) -> bool:
    """Whether a family draws a character as anything but nothing or its missing-glyph box.

    Only letters, marks and digits are looked up in the system's fonts: their symbols are often
    color bitmaps.
    """
    if character == " " or (family == SYSTEM and unicodedata.category(character)[0] not in "LMN"):
        return character == " "
    return _specimen(character, family, style) not in _missing(family, style)


@cache
def _missing(family: str, style: FontStyle) -> frozenset[bytes]:
    """Drawings of a missing character: nothing, or boxes, beside a circle for a mark."""
    box = UNASSIGNED
    forms = ("", box, box * 2, f"◌{box}", f"{box}◌", f"◌{box * 2}")
    return frozenset(_specimen(words, family, style) for words in forms)


def _specimen(words: str, family: str, style: FontStyle) -> bytes:
    element = _element(words, family, style, 'x="8" y="18" font-size="12"')
    return rendered(svg_of(32, 24, element), FAMILIES if family == SYSTEM else (family,))


@lru_cache(4096)
def _width(text: str, family: str, style: FontStyle) -> float:
    """Width in font sizes, at most 0.03 too large: the end of a line that crosses the text out.

    The picture is one pixel high. Whatever the filter of its row, pixels without color are zeros.
    """
    attributes = (
        f'y="20" transform="scale(1 .1)" font-size="{MEASURING_SIZE}"'
        ' text-decoration="line-through"'
    )
    line = _element(text, family, style, attributes)
    png = rendered(svg_of(MEASURING_SIZE * (len(text) + 12), 1, line))
    row = zlib.decompressobj().decompress(png[png.index(b"IDAT") + 4 :])
    return len(row.rstrip(b"\0")) / 4 / MEASURING_SIZE
