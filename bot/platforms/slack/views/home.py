"""App Home: what the bot can do, today's champion, the member's poems and data."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.commands import Audience
from bot.chat.message import Button, Embed, Message
from bot.chat.run_button import run_button
from bot.chat.translation import ENGLISH, Language, _
from bot.chat.turn import Turn
from bot.community.blocks import Blocked
from bot.concurrency import within
from bot.help.help import audiences_of, examples_for
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.views.rendering import Block, blocks_of, rows_of
from bot.polls import hall_of_fame
from bot.privacy import privacy
from bot.store import StoreError
from bot.text.spans import Text, command, text
from bot.text.technical import technical
from bot.verse import poems
from data.phrases import Phrase

log = logging.getLogger(__name__)

PATIENCE_S = 4.0
"""Seconds that each part may take to be found."""
MOST_BLOCKS, MOST_OF_A_PART = 100, 18
"""Of a home tab, and of each of the five parts below its title, without divider and buttons."""
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
    try:
        await app.blocks.check(turn)
    except Blocked as error:
        why = Message(await dispatch.explained(app, error, turn))
        return _home(blocks_of(why, commands, await turn.language(private=True)))
    audiences, champion, newest_poem, data = await asyncio.gather(
        audiences_of(app, turn),
        _found(hall_of_fame.champion_message(app, turn)),
        _found(poems.page(app, turn.user.id, 0)),
        _found(privacy.overview(app, turn)),
    )
    is_guest = turn.user.is_guest
    examples = {each: examples_for(app.registry, (each,), is_guest=is_guest) for each in audiences}
    forms = () if is_guest else _FORMS  # those of commands that take the networks' time
    if Audience.MANAGERS in audiences:
        forms = (*forms, _SET_UP)
    language = await turn.language(private=True)
    return view_of(examples, champion, newest_poem, data, commands, forms, language)


def view_of(
    examples: Mapping[Audience, tuple[Text, ...]],
    champion: Message | None,
    newest_poem: Message | None,
    data: Message | None,
    commands: CommandNames,
    forms: tuple[Button, ...] = _FORMS,
    language: Language = ENGLISH,
) -> dict[str, Any]:
    """A home tab, with buttons for forms and for the member's data.

    Others of its parts are left out; the commands that have them are named.

    champion, newest_poem, data: answers of `/champion`, `/poems` and `/privacy`; `None` if they
        could not be found in time.
    """
    shown = [Embed(_HEADINGS[audience], lines) for audience, lines in examples.items() if lines]
    helped = [Message(embeds=(each,)) for each in shown]
    poem_hint = text(
        _("{poems} shows all that you've kept, {export} downloads them."),
        poems=command("/poems"),
        export=command("/export"),
    )
    title = Message(embeds=(Embed(technical("🦖 Mangosaurus")),))
    parts: tuple[tuple[list[Message], tuple[Button, ...]], ...] = (
        ([title], forms),
        (helped[:1], ()),
        (_section(_("Today's champion"), champion, text(command("/champion"))), ()),
        (_section(_("Your poems"), newest_poem, poem_hint), ()),
        (
            _section(_("Your data"), data, text(_("The buttons answer under Messages."))),
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


async def _found(message: Coroutine[Any, Any, Message]) -> Message | None:
    try:
        return await within(PATIENCE_S, message)
    except (StoreError, TimeoutError) as error:
        log.info("A part of App Home could not be found: %r", error)
        return None
