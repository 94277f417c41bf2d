"""Messages on any chat platform: text, embeds, buttons, files.

All text is plain: the platform escapes it, so text of a member or a network can neither format nor
mention anything. A `Style` formats a span.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from functools import reduce
from string import Formatter

from bot.chat.translation import ENGLISH, Language, _, in_language


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
    """A time, shown to each reader in their time zone: "in 4 seconds", which stays up to date."""

    at: datetime
    absolute: bool = False
    """Shown as date and time instead, for sentences with "since"."""


@dataclass(frozen=True)
class Filled:
    """A sentence with values for its fields, which may be styled."""

    sentence: str
    fields: Mapping[str, "Value"]


Text = tuple[Span | Timestamp | Filled, ...]
Value = str | int | float | Span | Timestamp | Text
"""The value of a field in a sentence."""


def text(*parts: str | Span | Timestamp | Filled, **fields: Value) -> Text:
    """Fill the fields of sentences. A value may be styled; formats are those of `str.format`.

    >>> plain(text("{name} won with {loss:.2f}.", name=strong("Mangosaurus"), loss=1.5))
    'Mangosaurus won with 1.50.'
    """
    return tuple([_part(part, fields) if isinstance(part, str) else part for part in parts])


def _part(words: str, fields: Mapping[str, Value]) -> Span | Filled:
    return Filled(words, fields) if fields else Span(words)


def verbatim(words: str) -> Text:
    """Text of a member or a network, in which braces are literal."""
    return (Span(words),) if words else ()


def spans(words: Text, language: Language = ENGLISH) -> tuple[Span | Timestamp, ...]:
    """Text in a language, with all fields filled in."""
    return tuple(_spans(words, language))


def _spans(words: Text, language: Language) -> Iterator[Span | Timestamp]:
    for part in words:
        match part:
            case Span():
                yield Span(in_language(part.text, language), part.style)
            case Timestamp():
                yield part
            case Filled(sentence, fields):
                for literal, name, form, _conversion in Formatter().parse(
                    in_language(sentence, language)
                ):
                    value = () if name is None else _shown(fields[name], form or ",", language)
                    spans = [*_spans(value, language)]
                    if literal:
                        first = spans[0].text if spans and isinstance(spans[0], Span) else ""
                        yield Span(language.before(literal, first))
                    yield from spans


def _shown(value: Value, form: str, language: Language) -> Text:
    match value:
        case Span() | Timestamp():
            return (value,)
        case tuple():
            return value
        case str():
            return (Span(value),)
        case number:
            return (Span(language.number(format(number, form))),)


def strong(words: str) -> Span:
    """Bold text."""
    return Span(words, Style.STRONG)


def emphasis(words: str) -> Span:
    """Italic text."""
    return Span(words, Style.EMPHASIS)


def code(words: str) -> Span:
    """Text to type exactly as shown."""
    return Span(words, Style.CODE)


def codes(values: Sequence[str], *, either: bool = False) -> Text:
    """Texts to type exactly as shown, as a list with "and" before the last one, or with "or"."""
    *first, last = [code(value) for value in values]
    if not first:
        return (last,)
    template = _("{words} or {last}") if either else _("{words} and {last}")
    return text(template, words=series([(each,) for each in first]), last=last)


def series(parts: Sequence[Text]) -> Text:
    """Texts with commas between them, as `listed` puts them between words."""
    return reduce(lambda words, part: text(_("{words}, {next}"), words=words, next=part), parts)


def chained(parts: Sequence[Text], separator: str) -> Text:
    """Texts as one, with a separator between them."""
    first, *others = parts
    return first + tuple(span for part in others for span in (*text(separator), *part))


def link(address: str) -> Span:
    """A clickable link of the platform. Never text of a member."""
    return Span(address, Style.LINK)


# TRANSLATORS: A label, what it is about, and the colon of your language: Seed: 1. Keep this order.
LABELLED = _("{label}: {value}")


def plain(words: Text, language: Language = ENGLISH) -> str:
    """The same text without its styles, for a form, a terminal, a log or a test."""
    return "".join(
        [
            part.text if isinstance(part, Span) else part.at.isoformat(timespec="seconds")
            for part in spans(words, language)
        ]
    )


class Tone(Enum):
    """The topic of an embed, by which platforms choose its color."""

    NAMES = auto()
    VERSE = auto()
    TRAINING = auto()
    INFORMATION = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """A short fact with a name, in an embed."""

    name: str
    value: Text


@dataclass(frozen=True, slots=True)
class Embed:
    """A framed part of a message. Platforms split one that is too long."""

    title: str
    lines: tuple[Text, ...] = ()
    fields: tuple[Field, ...] = ()
    footer: str = ""
    tone: Tone = Tone.INFORMATION
    image: str = ""
    """Name of a file of the message, shown in the embed."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `action` selects its handler, which gets `state`.

    Both are stored in the message, so buttons keep working after a restart.
    """

    label: str
    action: str
    state: str = ""
    emoji: str = ""
    dangerous: bool = False
    primary: bool = False
    """Whether it is the main action."""


@dataclass(frozen=True, slots=True)
class Select:
    """A menu of values above the buttons. `action` selects its handler, which gets `state` with the
    chosen value after it.
    """

    placeholder: str
    """Shown while nothing is chosen."""
    action: str
    state: str
    choices: tuple[tuple[str, str], ...] = ()
    """Label and value of each. A menu without any has the channels of the community."""
    chosen: str = ""
    """The value that is chosen already."""


@dataclass(frozen=True, slots=True)
class Form:
    """A window with a field for text, above the chat. `action` selects its handler, which gets
    `state` with the text after it.
    """

    title: str
    label: str
    action: str
    state: str
    longest: int
    """Characters of the text."""
    value: str = ""
    """What the field has already."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a message."""

    name: str
    content: bytes = field(repr=False)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message. Only the member who sent the request sees a `private` one."""

    content: Text = ()
    embeds: tuple[Embed, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()
    private: bool = False
    files_stay: bool = False
    """Whether files only accompany the message: an edit without any leaves those that it has. Where
    files are messages of their own, they go to its thread."""
    selects: tuple[Select, ...] = ()


def with_pictures(message: Message, *pictures: File | None) -> Message:
    """A message of one embed with one or two pictures, as far as they could be drawn.

    An embed has one picture, so the second one has an embed of its own.
    """
    (embed,) = message.embeds
    files = tuple(file for file in pictures if file is not None)
    shown = (embed, Embed("", tone=embed.tone))
    embeds = tuple(
        replace(frame, image=file.name) for frame, file in zip(shown, files, strict=False)
    )
    return replace(message, embeds=embeds or (embed,), files=files)


def without_pictures(message: Message) -> Message:
    """A message without the pictures that `with_pictures` gave it."""
    embed = replace(message.embeds[0], image="")
    return replace(message, embeds=(embed,), files=())


def translated(message: Message, language: Language) -> Message:
    """A message in the language of its reader."""

    def said(words: str) -> str:
        return in_language(words, language)

    return replace(
        message,
        content=spans(message.content, language),
        embeds=tuple(
            [
                replace(
                    each,
                    title=said(each.title),
                    lines=tuple([spans(line, language) for line in each.lines]),
                    fields=tuple(
                        [Field(said(one.name), spans(one.value, language)) for one in each.fields]
                    ),
                    footer=said(each.footer),
                )
                for each in message.embeds
            ]
        ),
        buttons=tuple([replace(each, label=said(each.label)) for each in message.buttons]),
        files=tuple([replace(each, description=said(each.description)) for each in message.files]),
        selects=tuple(
            [
                replace(
                    each,
                    placeholder=said(each.placeholder),
                    choices=tuple([(said(label), value) for label, value in each.choices]),
                )
                for each in message.selects
            ]
        ),
    )


class UserError(Exception):
    """A request that is refused. Its text is a sentence for the member.

    The sentence says what was wrong and what is accepted, with an example where possible.
    """

    buttons: tuple[Button, ...] = ()
    """What the member may have meant instead."""

    def __init__(self, *parts: str | Span | Timestamp | Filled, **fields: Value) -> None:
        """`UserError(_("At most {limit} names at a time."), limit=10)`."""
        self.text = text(*parts, **fields)
        super().__init__(plain(self.text))
