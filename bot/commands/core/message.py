"""Messages on any chat platform: text, embeds, buttons, files.

All text is plain. The platform escapes it, so that words of a member or a network can neither
format nor mention anything; a `Style` marks what should stand out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from string import Formatter


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
Value = str | int | float | Span | Timestamp | Text
"""What can fill a field of a sentence."""


def text(*parts: str | Span | Timestamp, **fields: Value) -> Text:
    """Fill the fields of a sentence. A field may have a style, or a format as in `str.format`.

    >>> text("{name} won with {loss:.2f}.", name=strong("Mangosaurus"), loss=1.5)[0]
    Span(text='Mangosaurus', style=<Style.STRONG: 2>)
    """
    spans: list[Span | Timestamp] = []
    for part in parts:
        if not isinstance(part, str):
            spans.append(part)
        elif fields:
            spans += _filled(part, fields)
        else:
            spans.append(Span(part))
    return tuple(spans)


def verbatim(words: str) -> Text:
    """Words of a member or of a network, in which braces mean nothing."""
    return (Span(words),) if words else ()


def _filled(template: str, fields: Mapping[str, Value]) -> Iterator[Span | Timestamp]:
    for literal, name, form, _conversion in Formatter().parse(template):
        if literal:
            yield Span(literal)
        if name is None:
            continue
        match fields[name]:
            case Span() | Timestamp() as span:
                yield span
            case tuple() as spans:
                yield from spans
            case str() as words:
                yield Span(words)
            case number:
                yield Span(format(number, form or ","))


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
    embeds: tuple[Embed, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False


class UserError(Exception):
    """A request that cannot be met. Its text is a sentence for the member.

    It says what was wrong, what is accepted, and gives an example where possible.
    """

    def __init__(self, *parts: str | Span | Timestamp, **fields: Value) -> None:
        """`UserError(_("At most {limit} names at a time."), limit=10)`."""
        self.text = text(*parts, **fields)
        super().__init__(plain(self.text))
