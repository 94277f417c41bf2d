"""Any words, drawn with what type there is: no character is ever shown as an empty box.

Type comes with matplotlib (DejaVu), and from the system where that lacks a character. What no type
has is spelt out where Unicode says how it sounds (さ is "sa"), and is left out otherwise.
"""

import importlib.util
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache, lru_cache
from pathlib import Path
from re import compile as pattern
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

REFERENCE = 100
"""The size at which words are measured, in pixels; widths grow in proportion."""
NOBODYS = "\U0010ffff"
"""A character that no type has: Unicode will never give it a meaning."""
MOST_MARKS = 2
"""Marks above or below one letter; more would be drawn over the next line."""

# Surrogates, controls, directions, private characters and whatever is not assigned.
_UNWRITTEN = {"Cc", "Cf", "Cn", "Co", "Cs"}
_SOUND = pattern(r"(?:[A-Z]+ )+(?:LETTER|SYLLABLE) (?:SMALL |CAPITAL )?([A-Z]{1,5})")


class Type(Enum):
    """A cut of type: the files that have it, best first."""

    BOLD = ("DejaVuSerif-Bold", "DejaVuSans-Bold", "STIXGeneralBol", "STIXGeneral")
    ITALIC = ("DejaVuSerif-Italic", "DejaVuSans-Oblique", "DejaVuSans", "STIXGeneral")
    PLAIN = ("DejaVuSerif", "DejaVuSans", "STIXGeneral")


class Run(NamedTuple):
    """Characters that stand together in the type of one file."""

    text: str
    file: Path


def drawable(words: str, cut: Type) -> str:
    """The words as they can be drawn, on one line; empty if nothing can be drawn that is read."""
    drawn, marks, lost = "", 0, False
    for character in unicodedata.normalize("NFC", words):
        category = unicodedata.category(character)
        if category in _UNWRITTEN and not character.isspace():
            continue  # and the marks on both sides of it stand on one letter
        marks = marks + 1 if category.startswith("M") else 0
        if character.isspace():
            drawn += " "
        elif marks > MOST_MARKS:
            continue
        elif _file_of(character, cut):
            drawn += character
        elif sound := _spelt(character):
            drawn += sound if drawn.strip() else sound.capitalize()
        else:
            lost = True
    drawn = " ".join(drawn.split())
    return "" if lost and not any(map(str.isalnum, drawn)) else drawn


def length(words: str, cut: Type, size: int = REFERENCE) -> float:
    """How wide drawable words are, in pixels."""
    return sum(_font(run.file, size).getlength(run.text) for run in _runs(words, cut))


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    words: str,
    cut: Type,
    size: int,
    ink: int,
) -> None:
    """Write drawable words around `place`: the middle of their base line."""
    x, y = place
    x -= length(words, cut, size) / 2
    for run in _runs(words, cut):
        font = _font(run.file, size)
        draw.text((x, y), run.text, ink, font, anchor="ls")
        x += font.getlength(run.text)


@lru_cache(1024)
def _runs(words: str, cut: Type) -> tuple[Run, ...]:
    """The words in runs of one file each: a character is of the first file that has it."""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in words):
        for file in _own(cut):  # what is read from the right would be put together from the left
            if all(_draws(file, character) for character in words):
                return (Run(words, file),)
    return tuple(_pieces(words, cut))


def _pieces(words: str, cut: Type) -> Iterator[Run]:
    text, file = "", None
    for character in words:
        joins = character == " " or unicodedata.category(character).startswith("M")
        home = file if joins and file else _file_of(character, cut) or _own(cut)[0]
        if file is not None and home != file:
            yield Run(text, file)
            text = ""
        text, file = text + character, home
    if file is not None:
        yield Run(text, file)


@lru_cache(4096)
def _file_of(character: str, cut: Type) -> Path | None:
    """The first file that draws this character.

    Only letters and digits are looked for in the system: its pictures are coloured ones.
    """
    own = next((file for file in _own(cut) if _draws(file, character)), None)
    if own is not None or unicodedata.category(character)[0] not in "LMN":
        return own
    return next((file for file in _system() if _draws(file, character)), None)


@lru_cache(8192)
def _draws(file: Path, character: str) -> bool:
    """Whether a file has a character: one that it lacks is drawn as its box, or not at all."""
    if character == " ":
        return True
    try:
        font = ImageFont.truetype(str(file), REFERENCE, layout_engine=ImageFont.Layout.BASIC)
        mask, box = (font.getmask(drawn) for drawn in (character, NOBODYS))
    except OSError:  # of one fixed size, or no type after all
        return False
    return mask.getbbox() is not None and (mask.size, bytes(mask)) != (box.size, bytes(box))


def _spelt(character: str) -> str:
    """How a letter sounds that no type has; empty if Unicode does not say."""
    sound = _SOUND.fullmatch(unicodedata.name(character, ""))
    return sound[1].lower() if sound else ""


@cache
def _own(cut: Type) -> tuple[Path, ...]:
    """The files that matplotlib brings. It is found and not imported: that would cost memory."""
    spec = importlib.util.find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("matplotlib is missing, which brings the type; install it")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return tuple(folder / f"{name}.ttf" for name in cut.value)


@cache
def _system() -> tuple[Path, ...]:
    """The files of the system, always in the same order."""
    # Only a character that the type at hand lacks needs it.
    from matplotlib.font_manager import findSystemFonts

    files = sorted(map(Path, findSystemFonts()), key=lambda file: (file.name, file))
    # The last resort draws boxes, by design.
    return tuple(file for file in files if not file.name.startswith("LastResort"))


@lru_cache(64)
def _font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)
