"""Rendering of messages as Slack's blocks, within its limits.

Only `plain_text` and rich text are used, which Slack shows as they are: words of members and
networks can neither mention, link nor format anything. Files are not rendered; they are uploaded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import Any, TypedDict

from bot.chat.message import Button, Embed, Field, Message, Select, translated
from bot.chat.received import clean
from bot.chat.translation import ENGLISH, Language, _, in_language
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.payloads import text_of
from bot.store.people import Person
from bot.text.spans import LABELLED, Span, Style, Text, Timestamp, link, spans
from bot.text.technical import technical
from data.phrases import Showable

Block = dict[str, Any]
"""A block or an element of one, as JSON."""
External = Mapping[int, str]
"""Users and channels that a message mentions: their ids on Slack, or names to show."""

BLOCKS, CHARACTERS = 50, 12_000
"""Most blocks and characters of a message. Slack refuses about 13,200 characters, undocumented."""
BLOCK, HEADER, CONTEXT, LABEL, VALUE = 3_000, 150, 3_000, 75, 2_000
"""Most characters of parts of a message, in UTF-16 code units."""
ALTERNATIVE = 2_000
"""Most characters of the text that describes a picture."""
PLACEHOLDER = 150
"""Characters of what a menu shows while nothing is chosen."""
MENU = "menu "
"""Begins the `action_id` of a menu; its action and state follow."""
BUTTONS, MOST_BUTTONS = 25, 100
"""Most buttons of an actions block, and of a message."""
DATE = "\u200b{date_short_pretty}, {time}"
"""Format of a time. Without the space of no width Slack makes its first letter a capital;
`{ago}` is for the past, and most of these times are ahead."""
FALLBACK = 750
"""Characters of the text for notifications and screen readers. Escaped, they are at most 3,750."""

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around a mention, in spans of commands only."""
_MENTION = re.compile(rf"{_OPEN}(user|channel):(\d{{1,20}}){_CLOSE}")
_USER, _CHANNEL = re.compile(r"[UW][A-Z0-9]{2,20}"), re.compile(r"[CGD][A-Z0-9]{2,20}")
_ADDRESS = re.compile(r"https?://[^\s<>|]{1,2900}")
_PRIVATE_USE = re.compile(f"[{_OPEN}{_CLOSE}]")
_ACTION_ID = re.compile(r"b\d{1,3}")
_ENCODED = {"%25": "%", "%26": "&", "%3C": "<", "%3E": ">"}
"""Characters of a button's value that Slack may escape when it sends it back."""
_STYLES = {Style.STRONG: "bold", Style.EMPHASIS: "italic", Style.CODE: "code"}
_NOBODY: External = MappingProxyType({})


class MessagePart(TypedDict):
    """Arguments of `chat.postMessage`, `chat.update` or an answer to a `response_url`.

    text: for notifications, escaped; at most 4,000 characters, and never empty.
    """

    text: str
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class _Sized:
    """A block with the words that it shows."""

    block: Block
    words: str


def render(
    message: Message,
    commands: CommandNames,
    names: External = _NOBODY,
    language: Language = ENGLISH,
    pictures: Sequence[Block] = (),
) -> list[MessagePart]:
    """A message as one part or several, since a long one is split. The last has the buttons.

    names: by the ids in `mentioned`: Slack's id, for a mention, or a name to show. In public
        messages users are never mentioned, as that would notify them.
    """
    message = translated(message, language)
    pages = _pages(_Renderer(message, names, commands, language).blocks(), CHARACTERS)
    buttons = [*_below(pictures), *_selects(message, names), *_actions(message.buttons)]
    if buttons:
        *before, last = pages or [[]]
        pages = [*before, *_pages([*last, *buttons], CHARACTERS)]
    return [_part(page) for page in pages] or [_part([], _names_of_files(message))]


def render_edit(
    message: Message,
    commands: CommandNames,
    names: External = _NOBODY,
    language: Language = ENGLISH,
    pictures: Sequence[Block] = (),
) -> MessagePart:
    """A message as one part, with its buttons: an edit cannot add messages, so the rest is left
    out.
    """
    message = translated(message, language)
    buttons = [*_below(pictures), *_selects(message, names), *_actions(message.buttons)]
    content = _Renderer(message, names, commands, language).blocks()
    most = CHARACTERS - sum(_length(each.words) for each in buttons)
    pages = _pages(content, most, BLOCKS - len(buttons)) or [[]]
    return _part([*pages[0], *buttons], _names_of_files(message))


