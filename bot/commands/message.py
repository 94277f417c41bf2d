"""What an answer is, on any chat platform: text, cards, buttons, files.

All text is plain: whoever renders it escapes it, so that words of a member or of a network can
neither format nor mention anything. What is meant to stand out says so in its `Style`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto


class Style(Enum):
    """How a span looks. Each platform has its own marks for these."""

    PLAIN = auto()
    STRONG = auto()
    EMPHASIS = auto()
    CODE = auto()
    LINK = auto()


@dataclass(frozen=True, slots=True)
class Span:
    """Some text in one style."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time, shown to each reader as a live countdown ("in 4 seconds")."""

    at: datetime


Text = tuple[Span | Timestamp, ...]


def text(*parts: str | Span | Timestamp) -> Text:
    """Compose text.

    >>> text("Meet ", strong("Mangosaurus"))
    (Span(text='Meet ', style=<Style.PLAIN: 1>), Span(text='Mangosaurus', style=<Style.STRONG: 2>))
    """
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def strong(words: str) -> Span:
    """Words that stand out."""
    return Span(words, Style.STRONG)


def emphasis(words: str) -> Span:
    """Words said in another voice."""
    return Span(words, Style.EMPHASIS)


def code(words: str) -> Span:
    """Words to be typed as they stand."""
    return Span(words, Style.CODE)


def link(address: str) -> Span:
    """An address of the platform's own, to be followed. Never a member's."""
    return Span(address, Style.LINK)


def plain(words: Text) -> str:
    """The same text without its styles, for a terminal, a log or a test."""
    return "".join(
        part.text if isinstance(part, Span) else part.at.isoformat(timespec="seconds")
        for part in words
    )


class Tone(Enum):
    """What a card is about, so that a platform can give it a colour."""

    NAMES = auto()
    VERSE = auto()
    TRAINING = auto()
    INFORMATION = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """A short named fact on a card."""

    name: str
    value: Text


@dataclass(frozen=True, slots=True)
class Embed:
    """A framed part of an answer. Lines that do not fit on one card go on to the next."""

    title: str
    lines: tuple[Text, ...] = ()
    fields: tuple[Field, ...] = ()
    footer: str = ""
    tone: Tone = Tone.INFORMATION
    image: str = ""
    """The name of one of the reply's files, shown on the card."""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. `action` says which command answers it, `state` all that it must know.

    Nothing is remembered between the card and the press, so a button outlives any restart.
    """

    label: str
    action: str
    state: str = ""
    emoji: str = ""
    dangerous: bool = False
    primary: bool = False
    """Whether it is what one is meant to press first."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with an answer."""

    name: str
    content: bytes = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer. A `private` one is seen by the member who asked, and by nobody else."""

    content: Text = ()
    cards: tuple[Embed, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False


class UserError(Exception):
    """A request that cannot be met. Its text is a sentence for the member.

    It says what was wrong, what is accepted, and gives an example where there is one.
    """

    def __init__(self, *parts: str | Span | Timestamp) -> None:
        self.text = text(*parts)
        super().__init__(plain(self.text))
