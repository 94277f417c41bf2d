"""Text rendering with font fallback; skips characters that no installed font has.

The first fonts of each style are packages (fontpkg): Noto Serif, and Arimo, a sans-serif with more
symbols and alphabets. Letters and digits that these lack are drawn with the fonts of the operating
system.
"""

import os
import sys
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from PIL import ImageDraw, ImageFont

if TYPE_CHECKING:
    from fontpkg import Family

MEASURING_SIZE = 100
"""Font size in pixels at which text is compared."""
UNASSIGNED = "\U0010ffff"
"""A code point that Unicode reserves for ever, so every font draws its missing-glyph box for it."""
MAX_MARKS = 2
"""Combining marks on one letter; more would overlap the neighbouring lines."""

# Controls, directional formatting, private-use characters, surrogates, unassigned code points.
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs"}


class FontStyle(Enum):
    """A font style: weight and slope, and the families that provide it, in order of preference."""

    SERIF_BOLD = (700, "normal", ("Noto Serif", "Arimo", "Noto Sans Arabic"))
    SERIF_ITALIC = (400, "italic", ("Noto Serif", "Arimo", "Noto Sans Arabic"))
    SERIF = (400, "normal", ("Noto Serif", "Arimo", "Noto Sans Arabic"))
    SANS = (400, "normal", ("Arimo", "Noto Sans Arabic"))


class Font(NamedTuple):
    """A font file, and an instance of it if it is variable: one file then has all weights."""

    file: Path
    instance: str = ""
    """Like `Bold`; empty for the file's default."""


class FontRun(NamedTuple):
    """Consecutive characters that are drawn with the same font."""

    text: str
    font: Font


def drawable_text(text: str, style: FontStyle) -> str:
    """The part of a text that can be drawn, on one line.

    Empty if a letter or digit had to be skipped and none is left.
    """
    kept, marks, skipped = "", 0, False
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if category in _INVISIBLE and not character.isspace():
            continue  # before counting marks: those on both sides of it are on the same letter
        marks = marks + 1 if category.startswith("M") else 0
        if character.isspace():
            kept += " "
        elif marks > MAX_MARKS:
            continue
        elif _font_with(character, style):
            kept += character
        else:
            skipped = True
    kept = " ".join(kept.split())
    return "" if skipped and not any(map(str.isalnum, kept)) else kept


def text_width(text: str, style: FontStyle, size: int = MEASURING_SIZE) -> float:
    """Width in pixels of a drawable text."""
    return sum(_font(run.font, size).getlength(run.text) for run in _runs(text, style))


def fitting_size(text: str, style: FontStyle, size: int, width: float) -> int:
    """The font size in pixels: smaller than `size` if a text would be wider than `width`.

    Without the library that shapes text (FriBiDi, often missing where no fonts are installed),
    widths are rounded letter by letter and do not grow in proportion to the size.
    """
    needed = text_width(text, style, size)
    if needed > width:
        size = max(1, int(size * width / needed))
        while size > 1 and text_width(text, style, size) > width:
            size -= 1
    return size


def draw_text(
    draw: ImageDraw.ImageDraw,
    position: tuple[float, float],
    text: str,
    style: FontStyle,
    size: int,
    fill: int | tuple[int, int, int],
    *,
    align: Literal["left", "center"] = "center",
    stroke_width: int = 0,
) -> None:
    """Draw a drawable text; `position` is the left end or the center of its baseline."""
    x, y = position
    if align == "center":
        x -= text_width(text, style, size) / 2
    for run in _runs(text, style):
        font = _font(run.font, size)
        draw.text((x, y), run.text, fill, font, anchor="ls", stroke_width=stroke_width)
        x += font.getlength(run.text)


@lru_cache(1024)
def _runs(text: str, style: FontStyle) -> tuple[FontRun, ...]:
    """Split a text into runs: each character is drawn with the first font that has it."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        # Runs are placed from left to right, so right-to-left text must not be split.
        for font in _bundled_fonts(style):
            if all(_has_glyph(font.file, character) for character in text):
                return (FontRun(text, font),)
    return tuple(_split_by_font(text, style))


def _split_by_font(text: str, style: FontStyle) -> Iterator[FontRun]:
    run, font = "", None
    for character in text:
        joins = character == " " or unicodedata.category(character).startswith("M")
        found = _font_with(character, style) or _bundled_fonts(style)[0]
        wanted = font if joins and font else found
        if font is not None and wanted != font:
            yield FontRun(run, font)
            run = ""
        run, font = run + character, wanted
    if font is not None:
        yield FontRun(run, font)


@lru_cache(4096)
def _font_with(character: str, style: FontStyle) -> Font | None:
    """The first font that has a character, or None.

    Only letters, marks and digits are looked up in the system's fonts: their symbols are often
    color bitmaps, which Pillow cannot draw at any size.
    """
    for font in _bundled_fonts(style):
        if _has_glyph(font.file, character):
            return font
    if unicodedata.category(character)[0] not in "LMN":
        return None
    return next((Font(file) for file in _system_fonts() if _has_glyph(file, character)), None)


@lru_cache(8192)
def _has_glyph(file: Path, character: str) -> bool:
    """Whether a font draws a character as anything but nothing or its missing-glyph box."""
    if character == " ":
        return True
    try:
        font = ImageFont.truetype(str(file), MEASURING_SIZE, layout_engine=ImageFont.Layout.BASIC)
        mask, box = (font.getmask(drawn) for drawn in (character, UNASSIGNED))
    except OSError:  # a bitmap font of one fixed size, or not a font
        return False
    return mask.getbbox() is not None and (mask.size, bytes(mask)) != (box.size, bytes(box))


@cache
def _bundled_fonts(style: FontStyle) -> tuple[Font, ...]:
    """The fonts of a style that are installed as packages."""
    import fontpkg  # here: most processes draw no text

    weight, slope, families = style.value
    return tuple(_bundled_font(fontpkg.family(name), weight, slope) for name in families)


def _bundled_font(family: "Family", weight: int, slope: str) -> Font:
    """The font of a family; upright if it has no italics, which Arabic has not."""
    from fontpkg import select_file

    file = select_file(family, weight, slope if slope in family.styles else "normal")
    return Font(file.path, "Bold" if weight == 700 else "")


@cache
def _system_fonts() -> tuple[Path, ...]:
    """The font files of the operating system, always in the same order."""
    files = {
        Path(folder, name)
        for root in _font_folders()
        for folder, _, names in os.walk(root)
        for name in names
        if name.lower().endswith((".ttf", ".otf", ".ttc"))
        # This one draws a box for every character, by design.
        if not name.startswith("LastResort")
    }
    return tuple(sorted(files, key=lambda file: (file.name, file)))


def _font_folders() -> list[Path]:
    """Where operating systems keep fonts, for all users and for this one."""
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home, as in some containers
        home = Path("/")
    if sys.platform == "win32":
        machine = Path(os.environ.get("WINDIR", r"C:\Windows"))
        user = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        return [machine / "Fonts", user / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        roots = [Path("/System/Library"), Path("/Library"), home / "Library"]
        return [root / "Fonts" for root in roots]
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    own = os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"
    return [*(Path(root) / "fonts" for root in [*shared.split(":"), own]), home / ".fonts"]


@lru_cache(64)
def _font(font: Font, size: int) -> ImageFont.FreeTypeFont:
    loaded = ImageFont.truetype(str(font.file), size)
    if font.instance:
        loaded.set_variation_by_name(font.instance)
    return loaded
