"""`/owner`: what the owners of the bot can do in all communities. All answers are private."""

from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.info import Audience, Choice, CommandInfo, NoOptions, within_limits
from bot.chat.message import (
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
from bot.chat.translation import _, ngettext
from bot.chat.turn import CommunityInfo, Forbidden, Gone, Terms, Turn
from bot.community.rights import check_owner
from bot.moderation.blocking import (
    Target,
    block_target,
    blocks_page,
    unblock_target,
)
from bot.moderation.queries import Moderation
from bot.moderation.record import PAGE, paging, record_page
from bot.store.record import Action, Entry
from bot.store.schema import EVERYBODY, EVERYWHERE

OWNER = "owner"
"""The group of commands, and the action of its buttons."""
LONGEST_ID = 19
"""Digits of a community's id."""

_WHO = {
    "user": _("A user, everywhere"),
    "server": _("Or a server or workspace: its id, or one of the suggestions"),
}

GROUP_INFO = CommandInfo(name=OWNER, description=_("For the operator of the bot."))
BLOCK_INFO = CommandInfo(
    name="owner block",
    description=_("Stop answering a user everywhere, or a server or workspace."),
    options=_WHO,
    examples=((_("/owner block user:…"), _("stops the bot from answering a user everywhere.")),),
    audience=Audience.OWNERS,
)
UNBLOCK_INFO = CommandInfo(
    name="owner unblock",
    description=_("Answer a blocked user, server or workspace again."),
    options=_WHO,
    examples=((_("/owner unblock user:…"), _("lets the bot answer a user again.")),),
    audience=Audience.OWNERS,
)
BLOCKS_INFO = CommandInfo(
    name="owner blocks",
    description=_("List the blocked users, servers and workspaces."),
    examples=(("/owner blocks", _("lists the blocked users, servers and workspaces.")),),
    audience=Audience.OWNERS,
)
SERVERS_INFO = CommandInfo(
    name="owner servers",
    description=_("List the servers and workspaces that the bot is in."),
    examples=(("/owner servers", _("lists the servers and workspaces that the bot is in.")),),
    audience=Audience.OWNERS,
)
LEAVE_INFO = CommandInfo(
    name="owner leave",
    description=_("Remove the bot from a server or workspace."),
    options={"server": _("Which server or workspace: its id, or one of the suggestions")},
    examples=((_("/owner leave server:…"), _("removes the bot from a server or workspace.")),),
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
    target = _target(app, turn, options, (Action.BLOCK, Action.BLOCK_COMMUNITY))
    await block_target(app, turn, target, _("The bot doesn't answer {target} anymore."))


async def unblock(app: App, turn: Turn, options: TargetOptions) -> None:
    """Answer `/owner unblock`."""
    await check_owner(turn)
    target = _target(app, turn, options, (Action.UNBLOCK, Action.UNBLOCK_COMMUNITY))
    await unblock_target(app, turn, target)


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
    community_id = parse_id(options.community, turn.platform.terms)
    with app.in_flight.track():
        await turn.defer(private=True)
        name = _named(turn, community_id)
        try:
            await turn.platform.leave(community_id)
        except (Forbidden, Gone) as error:
            raise UserError(_("The bot isn't in {target}."), target=name) from error
        await app.store[Moderation].record(_entry(app, turn, Action.LEAVE, community_id))
        reply = text(_("The bot has left {target}. To keep it out, block it as well."), target=name)
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


def parse_id(typed: str, terms: Terms) -> int:
    """The id of a community. Raises `UserError` for anything else."""
    digits = typed.strip()
    is_number = len(digits) <= LONGEST_ID and digits.isascii() and digits.isdecimal()
    if not is_number or not 0 < int(digits) < 2**63:
        raise UserError(
            _(
                "That isn't the id of a {community}. Choose a suggestion, or type its number: "
                "{example}."
            ),
            community=terms.community,
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


def _target(app: App, turn: Turn, options: TargetOptions, actions: tuple[Action, Action]) -> Target:
    """Whom the options mean, and what is done to a user or to a community.

    Raises `UserError` unless exactly one of the two was given.
    """
    if (options.user_id is None) == (options.community is None):
        raise UserError(
            _("Choose either a user or a {community}, for example {example}."),
            community=turn.platform.terms.community,
            example=code("/owner block user:"),
        )
    of_user, of_community = actions
    if options.user_id is not None:
        entry = _entry(app, turn, of_user, options.user_id)
        name = link(turn.platform.mention(options.user_id))
        return Target(EVERYWHERE, options.user_id, entry, name, options.is_bot)
    community_id = parse_id(options.community or "", turn.platform.terms)
    entry = _entry(app, turn, of_community, community_id)
    return Target(community_id, EVERYBODY, entry, _named(turn, community_id))


def _entry(app: App, turn: Turn, action: Action, target_id: int) -> Entry:
    """What an owner does now: not an act in the community of the request."""
    return Entry(action, turn.user.id, app.now(), None, target_id)


def _named(turn: Turn, community_id: int) -> Text:
    """A community with its name, if this process sees it."""
    info = turn.platform.describe(community_id)
    number = code(str(community_id))
    return text("{name} ({id})", name=strong(info.name), id=number) if info else (number,)
