"""`/dissect`: how the network would choose each letter of a name, as a picture and in words."""

import asyncio
import math
import re
from collections.abc import Iterator, Sequence

from bot.commands.interfaces import TextGenerator
from bot.commands.message import (
    Button,
    Embed,
    File,
    Message,
    Text,
    Tone,
    UserError,
    emphasis,
    strong,
    text,
)
from bot.commands.name import Namer, card_state, fits
from bot.commands.name import more as more_of
from bot.commands.names import NamesOptions, more
from bot.formats import human_join, shortened
from bot.images.dissection import percent, picture
from bot.services.word_filter import WordFilter
from data.text import clean_name
from models.names.capitalization import format_name
from models.names.dissection import Dissection, LetterChoice, reading
from models.names.etymology import Part
from models.names.shape import of_a_list
from models.networks.vocabulary import END
from models.weights import ModelCard

ACTION = "dissect"
PICTURE = "dissection.png"

_OF_A_NAMER = re.compile(r"#(\d{1,18}):(.*)")
_LONGEST_DESCRIPTION = 1024
"""Characters that platforms take as the description of a picture."""
_MOST_OF_IT = 0.7
"""Share of its letters that a name's meaning must explain."""
_USUAL = 0.4
"""How far from the usual surprise one is still usual, in nats per letter."""


def check(name: str, words: WordFilter) -> None:
    """Raise `UserError` for a name that is not fit to be shown."""
    if not (words.allows(name) and words.allows(clean_name(name))):
        raise UserError("I would rather not dissect that; try another name.")


def chosen(state: str) -> tuple[int | None, str]:
    """What a button's state says: the number of the namer, if it is one's, and the name."""
    match = _OF_A_NAMER.fullmatch(state)
    return (int(match[1]), match[2]) if match else (None, state)


async def answer(name: str, writer: TextGenerator, namer: Namer | None = None) -> Message:
    """Dissect a dinosaur's name, or one of a namer. Raises what `TextGenerator.dissect` raises."""
    dissection = await writer.dissect(name, namer.trained if namer else None)
    card = namer.trained.card if namer else writer.cards["names"]
    png = await asyncio.to_thread(picture, dissection, card)
    return reply(dissection, png, _usual_surprise(card), card, namer)


def reply(
    dissection: Dissection,
    png: bytes,
    usual: float | None,
    card: ModelCard | None = None,
    namer: Namer | None = None,
) -> Message:
    """What the answer says. `usual` is the mean surprise at real names, in nats per letter.

    Without a `card`, of a dinosaur.
    """
    listed = card is not None and of_a_list(card)
    nearest = human_join([format_name(card, name) for name in dissection.nearest])
    lines = [
        *_reading(dissection),
        text("Nearest on its list: " if listed else "Nearest real genera: ", nearest, "."),
        text(_surprise(dissection, usual, "name of the list" if listed else "dinosaur")),
        text(emphasis("The brighter, the likelier; the letter of the name is framed.")),
    ]
    return Message(
        embeds=(
            Embed(
                title=f"🔬 {format_name(card, dissection.name)}",
                lines=tuple(lines),
                tone=Tone.NAMES,
                image=PICTURE,
            ),
        ),
        buttons=tuple(_more_like(dissection, card, namer)),
        files=(File(PICTURE, png, description(dissection, card)),),
    )


def question(names: Sequence[str], custom_model_id: int | None = None) -> Message:
    """Ask which of the names of a card is meant, of dinosaurs or of a namer's."""
    if custom_model_id is None:
        buttons = tuple(Button(name.capitalize(), ACTION, clean_name(name)) for name in names)
    else:
        states = {name: f"{card_state(custom_model_id)}{name}" for name in names}
        buttons = tuple(Button(n, ACTION, s) for n, s in states.items() if fits(ACTION, s))
    return Message(content=text("Which one shall I dissect?"), buttons=buttons, private=True)


def description(dissection: Dissection, card: ModelCard | None = None) -> str:
    """The picture in words, for whoever cannot see it."""
    letters = "; ".join(map(_choice, dissection.letters))
    words = f"How likely each letter of {format_name(card, dissection.name)} was: {letters}."
    return shortened(words, _LONGEST_DESCRIPTION)


def mean_surprise(dissection: Dissection) -> float:
    """Mean −ln p of the letters, the end among them, in nats."""
    total = sum(-math.log(max(choice.probability, 1e-12)) for choice in dissection.letters)
    return total / len(dissection.letters)


def _choice(choice: LetterChoice) -> str:
    """`m 5%, rather a 9%`."""
    own = f"{_spelt(choice.letter)} {percent(choice.probability)}"
    likeliest, probability = choice.alternatives[0]
    if likeliest == choice.letter:
        return own
    return f"{own}, rather {_spelt(likeliest)} {percent(probability)}"


def _spelt(letter: str) -> str:
    return "its end" if letter == END else letter


def _reading(dissection: Dissection) -> Iterator[Text]:
    """What the name may mean, and why."""
    parts = dissection.parts
    meaning = reading(parts)
    if meaning is None:
        return
    read = sum(len(part.letters) for part in parts)
    what = "It" if read >= _MOST_OF_IT * len(dissection.name) else "Some of it"
    yield text(f"{what} may mean ", strong(meaning), f": {human_join([*map(_origin, parts)])}.")


def _origin(part: Part) -> str:
    """`odon (Greek odous: tooth)`; what means itself is told once."""
    source = part.language if part.root == part.meaning else f"{part.language} {part.root}"
    return f"{part.letters} ({source}: {part.meaning})"


def _surprise(dissection: Dissection, usual: float | None, real: str) -> str:
    surprise = mean_surprise(dissection)
    if dissection.name in dissection.nearest:
        return f"It is a real one that I know: {surprise:.2f} nats of surprise a letter."
    if usual is None:
        return f"My surprise at it: {surprise:.2f} nats a letter."
    if surprise > usual + _USUAL:
        how = f"It surprises me more than a real {real} would"
    elif surprise < usual - _USUAL:
        how = f"It surprises me less than a real {real} would"
    else:
        how = f"It surprises me as much as a real {real} would"
    return f"{how}: {surprise:.2f} nats a letter, where new real ones have {usual:.2f}."


def _usual_surprise(card: ModelCard) -> float | None:
    return card.held_out if card.held_out is not None else card.validation


def _more_like(
    dissection: Dissection, card: ModelCard | None, namer: Namer | None
) -> Iterator[Button]:
    """Buttons for more names that begin, and that end, as the known parts of this one."""
    name, parts = dissection.name, dissection.parts
    beginning = parts[0].letters if parts and name.startswith(parts[0].letters) else name[:4]
    if len(beginning) < len(name) and not any(letter * 3 in beginning for letter in beginning):
        yield from _more(
            NamesOptions(starts_with=beginning), f"{format_name(card, beginning)}…", namer
        )
    if parts and name.endswith(parts[-1].letters) and len(parts[-1].letters) < len(name):
        ending = parts[-1].letters
        yield from _more(NamesOptions(ends_with=ending), f"…{ending}", namer)


def _more(ask: NamesOptions, what: str, namer: Namer | None) -> Iterator[Button]:
    if namer is None:
        yield more(ask, f"More {what}")
    else:
        yield from more_of(ask, namer.id, f"More {what}")
