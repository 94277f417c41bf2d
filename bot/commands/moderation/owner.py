"""`/owner`: what the owners of the bot can do in all communities. All answers are private."""

from dataclasses import dataclass

from bot.commands.core.app import App
from bot.commands.core.choices import Choice, within_limits
from bot.commands.core.info import Audience, CommandInfo, NoOptions
from bot.commands.core.message import (
    Embed,
    Message,
    Text,
    UserError,
    Value,
    code,
    link,
    strong,
    text,
)
from bot.commands.core.translation import _, ngettext
from bot.commands.core.turn import CommunityInfo, Forbidden, Gone, Turn
from bot.commands.moderation.blocking import block_or_explain, blocks_page, check_target
from bot.commands.moderation.record import PAGE, paging, record_page
from bot.commands.moderation.rights import check_owner
from bot.store.moderation.tables import EVERYBODY, EVERYWHERE, Action, Entry

OWNER = "owner"
"""The group of commands, and the action of its buttons."""
LONGEST_ID = 19
"""Digits of a community's id."""

_WHO = {
    "user": _("A user, in all servers"),
    "server": _("Or a server: its id, or one of the suggestions"),
}

GROUP_INFO = CommandInfo(name=OWNER, description=_("For the operator of the bot."))
BLOCK_INFO = CommandInfo(
    name="owner block",
    description=_("Stop answering a user or a server, everywhere."),
    options=_WHO,
    examples=((_("/owner block user:…"), _("stops the bot from answering a user everywhere.")),),
    audience=Audience.OWNERS,
)
UNBLOCK_INFO = CommandInfo(
    name="owner unblock",
    description=_("Answer a blocked user or server again."),
    options=_WHO,
    examples=((_("/owner unblock user:…"), _("lets the bot answer a user again.")),),
    audience=Audience.OWNERS,
)
BLOCKS_INFO = CommandInfo(
    name="owner blocks",
    description=_("List the blocked users and servers."),
    examples=(("/owner blocks", _("lists the blocked users and servers.")),),
    audience=Audience.OWNERS,
)
SERVERS_INFO = CommandInfo(
    name="owner servers",
    description=_("List the servers that the bot is in."),
    examples=(("/owner servers", _("lists the servers that the bot is in.")),),
    audience=Audience.OWNERS,
)
LEAVE_INFO = CommandInfo(
    name="owner leave",
    description=_("Remove the bot from a server."),
    options={"server": _("Which server: its id, or one of the suggestions")},
    examples=((_("/owner leave server:…"), _("removes the bot from a server.")),),
    audience=Audience.OWNERS,
)
RECORD_INFO = CommandInfo(
    name="owner record",
    description=_("What the operators did."),
    examples=(("/owner record", _("shows what the operators did.")),),
    audience=Audience.OWNERS,
)


@dataclass(frozen=True)
class TargetOptions:
    """Options of `/owner block` and `/owner unblock`: one of the two."""

    user_id: int | None = None
    community: str | None = None
    is_bot: bool = False
    """Whether the user is a bot."""


@dataclass(frozen=True)
class CommunityOptions:
    """Options of `/owner leave`."""

    community: str


async def block(app: App, turn: Turn, options: TargetOptions) -> None:
    """Answer `/owner block`."""
    await check_owner(turn)
    community_id, member_id = _target(options)
    check_target(turn, member_id, is_bot=options.is_bot)
    entry = _entry(app, turn, community_id, member_id, blocked=True)
    with app.in_flight.track():
        is_new = await block_or_explain(app, turn, community_id, member_id, entry)
        sentence = (
            _("The bot doesn't answer {target} anymore.")
            if is_new
            else _("{target} is blocked already.")
        )
        await turn.respond(Message(_about(sentence, turn, entry), private=True))


async def unblock(app: App, turn: Turn, options: TargetOptions) -> None:
    """Answer `/owner unblock`."""
    await check_owner(turn)
    community_id, member_id = _target(options)
    entry = _entry(app, turn, community_id, member_id, blocked=False)
    with app.in_flight.track():
        was_blocked = await app.blocks.unblock(community_id, member_id, entry)
        sentence = (
            _("The bot answers {target} again.") if was_blocked else _("{target} isn't blocked.")
        )
        await turn.respond(Message(_about(sentence, turn, entry), private=True))