def blocks_of(message: Message, commands: CommandNames, language: Language) -> list[Block]:
    """The blocks of a message without its buttons, for a view."""
    renderer = _Renderer(translated(message, language), _NOBODY, commands, language)
    return [each.block for each in renderer.blocks()]


def mention_user(person: Person) -> Span:
    """A span that `render` replaces by a mention of a member."""
    return link(technical(f"{_OPEN}user:{person.id}{_CLOSE}"))


def mention_channel(channel_id: int) -> Span:
    """A span that `render` replaces by a mention of a channel."""
    return link(technical(f"{_OPEN}channel:{channel_id}{_CLOSE}"))


def mentioned(message: Message) -> set[int]:
    """The ids of users and channels that a message mentions, or has in its menus."""
    texts = [message.content]
    for embed in message.embeds:
        texts += [*embed.lines, *(field.value for field in embed.fields)]
    links = (
        span.text
        for words in texts
        for span in spans(words)
        if isinstance(span, Span) and span.style is Style.LINK
    )
    chosen = {int(each.chosen) for each in message.selects if each.chosen and not each.choices}
    return chosen | {int(found[2]) for link in links for found in _MENTION.finditer(link)}


def button_of(action: Mapping[str, object]) -> tuple[str, str] | None:
    """Action and state of a pressed button, or of a menu in which something was chosen, except
    channels, from its `action_id` and `value`.

    `None` for anything that `render` does not make.
    """
    action_id, value = action.get("action_id"), action.get("value")
    if not isinstance(action_id, str):
        return None
    if action_id.startswith(MENU):
        name, _colon, state = action_id.removeprefix(MENU).partition(":")
        chosen = text_of(action, "selected_option", "value")
        return name, state + decoded(chosen)
    if not _ACTION_ID.fullmatch(action_id):
        return None
    if not isinstance(value, str) or not value or len(value) > VALUE:
        return None
    name, _colon, state = decoded(value).partition(":")
    return name, state


class _Renderer:
    """Makes the blocks of one message."""

    def __init__(
        self, message: Message, names: External, commands: CommandNames, language: Language
    ) -> None:
        self._message = message
        self._names = names
        self._commands = commands
        self._language = language

    def blocks(self) -> list[_Sized]:
        """All blocks but those of buttons."""
        blocks = [*_paragraphs([self._elements(self._message.content)])]
        for embed in self._message.embeds:
            blocks += self._embed(embed)
        return blocks

    def _embed(self, embed: Embed) -> Iterator[_Sized]:
        title = self._words(embed.title)
        if _length(title) > HEADER:
            yield from _paragraphs([[_text(title, Style.STRONG)]])
        elif title.strip():
            yield _Sized({"type": "header", "text": plain_text(title)}, title)
        yield from _paragraphs(self._elements(line) for line in embed.lines)
        yield from _paragraphs(self._field(field) for field in embed.fields)
        footer = _cut(self._words(embed.footer), CONTEXT)
        if footer.strip():
            yield _Sized({"type": "context", "elements": [plain_text(footer)]}, footer)

    def _field(self, field: Field) -> list[Block]:
        """`Seed: 1`; a list begins below its name."""
        name, value = self._words(field.name), self._elements(field.value)
        label, _field, _end = in_language(LABELLED, self._language).partition("{value}")
        is_list = any("\n" in each.get("text", "") for each in value)
        beginning = "{label}\n" if is_list else label
        return [_text(beginning.format(label=name), Style.STRONG)] * bool(name) + value

    def _elements(self, words: Text) -> list[Block]:
        """Text as elements of rich text, of which none is empty."""
        elements: list[Block] = []
        for each in spans(words):
            match each:
                case Timestamp():
                    elements.append(_date(each))
                case Span(style=Style.LINK):
                    elements += self._link(each.text)
                case Span():
                    if shown := self._words(each.text):
                        elements.append(_text(shown, each.style))
        return elements

    def _words(self, words: str) -> str:
        return self._commands.spelled(_PRIVATE_USE.sub("", clean(words)))

    def _link(self, address: str) -> Iterator[Block]:
        """A span with the style of a link: an address, or text with mentions."""
        place = 0
        for found in _MENTION.finditer(address):
            yield from self._address(address[place : found.start()])
            yield self._mention(found[1], self._names.get(int(found[2]), ""))
            place = found.end()
        yield from self._address(address[place:])

    def _address(self, words: str) -> Iterator[Block]:
        words = _PRIVATE_USE.sub("", clean(words))
        if _ADDRESS.fullmatch(words):
            yield {"type": "link", "url": words}
        elif words:
            yield _text(words)

    def _mention(self, kind: str, external: str) -> Block:
        if kind == "channel":
            if _CHANNEL.fullmatch(external):
                return {"type": "channel", "channel_id": external}
            return _text(self._words(external) or in_language(_("a channel"), self._language))
        if _USER.fullmatch(external):
            if self._message.private:
                return {"type": "user", "user_id": external}
            external = ""
        return _text(self._words(external) or in_language(_("a member"), self._language))


