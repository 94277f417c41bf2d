"""Dissection picture: how likely each letter of a name was, and which others were likely there.

Each letter of the name is a column: its own cell on top, below it the five most likely letters in
its place. Brighter is more likely, and the letter used is boxed. The picture is twice as large as
a chat shows it, to stay crisp, and has its own dark background to suit light and dark themes.
"""

import io
import math

from PIL import Image, ImageDraw

from bot.formats import shortened
from bot.images.text import FontStyle, draw_text, drawable_text, text_width
from models.names.capitalization import Capitals, format_name
from models.names.dissection import Dissection, LetterChoice, reading
from models.networks.vocabulary import END

WIDTH = 800
MARGIN = 28
MAX_COLUMNS = 10
"""Letters in a row. More would be too small to read on a phone."""
MAX_COLUMN_WIDTH = 125
GAP = 6

NAME_SIZE, MEANING_SIZE, LETTER_SIZE, PERCENT_SIZE, ALTERNATIVE_SIZE = 52, 28, 50, 22, 30
"""Font sizes in pixels."""
LONGEST_MEANING = 60
"""Characters; a longer meaning is cut, or its type would be too small."""
HEAD_HEIGHT, CELL_HEIGHT = 100, 40
"""Heights of the cell of the name's letter, and of an alternative below it."""

NO_FONT_NAME = "Name in letters without a font"
"""Title if no letter of the name can be drawn; the reply shows the name as text."""

Color = tuple[int, int, int]
BACKGROUND: Color = (0x1E, 0x1F, 0x22)
UNLIKELY: Color = (0x2F, 0x32, 0x38)
LIKELY: Color = (0x74, 0xE0, 0xA2)
CHOSEN: Color = (0xFF, 0xA0, 0x3A)
TEXT: Color = (0xF2, 0xF3, 0xF5)
MUTED: Color = (0xB5, 0xBA, 0xC1)
TEXT_COLORS: tuple[Color, Color] = ((0xFF, 0xFF, 0xFF), (0, 0, 0))
"""On any background, one of the two has a contrast of at least 4.58."""


def picture(dissection: Dissection, capitals: Capitals | None = None) -> bytes:
    """The picture as a PNG, `WIDTH` pixels wide.

    capitals: how the custom model's list capitalizes names; None for the project's names.
    """
    rows = rows_of(dissection.letters)
    meaning = reading(dissection.parts)
    top = MARGIN + NAME_SIZE + (MEANING_SIZE + 24 if meaning else 0) + 28
    alternatives = max(len(choice.alternatives) for choice in dissection.letters)
    height = HEAD_HEIGHT + GAP + alternatives * (CELL_HEIGHT + GAP)
    image = Image.new("RGB", (WIDTH, top + len(rows) * (height + MARGIN)), BACKGROUND)
    draw = ImageDraw.Draw(image)
    _draw_title(draw, format_name(capitals, dissection.name), meaning)
    width = min((WIDTH - 2 * MARGIN + GAP) // len(rows[0]), MAX_COLUMN_WIDTH)
    for row, choices in enumerate(rows):
        for column, choice in enumerate(choices):
            corner = MARGIN + column * width, top + row * (height + MARGIN)
            _draw_column(draw, corner, width - GAP, choice)
    png = io.BytesIO()
    image.save(png, format="png")
    return png.getvalue()


def rows_of(letters: tuple[LetterChoice, ...]) -> list[tuple[LetterChoice, ...]]:
    """The letters in rows of about equal length, the longest first."""
    rows = math.ceil(len(letters) / MAX_COLUMNS)
    length = math.ceil(len(letters) / rows)
    return [letters[i : i + length] for i in range(0, len(letters), length)]


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


def percent(probability: float) -> str:
    """A probability as text: `47%`, and `<1%` instead of `0%`."""
    return f"{probability:.0%}" if probability >= 0.005 else "<1%"


def _luminance(color: Color) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    shares = (part / 255 for part in color)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _draw_title(draw: ImageDraw.ImageDraw, name: str, meaning: str | None) -> None:
    title = drawable_text(name, FontStyle.SANS) or NO_FONT_NAME
    baseline = MARGIN + 0.8 * NAME_SIZE
    size = _fitting_size(title, NAME_SIZE, WIDTH - 2 * MARGIN)
    draw_text(
        draw, (MARGIN, baseline), title, FontStyle.SANS, size, TEXT, align="left", stroke_width=1
    )
    if drawable := drawable_text(shortened(meaning or "", LONGEST_MEANING), FontStyle.SANS):
        quoted = f"“{drawable}”"
        size = _fitting_size(quoted, MEANING_SIZE, WIDTH - 2 * MARGIN)
        below = MARGIN + NAME_SIZE + 16 + 0.8 * MEANING_SIZE
        draw_text(draw, (MARGIN, below), quoted, FontStyle.SANS, size, MUTED, align="left")


def _draw_column(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], width: int, choice: LetterChoice
) -> None:
    """Draw a letter with its probability, and its alternatives below."""
    left, top = corner
    background = shade(choice.probability)
    _draw_cell(draw, (left, top, left + width, top + HEAD_HEIGHT), background)
    center = left + width / 2
    share = percent(choice.probability)
    _write(draw, (center, top + 0.4 * HEAD_HEIGHT), choice.letter, LETTER_SIZE, background, width)
    _write(draw, (center, top + 0.82 * HEAD_HEIGHT), share, PERCENT_SIZE, background, width)
    top += HEAD_HEIGHT + GAP
    for letter, probability in choice.alternatives:
        background = shade(probability)
        box = (left, top, left + width, top + CELL_HEIGHT)
        _draw_cell(draw, box, background, boxed=letter == choice.letter)
        middle = (center, top + CELL_HEIGHT / 2)
        _write(draw, middle, letter, ALTERNATIVE_SIZE, background, width)
        top += CELL_HEIGHT + GAP


def _draw_cell(
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    background: Color,
    *,
    boxed: bool = False,
) -> None:
    left, top, right, bottom = box
    # A dark line inside the box separates it from any shade.
    layers = ((CHOSEN, 0), (BACKGROUND, 4), (background, 6)) if boxed else ((background, 0),)
    for color, inset in layers:
        inner = (left + inset, top + inset, right - inset, bottom - inset)
        draw.rounded_rectangle(inner, 8 - inset, color)


def _write(
    draw: ImageDraw.ImageDraw,
    center: tuple[float, float],
    letter: str,
    size: int,
    background: Color,
    cell_width: int,
) -> None:
    """Draw a letter, or `end` for the end of the name; nothing if no font has the letter."""
    drawable = drawable_text("end" if letter == END else letter, FontStyle.SANS)
    size = _fitting_size(drawable, size, cell_width - 16)
    x, y = center
    baseline = y + 0.33 * size  # half of a capital's height, so letters share one baseline
    draw_text(draw, (x, baseline), drawable, FontStyle.SANS, size, text_color_on(background))


def _fitting_size(text: str, size: int, width: int) -> int:
    """The font size, smaller if the text would be wider than `width` pixels."""
    needed = text_width(text, FontStyle.SANS, size)
    return size if needed <= width else max(1, int(size * width / needed))
