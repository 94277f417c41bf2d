"""A dissection for the terminal: a row for each letter, and beside it what was likeliest there."""

from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.images.dissection import percent, shade, text_color_on
from models.names.capitalization import format_name
from models.names.dissection import Dissection, reading
from models.names.shape import of_a_list
from models.networks.vocabulary import END
from models.weights import ModelCard


def table(dissection: Dissection, card: ModelCard | None = None) -> Table:
    """The table; without a `card`, that of a dinosaur.

    Likelier letters have a brighter ground, and the letter of the name an arrow.
    """
    meaning = reading(dissection.parts)
    title = format_name(card, dissection.name) + (f": “{meaning}”" if meaning else "")
    nearest = ", ".join(format_name(card, name) for name in dissection.nearest)
    nearest_of = "names of its list" if card is not None and of_a_list(card) else "real genera"
    made = Table(title=title, caption=f"nearest {nearest_of}: {nearest}", box=None)
    made.add_column("letter", justify="center")
    made.add_column("likely", justify="right")
    made.add_column("likeliest in its place")
    for choice in dissection.letters:
        cells = [
            _cell(letter, probability, chosen=letter == choice.letter)
            for letter, probability in choice.alternatives
        ]
        own = Text(_spelt(choice.letter), "bold")
        made.add_row(own, percent(choice.probability), Text(" ").join(cells))
    return made


def _cell(letter: str, probability: float, *, chosen: bool) -> Text:
    ground = shade(probability)
    colours = Style.parse(f"rgb{_rgb(text_color_on(ground))} on rgb{_rgb(ground)}")
    return Text(f"{'▸' * chosen:1}{_spelt(letter):^3} {percent(probability):>4} ", colours)


def _rgb(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"({red},{green},{blue})"


def _spelt(letter: str) -> str:
    return "end" if letter == END else letter
