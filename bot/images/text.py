"""Text rendering with font fallback; skips characters that no installed font has.

matplotlib ships the first fonts of each style (DejaVu, STIX). Letters and digits that these lack
are drawn with the fonts of the operating system.
"""

import importlib.util
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import ImageDraw, ImageFont

MEASURING_SIZE = 100
"""Font size in pixels at which text is compared."""
UNASSIGNED = "\U0010ffff"
"""A code point that Unicode reserves for ever, so every font draws its missing-glyph box for it."""
MAX_MARKS = 2
"""Combining marks on one letter; more would overlap the neighbouring lines."""

# Controls, directional formatting, private-use characters, surrogates, unassigned code points.
_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs"}


class FontStyle(Enum):
    """A font style: the files of matplotlib that provide it, in the order of preference."""

    SERIF_BOLD = ("DejaVuSerif-Bold", "DejaVuSans-Bold", "STIXGeneralBol", "STIXGeneral")
    SERIF_ITALIC = ("DejaVuSerif-Italic", "DejaVuSans-Oblique", "DejaVuSans", "STIXGeneral")
    SERIF = ("DejaVuSerif", "DejaVuSans", "STIXGeneral")
    SANS = ("DejaVuSans", "STIXGeneral")


class Run(NamedTuple):
    """Consecutive characters that are drawn with the same font file."""

    text: str
    file: Path


def drawable_text(text: str, style: FontStyle, *, system_fonts: bool = True) -> str:
    """The part of a text that can be drawn, on one line.

    Empty if a letter or digit had to be skipped and none is left. system_fonts: False if the
    result is drawn with the first fonts of the style alone.
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
        elif _font_file(character, style, system_fonts=system_fonts):
            kept += character
        else:
            skipped = True
    kept = " ".join(kept.split())
    return "" if skipped and not any(map(str.isalnum, kept)) else kept


def text_width(text: str, style: FontStyle, size: int = MEASURING_SIZE) -> float:
    """Width in pixels of a drawable text."""
    return sum(_font(run.file, size).getlength(run.text) for run in _runs(text, style))


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
        font = _font(run.file, size)
        draw.text((x, y), run.text, fill, font, anchor="ls", stroke_width=stroke_width)
        x += font.getlength(run.text)


@lru_cache(1024)
def _runs(text: str, style: FontStyle) -> tuple[Run, ...]:
    """Split a text into runs: each character is drawn with the first font that has it."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in text):
        # Runs are placed from left to right, so right-to-left text must not be split.
        for file in _bundled_fonts(style):
            if all(_has_glyph(file, character) for character in text):
                return (Run(text, file),)
    return tuple(_split_by_font(text, style))


def _split_by_font(text: str, style: FontStyle) -> Iterator[Run]:
    run, file = "", None
    for character in text:
        joins = character == " " or unicodedata.category(character).startswith("M")
        found = _font_file(character, style) or _bundled_fonts(style)[0]
        wanted = file if joins and file else found
        if file is not None and wanted != file:
            yield Run(run, file)
            run = ""
        run, file = run + character, wanted
    if file is not None:
        yield Run(run, file)


@lru_cache(4096)
def _font_file(character: str, style: FontStyle, *, system_fonts: bool = True) -> Path | None:
    """The first font file that has a character, or None.

    Only letters, marks and digits are looked up in the system's fonts: their symbols are often
    color bitmaps, which Pillow cannot draw at any size.
    """
    bundled = next((file for file in _bundled_fonts(style) if _has_glyph(file, character)), None)
    if bundled or not system_fonts or unicodedata.category(character)[0] not in "LMN":
        return bundled
    return next((file for file in _system_fonts() if _has_glyph(file, character)), None)


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
def _bundled_fonts(style: FontStyle) -> tuple[Path, ...]:
    """The font files of matplotlib, which is located without being imported, to save memory."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib is missing, which provides the fonts; install it")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return tuple(folder / f"{name}.ttf" for name in style.value)


@cache
def _system_fonts() -> tuple[Path, ...]:
    """The font files of the operating system, always in the same order."""
    # Imported only once a character is missing from the bundled fonts.
    from matplotlib.font_manager import findSystemFonts

    files = sorted(map(Path, findSystemFonts()), key=lambda file: (file.name, file))
    # The "LastResort" font draws a box for every character, by design.
    return tuple(file for file in files if not file.name.startswith("LastResort"))


@lru_cache(64)
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)
