"""Declarations of `/moderate`, the menu of a message, and `/owner`."""

from dataclasses import replace

from bot.chat.declaration import (
    Declaration,
    Group,
    Kind,
    Menu,
    Option,
    Person,
    Picked,
    Place,
    always,
)
from bot.chat.info import Audience
from bot.moderation import blocking, owner, record, removals
from bot.moderation.blocking import MemberOptions
from bot.moderation.owner import CommunityOptions, TargetOptions
from bot.moderation.record import ChannelOptions
from bot.moderation.removals import MessageOptions, NamerOptions, WinnerOptions


def _of_menu(picked: Picked) -> MessageOptions:
    return MessageOptions(ref=picked.ref, is_own=picked.is_own)


def _message(message: str) -> MessageOptions:
    return MessageOptions(message)


def _member(member: Person) -> MemberOptions:
    return MemberOptions(member.id, member.is_bot)


def _channel(channel: int | None = None) -> ChannelOptions:
    return ChannelOptions(channel)


def _target(user: Person | None = None, server: str | None = None) -> TargetOptions:
    if user is None:
        return TargetOptions(community=server)
    return TargetOptions(user.id, server, is_bot=user.is_bot)


def _community(server: str) -> CommunityOptions:
    return CommunityOptions(server)


_MESSAGE = Option(
    "message",
    is_required=True,
    least=1,
    most=removals.LONGEST_ADDRESS,
    suggest=always(removals.suggest_messages),
    is_main=True,
)
_WINNER = Option(
    "name",
    is_required=True,
    least=1,
    most=removals.LONGEST_NAME,
    suggest=always(removals.suggest_winners),
    is_main=True,
)
_NAMER = Option(
    "name",
    is_required=True,
    least=1,
    most=removals.LONGEST_NAME,
    suggest=always(removals.suggest_namers),
    is_main=True,
)
_MEMBER = Option("member", Kind.PERSON, is_required=True, is_main=True)
_SERVER = Option(
    "server", least=1, most=owner.LONGEST_ID, suggest=always(owner.suggest_communities)
)
_USER_OR_SERVER = (Option("user", Kind.PERSON, is_main=True), _SERVER)

MODERATE = Group(
    record.GROUP_INFO,
    (
        Declaration(removals.MESSAGE_INFO, removals.message, _message, (_MESSAGE,)),
        Declaration(removals.WINNER_INFO, removals.winner, WinnerOptions, (_WINNER,)),
        Declaration(
            removals.NAMER_INFO,
            removals.namer,
            NamerOptions,
            (_NAMER, Option("allow", Kind.SWITCH)),
        ),
        Declaration(blocking.BLOCK_INFO, blocking.block, _member, (_MEMBER,)),
        Declaration(blocking.UNBLOCK_INFO, blocking.unblock, _member, (_MEMBER,)),
        Declaration(blocking.BLOCKS_INFO, blocking.blocks),
        Declaration(record.RECORD_INFO, record.record),
        Declaration(
            record.LOG_INFO,
            record.choose_log,
            _channel,
            (Option("channel", Kind.CHANNEL, is_main=True),),
        ),
    ),
    shown_to=Audience.MODERATORS,
)
MENU = Menu(removals.MENU, removals.message, _of_menu, shown_to=Audience.MODERATORS)
OWNER = Group(
    owner.GROUP_INFO,
    (
        Declaration(owner.BLOCK_INFO, owner.block, _target, _USER_OR_SERVER),
        Declaration(owner.UNBLOCK_INFO, owner.unblock, _target, _USER_OR_SERVER),
        Declaration(owner.BLOCKS_INFO, owner.blocks),
        Declaration(owner.SERVERS_INFO, owner.servers),
        Declaration(
            owner.LEAVE_INFO,
            owner.leave,
            _community,
            (replace(_SERVER, is_required=True, is_main=True),),
        ),
        Declaration(owner.RECORD_INFO, owner.record),
    ),
    place=Place.COMMUNITY_OR_DIRECT,
    shown_to=Audience.ADMINISTRATORS,
)
DECLARED = (MODERATE, MENU, OWNER)
