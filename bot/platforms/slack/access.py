"""What guests may use, and members of whom Slack does not say what they may do."""

from bot.chat.commands import Command, Group, Pressed, Registry
from bot.chat.message import UserError
from bot.chat.translation import _
from bot.platforms.slack.turn import Origin
from bot.platforms.slack.turns import Rights
from bot.platforms.slack.views import home

GUESTS_WAIT = _(
    "Guests and members of other workspaces can't use what takes the bot's time. They can vote, "
    "and look at the hall of fame."
)
UNKNOWN = _("Slack didn't say in time what you may do in this workspace. Try again in a minute.")


def rights_for_command(registry: Registry, word: str) -> Rights:
    """What has to be known of a member who uses a command. `word` is the first of its name."""
    command = registry.by_first_word.get(word)
    return Rights.RECENT if command is None or command.needs_rights else Rights.USUAL


def rights_for_button(registry: Registry, action: str) -> Rights:
    """What has to be known of a member who presses a button."""
    if action == home.FORM:
        return Rights.USUAL
    button = registry.buttons.get(action)
    if button is None or button.needs_rights:
        return Rights.RECENT
    return Rights.NEEDLESS if button.is_vote else Rights.USUAL


def refusal_of_command(registry: Registry, name: str, origin: Origin) -> UserError | None:
    """Why a member may not use a command; `None` if they may, as far as Slack goes."""
    return _refusal(registry.by_first_word.get(name.partition(" ")[0]), origin)


def refusal_of_button(registry: Registry, action: str, origin: Origin) -> UserError | None:
    """Why a member may not press a button; `None` if they may, as far as Slack goes."""
    if action == home.FORM:  # it opens the form of a command
        return _refusal(registry.by_first_word.get("dinoname"), origin)
    return _refusal(registry.buttons.get(action), origin)


def _refusal(asked: Command | Group | Pressed | None, origin: Origin) -> UserError | None:
    """`asked`: `None` for what is unknown."""
    is_costly = asked is not None and asked.is_costly
    if is_costly and origin.is_guest:
        return UserError(GUESTS_WAIT)
    if (is_costly or asked is None or asked.needs_rights) and origin.is_unknown:
        return UserError(UNKNOWN)
    return None
