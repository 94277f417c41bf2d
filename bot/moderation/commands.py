"""`/moderate`, the menu of a message, and `/owner`: their commands and buttons."""

from dataclasses import replace
from functools import partial

from bot.chat.app import App
from bot.chat.commands import (
    Audience,
    ChosenMember,
    Command,
    Group,
    Kind,
    Menu,
    Option,
    Picked,
    Place,
    always,
    main_option,
)
from bot.chat.errors import other_version
from bot.chat.received import LONGEST_NUMBER
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.moderation import blocking, gifts, owner, record, removals
from bot.moderation.blocking import TargetOptions
from bot.moderation.owner import CommunityOptions
from bot.moderation.record import (
    MODERATE,
    OWNER,
    STOP_LOG,
    ChannelOptions,
    page_number,
    scope_of,
)
from bot.moderation.removals import MessageOptions, NamerOptions, WinnerOptions
from bot.text.technical import technical


async def press(group: str, app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/moderate` and `/owner`."""
    what, _colon, rest = state.partition(":")
    if group == MODERATE and what in ("name", "message", "hatched"):
        await removals.press_remove(app, turn, what, rest)
        return
    if group == MODERATE and what == removals.WINNER:
        await removals.press_winner(app, turn, rest)
        return
    if group == MODERATE and state == STOP_LOG:
        await record.stop_log(app, turn)
        return
    if group == MODERATE and what in ("undo", "undone"):
        await gifts.undo(app, turn, rest, is_sure=what == "undone")
        return
    scope = await scope_of(turn, group)
    page = page_number(rest)
    if what == "record":
        message = await record.record_page(app, turn, scope, page)
    elif what == "blocks":
        message = await blocking.blocks_page(app, turn, scope, page)
    elif what == "gifts" and group == MODERATE:
        message = await gifts.gifts_page(app, turn, page)
    elif what == "servers" and group == OWNER:
        message = await owner.communities_page(turn, page)
    else:
        raise other_version()
    await turn.edit_source(message)


def _of_menu(picked: Picked) -> MessageOptions:
    return MessageOptions(ref=picked.ref, is_own=picked.is_own)


def _member(member: ChosenMember) -> TargetOptions:
    return TargetOptions(member.id, is_bot=member.is_bot, is_manager=member.is_manager)


def _target(user: ChosenMember | None = None, server: str | None = None) -> TargetOptions:
    if user is None:
        return TargetOptions(community=server)
    return TargetOptions(user.id, server, is_bot=user.is_bot)


def _for(audience: Audience, *commands: Command) -> tuple[Command, ...]:
    return tuple(replace(command, audience=audience) for command in commands)


_MEMBER = Option("member", _("Which member"), Kind.PERSON, is_required=True, is_main=True)
_SERVER = Option(
    "server",
    _("Or a server or workspace: its id, or one of the suggestions"),
    least=1,
    most=LONGEST_NUMBER,
    suggest=always(owner.suggest_communities),
)
_USER_OR_SERVER = (
    Option("user", _("A user, everywhere"), Kind.PERSON, is_main=True),
    _SERVER,
)

_OF_MODERATORS = _for(
    Audience.MODERATORS,
    Command(
        "moderate message",
        _("Remove names, a poem or another of the bot's answers."),
        removals.message,
        (
            main_option(
                "message",
                _("Link to the bot's message, or one of the suggestions"),
                removals.LONGEST_ADDRESS,
                removals.suggest_messages,
            ),
        ),
        MessageOptions,
        examples=(
            (
                _("/moderate message message:https://…"),
                _("removes names or a whole answer. A message's menu can do this too."),
            ),
        ),
    ),
    Command(
        "moderate winner",
        _("Remove a name from the hall of fame, or allow a removed one again."),
        removals.winner,
        (
            main_option(
                "name",
                _("Which name, for example: Mangosaurus"),
                removals.LONGEST_NAME,
                removals.suggest_winners,
            ),
            Option("allow", _("Allow it again (default: no)"), Kind.SWITCH),
        ),
        WinnerOptions,
        examples=(
            (
                technical("/moderate winner name:Mangosaurus"),
                _("removes a name from the hall of fame; allow:True allows it again."),
            ),
        ),
    ),
    Command(
        "moderate namer",
        _("Turn off a namer here, or allow it again."),
        removals.namer,
        (
            main_option(
                "name",
                _("Which namer, for example: elves"),
                removals.LONGEST_NAME,
                removals.suggest_namers,
            ),
            Option("allow", _("Allow it again (default: no)"), Kind.SWITCH),
        ),
        NamerOptions,
        examples=(
            (
                technical("/moderate namer name:elves"),
                _("turns off a namer here; allow:True allows it again."),
            ),
        ),
    ),
    Command(
        "moderate block",
        _("Make the bot ignore a member here."),
        partial(blocking.block, MODERATE),
        (_MEMBER,),
        _member,
        examples=(
            (_("/moderate block member:…"), _("stops the bot from answering a member here.")),
        ),
    ),
    Command(
        "moderate unblock",
        _("Unblock a member."),
        partial(blocking.unblock, MODERATE),
        (_MEMBER,),
        _member,
        examples=((_("/moderate unblock member:…"), _("lets the bot answer a member again.")),),
    ),
    Command(
        "moderate blocks",
        _("List the blocked members."),
        partial(blocking.blocks, MODERATE),
        examples=((technical("/moderate blocks"), _("lists the blocked members.")),),
    ),
    Command(
        "moderate record",
        _("See what moderators have done here."),
        partial(record.record, MODERATE),
        examples=((technical("/moderate record"), _("shows what moderators have done here.")),),
    ),
)
_OF_MANAGERS = (
    Command(
        "moderate log",
        _("Choose a channel for moderation reports, or stop them."),
        record.choose_log,
        (
            Option(
                "channel",
                _("Channel (default: show the current one)"),
                Kind.CHANNEL,
                is_main=True,
            ),
        ),
        ChannelOptions,
        examples=(
            (
                _("/moderate log channel:…"),
                _("sends moderation reports to a channel, or shows the current one."),
            ),
        ),
        audience=Audience.MANAGERS,
    ),
)
_OF_OWNERS = _for(
    Audience.OWNERS,
    Command(
        "owner block",
        _("Make the bot ignore a user everywhere, or a server or workspace."),
        partial(blocking.block, OWNER),
        _USER_OR_SERVER,
        _target,
        examples=(
            (_("/owner block user:…"), _("stops the bot from answering a user everywhere.")),
        ),
    ),
    Command(
        "owner unblock",
        _("Unblock a user, server or workspace."),
        partial(blocking.unblock, OWNER),
        _USER_OR_SERVER,
        _target,
        examples=((_("/owner unblock user:…"), _("lets the bot answer a user again.")),),
    ),
    Command(
        "owner blocks",
        _("List the blocked users, servers and workspaces."),
        partial(blocking.blocks, OWNER),
        examples=(
            (technical("/owner blocks"), _("lists the blocked users, servers and workspaces.")),
        ),
    ),
    Command(
        "owner servers",
        _("List the servers and workspaces that the bot is in."),
        owner.servers,
        examples=(
            (
                technical("/owner servers"),
                _("lists the servers and workspaces that the bot is in."),
            ),
        ),
    ),
    Command(
        "owner leave",
        _("Remove the bot from a server or workspace."),
        owner.leave,
        (
            main_option(
                "server",
                _("Which server or workspace: its id, or one of the suggestions"),
                LONGEST_NUMBER,
                owner.suggest_communities,
            ),
        ),
        CommunityOptions,
        examples=((_("/owner leave server:…"), _("removes the bot from a server or workspace.")),),
    ),
    Command(
        "owner record",
        _("See what the operators have done."),
        partial(record.record, OWNER),
        examples=((technical("/owner record"), _("shows what the operators have done.")),),
    ),
)

MODERATE_GROUP = Group(
    MODERATE,
    _("Remove names and poems, and block members (for moderators)."),
    _OF_MODERATORS + _OF_MANAGERS,
    shown_to=Audience.MODERATORS,
)
MODERATE_MENU = Menu(
    _("Moderate this message"), removals.message, _of_menu, shown_to=Audience.MODERATORS
)
OWNER_GROUP = Group(
    OWNER,
    _("For the bot's operator."),
    _OF_OWNERS,
    place=Place.COMMUNITY_OR_DIRECT,
    shown_to=Audience.ADMINISTRATORS,
)
