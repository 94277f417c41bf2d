"""Rendering of messages for discord.py, escaped and within Discord's limits, with their buttons."""

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import discord

from bot.chat.message import Button, Embed, Field, Form, Message, Select, Tone, translated
from bot.chat.translation import ENGLISH, Language, in_language
from bot.text.formats import cut, shortened
from bot.text.spans import Style, Text, Timestamp, spans
from data.phrases import NOTHING

_MARKS = re.compile(r"[\\*_~|`\[\]<@]|:(?=//)")
_LINE_MARKS = re.compile(r"^([^\S\n]*(?:(?=[>#-])|\d+(?=\.\s)))(.)", re.MULTILINE)


def escape(text: str) -> str:
    r"""Escape markdown, mentions and links with backslashes, so that Discord shows them as typed.

    >>> print(escape("1. **@everyone** <@123> ||self-love|| https://a.b"))
    1\. \*\*\@everyone\*\* \<\@123> \|\|self-love\|\| https\://a.b
    """
    return _LINE_MARKS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", text))


def split_lines(lines: Iterable[str], limit: int) -> list[str]:
    """Join lines into chunks of at most `limit` characters, splitting at line ends if possible.

    A line longer than `limit` is cut, but not between a backslash and the character it escapes.
    Joining the chunks with newlines restores all lines that were not cut.
    """
    chunks: list[str] = []
    for line in lines:
        if chunks and len(chunks[-1]) + 1 + len(line) <= limit:
            chunks[-1] += "\n" + line
            continue
        while len(line) > limit:
            cut = limit
            backslashes = len(line[:cut]) - len(line[:cut].rstrip("\\"))
            if backslashes % 2 and cut > 1:
                cut -= 1
            chunks.append(line[:cut])
            line = line[cut:]
        chunks.append(line)
    return chunks


LONGEST_ID = 100
"""Characters of a `custom_id`."""
CONTENT, TITLE, DESCRIPTION, FIELD_NAME, FIELD_VALUE, FOOTER = 2000, 256, 4096, 256, 1024, 2048
EMBEDS, EMBED_CHARACTERS, FIELDS = 10, 6000, 25

ALTERNATIVE = 1024
"""Characters that describe a file."""

FORM_WORDS = 45
"""Characters of the title of a form, and of the label of its field."""
LINE = 100
"""Characters from which on a field of a form has several lines."""

_NONE = Button(NOTHING, "")
_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice]
_STYLES = {Style.PLAIN: "", Style.STRONG: "**", Style.EMPHASIS: "*", Style.CODE: "`"}
_COLOURS = {
    Tone.NAMES: discord.Colour(0x4F9D69),
    Tone.VERSE: discord.Colour(0x8E6BBF),
    Tone.TRAINING: discord.Colour(0xE0A030),
    Tone.INFORMATION: discord.Colour(0x5B7FBF),
    Tone.TROUBLE: discord.Colour(0xC0504D),
}


def render(message: Message, language: Language = ENGLISH) -> list[dict[str, Any]]:
    """A message as keyword arguments of `send`: a list, since a long one is split.

    The first part has the text, the last the buttons and files.
    """
    message = translated(message, language)
    embeds = [embed for part in message.embeds for embed in embeds_of(part)]
    lines = to_markdown(message.content).split("\n") if message.content else []
    messages: list[dict[str, Any]] = [{"content": each} for each in split_lines(lines, CONTENT)]
    for page in _pages(embeds):
        if len(messages) == 1 and "embeds" not in messages[0]:
            messages[0]["embeds"] = page
        else:
            messages.append({"embeds": page})
    messages = messages or [{}]
    if message.buttons or message.selects:
        messages[-1]["view"] = view_of(message)
    if message.files:
        messages[-1]["files"] = [
            discord.File(
                BytesIO(file.content),
                file.name,
                description=cut(file.description, ALTERNATIVE) or None,
            )
            for file in message.files
        ]
    return messages


def render_edit(message: Message, language: Language = ENGLISH) -> dict[str, Any]:
    """A message as keyword arguments of `edit`. Parts that it lacks are removed, except files that
    stay.

    An edit cannot add messages, so content beyond the first one is left out.
    """
    parts = render(message, language)
    first = parts[0]
    edit = {
        "content": first.get("content"),
        "embeds": first.get("embeds", []),
        "attachments": first.get("files", []),
        "view": parts[-1].get("view"),
    }
    if message.files_stay and not message.files:
        del edit["attachments"]
    return edit


def view_of(message: Message) -> discord.ui.View:
    """The menus and buttons of a message."""
    view = discord.ui.View(timeout=None)
    for select in message.selects:
        view.add_item(MessageSelect(_select(select)))
    for button in message.buttons:
        view.add_item(MessageButton(button))
    return view


def embeds_of(embed: Embed) -> list[discord.Embed]:
    """An embed, split if its lines do not fit. The first has the title, the last the footer."""
    colour = _COLOURS[embed.tone]
    lines = [to_markdown(line) for line in embed.lines]
    embeds = [
        discord.Embed(description=chunk or None, colour=colour)
        for chunk in split_lines(lines, DESCRIPTION) or [""]
    ]
    embeds[0].title = cut(escape(embed.title), TITLE)
    last = embeds[-1]
    if embed.footer:
        last.set_footer(text=shortened(embed.footer, min(FOOTER, EMBED_CHARACTERS - len(last))))
    for field in embed.fields[:FIELDS]:
        last.add_field(**_field(field))
        if len(last) > EMBED_CHARACTERS:
            last.remove_field(-1)
    if embed.image:
        last.set_image(url=f"attachment://{embed.image}")
    return embeds


