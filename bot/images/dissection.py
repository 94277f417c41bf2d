"""A picture of how the network chose each letter of a name.

The letters stand side by side, each above the five that were likeliest in its place: the brighter,
the likelier, and the chosen one in a frame. The picture is drawn at twice the size at which a chat
shows it, so that it is crisp; it brings its own dark ground, so that any theme may lie around it.
"""

import io
import math
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from bot.formats import shortened
from models.names.capitalization import Capitals, format_name
from models.names.dissection import Dissection, LetterChoice, reading
from models.networks.vocabulary import END

WIDTH = 800
MARGIN = 28
MOST_COLUMNS = 10
"""Letters in a row. More would be too small to be read on a phone."""
WIDEST_COLUMN = 125
GAP = 6

NAME, READING, LETTER, SHARE, ALTERNATIVE = 56, 32, 54, 24, 32
"""Sizes of type, in pixels."""
LONGEST_READING = 60
"""Characters; what is longer would be too small."""
HEAD, CELL = 100, 40
"""Heights of the cell of a chosen letter, and of one beneath it."""

Colour = tuple[int, int, int]
GROUND: Colour = (0x1E, 0x1F, 0x22)
UNLIKELY: Colour = (0x2F, 0x32, 0x38)
LIKELY: Colour = (0x74, 0xE0, 0xA2)
CHOSEN: Colour = (0xFF, 0xA0, 0x3A)
TEXT: Colour = (0xF2, 0xF3, 0xF5)
MUTED: Colour = (0xB5, 0xBA, 0xC1)
INKS: tuple[Colour, Colour] = ((0xFF, 0xFF, 0xFF), (0, 0, 0))
"""On whatever ground, one of the two has a contrast of at least 4.58."""


def picture(dissection: Dissection, card: Capitals | None = None) -> bytes:
    """The picture as a PNG, `WIDTH` pixels wide. `card` knows how its name is written."""
    rows = rows_of(dissection.letters)
    meaning = reading(dissection.parts)
    top = MARGIN + NAME + (READING + 20 if meaning else 0) + 24
    height = HEAD + GAP + _depth(dissection) * (CELL + GAP)
    image = Image.new("RGB", (WIDTH, top + len(rows) * (height + MARGIN)), GROUND)
    draw = ImageDraw.Draw(image)
    _title(draw, format_name(card, dissection.name), meaning)
    width = min((WIDTH - 2 * MARGIN + GAP) // len(rows[0]), WIDEST_COLUMN)
    for row, choices in enumerate(rows):
        for column, choice in enumerate(choices):
            corner = MARGIN + column * width, top + row * (height + MARGIN)
            _column(draw, corner, width - GAP, choice)
    png = io.BytesIO()
    image.save(png, format="png")
    return png.getvalue()


def rows_of(letters: tuple[LetterChoice, ...]) -> list[tuple[LetterChoice, ...]]:
    """The letters in rows of about equal length, the longest first."""
    rows = math.ceil(len(letters) / MOST_COLUMNS)
    length = math.ceil(len(letters) / rows)
    return [letters[i : i + length] for i in range(0, len(letters), length)]


def shade(probability: float) -> Colour:
    """The colour of a probability: its root, so that 1% and 5% can be told from nothing."""
    share = math.sqrt(probability)
    low, high = UNLIKELY, LIKELY
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, brighter = sorted((_luminance(one), _luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def ink_on(ground: Colour) -> Colour:
    """Black or white, whichever is easier to read there."""
    return max(INKS, key=lambda ink: contrast(ink, ground))


def percent(probability: float) -> str:
    """A probability as it is written: `47%`, and never `0%` of what can be drawn."""
    return f"{probability:.0%}" if probability >= 0.005 else "<1%"


def _luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = (part / 255 for part in colour)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _depth(dissection: Dissection) -> int:
    return max(len(choice.alternatives) for choice in dissection.letters)


def _title(draw: ImageDraw.ImageDraw, name: str, meaning: str | None) -> None:
    room = WIDTH - 2 * MARGIN
    draw.text((MARGIN, MARGIN), name, TEXT, _fitting(name, NAME, room), stroke_width=1)
    if meaning:
        words = f"“{shortened(meaning, LONGEST_READING)}”"
        place = MARGIN, MARGIN + NAME + 16
        draw.text(place, words, MUTED, _fitting(words, READING, room))


def _column(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], width: int, choice: LetterChoice
) -> None:
    """One letter in its cell, with its probability, and below it what was likeliest there."""
    left, top = corner
    ground = shade(choice.probability)
    _cell(draw, (left, top, left + width, top + HEAD), ground)
    middle = left + width / 2
    _write(draw, (middle, top + 0.4 * HEAD), choice.letter, LETTER, ground, width)
    _write(draw, (middle, top + 0.82 * HEAD), percent(choice.probability), SHARE, ground, width)
    top += HEAD + GAP
    for letter, probability in choice.alternatives:
        ground = shade(probability)
        box = (left, top, left + width, top + CELL)
        _cell(draw, box, ground, framed=letter == choice.letter)
        _write(draw, (middle, top + CELL / 2), letter, ALTERNATIVE, ground, width)
        top += CELL + GAP


def _cell(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    ground: Colour,
    *,
    framed: bool = False,
) -> None:
    left, top, right, bottom = box
    # A dark line within the frame parts it from any shade.
    layers = ((CHOSEN, 0), (GROUND, 4), (ground, 6)) if framed else ((ground, 0),)
    for colour, inset in layers:
        inner = (left + inset, top + inset, right - inset, bottom - inset)
        draw.rounded_rectangle(inner, 8 - inset, colour)


def _write(
    draw: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    letter: str,
    size: int,
    ground: Colour,
    room: int,
) -> None:
    """Write a letter, or `end`, around a point."""
    words = "end" if letter == END else letter
    font = _fitting(words, size, room - 16)
    x, y = middle
    baseline = y + 0.29 * font.size  # so that letters stand on one line, whatever hangs below it
    draw.text((x, baseline), words, ink_on(ground), font, anchor="ms")


def _fitting(words: str, size: int, room: int) -> ImageFont.FreeTypeFont:
    """Type of this size, or smaller so that the words fit into so many pixels."""
    width = _font(size).getlength(words)
    return _font(size if width <= room else max(1, int(size * room / width)))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow draws no scalable type; install one from PyPI")
    return font
