"""`/settings`: how long polls stay open in a community."""

from dataclasses import dataclass

from bot.commands.core.app import App
from bot.commands.core.error_messages import community_only, not_allowed
from bot.commands.core.info import Audience, CommandInfo
from bot.commands.core.message import Message, UserError, code, text
from bot.commands.core.translation import _, ngettext
from bot.commands.core.turn import Turn

SHORTEST, LONGEST = 1, 1440
"""Minutes that a poll can stay open."""

INFO = CommandInfo(
    name="settings",
    description=_("How long polls stay open here (managers only)."),
    options={"vote_minutes": _("Minutes that a poll stays open, 1 to 1440 (default 10)")},
    examples=(("/settings vote_minutes:30", _("keeps polls open for half an hour.")),),
    audience=Audience.MANAGERS,
)


@dataclass(frozen=True)
class SettingsOptions:
    """Options of `/settings`."""

    vote_minutes: int | None = None


async def settings(app: App, turn: Turn, options: SettingsOptions) -> None:
    """Answer `/settings`: change the value if one is given, else show it."""
    if turn.community_id is None:
        raise UserError(*community_only(turn.platform.terms))
    if not turn.user.is_manager:
        raise UserError(*not_allowed())
    polls, minutes = app.store.polls, options.vote_minutes
    with app.in_flight.track():
        if minutes is None:
            current = await polls.minutes(turn.community_id)
            reply = text(
                ngettext(
                    "Polls stay open for {minutes} minute here. Change it with {command}.",
                    "Polls stay open for {minutes} minutes here. Change it with {command}.",
                    current,
                ),
                minutes=current,
                command=code("/settings vote_minutes:"),
            )
        else:
            check(minutes)
            await polls.set_minutes(turn.community_id, minutes)
            reply = text(
                ngettext(
                    "New polls stay open for {minutes} minute here; open ones keep their time.",
                    "New polls stay open for {minutes} minutes here; open ones keep their time.",
                    minutes,
                ),
                minutes=minutes,
            )
        await turn.respond(Message(content=reply, private=True))


def check(minutes: int) -> None:
    """Raise `UserError` for a time out of bounds."""
    if not SHORTEST <= minutes <= LONGEST:
        raise UserError(
            _("A poll can stay open for {shortest} to {longest} minutes, for example 10."),
            shortest=SHORTEST,
            longest=LONGEST,
        )
