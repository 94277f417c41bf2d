"""Messages on any chat platform: text, embeds, buttons, files."""

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from bot.text.spans import Filled, Span, Text, Timestamp, Value, plain, spans, text
from bot.text.technical import TechnicalText
from data.phrases import NOTHING, Language, OfShowables, Showable, in_language, must_be_showable


class Tone(Enum):
    """The topic of an embed, by which platforms choose its color."""

    NAMES = auto()
    VERSE = auto()
    TRAINING = auto()
    INFORMATION = auto()
    TROUBLE = auto()


@dataclass(frozen=True, slots=True)
class Field(OfShowables):
    """A short fact with a name, in an embed."""

    name: Showable
    value: Text


@dataclass(frozen=True, slots=True)
class Embed(OfShowables):
    """A framed part of a message. Platforms split one that is too long."""

    title: Showable
    lines: tuple[Text, ...] = ()
    fields: tuple[Field, ...] = ()
    footer: Showable = NOTHING
    tone: Tone = Tone.INFORMATION
    image: str = ""
    """Name of a file of the message, shown in the embed."""


@dataclass(frozen=True, slots=True)
class Button(OfShowables):
    """A button. `action` selects its handler, which gets `state`.

    Both are stored in the message, so buttons keep working after a restart.
    """

    label: Showable
    action: str
    state: str = ""
    emoji: str = ""
    dangerous: bool = False
    primary: bool = False
    """Whether the button is for the main action."""


@dataclass(frozen=True, slots=True)
class Select:
    """A menu of values above the buttons. `action` selects its handler, which gets `state` with the
    chosen value after it.
    """

    placeholder: Showable
    """Shown while nothing is chosen."""
    action: str
    state: str
    choices: tuple[tuple[Showable, str], ...] = ()
    """Label and value of each. A menu without any has the channels of the community."""
    chosen: str = ""
    """The value that is chosen already."""

    def __post_init__(self) -> None:
        must_be_showable(self.placeholder, *[label for label, _value in self.choices])


@dataclass(frozen=True, slots=True)
class Form(OfShowables):
    """A window with a field for text, above the chat. `action` selects its handler, which gets
    `state` with the text after it.
    """

    title: Showable
    label: Showable
    action: str
    state: str
    longest: int
    """Characters of the text."""
    value: Showable = NOTHING
    """Text that the field begins with."""


@dataclass(frozen=True, slots=True)
class File(OfShowables):
    """A file of a message."""

    name: TechnicalText
    content: bytes = field(repr=False)
    description: Showable = NOTHING


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
    shown = (embed, Embed(NOTHING, tone=embed.tone))
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

    def said(words: Showable) -> Showable:
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
    """Buttons for requests that the member may have meant instead."""

    def __init__(self, *parts: Showable | Span | Timestamp | Filled, **fields: Value) -> None:
        """`UserError(_("At most {limit} names at a time."), limit=10)`."""
        self.text = text(*parts, **fields)
        super().__init__(plain(self.text))


class Typo(UserError):  # noqa: N818 (a state, not a fault)
    """A request that was typed wrongly. It has cost nothing, so no cooldown follows."""


class NotAllowed(UserError):  # noqa: N818 (a state, not a fault)
    """A request that the member may not make, in whatever words: no form is offered again."""
