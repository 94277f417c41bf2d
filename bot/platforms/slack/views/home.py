"""App Home: what the bot can do, today's champion, the member's poems and data."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat.app import App, MemberPage
from bot.chat.commands import Audience
from bot.chat.dispatch import explained
from bot.chat.message import Button, Embed, Message, UserError
from bot.chat.run_button import run_button
from bot.chat.translation import ENGLISH, Language, _
from bot.chat.turn import Turn
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.views.rendering import Block, blocks_of, rows_of
from bot.text.spans import Text, command, text
from bot.text.technical import technical
from data.phrases import Phrase

MOST_BLOCKS, MOST_OF_A_PART = 100, 18
"""Most blocks of a home tab, and of each of its five parts, without divider and buttons."""
FORM = "form"
"""Action of a button that opens the form of a command, whose name is its state."""
_FORMS = (
    Button(_("Name dinosaurs"), FORM, "dinoname", emoji="🦖", primary=True),
    Button(_("Write a sonnet"), FORM, "sonnet", emoji="📜"),
)
_SET_UP = run_button(_("Set up"), "settings", "⚙️")

_HEADINGS: Mapping[Audience, Phrase] = {
    Audience.EVERYONE: _("What the bot can do"),
    Audience.MODERATORS: _("For moderators"),
    Audience.MANAGERS: _("For managers"),
    Audience.ADMINISTRATORS: _("For administrators"),
    Audience.OWNERS: _("For the bot's owners"),
}


async def home_view(app: App, turn: Turn, commands: CommandNames) -> dict[str, Any]:
    """The home tab of a member, for `views.publish`; for a blocked one, only why they are blocked.

    Raises `StoreError`.
    """
    language = await turn.language(private=True)
    try:
        page = await app.page_of(app, turn)
    except UserError as error:
        return _home(blocks_of(Message(await explained(app, error, turn)), commands, language))
    forms = () if turn.user.is_guest else _FORMS  # those of commands that take the networks' time
    if Audience.MANAGERS in page.examples:
        forms = (*forms, _SET_UP)
    return view_of(page, commands, forms, language)


def view_of(
    page: MemberPage,
    commands: CommandNames,
    forms: tuple[Button, ...] = _FORMS,
    language: Language = ENGLISH,
) -> dict[str, Any]:
    """A home tab, with buttons for forms and for the member's data.

    Others of its parts are left out; the commands that have them are named.
    """
    data = page.data
    shown = [
        Embed(_HEADINGS[audience], lines) for audience, lines in page.examples.items() if lines
    ]
    helped = [Message(embeds=(each,)) for each in shown]
    poem_hint = text(
        _("{poems} shows all the poems you've kept, and {export} downloads them."),
        poems=command("/poems"),
        export=command("/export"),
    )
    title = Message(embeds=(Embed(technical("🦖 Mangosaurus")),))
    parts: tuple[tuple[list[Message], tuple[Button, ...]], ...] = (
        ([title], forms),
        (helped[:1], ()),
        (_section(_("Today's champion"), page.champion, text(command("/champion"))), ()),
        (_section(_("Your poems"), page.newest_poem, poem_hint), ()),
        (
            _section(
                _("Your data"),
                data,
                text(_("Press a button, and the answer will appear under Messages.")),
            ),
            data.buttons if data is not None else (),
        ),
        (helped[1:], ()),
    )
    blocks: list[Block] = []
    for messages, buttons in parts:
        rendered = [block for each in messages for block in blocks_of(each, commands, language)]
        if blocks and rendered:
            blocks.append({"type": "divider"})
        blocks += [*rendered[:MOST_OF_A_PART], *rows_of(buttons, language)]
    return _home(blocks)


def _home(blocks: Sequence[Block]) -> dict[str, Any]:
    return {"type": "home", "blocks": [*blocks[:MOST_BLOCKS]]}


def _section(title: Phrase, found: Message | None, hint: Text) -> list[Message]:
    if found is None:
        sorry = text(_("This can't be shown at the moment. Open this page again in a minute."))
        return [Message(embeds=(Embed(title, (sorry,)),))]
    heading = [] if found.embeds else [Message(embeds=(Embed(title),))]
    return [*heading, found, Message(hint)]
