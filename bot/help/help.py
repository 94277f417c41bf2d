"""`/help`: each command with an example."""

from contextlib import suppress

from bot.chat.app import App
from bot.chat.commands import Audience, Command, NoOptions, Registry
from bot.chat.message import Embed, Message, Text, code, strong, text
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Turn


async def help_(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/help`, with the commands that the member may use."""
    widest = await audience_of(turn)
    lines = examples_for(app.registry, Audience.EVERYONE, widest, is_guest=turn.user.is_guest)
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


def examples_for(
    registry: Registry, narrowest: Audience, widest: Audience, *, is_guest: bool
) -> tuple[Text, ...]:
    """Examples of the commands for some audiences, each with what it does."""
    return tuple(
        text("{example} {what}", example=code(example), what=what)
        for command in registry.usable(is_guest=is_guest)
        if narrowest <= command.audience <= widest
        for example, what in command.examples
    )


HELP = Command("help", _("What the bot can do, with examples."), help_)
