"""`/help`: each command with an example."""

from contextlib import suppress

from bot.chat.app import App
from bot.chat.info import Audience, CommandInfo, NoOptions
from bot.chat.message import Embed, Message, Text, code, strong, text
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Turn
from bot.features.command_list import COMMANDS, is_costly

INFO = CommandInfo(name="help", description=_("What the bot can do, with examples."))


async def help_(_app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/help`, with the commands that the member may use."""
    audience = await audience_of(turn)
    lines = [
        _line(example, what)
        for info in COMMANDS
        if info.audience <= audience and not (turn.user.is_guest and is_costly(info))
        for example, what in info.examples
    ]
    hint = text(
        _("{temperature} goes from 0.1 (tame) to 2 (wild). The buttons under an answer do more."),
        temperature=strong("temperature"),
    )
    embed = Embed(_("What the bot can do"), (*lines, (), hint))
    await turn.respond(Message(embeds=(embed,), private=True))


async def audience_of(turn: Turn) -> Audience:
    """The widest rights that the member has."""
    with suppress(DeliveryError):
        if await turn.platform.is_operator(turn.user.id):
            return Audience.OWNERS
    user = turn.user
    if user.is_administrator:
        return Audience.ADMINISTRATORS
    if user.is_manager:
        return Audience.MANAGERS
    return Audience.MODERATORS if user.is_moderator else Audience.EVERYONE


def examples_for(audience: Audience, *, is_guest: bool = False) -> tuple[Text, ...]:
    """Commands for exactly this audience, each with what it does."""
    return tuple(
        _line(example, what)
        for info in COMMANDS
        if info.audience == audience and not (is_guest and is_costly(info))
        for example, what in info.examples
    )


def _line(example: str, what: str) -> Text:
    return text("{example} {what}", example=code(example), what=what)
