"""Dissection of a name as a table for the terminal."""

from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.images.dissection import Color, percent, shade, text_color_on
from models.names.capitalization import format_name
from models.names.constrained.shape import of_a_list
from models.names.dissection import Dissection, reading
from models.networks.vocabulary import END
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
    rows.add_column("letter", justify="center")
    rows.add_column("probability", justify="right")
    rows.add_column("most likely in its place")
    for choice in dissection.letters:
        cells = [
            _cell(letter, probability, chosen=letter == choice.letter)
            for letter, probability in choice.alternatives
        ]
        letter = Text(_displayed(choice.letter), "bold")
        rows.add_row(letter, percent(choice.probability), Text(" ").join(cells))
    return rows


def _cell(letter: str, probability: float, *, chosen: bool) -> Text:
    background = shade(probability)
    style = Style.parse(f"rgb{_rgb(text_color_on(background))} on rgb{_rgb(background)}")
    return Text(f"{'▸' * chosen:1}{_displayed(letter):^3} {percent(probability):>4} ", style)


def _rgb(color: Color) -> str:
    red, green, blue = color
    return f"({red},{green},{blue})"


def _displayed(letter: str) -> str:
    return "end" if letter == END else letter
