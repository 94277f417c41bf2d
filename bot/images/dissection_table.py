"""Dissection of a name, or of a line of verse, as a table for the terminal."""

from collections.abc import Sequence

from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.formats import percent
from bot.images.dissection import (
    Color,
    Column,
    letter_column,
    shade,
    text_color_on,
    word_column,
)
from models.names.capitalization import format_name
from models.names.constraints import of_a_list
from models.names.dissection import Dissection, reading
from models.verse.dissection import LineDissection
from models.weights import ModelCard


def table(dissection: Dissection, card: ModelCard | None = None) -> Table:
    """One row per letter, with the most likely letters in its place.

    More likely letters have a brighter background, and the letter of the name has an arrow. card:
    of a custom model; None for the project's names.
    """
    meaning = reading(dissection.parts)
    title = format_name(card, dissection.name) + (f": “{meaning}”" if meaning else "")
    nearest = ", ".join(format_name(card, name) for name in dissection.nearest)
    source = "names of the list" if card is not None and of_a_list(card) else "real genera"
    rows = Table(title=title, caption=f"nearest {source}: {nearest}", box=None)
    columns = [letter_column(choice) for choice in dissection.letters]
    return _filled(rows, "letter", columns, aligned=True)


def line_table(dissection: LineDissection) -> Table:
    """One row per word and mark of a line, with the most likely ones in its place."""
    rows = Table(
        title=dissection.line,
        caption="read as the first line of a poem, by the network over words",
        box=None,
    )
    columns = [word_column(choice) for choice in dissection.words]
    return _filled(rows, "word", columns, aligned=False)


def _filled(table: Table, what: str, columns: Sequence[Column], *, aligned: bool) -> Table:
    """The table with one row for each column of the picture.

    aligned: whether all alternatives get the same width; words would not fit a terminal then.
    """
    table.add_column(what, justify="center")
    table.add_column("probability", justify="right")
    table.add_column("most likely in its place")
    for column in columns:
        cells = []
        for token, probability in column.alternatives:
            share = percent(probability)
            words = f"{token:^3} {share:>4} " if aligned else f"{token} {share} "
            cells.append(_cell(words, probability, chosen=token == column.token))
        table.add_row(Text(column.token, "bold"), column.label, Text(" ").join(cells))
    return table


def _cell(words: str, probability: float, *, chosen: bool) -> Text:
    background = shade(probability)
    style = Style.parse(f"rgb{_rgb(text_color_on(background))} on rgb{_rgb(background)}")
    return Text(f"{'▸' * chosen:1}{words}", style)


def _rgb(color: Color) -> str:
    red, green, blue = color
    return f"({red},{green},{blue})"
