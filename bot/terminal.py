"""Names and verse in the terminal: text or JSON as it is generated, tables of dissections."""

import dataclasses
import json
from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.creatures.labels import meaning
from bot.pictures.canvas import Color, shade, text_color_on
from bot.pictures.dissection import DissectionColumn, letter_column, word_column
from bot.text.formats import percent
from models.names.capitalization import format_name
from models.names.constraints import of_a_list
from models.names.dissection import Dissection, dissect
from models.names.generator import NamesRequest, generate_names
from models.text_generator import Accept
from models.verse.dissection import LineDissection, dissect_line
from models.verse.forms import FORMS
from models.verse.poem import SonnetRequest, begin, extend
from models.weights import ModelCard, Trained


def names(trained: Trained, request: NamesRequest, accept: Accept, as_json: bool) -> Iterator[str]:
    """One line per name, or one JSON object for all."""
    result = generate_names(trained, request, accept)
    reason = str(result.shortfall.sentence) if result.shortfall else None
    if as_json:
        yield json.dumps({"seed": request.seed, "names": result.names, "reason": reason})
        return
    yield from (format_name(trained.card, name) for name in result.names)
    if reason:
        yield f"({reason})"


def poems(
    trained: Trained, request: SonnetRequest, count: int, accept: Accept, as_json: bool
) -> Iterator[str]:
    """The lines of poems with consecutive seeds as they are written, or a JSON object for each."""
    ends = FORMS[request.form].stanza_ends
    for number in range(count):
        seed = request.seed + number
        draft = begin(trained, dataclasses.replace(request, seed=seed))
        shown = 0
        if number and not as_json:
            yield "\n"
        while not draft.finished:
            draft = extend(trained, [draft], accept)[0]
            for line in draft.lines[shown:] if not as_json else ():
                yield "\n" * (shown in ends) + line
                shown += 1
        if as_json:
            poem = {"seed": seed, "lines": draft.lines, "opening_length": draft.opening_length}
            yield json.dumps(poem, ensure_ascii=False)


def dissection(trained: Trained, text: str, accept: Accept, as_json: bool) -> RenderableType:
    """How the letters of a name, or the words of a line, are chosen: a table, or JSON.

    The weights decide which of them the text is.
    """
    if trained.card.task == "names":
        name = dissect(trained, text)
        return json.dumps(dataclasses.asdict(name)) if as_json else name_table(name, trained.card)
    line = dissect_line(trained, text, accept)
    return json.dumps(dataclasses.asdict(line)) if as_json else line_table(line)


def name_table(dissection: Dissection, card: ModelCard | None = None) -> Table:
    """One row per letter, with the most likely letters in its place.

    More likely letters have a brighter background, and the letter of the name has an arrow. card:
    of a custom model; None for the project's names.
    """
    words = meaning(dissection.name, dissection.parts)
    title = format_name(card, dissection.name) + (f": “{words}”" if words else "")
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


def _filled(
    table: Table, what: str, columns: Sequence[DissectionColumn], *, aligned: bool
) -> Table:
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
