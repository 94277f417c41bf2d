"""Dissection picture: how likely each letter or word was, and which others were likely there.

Each letter of a name, or word of a line of verse, is a column: its own cell on top, below it the
five most likely ones in its place. Brighter is more likely, and the one used is boxed. The picture
is twice as large as a chat shows it, to stay crisp, and has its own dark background to suit light
and dark themes.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image, ImageDraw

from bot.formats import odds, percent, shortened
from bot.pictures.text import FontStyle, draw_text, drawable_text, fitting_size
from models.names.capitalization import Capitals, format_name
from models.names.dissection import Dissection, LetterChoice, reading
from models.networks.vocabulary import END
from models.verse.dissection import LineDissection, WordChoice

WIDTH = 800
MARGIN = 28
MAX_COLUMNS, MAX_WORD_COLUMNS = 10, 6
"""Letters, and words, in a row. More would be too small to read on a phone."""
MAX_COLUMN_WIDTH, MAX_WORD_COLUMN_WIDTH = 125, 150
GAP = 6

TITLE_SIZE, MEANING_SIZE, PERCENT_SIZE, ALTERNATIVE_SIZE = 52, 28, 22, 30
LETTER_SIZE, WORD_SIZE = 50, 32
"""Font sizes in pixels."""
LONGEST_MEANING = 60
"""Characters; a longer meaning is cut, or its type would be too small."""
HEAD_HEIGHT, CELL_HEIGHT = 100, 40
"""Heights of a column's cell of the letter or word used, and of an alternative below it."""

NO_FONT_NAME = "Name in letters without a font"
"""Title if no letter can be drawn; the reply shows the name or line as text."""

Color = tuple[int, int, int]
BACKGROUND: Color = (0x1E, 0x1F, 0x22)
UNLIKELY: Color = (0x2F, 0x32, 0x38)
LIKELY: Color = (0x74, 0xE0, 0xA2)
CHOSEN: Color = (0xFF, 0xA0, 0x3A)
TEXT: Color = (0xF2, 0xF3, 0xF5)
MUTED: Color = (0xB5, 0xBA, 0xC1)
TEXT_COLORS: tuple[Color, Color] = ((0xFF, 0xFF, 0xFF), (0, 0, 0))
"""On any background, one of the two has a contrast of at least 4.58."""


@dataclass(frozen=True)
class Column:
    """A letter or word with the most likely ones in its place."""

    token: str
    probability: float
    """0 to 1: the shade."""
    label: str
    """The probability as text."""
    alternatives: tuple[tuple[str, float], ...]


def picture(dissection: Dissection, capitals: Capitals | None = None) -> bytes:
    """The picture of a name as a PNG, `WIDTH` pixels wide.

    capitals: how the custom model's list capitalizes names; None for the project's names.
    """
    rows = rows_of(tuple(map(letter_column, dissection.letters)), MAX_COLUMNS)
    title = format_name(capitals, dissection.name)
    subtitle = reading(dissection.parts)
    return _drawn(title, subtitle, rows, LETTER_SIZE, MAX_COLUMN_WIDTH)


def line_picture(dissection: LineDissection) -> bytes:
    """The picture of a line of verse as a PNG, `WIDTH` pixels wide."""
    rows = rows_of(tuple(map(word_column, dissection.words)), MAX_WORD_COLUMNS)
    return _drawn(dissection.line, None, rows, WORD_SIZE, MAX_WORD_COLUMN_WIDTH)


T = TypeVar("T")


def rows_of(columns: tuple[T, ...], longest: int) -> list[tuple[T, ...]]:
    """Columns in rows of about equal length, at most `longest`, the longest row first."""
    rows = math.ceil(len(columns) / longest)
    length = math.ceil(len(columns) / rows)
    return [columns[i : i + length] for i in range(0, len(columns), length)]


def shade(probability: float) -> Color:
    """Background color for a probability, by its square root: so 1% and 5% differ from 0%."""
    share = math.sqrt(probability)
    red, green, blue = (
        round(low + (high - low) * share) for low, high in zip(UNLIKELY, LIKELY, strict=True)
    )
    return red, green, blue