def plain_text(words: str) -> Block:
    """Words that Slack shows as they are; `:tada:` stays these letters."""
    return {"type": "plain_text", "text": words, "emoji": False}


def button(shown: Button, position: int) -> Block:
    """A button. What it does is in its value: `button_of` reads it."""
    emoji = f"{shown.emoji} " if shown.emoji else ""
    words = _PRIVATE_USE.sub("", clean(f"{emoji}{shown.label}"))
    block: Block = {
        "type": "button",
        "action_id": f"b{position}",
        "text": plain_text(_cut(words, LABEL) or "…"),
        "value": encoded(f"{shown.action}:{shown.state}"),
    }
    if shown.dangerous or shown.primary:
        block["style"] = "danger" if shown.dangerous else "primary"
    return block


def image(file: str, description: str) -> Block:
    """A picture that Slack has as a file (F…)."""
    alternative = _cut(clean(description), ALTERNATIVE) or "…"
    return {"type": "image", "slack_file": {"id": file}, "alt_text": alternative}


def conversations_select(chosen: str = "") -> Block:
    """A menu of channels, with the chosen one (C…)."""
    only = {"include": ["public", "private"], "exclude_bot_users": True}
    initial = {"initial_conversation": chosen} if _CHANNEL.fullmatch(chosen) else {}
    return {"type": "conversations_select", "filter": only} | initial


def rows_of(buttons: Sequence[Button], language: Language) -> list[Block]:
    """The blocks of buttons, for a view."""
    shown = translated(Message(buttons=tuple(buttons)), language)
    return [each.block for each in _actions(shown.buttons)]


def said_in(value: Any, language: Language) -> Any:  # noqa: ANN401 (any JSON)
    """Translate the phrases in a view."""
    match value:
        case Showable():
            return str(in_language(value, language))
        case list():
            return [said_in(each, language) for each in value]
        case dict():
            return {key: said_in(each, language) for key, each in value.items()}
        case _:
            return value


def encoded(value: str) -> str:
    """A value of a button or a choice, without what Slack escapes when it sends it back."""
    for code, character in _ENCODED.items():
        value = value.replace(character, code)
    return value


def decoded(value: str) -> str:
    """The inverse of `encoded`."""
    return re.sub("|".join(_ENCODED), lambda found: _ENCODED[found[0]], value)


def _below(pictures: Sequence[Block]) -> list[_Sized]:
    return [_Sized(each, "") for each in pictures]


def _selects(message: Message, names: External) -> list[_Sized]:
    elements = [_select(each, names) for each in message.selects]
    words = "\n".join([each["placeholder"]["text"] for each in elements])
    return [_Sized({"type": "actions", "elements": elements}, words)] if elements else []


def _select(select: Select, names: External) -> Block:
    chosen = names.get(int(select.chosen), "") if select.chosen and not select.choices else ""
    element = conversations_select(chosen)
    if select.choices:
        options = {
            value: {"text": plain_text(_cut(label, LABEL)), "value": encoded(value)}
            for label, value in select.choices
        }
        element = {"type": "static_select", "options": [*options.values()]}
        if select.chosen in options:
            element["initial_option"] = options[select.chosen]
    return element | {
        "action_id": f"{MENU}{select.action}:{select.state}",
        "placeholder": plain_text(_cut(select.placeholder, PLACEHOLDER)),
    }