def to_markdown(words: Text) -> str:
    """Text in Discord's markdown, escaped."""
    marked: list[str] = []
    for part in spans(words):
        if isinstance(part, Timestamp):
            marked.append(discord.utils.format_dt(part.at, "f" if part.absolute else "R"))
        elif part.style is Style.CODE:
            marked.append(f"`{part.text.replace('`', 'ˋ')}`")  # a backslash means nothing in code
        elif part.style is Style.LINK or not part.text.strip():
            marked.append(part.text)
        else:
            mark = _STYLES[part.style]
            marked.append(f"{mark}{escape(part.text)}{mark}")
    return "".join(marked)


def _field(field: Field) -> dict[str, Any]:
    value = split_lines([to_markdown(field.value)], FIELD_VALUE)[0]
    name = shortened(field.name, FIELD_NAME)
    return {"name": name, "value": value if value.strip() else "–", "inline": True}


def _pages(embeds: list[discord.Embed]) -> list[list[discord.Embed]]:
    """Embeds in messages: at most `EMBEDS` and `EMBED_CHARACTERS` in each."""
    pages: list[list[discord.Embed]] = []
    for embed in embeds:
        page = [*pages[-1], embed] if pages else []
        if 0 < len(page) <= EMBEDS and sum(map(len, page)) <= EMBED_CHARACTERS:
            pages[-1] = page
        else:
            pages.append([embed])
    return pages


class MessageButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=r"(?P<action>[a-z]+):(?P<state>.*)",
):
    """A button of a message: `action:state`. `bot.features.buttons` says which function answers."""

    def __init__(self, button: Button) -> None:
        """Raises `ValueError` for a state that does not fit in a `custom_id`."""
        custom_id = f"{button.action}:{button.state}"
        if len(custom_id) > LONGEST_ID:
            raise ValueError(f"{custom_id!r} is longer than {LONGEST_ID} characters")
        style = discord.ButtonStyle.primary if button.primary else discord.ButtonStyle.secondary
        if button.dangerous:
            style = discord.ButtonStyle.danger
        emoji = button.emoji or None
        super().__init__(
            discord.ui.Button(label=button.label, custom_id=custom_id, style=style, emoji=emoji)
        )
        self.button = button

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> "MessageButton":
        """The button that was pressed, from its `custom_id` alone."""
        return cls(Button(NOTHING, match["action"], match["state"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to the client."""
        await interaction.client.press(interaction, self.button)


class MessageSelect(
    discord.ui.DynamicItem[discord.ui.Select[Any] | discord.ui.ChannelSelect[Any]],
    template=re.compile(r"menu (?P<action>[a-z]+):(?P<state>.*)"),
):
    """A menu of a message. Choosing a value is like pressing a button with that value."""

    def __init__(
        self, item: discord.ui.Select[Any] | discord.ui.ChannelSelect[Any], pressed: Button = _NONE
    ) -> None:
        super().__init__(item)
        self._pressed = pressed

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: discord.ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> "MessageSelect":
        """The menu in which something was chosen, from its `custom_id` and what was chosen."""
        assert isinstance(item, discord.ui.Select | discord.ui.ChannelSelect)  # noqa: S101
        data: Mapping[str, Any] = interaction.data or {}
        values = data.get("values")
        chosen = str(values[0]) if isinstance(values, list) and values else ""
        return cls(item, Button(NOTHING, match["action"], match["state"] + chosen))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice to the client."""
        await interaction.client.press(interaction, self._pressed)


def _select(select: Select) -> discord.ui.Select[Any] | discord.ui.ChannelSelect[Any]:
    """The menu as discord.py has it."""
    custom_id = f"menu {select.action}:{select.state}"
    if not select.choices:
        chosen = [discord.Object(int(select.chosen))] if select.chosen else []
        return discord.ui.ChannelSelect(
            custom_id=custom_id,
            placeholder=select.placeholder,
            channel_types=_CHANNELS,
            default_values=[discord.SelectDefaultValue.from_channel(each) for each in chosen],
        )
    options = [
        discord.SelectOption(label=label, value=value, default=value == select.chosen)
        for label, value in select.choices
    ]
    return discord.ui.Select(custom_id=custom_id, placeholder=select.placeholder, options=options)


def modal_of(form: Form, language: Language = ENGLISH) -> discord.ui.Modal:
    """A form as discord.py sends it. It keeps none: `Mangosaurus.on_interaction` gets the text."""
    title, label = (
        shortened(in_language(words, language), FORM_WORDS) for words in (form.title, form.label)
    )
    modal = discord.ui.Modal(title=title, custom_id=f"{form.action}:{form.state}")
    style = discord.TextStyle.long if form.longest > LINE else discord.TextStyle.short
    modal.add_item(
        discord.ui.TextInput(
            label=label, style=style, default=form.value or None, max_length=form.longest
        )
    )
    modal.stop()
    return modal


def submitted(data: Mapping[str, Any]) -> Button:
    """The request of a submitted form, like that of a pressed button."""
    action, _colon, state = str(data.get("custom_id")).partition(":")
    (field,) = (each for row in data["components"] for each in row["components"])
    return Button(NOTHING, action, f"{state}{field['value']}")
