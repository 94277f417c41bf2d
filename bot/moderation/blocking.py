"""Blocks: members, users and communities that the bot does not answer."""

from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import NoOptions
from bot.chat.message import Embed, Message, UserError
from bot.chat.translation import _
from bot.chat.turn import Platform, Turn
from bot.community.queries import (
    MOST_BLOCKS,
    Action,
    BlockRecord,
    Blocks,
    RecordEntry,
    TooManyBlocks,
)
from bot.moderation.record import LAST_PAGE, PAGE, ModerationScope, paging, scope_of
from bot.store.people import privately
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.text.spans import Text, Timestamp, Value, code, strong, text
from bot.text.technical import technical
from bot.text.written import for_managers
from data.phrases import Phrase


@dataclass(frozen=True)
class TargetOptions:
    """Options of `block` and `unblock`: a user, or for owners a community instead."""

    user_id: int | None = None
    community: str | None = None
    """Id of a community, as typed."""
    is_bot: bool = False
    """Whether the user is a bot."""
    is_manager: bool = False
    """Whether the user manages the community, where moderators cannot block them."""


@dataclass(frozen=True)
class Target:
    """Whom a block is about, as `BlockList` has them, with the entry for the record."""

    community_id: int
    member_id: int
    entry: RecordEntry
    name: Value
    """The name or mention that replies show."""


async def block(group: str, app: App, turn: Turn, options: TargetOptions) -> None:
    """Answer `/moderate block` and `/owner block`."""
    scope = await scope_of(turn, group)
    target = await _target(app, turn, scope, options, (Action.BLOCK, Action.BLOCK_COMMUNITY))
    if target.member_id == turn.user.id:
        raise UserError(_("You can't block yourself."))
    if options.is_bot:
        raise UserError(
            _(
                "Bots can't use commands, so there's no need to block one. Choose a member who "
                "isn't a bot."
            )
        )
    done = _("The bot will no longer answer {target}.")
    if scope.community_id is not None:
        done = _("The bot will no longer answer {target} here.")
        if options.is_manager:
            raise UserError(
                _("{target} is a manager of this {community}, and managers can't be blocked."),
                target=target.name,
                community=turn.platform.terms.community,
            )
    is_new = await _block_or_explain(app, turn, target)
    sentence = done if is_new else _("{target} is already blocked.")
    await turn.respond(Message(text(sentence, target=target.name), private=True))


async def unblock(group: str, app: App, turn: Turn, options: TargetOptions) -> None:
    """Answer `/moderate unblock` and `/owner unblock`."""
    scope = await scope_of(turn, group)
    target = await _target(app, turn, scope, options, (Action.UNBLOCK, Action.UNBLOCK_COMMUNITY))
    was_blocked = await app.blocks.unblock(target.community_id, target.member_id, target.entry)
    sentence = (
        _("The bot will answer {target} again.") if was_blocked else _("{target} isn't blocked.")
    )
    await turn.respond(Message(text(sentence, target=target.name), private=True))


async def blocks(group: str, app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/moderate blocks` and `/owner blocks`."""
    scope = await scope_of(turn, group)
    await turn.respond(await blocks_page(app, turn, scope, 0))


async def blocks_page(app: App, turn: Turn, scope: ModerationScope, page: int) -> Message:
    """A page of the members whom a community blocks, or of what owners block."""
    page = min(page, LAST_PAGE)
    found = await app.store[Blocks].listed(scope.community_id, skip=page * PAGE, most=PAGE + 1)
    lines = tuple([await _line(record, turn) for record in found[:PAGE]])
    embed = Embed(_("🚫 Blocked"), lines or (text(_("Nobody is blocked.")),))
    buttons = tuple(paging(scope.group, "blocks", page, has_more=len(found) > PAGE))
    return Message(embeds=(embed,), buttons=buttons, private=True)


async def parse_id(typed: str, platform: Platform) -> int:
    """The id of a community. Raises `UserError` for anything else."""
    number = await platform.community_of(typed.strip())
    if not number:
        raise UserError(
            _(
                "That isn't the id of a {community}. Choose a suggestion, or type an id such as "
                "{example}."
            ),
            community=platform.terms.community,
            example=code(platform.terms.community_id),
        )
    return number


async def named(turn: Turn, community_id: int) -> Text:
    """A community with its name, if this process sees it."""
    info = turn.platform.describe(community_id)
    number = code(await turn.platform.shown_id(community_id))
    return (
        text(Phrase("{name} ({id})"), name=strong(for_managers(info.name)), id=number)
        if info
        else (number,)
    )


async def _target(
    app: App,
    turn: Turn,
    scope: ModerationScope,
    options: TargetOptions,
    actions: tuple[Action, Action],
) -> Target:
    """Whom the options mean, and what is done to a user or to a community.

    Raises `UserError` unless exactly one of the two was given.
    """
    terms = turn.platform.terms
    if (options.user_id is None) == (options.community is None):
        raise UserError(
            _("Choose either a user or a {community}, for example {example}."),
            community=terms.community,
            example=code(technical(f"/owner block server:{terms.community_id}")),
        )
    by, (of_user, of_community) = turn.user.id, actions
    if options.user_id is not None:
        entry = RecordEntry(of_user, by, app.now(), scope.community_id, options.user_id)
        name = turn.platform.mention(privately(options.user_id))
        where = EVERYWHERE if scope.community_id is None else scope.community_id
        return Target(where, options.user_id, entry, name)
    community_id = await parse_id(options.community or "", turn.platform)
    entry = RecordEntry(of_community, by, app.now(), scope.community_id, community_id)
    return Target(community_id, EVERYBODY, entry, await named(turn, community_id))


async def _block_or_explain(app: App, turn: Turn, target: Target) -> bool:
    """Block. Returns whether it was not. Raises `UserError` if there are too many blocks."""
    try:
        return await app.blocks.block(target.community_id, target.member_id, target.entry)
    except TooManyBlocks as error:
        if target.member_id == EVERYBODY:
            sentence = _("You can block at most {limit} {communities}. Unblock some first.")
        elif target.community_id == EVERYWHERE:
            sentence = _("You can block at most {limit} users. Unblock some first.")
        else:
            sentence = _("You can block at most {limit} members here. Unblock some first.")
        communities = turn.platform.terms.communities
        raise UserError(sentence, limit=MOST_BLOCKS, communities=communities) from error


async def _line(record: BlockRecord, turn: Turn) -> Text:
    since = Timestamp(record.blocked_at)
    if record.member_id == EVERYBODY:
        return text(
            _("{since} · {community} {id}"),
            since=since,
            community=turn.platform.terms.community,
            id=code(await turn.platform.shown_id(record.community_id)),
        )
    member = turn.platform.mention(privately(record.member_id))
    number = code(await turn.platform.shown_id(record.member_id))
    assert record.community_id in (EVERYWHERE, turn.community_id)  # noqa: S101 (the query's)
    return text(_("{since} · {member} {id}"), since=since, member=member, id=number)