async def blocks(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/owner blocks`."""
    await check_owner(turn)
    with app.in_flight.track():
        await turn.respond(await blocks_page(app, turn, None, 0, OWNER))


async def servers(_app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/owner servers`."""
    await check_owner(turn)
    await turn.respond(communities_page(turn, 0))


async def leave(app: App, turn: Turn, options: CommunityOptions) -> None:
    """Answer `/owner leave`."""
    await check_owner(turn)
    community_id = parse_id(options.community)
    entry = Entry(Action.LEAVE, turn.user.id, app.now(), None, community_id)
    with app.in_flight.track():
        await turn.defer(private=True)
        try:
            await turn.platform.leave(community_id)
        except (Forbidden, Gone) as error:
            raise UserError(*_about(_("The bot isn't in {target}."), turn, entry)) from error
        await app.store.moderation.record(entry)
        reply = _about(
            _("The bot has left {target}. To keep it out, block it as well."), turn, entry
        )
        await turn.respond(Message(reply, private=True))


async def record(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/owner record`."""
    await check_owner(turn)
    with app.in_flight.track():
        await turn.respond(await record_page(app, turn, None, 0, OWNER))


async def suggest_communities(_app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest servers whose name or id contains `typed`."""
    await check_owner(turn)
    typed = typed.strip().casefold()
    choices = (
        Choice(f"{info.name} · {info.id}", str(info.id))
        for info in _communities(turn)
        if typed in f"{info.name} · {info.id}".casefold()
    )
    return within_limits(choices, turn.platform.limits)


def communities_page(turn: Turn, page: int) -> Message:
    """A page of the communities that this process sees, the largest first."""
    found = _communities(turn)
    page = min(page, max(0, (len(found) - 1) // PAGE))
    shown = found[page * PAGE : (page + 1) * PAGE]
    terms = turn.platform.terms
    title = ngettext("🏘️ {count:,} {community}", "🏘️ {count:,} {communities}", len(found))
    embed = Embed(
        title.format(count=len(found), community=terms.community, communities=terms.communities),
        tuple(map(_line, shown)),
        footer=""
        if turn.platform.sees_all_communities
        else _("Other processes see more {communities}.").format(communities=terms.communities),
    )
    buttons = tuple(paging(OWNER, "servers", page, has_more=len(found) > (page + 1) * PAGE))
    return Message(embeds=(embed,), buttons=buttons, private=True)


def parse_id(typed: str) -> int:
    """The id of a community. Raises `UserError` for anything else."""
    digits = typed.strip()
    is_number = len(digits) <= LONGEST_ID and digits.isascii() and digits.isdecimal()
    if not is_number or not 0 < int(digits) < 2**63:
        raise UserError(
            _("That isn't the id of a server. Choose a suggestion, or type its number: {example}."),
            example=code("123456789012345678"),
        )
    return int(digits)


def _communities(turn: Turn) -> list[CommunityInfo]:
    found = (turn.platform.describe(number) for number in turn.platform.communities)
    return sorted(
        (info for info in found if info is not None),
        key=lambda info: (-(info.members or 0), info.id),
    )


def _line(info: CommunityInfo) -> Text:
    fields: dict[str, Value] = {"name": strong(info.name), "id": code(str(info.id))}
    if info.members is None:
        return text("{name} · {id}", **fields)
    counted = ngettext("{count:,} member", "{count:,} members", info.members)
    return (*text("{name} · {id} · ", **fields), *text(counted, count=info.members))


def _target(options: TargetOptions) -> tuple[int, int]:
    """Community and member of a block. Raises `UserError` unless exactly one was given."""
    if (options.user_id is None) == (options.community is None):
        raise UserError(
            _("Choose either a user or a server, for example {example}."),
            example=code("/owner block user:"),
        )
    if options.user_id is not None:
        return EVERYWHERE, options.user_id
    return parse_id(options.community or ""), EVERYBODY


def _entry(app: App, turn: Turn, community_id: int, member_id: int, *, blocked: bool) -> Entry:
    if member_id == EVERYBODY:
        action = Action.BLOCK_COMMUNITY if blocked else Action.UNBLOCK_COMMUNITY
        return Entry(action, turn.user.id, app.now(), None, community_id)
    action = Action.BLOCK if blocked else Action.UNBLOCK
    return Entry(action, turn.user.id, app.now(), None, member_id)


def _about(sentence: str, turn: Turn, entry: Entry) -> Text:
    """A sentence with the target of an entry: a user, or a community with its name."""
    target = entry.target_id or 0
    if entry.action in (Action.BLOCK, Action.UNBLOCK):
        return text(sentence, target=link(turn.platform.mention(target)))
    info = turn.platform.describe(target)
    number = code(str(target))
    named = text("{name} ({id})", name=strong(info.name), id=number) if info else (number,)
    return text(sentence, target=named)
