"""What guests may use, and members of whom Slack does not say what they may do."""

from bot.chat.message import UserError
from bot.chat.translation import _
from bot.features.command_list import COSTLY
from bot.platforms.slack.turn import Origin
from bot.platforms.slack.turns import Rights
from bot.platforms.slack.views import home
from bot.polls import hall_of_fame, name_message, votes
from bot.privacy import privacy
from bot.verse import poems, sonnet

COSTLY_BUTTONS = frozenset(
    {
        name_message.MORE,
        name_message.MORE_OF_CUSTOM_MODEL,
        name_message.DISSECT,
        sonnet.ACTION,
        hall_of_fame.POEM,
        home.FORM,
    }
)
FOR_EVERYBODY = frozenset(
    {
        "about",
        "champion",
        "dinoname",
        "dissect",
        "export",
        "halloffame",
        "help",
        "name",
        "poems",
        "privacy",
        "sonnet",
    }
)
"""Commands for which the rights of a member do not matter."""
BUTTONS_FOR_EVERYBODY = frozenset(
    {*COSTLY_BUTTONS, hall_of_fame.ACTION, poems.KEEP, poems.BOOK, privacy.ACTION}
)
VOTES = frozenset({votes.ACTION, votes.RETRACT})
"""Actions of buttons for which it does not matter who presses them, and which come in rushes."""

GUESTS_WAIT = _(
    "Guests and members of other workspaces can't use what takes the bot's time. They can vote, "
    "and look at the hall of fame."
)
UNKNOWN = _("Slack didn't say in time what you may do in this workspace. Try again in a minute.")


def rights_for_command(word: str) -> Rights:
    """What has to be known of a member who uses a command. `word` is the first of its name."""
    return Rights.USUAL if word in FOR_EVERYBODY else Rights.RECENT


def rights_for_button(action: str) -> Rights:
    """What has to be known of a member who presses a button."""
    if action in VOTES:
        return Rights.NEEDLESS
    return Rights.USUAL if action in BUTTONS_FOR_EVERYBODY else Rights.RECENT


def refusal_of_command(word: str, origin: Origin) -> UserError | None:
    """Why a member may not use a command; `None` if they may, as far as Slack goes."""
    return _refusal(origin, is_costly=word in COSTLY, needs_rights=word not in FOR_EVERYBODY)


def refusal_of_button(action: str, origin: Origin) -> UserError | None:
    """Why a member may not press a button; `None` if they may, as far as Slack goes."""
    needs_rights = action not in VOTES and action not in BUTTONS_FOR_EVERYBODY
    return _refusal(origin, is_costly=action in COSTLY_BUTTONS, needs_rights=needs_rights)


def _refusal(origin: Origin, *, is_costly: bool, needs_rights: bool) -> UserError | None:
    if is_costly and origin.is_guest:
        return UserError(GUESTS_WAIT)
    if (is_costly or needs_rights) and origin.is_unknown:
        return UserError(UNKNOWN)
    return None