def _actions(buttons: Sequence[Button]) -> list[_Sized]:
    blocks = [button(each, position) for position, each in enumerate(buttons[:MOST_BUTTONS])]
    rows = [blocks[start : start + BUTTONS] for start in range(0, len(blocks), BUTTONS)]
    return [
        _Sized(
            {"type": "actions", "elements": row}, "\n".join([each["text"]["text"] for each in row])
        )
        for row in rows
    ]


def _text(words: str, style: Style = Style.PLAIN) -> Block:
    element: Block = {"type": "text", "text": words}
    if style in _STYLES:
        element["style"] = {_STYLES[style]: True}
    return element


def _date(time: Timestamp) -> Block:
    return {
        "type": "date",
        "timestamp": int(time.at.timestamp()),
        "format": DATE,
        "fallback": f"{time.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    }


def _shown(element: Block) -> str:
    """The words of an element."""
    match element["type"]:
        case "text":
            return str(element["text"])
        case "link":
            return str(element["url"])
        case "date":
            return str(element["fallback"])
        case "channel":
            return _("a channel")
        case _user:
            return _("a member")


def _paragraphs(lines: Iterable[list[Block]]) -> Iterator[_Sized]:
    """Lines as blocks of rich text. They are split between lines if possible."""
    current: list[Block] = []
    size = 0
    for line in lines:
        for piece in _pieces(line):
            length = _length("".join(map(_shown, piece)))
            if current and size + 1 + length > BLOCK:
                yield from _paragraph(current)
                current, size = [], 0
            elif current or size:
                current.append(_text("\n"))
                size += 1
            current += piece
            size += length
    yield from _paragraph(current)


def _paragraph(elements: list[Block]) -> Iterator[_Sized]:
    joined: list[Block] = []
    for each in elements:
        last = joined[-1] if joined else {}
        if each["type"] == last.get("type") == "text" and each.get("style") == last.get("style"):
            joined[-1] = last | {"text": last["text"] + each["text"]}
        else:
            joined.append(each)
    words = "".join(map(_shown, joined))
    if words.strip():
        section = {"type": "rich_text_section", "elements": joined}
        yield _Sized({"type": "rich_text", "elements": [section]}, words)


def _pieces(line: list[Block]) -> Iterator[list[Block]]:
    """A line in pieces of at most `BLOCK` characters. A short one is one piece, even if empty."""
    piece: list[Block] = []
    room = BLOCK
    for each in line:
        rest = each
        while (length := _length(_shown(rest))) > room:
            if rest["type"] == "text" and room > 1:
                head = _head(rest["text"], room)
                piece.append(rest | {"text": head})
                rest = rest | {"text": rest["text"][len(head) :]}
            yield piece
            piece, room = [], BLOCK
        piece.append(rest)
        room -= length
    yield piece


def _pages(
    blocks: Iterable[_Sized], most_characters: int, most_blocks: int = BLOCKS
) -> list[list[_Sized]]:
    """Blocks in messages, as many as fit into each."""
    pages: list[list[_Sized]] = []
    left = 0
    for each in blocks:
        length = _length(each.words)
        if not pages or len(pages[-1]) == most_blocks or length > left:
            pages.append([])
            left = most_characters
        pages[-1].append(each)
        left -= length
    return pages


def _part(blocks: Sequence[_Sized], otherwise: str = "") -> MessagePart:
    words = "\n".join([each.words for each in blocks if each.words]) or otherwise or "…"
    escaped = _cut(words, FALLBACK).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "blocks": [each.block for each in blocks]}


def _names_of_files(message: Message) -> str:
    return "\n".join(clean(file.description or file.name) for file in message.files)


def _length(words: str) -> int:
    """Length of a text in UTF-16 code units."""
    return len(words.encode("utf-16-le")) // 2


def _head(words: str, limit: int) -> str:
    """The beginning of at most `limit` code units."""
    return words.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")


def _cut(words: str, limit: int) -> str:
    """The words, ending with an ellipsis if they are too long."""
    return words if _length(words) <= limit else _head(words, limit - 1) + "…"
