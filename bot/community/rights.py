"""Rights: the one place that decides who may do what.

| | |
| --- | --- |
| moderator | may delete messages of others in the community; every manager may |
| moderator of a channel | may delete messages of others there, and moderate those of the bot |
| manager | may change the settings of the community |
| home administrator | administrator of a community in `HOME_GUILDS` or `HOME_WORKSPACES` |
| owner | owns the bot's application, in every community |

A platform says what a user may do in a community (`Turn.user`), and who owns the bot
(`Platform.is_operator`).
"""

from collections.abc import Mapping
from enum import Enum, auto

from bot.chat import errors as error_messages
from bot.chat.app import App
from bot.chat.message import NotAllowed, UserError
from bot.chat.translation import _
from bot.chat.turn import MessageRef, Turn
from bot.text.spans import code, command
from data.phrases import Phrase


class SharedModelAction(Enum):
    """Actions on the models that all communities share."""

    TRAIN = auto()
    ACTIVATE = auto()


_FOR_ADMINISTRATORS: Mapping[SharedModelAction, Phrase] = {
    SharedModelAction.TRAIN: _("Only administrators of this {community} can retrain the models."),
    SharedModelAction.ACTIVATE: _(
        "Only administrators of this {community} can choose the live version."
    ),
}
_FOR_HOMES: Mapping[SharedModelAction, Phrase] = {
    SharedModelAction.TRAIN: _(
        "All {communities} share the models, so only the bot's operator and administrators of its "
        "home {communities} can retrain them. The operator can add a home {community} with the "
        "setting {setting}."
    ),
    SharedModelAction.ACTIVATE: _(
        "All {communities} share the models, so only the bot's operator and administrators of its "
        "home {communities} can choose the live version. The operator can add a home {community} "
        "with the setting {setting}."
    ),
}


_FOR_MANAGERS = _(
    "Only {community} managers can do that. Everyone can get names with {name}, and see the namers "
    "with {list}."
)


async def check_shared_models(app: App, turn: Turn, action: SharedModelAction) -> None:
    """Raise `NotAllowed` unless the user may train or activate the shared models.

    The bot's operator and the administrators of its home communities may. Without a home only the
    operator may: anybody can add a bot to a community of their own.
    """
    platform, terms = turn.platform, turn.platform.terms
    if turn.community_id is None:
        raise UserError(*error_messages.community_only(terms))
    if turn.user.is_administrator and app.is_home(turn.community_id):
        return
    if await platform.is_operator(turn.user.id):
        return
    if not turn.user.is_administrator:
        raise NotAllowed(_FOR_ADMINISTRATORS[action], community=terms.community)
    raise NotAllowed(
        _FOR_HOMES[action],
        community=terms.community,
        communities=terms.communities,
        setting=code(terms.home_setting),
    )


def check_manager(turn: Turn, sentence: Phrase = _FOR_MANAGERS) -> int:
    """Raise `NotAllowed` unless the user is a manager. Returns the community's id."""
    community_id = check_community(turn)
    if not turn.user.is_manager:
        community = turn.platform.terms.community
        commands = {"name": command("/name"), "list": command("/namer list")}
        raise NotAllowed(sentence, community=community, **commands)
    return community_id


def check_community(turn: Turn) -> int:
    """Return the community's id. Raises `UserError` in direct messages."""
    if turn.community_id is None:
        raise UserError(*error_messages.community_only(turn.platform.terms))
    return turn.community_id


async def check_moderator(turn: Turn) -> int:
    """Raise `NotAllowed` unless the user is a moderator here or an owner.

    Returns the community's id.
    """
    community_id = check_community(turn)
    if turn.user.is_moderator or await turn.platform.is_operator(turn.user.id):
        return community_id
    raise NotAllowed(
        _("Only moderators of this {community} can do that."),
        community=turn.platform.terms.community,
    )


async def check_channel(turn: Turn, channel_id: int) -> int:
    """Raise `NotAllowed` unless the user moderates a channel of the community or is an owner.

    Returns the community's id.
    """
    community_id = check_community(turn)
    if turn.moderates(channel_id) or await turn.platform.is_operator(turn.user.id):
        return community_id
    if not turn.platform.terms.has_channel_rights:
        return await check_moderator(turn)
    raise NotAllowed(
        _(
            "You can only do that in channels where you can delete other people's messages. If "
            "the message is in a closed thread, open the thread first."
        )
    )


async def check_is_here(turn: Turn, channel_id: int) -> None:
    """Raise `UserError` for a channel that isn't in the community of the request."""
    if not await turn.platform.is_in_community(MessageRef(channel_id, 0, turn.community_id)):
        raise UserError(
            _("This channel isn't in this {community}, or the bot can't see it."),
            community=turn.platform.terms.community,
        )


def check_reports(turn: Turn) -> int:
    """Raise `NotAllowed` unless the user may choose where moderation is reported: a manager.

    Moderators may not, whom the reports are about. Returns the community's id.
    """
    return check_manager(
        turn, _("Only managers of this {community} can choose where moderation is reported.")
    )


async def check_owner(turn: Turn) -> None:
    """Raise `NotAllowed` unless the user owns the bot, here or in a direct message."""
    if not await turn.platform.is_operator(turn.user.id):
        raise NotAllowed(_("Only the owners of the bot can do that."))