def contrast(one: Color, other: Color) -> float:
    """Contrast ratio of two colors, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, brighter = sorted((_luminance(one), _luminance(other)))
    return (brighter + 0.05) / (darker + 0.05)


def text_color_on(background: Color) -> Color:
    """White or black, whichever has more contrast with the background."""
    return max(TEXT_COLORS, key=lambda color: contrast(color, background))


def _luminance(color: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = (part / 255 for part in color)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def letter_column(choice: LetterChoice) -> Column:
    """A column of a name."""
    return _column(choice.letter, choice.probability, percent, choice.alternatives, "end")


def word_column(choice: WordChoice) -> Column:
    """A column of a line. *End* is a word, too, so the end has parentheses."""
    return _column(choice.token, choice.probability, odds, choice.alternatives, "(end)")


def _column(
    token: str,
    probability: float | None,
    label: Callable[[float], str],
    alternatives: Sequence[tuple[str, float]],
    end: str,
) -> Column:
    def displayed(token: str) -> str:
        return end if token == END else token

    return Column(
        displayed(token),
        probability or 0.0,
        "unknown" if probability is None else label(probability),
        tuple((displayed(other), p) for other, p in alternatives),
    )


def _drawn(
    title: str,
    subtitle: str | None,
    rows: Sequence[Sequence[Column]],
    token_size: int,
    max_width: int,
) -> bytes:
    """A PNG of a title above rows of columns."""
    top = MARGIN + TITLE_SIZE + (MEANING_SIZE + 24 if subtitle else 0) + 28
    alternatives = max(len(column.alternatives) for row in rows for column in row)
    height = HEAD_HEIGHT + GAP + alternatives * (CELL_HEIGHT + GAP)
    image = Image.new("RGB", (WIDTH, top + len(rows) * (height + MARGIN)), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _draw_title(draw, title, subtitle)
    width = min((WIDTH - 2 * MARGIN + GAP) // len(rows[0]), max_width)
    for number, row in enumerate(rows):
        for position, column in enumerate(row):
            corner = MARGIN + position * width, top + number * (height + MARGIN)
            _draw_column(draw, corner, width - GAP, column, token_size)
    png = io.BytesIO()
    image.save(png, format="png")
    return png.getvalue()


def _draw_title(draw: ImageDraw.ImageDraw, title: str, subtitle: str | None) -> None:
    title = drawable_text(title, FontStyle.SANS) or NO_FONT_NAME
    baseline = MARGIN + 0.8 * TITLE_SIZE
    size = fitting_size(title, FontStyle.SANS, TITLE_SIZE, WIDTH - 2 * MARGIN)
    draw_text(
        draw, (MARGIN, baseline), title, FontStyle.SANS, size, TEXT, align="left", stroke_width=1
    )
    if drawable := drawable_text(shortened(subtitle or "", LONGEST_MEANING), FontStyle.SANS):
        quoted = f"“{drawable}”"
        size = fitting_size(quoted, FontStyle.SANS, MEANING_SIZE, WIDTH - 2 * MARGIN)
        below = MARGIN + TITLE_SIZE + 16 + 0.8 * MEANING_SIZE
        draw_text(draw, (MARGIN, below), quoted, FontStyle.SANS, size, MUTED, align="left")


def _draw_column(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    width: int,
    column: Column,
    token_size: int,
) -> None:
    """Draw a letter or word with its probability, and its alternatives below."""
    left, top = corner
    background = shade(column.probability)
    draw_cell(draw, (left, top, left + width, top + HEAD_HEIGHT), background)
    center = left + width / 2
    token, label = (center, top + 0.4 * HEAD_HEIGHT), (center, top + 0.82 * HEAD_HEIGHT)
    _write(draw, token, column.token, token_size, background, width)
    _write(draw, label, column.label, PERCENT_SIZE, background, width)
    top += HEAD_HEIGHT + GAP
    for alternative, probability in column.alternatives:
        background = shade(probability)
        box = (left, top, left + width, top + CELL_HEIGHT)
        draw_cell(draw, box, background, framed=alternative == column.token)
        middle = (center, top + CELL_HEIGHT / 2)
        _write(draw, middle, alternative, ALTERNATIVE_SIZE, background, width)
        top += CELL_HEIGHT + GAP


def draw_cell(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    background: Color,
    *,
    framed: bool = False,
) -> None:
    left, top, right, bottom = box
    # A dark line inside the box separates it from any shade.
    layers = ((CHOSEN, 0), (BACKGROUND, 4), (background, 6)) if framed else ((background, 0),)
    for color, inset in layers:
        inner = (left + inset, top + inset, right - inset, bottom - inset)
        draw.rounded_rectangle(inner, 8 - inset, color)


def _write(
    draw: ImageDraw.ImageDraw,
    center: tuple[float, float],
    token: str,
    size: int,
    background: Color,
    cell_width: int,
) -> None:
    """Draw a letter or word; nothing if no font has it."""
    drawable = drawable_text(token, FontStyle.SANS)
    size = fitting_size(drawable, FontStyle.SANS, size, cell_width - 16)
    x, y = center
    baseline = y + 0.33 * size  # half of a capital's height, so letters share one baseline
    draw_text(draw, (x, baseline), drawable, FontStyle.SANS, size, text_color_on(background))
