"""`/dinoname`: new dinosaurs on a card, and a button for more."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.commands.interfaces import TextGenerator
from bot.commands.message import (
    Button,
    Embed,
    Message,
    Text,
    Tone,
    UserError,
    code,
    strong,
    text,
)
from bot.formats import plural, shortened
from bot.services.word_filter import WordFilter
from data.text import clean_name
from models.names.capitalization import Capitals, format_name
from models.names.generator import (
    LONGEST_NAME,
    SHORTEST_NAME,
    NamesError,
    NamesRequest,
    NamesResult,
)

ACTION = "names"
DISSECT = "dissect"
"""The action that dissects a name of the card."""
MOST_NAMES = 10
COLDEST, HOTTEST = 0.1, 2.0
"""Temperatures that are accepted: below, it repeats itself; above, it babbles."""

_STATE = re.compile(
    r"(?P<count>\d+):(?P<temperature>\d+(?:\.\d+)?):(?P<starts_with>[a-z]*)"
    # Buttons of the first version end here.
    r"(?::(?P<ends_with>[a-z]*):(?P<contains>[a-z]*):(?P<length>\d*))?"
)
_LONGEST_ECHO = 60
"""Characters of an option that are repeated to whoever typed it."""


@dataclass(frozen=True)
class NamesOptions:
    """What a member can ask of `/dinoname`; the pieces as they were typed."""

    count: int = 5
    starts_with: str = ""
    temperature: float = 1.0
    ends_with: str = ""
    contains: str = ""
    length: int | None = None

    @property
    def pieces(self) -> tuple[str, str, str]:
        """The pieces in the order in which a name has them."""
        return self.starts_with, self.contains, self.ends_with

    def to_state(self) -> str:
        """All of this in a button's state; the pieces as the network reads them."""
        starts, contains, ends = map(clean_name, self.pieces)
        temperature = f"{round(self.temperature, 2):g}"
        return f"{self.count}:{temperature}:{starts}:{ends}:{contains}:{self.length or ''}"

    @classmethod
    def from_state(cls, state: str) -> "NamesOptions":
        """The inverse of `to_state`. Raises `UserError` for a button of an unknown version."""
        match = _STATE.fullmatch(state)
        if match is None:
            raise UserError("This button is from another version of me; use /dinoname instead.")
        return cls(
            int(match["count"]),
            match["starts_with"],
            float(match["temperature"]),
            match["ends_with"] or "",
            match["contains"] or "",
            int(match["length"]) if match["length"] else None,
        )

    def typed(self) -> str:
        """The command as it may be typed again, long pieces shortened."""
        default = NamesOptions()
        options = {
            name: value for name, value in vars(self).items() if value != getattr(default, name)
        }
        echoes = (
            f"{name}:{shortened(' '.join(str(value).split()), _LONGEST_ECHO)}"
            for name, value in options.items()
        )
        return " ".join(["/dinoname", *echoes])


def check(ask: NamesOptions, words: WordFilter, genera: Collection[str]) -> None:
    """Raise `UserError` for what cannot be met.

    A piece is fit to be shown by itself, or because one of the real `genera` has it in its place.
    """
    if not 1 <= ask.count <= MOST_NAMES:
        raise UserError(f"I write 1 to {MOST_NAMES} names at a time, for example 5.")
    if ask.length is not None and not SHORTEST_NAME <= ask.length <= LONGEST_NAME:
        raise UserError(f"A name has {SHORTEST_NAME} to {LONGEST_NAME} letters, for example 12.")
    check_temperature(ask.temperature)
    fit = all(_is_fit(piece, place, words, genera) for piece, place in _pieces_of(ask))
    if not fit or not all(map(words.allows, _names_of(ask))):
        raise UserError("No dinosaur of mine is called anything like that; try other letters.")


_Place = Callable[[str, str], bool]
"""Whether a name has a piece where it was wished for."""


def _pieces_of(ask: NamesOptions) -> Iterator[tuple[str, _Place]]:
    """Each piece as typed and as it is read."""
    places = str.startswith, str.__contains__, str.endswith
    for typed, place in zip(ask.pieces, places, strict=True):
        yield typed, place
        yield clean_name(typed), place


def _is_fit(piece: str, place: _Place, words: WordFilter, genera: Collection[str]) -> bool:
    """Whether a piece may be asked for: *tit* may, because of *Titanosaurus*."""
    return words.allows(piece) or any(place(genus, piece.lower()) for genus in genera)


def _names_of(ask: NamesOptions) -> Iterator[str]:
    """Names that a member's pieces may come to stand in, each piece as typed and as it is read.

    Pieces that are fit by themselves may not be so together.
    """
    for starts, contains, ends in (ask.pieces, tuple(map(clean_name, ask.pieces))):
        yield f"{starts}saurus"
        yield f"mango{contains}saurus"
        yield f"mango{ends}"
        yield f"{starts or 'mango'}{contains}{ends or 'saurus'}"


def check_temperature(temperature: float) -> None:
    """Raise `UserError` for a temperature out of range."""
    if not COLDEST <= temperature <= HOTTEST:
        raise UserError(
            f"The temperature goes from {COLDEST:g} (sober) to {HOTTEST:g} (wild), for example 0.8."
        )


@dataclass(frozen=True)
class Answered:
    """Names that were found, as they are shown, and what is said of them."""

    reply: Message
    names: tuple[str, ...] = ()
    note: str = ""
    """Why they are fewer than asked for, if they are."""


async def answer(ask: NamesOptions, seed: int, writer: TextGenerator) -> Answered:
    """Name some dinosaurs. Raises what the generator raises, and `UserError` for `NamesError`."""
    request = NamesRequest(
        ask.count,
        seed,
        ask.starts_with,
        ask.temperature,
        ends_with=ask.ends_with,
        contains=ask.contains,
        length=ask.length,
    )
    try:
        result = await writer.names(request)
        return answered(ask, seed, result, writer.cards["names"])
    except NamesError as error:
        raise UserError(*_with_what_was_typed(str(error), ask)) from error


def answered(
    ask: NamesOptions, seed: int, result: NamesResult, capitals: Capitals | None = None
) -> Answered:
    """What the answer says. `capitals` tells how names are written; else they are dinosaurs'."""
    if not result.names:
        reason = str(result.shortfall or "No new name could be found.")
        return Answered(Message(content=_with_what_was_typed(reason, ask), private=True))
    names = tuple(format_name(capitals, name) for name in result.names)
    note = str(result.shortfall or "")
    footer = f"temperature {round(ask.temperature, 2):g} · seed {seed}"
    lines = [text(strong(name)) for name in names]
    return Answered(card(lines, note, footer, more(ask)), names, note)


def card(lines: Sequence[Text], note: str, footer: str, more_button: Button) -> Message:
    """A card of names, a line each, with the sentence below them if there is one."""
    below = ((), text(note)) if note else ()
    return Message(
        embeds=(
            Embed(
                title=f"🦕 {plural(len(lines), 'new dinosaur')}",
                lines=(*lines, *below),
                footer=footer,
                tone=Tone.NAMES,
            ),
        ),
        buttons=(more_button, Button("Dissect", DISSECT, emoji="🔬")),
    )


def more(ask: NamesOptions, label: str = "More") -> Button:
    """The button for more names of the same kind."""
    return Button(label, ACTION, ask.to_state(), emoji="🥚")


def _with_what_was_typed(sentence: str, ask: NamesOptions) -> Text:
    """A chat forgets a command that was sent: whoever wants to mend it finds it here."""
    if ask == NamesOptions():
        return text(sentence)
    return text(f"{sentence}\nYou asked for: ", code(ask.typed()))
