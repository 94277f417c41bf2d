"""Dissection picture: how likely each letter or word was, and which others were likely there.

Each letter of a name, or word of a line of verse, is a column: its own cell on top, below it the
five most likely ones in its place. Brighter is more likely, and the one used is boxed. The picture
is twice as large as a chat shows it, to stay crisp.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.creatures.labels import meaning
from bot.pictures.canvas import GAP, MARGIN, MUTED, TEXT, Canvas, shade
from bot.pictures.text import FontStyle, drawable_text
from bot.text.formats import odds, percent, shortened
from bot.text.technical import technical
from bot.text.written import already_filtered
from data.phrases import NOTHING, Phrase, Showable
from models.names.dissection import Dissection, LetterChoice
from models.networks.vocabulary import END
from models.verse.dissection import LineDissection, WordChoice

WIDTH = 800
MAX_COLUMNS, MAX_WORD_COLUMNS = 10, 6
"""Letters, and words, in a row. More would be too small to read on a phone."""
MAX_COLUMN_WIDTH, MAX_WORD_COLUMN_WIDTH = 125, 150

TITLE_SIZE, MEANING_SIZE, PERCENT_SIZE, ALTERNATIVE_SIZE = 52, 28, 22, 30
LETTER_SIZE, WORD_SIZE = 50, 32
"""Font sizes in pixels."""
LONGEST_MEANING = 60
"""Characters; a longer meaning is cut, or its type would be too small."""
HEAD_HEIGHT, CELL_HEIGHT = 100, 40
"""Heights of a column's cell of the letter or word used, and of an alternative below it."""

NO_FONT_NAME = technical("Name in letters without a font")
"""Title if no letter can be drawn; the reply shows the name or line as text."""


@dataclass(frozen=True)
class DissectionColumn:
    """A letter or word with the most likely ones in its place."""

    token: Showable
    probability: float
    """0 to 1: the shade."""
    label: Showable
    """The probability as text."""
    alternatives: tuple[tuple[Showable, float], ...]


def picture(dissection: Dissection, name: Showable) -> str:
    """The picture of a name in SVG, `WIDTH` pixels wide.

    name: as displayed.
    """
    columns = [letter_column(choice) for choice in dissection.letters]
    subtitle = meaning(dissection.name, dissection.parts)
    return _drawn(name, subtitle, rows_of(columns, MAX_COLUMNS), LETTER_SIZE, MAX_COLUMN_WIDTH)


def line_picture(dissection: LineDissection) -> str:
    """The picture of a line of verse in SVG, `WIDTH` pixels wide."""
    columns = [word_column(choice) for choice in dissection.words]
    rows = rows_of(columns, MAX_WORD_COLUMNS)
    return _drawn(
        already_filtered(dissection.line), NOTHING, rows, WORD_SIZE, MAX_WORD_COLUMN_WIDTH
    )


def rows_of(columns: Sequence[DissectionColumn], longest: int) -> list[Sequence[DissectionColumn]]:
    """Columns in rows of about equal length, at most `longest`, the longest row first."""
    rows = math.ceil(len(columns) / longest)
    length = math.ceil(len(columns) / rows)
    return [columns[i : i + length] for i in range(0, len(columns), length)]


def letter_column(choice: LetterChoice) -> DissectionColumn:
    """A column of a name."""
    return _column(choice.letter, choice, percent, technical("end"))


def word_column(choice: WordChoice) -> DissectionColumn:
    """A column of a line. *End* is a word, too, so the end has parentheses."""
    return _column(choice.token, choice, odds, technical("(end)"))


def _column(
    token: str,
    choice: LetterChoice | WordChoice,
    label: Callable[[float], Showable],
    end: Showable,
) -> DissectionColumn:
    def shown(token: str) -> Showable:
        return end if token == END else already_filtered(token)

    probability = choice.probability
    return DissectionColumn(
        shown(token),
        probability or 0.0,
        technical("unknown") if probability is None else label(probability),
        tuple((shown(other), p) for other, p in choice.alternatives),
    )


def _drawn(
    title: Showable,
    subtitle: Showable,
    rows: Sequence[Sequence[DissectionColumn]],
    token_size: int,
    max_width: int,
) -> str:
    """A title above rows of columns."""
    top = MARGIN + TITLE_SIZE + (MEANING_SIZE + 24 if subtitle else 0) + 28
    alternatives = max(len(column.alternatives) for row in rows for column in row)
    height = HEAD_HEIGHT + GAP + alternatives * (CELL_HEIGHT + GAP)
    canvas = Canvas(WIDTH, top + len(rows) * (height + MARGIN))
    _draw_title(canvas, title, subtitle)
    width = min((WIDTH - 2 * MARGIN + GAP) // len(rows[0]), max_width)
    for number, row in enumerate(rows):
        for position, column in enumerate(row):
            corner = MARGIN + position * width, top + number * (height + MARGIN)
            _draw_column(canvas, corner, width - GAP, column, token_size)
    return canvas.svg()


def _draw_title(canvas: Canvas, title: Showable, subtitle: Showable) -> None:
    style, width = FontStyle.SANS_BOLD, WIDTH - 2 * MARGIN
    shown = title if drawable_text(title, style) else NO_FONT_NAME
    canvas.write(
        (MARGIN, MARGIN + 0.8 * TITLE_SIZE), shown, TITLE_SIZE, TEXT, width=width, style=style
    )
    if drawable_text(subtitle, FontStyle.SANS):
        below = MARGIN + TITLE_SIZE + 16 + 0.8 * MEANING_SIZE
        quoted = Phrase("“{meaning}”").format(meaning=shortened(subtitle, LONGEST_MEANING))
        canvas.write((MARGIN, below), quoted, MEANING_SIZE, MUTED, width=width)


def _draw_column(
    canvas: Canvas, corner: tuple[int, int], width: int, column: DissectionColumn, token_size: int
) -> None:
    """Draw a letter or word with its probability, and its alternatives below."""
    left, top = corner
    right = left + width
    background = shade(column.probability)
    canvas.cell((left, top, right, top + HEAD_HEIGHT), background)
    for words, size, share in ((column.token, token_size, 0.8), (column.label, PERCENT_SIZE, 1.64)):
        box = (left, top, right, top + round(share * HEAD_HEIGHT))
        canvas.write_on(background, box, words, size, margin=8)
    top += HEAD_HEIGHT + GAP
    for alternative, probability in column.alternatives:
        background, box = shade(probability), (left, top, right, top + CELL_HEIGHT)
        canvas.cell(box, background, framed=alternative == column.token)
        canvas.write_on(background, box, alternative, ALTERNATIVE_SIZE, margin=8)
        top += CELL_HEIGHT + GAP
