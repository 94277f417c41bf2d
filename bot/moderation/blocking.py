"""`/moderate block`, `unblock` and `blocks`: members whom the bot does not answer here."""

from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.info import Audience, CommandInfo, NoOptions
from bot.chat.message import (
    Embed,
    Message,
    Text,
    Timestamp,
    UserError,
    Value,
    code,
    link,
    text,
)
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.blocks import BlockList
from bot.community.queries import MOST_BLOCKS, BlockRecord, Blocks, TooManyBlocks
from bot.community.rights import check_moderator
from bot.moderation.record import LAST_PAGE, MODERATE, PAGE, entry_of, paging, post
from bot.store.record import Action, Entry
from bot.store.schema import EVERYBODY, EVERYWHERE

_MEMBER = {"member": _("Which member")}

BLOCK_INFO = CommandInfo(
    name="moderate block",
    description=_("Stop answering a member here."),
    options=_MEMBER,
    examples=((_("/moderate block member:…"), _("stops the bot from answering a member here.")),),
    audience=Audience.MODERATORS,
)
UNBLOCK_INFO = CommandInfo(
    name="moderate unblock",
    description=_("Answer a blocked member again."),
    options=_MEMBER,
    examples=((_("/moderate unblock member:…"), _("lets the bot answer a member again.")),),
    audience=Audience.MODERATORS,
)
BLOCKS_INFO = CommandInfo(
    name="moderate blocks",
    description=_("List the blocked members."),
    examples=(("/moderate blocks", _("lists the blocked members.")),),
    audience=Audience.MODERATORS,
)


@dataclass(frozen=True)
class MemberOptions:
    """Options of `/moderate block` and `/moderate unblock`."""

    member_id: int
    is_bot: bool = False


@dataclass(frozen=True)
class Target:
    """Whom a block is about, as `BlockList` has them, with the entry for the record."""

    community_id: int
    member_id: int
    entry: Entry
    name: Value
    """As replies show it."""
    is_bot: bool = False


async def block(app: App, turn: Turn, options: MemberOptions) -> None:
    """Answer `/moderate block`."""
    community_id = await check_moderator(turn)
    done = _(
        "The bot doesn't answer {target} here anymore, unless they are a manager: "
        "managers can't be blocked."
    )
    await block_target(app, turn, _member(app, turn, community_id, options, Action.BLOCK), done)


async def unblock(app: App, turn: Turn, options: MemberOptions) -> None:
    """Answer `/moderate unblock`."""
    community_id = await check_moderator(turn)
    await unblock_target(app, turn, _member(app, turn, community_id, options, Action.UNBLOCK))


async def blocks(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/moderate blocks`."""
    community_id = await check_moderator(turn)
    with app.in_flight.track():
        await turn.respond(await blocks_page(app, turn, community_id, 0, MODERATE))


async def block_target(app: App, turn: Turn, target: Target, done: str) -> None:
    """Block. `done` is the sentence for a target that was not blocked."""
    if target.member_id == turn.user.id:
        raise UserError(_("You can't block yourself."))
    if target.is_bot:
        raise UserError(
            _("Bots can't use commands, so there's nothing to block. Choose a member who can.")
        )
    with app.in_flight.track():
        is_new = await _block_or_explain(app, turn, target)
        sentence = done if is_new else _("{target} is blocked already.")
        await turn.respond(Message(text(sentence, target=target.name), private=True))
        if is_new:
            await post(app, turn.platform, target.entry)


async def unblock_target(app: App, turn: Turn, target: Target) -> None:
    """The inverse of `block_target`."""
    with app.in_flight.track():
        was_blocked = await app[BlockList].unblock(
            target.community_id, target.member_id, target.entry
        )
        sentence = (
            _("The bot answers {target} again.") if was_blocked else _("{target} isn't blocked.")
        )
        await turn.respond(Message(text(sentence, target=target.name), private=True))
        if was_blocked:
            await post(app, turn.platform, target.entry)


async def blocks_page(
    app: App, turn: Turn, community_id: int | None, page: int, action: str
) -> Message:
    """A page of the members whom a community blocks, or with `None` of what owners block."""
    page = min(page, LAST_PAGE)
    found = await app.store[Blocks].listed(community_id, skip=page * PAGE, most=PAGE + 1)
    lines = tuple(_line(record, turn) for record in found[:PAGE])
    embed = Embed(_("🚫 Blocked"), lines or (text(_("Nobody is blocked.")),))
    buttons = tuple(paging(action, "blocks", page, has_more=len(found) > PAGE))
    return Message(embeds=(embed,), buttons=buttons, private=True)


def _member(
    app: App, turn: Turn, community_id: int, options: MemberOptions, action: Action
) -> Target:
    member_id = options.member_id
    entry = entry_of(app, turn, action, target_id=member_id)
    name = link(turn.platform.mention(member_id))
    return Target(community_id, member_id, entry, name, options.is_bot)


async def _block_or_explain(app: App, turn: Turn, target: Target) -> bool:
    """Block. Returns whether it was not. Raises `UserError` if there are too many blocks."""
    try:
        return await app[BlockList].block(target.community_id, target.member_id, target.entry)
    except TooManyBlocks as error:
        if target.member_id == EVERYBODY:
            sentence = _("You can block at most {limit} {communities}. Unblock some first.")
        elif target.community_id == EVERYWHERE:
            sentence = _("You can block at most {limit} users. Unblock some first.")
        else:
            sentence = _("You can block at most {limit} members here. Unblock some first.")
        communities = turn.platform.terms.communities
        raise UserError(sentence, limit=MOST_BLOCKS, communities=communities) from error


def _line(record: BlockRecord, turn: Turn) -> Text:
    since = Timestamp(record.blocked_at)
    if record.member_id == EVERYBODY:
        return text(
            _("{since} · {community} {id}"),
            since=since,
            community=turn.platform.terms.community,
            id=code(str(record.community_id)),
        )
    member = link(turn.platform.mention(record.member_id))
    number = code(str(record.member_id))
    assert record.community_id in (EVERYWHERE, turn.community_id)  # noqa: S101 (the query's)
    return text(_("{since} · {member} {id}"), since=since, member=member, id=number)
