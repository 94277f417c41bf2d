"""The record of what moderators and owners did, and the log channel."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import NoOptions
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, MessageRef, Platform, Turn, Unreachable
from bot.community.queries import Action, Communities, Record, RecordEntry
from bot.community.rights import check_is_here, check_moderator, check_owner, check_reports
from bot.outbox.worker import Delivery, Ended
from bot.store.people import privately
from bot.text.spans import Text, Timestamp, Value, code, link, strong, text
from bot.text.technical import DOT, technical
from bot.text.written import for_managers
from data.phrases import Phrase

log = logging.getLogger(__name__)

MODERATE, OWNER = "moderate", "owner"
"""The groups of commands, and the actions of their buttons."""
STOP_LOG = "log:off"
"""State of the button that stops the reports."""
GIFTS = "gifts:0"
"""State of the button that shows what members have given."""
PAGE = 10
"""Entries on a page."""
LAST_PAGE = 99
"""Counted from 0: a request reads at most a thousand entries."""
POSTING_S = 5.0
"""Seconds that a post in a new log channel may take."""


_SENTENCES: Mapping[Action, Phrase] = {
    Action.REMOVE_NAME: _("{moderator} removed the name {subject}."),
    Action.ALLOW_NAME: _("{moderator} allowed the name {subject} again."),
    Action.REMOVE_MESSAGE: _("{moderator} removed one of the bot's answers: {address}"),
    Action.REFUSE_MODEL: _("{moderator} removed the namer {subject} from this {community}."),
    Action.ACCEPT_MODEL: _("{moderator} allowed the namer {subject} again."),
    Action.BLOCK: _("{moderator} blocked {member}."),
    Action.UNBLOCK: _("{moderator} unblocked {member}."),
    Action.LOG: _("{moderator} chose {channel} for moderation reports."),
    Action.UNDO_GIFT: _("{moderator} undid a gift: {subject} went back to {member}."),
    Action.BLOCK_COMMUNITY: _("{moderator} blocked the {community} {target}."),
    Action.UNBLOCK_COMMUNITY: _("{moderator} unblocked the {community} {target}."),
    Action.LEAVE: _("{moderator} removed the bot from the {community} {target}."),
}
_REPORTED = _("Moderation reports go to {channel}.")
_LOG_OFF = _("{moderator} switched moderation reports off.")


@dataclass(frozen=True)
class ChannelOptions:
    """Options of `/moderate log`."""

    channel: int | None = None


@dataclass(frozen=True)
class ModerationScope:
    """Scope of a moderator: one community, or all for an owner of the bot."""

    group: str
    """`MODERATE` or `OWNER`."""
    community_id: int | None = None
    """`None` for owners, who do not act in the community of the request."""


async def scope_of(turn: Turn, group: str) -> ModerationScope:
    """The scope of a group of commands. Raises `UserError` unless the user has the right."""
    if group == MODERATE:
        return ModerationScope(MODERATE, await check_moderator(turn))
    await check_owner(turn)
    return ModerationScope(OWNER)


def entry_of(
    app: App, turn: Turn, action: Action, *, target_id: int | None = None, subject: str = ""
) -> RecordEntry:
    """Entry of the record for an action of the user in this community."""
    return RecordEntry(action, turn.user.id, app.now(), turn.community_id, target_id, subject)


async def record(group: str, app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/moderate record` and `/owner record`."""
    scope = await scope_of(turn, group)
    await turn.respond(await record_page(app, turn, scope, 0))


async def choose_log(app: App, turn: Turn, options: ChannelOptions) -> None:
    """Answer `/moderate log`: without a channel, with the one that was chosen."""
    community_id, channel_id = check_reports(turn), options.channel
    if channel_id is None:
        await turn.respond(await _chosen_log(app, turn, community_id))
        return
    await check_is_here(turn, channel_id)
    entry = entry_of(app, turn, Action.LOG, target_id=channel_id)
    await app.store[Communities].set_log_channel(entry)
    sentence = _REPORTED
    if not await _is_posted(turn.platform, channel_id, entry):
        sentence = _(
            "Moderation reports now go to {channel}, but the bot can't post there. {access}"
        )
    channel = turn.platform.mention_channel(channel_id)
    reply = text(sentence, channel=channel, access=turn.platform.terms.access)
    await turn.respond(Message(reply, private=True))


async def stop_log(app: App, turn: Turn) -> None:
    """Answer the button that stops the reports."""
    check_reports(turn)
    await app.store[Communities].set_log_channel(entry_of(app, turn, Action.LOG))
    reply = text(_("Moderation reports don't go to a channel any more."))
    await turn.edit_source(Message(reply, private=True))


async def _chosen_log(app: App, turn: Turn, community_id: int) -> Message:
    """Where moderation is reported."""
    channel_id = (await app.store[Communities].settings(community_id)).log_channel_id
    if channel_id is None:
        sentence = _("Moderation reports don't go to any channel. Choose one with {command}.")
        example = code(_("/moderate log channel:…"))
        return Message(text(sentence, command=example), private=True)
    reply = text(_REPORTED, channel=turn.platform.mention_channel(channel_id))
    stop = Button(_("Stop the reports"), MODERATE, STOP_LOG, dangerous=True)
    return Message(reply, buttons=(stop,), private=True)


async def show_report(app: App, platform: Platform, delivery: Delivery) -> Ended:
    """Report an entry in the log channel of its community, as it was then."""
    entry = await app.store[Record].entry(delivery.subject_id)
    if entry is None or await app.blocks.has_community(entry.community_id):
        return Ended()
    ref = MessageRef(delivery.channel_id, 0, entry.community_id)
    sent = await delivery.send(ref, Message(described(entry, platform)))
    return Ended(is_lost=sent is None)


async def _is_posted(platform: Platform, channel_id: int, entry: RecordEntry) -> bool:
    """Report an entry in a channel. Returns whether reports arrive there, as far as is known."""
    try:
        async with asyncio.timeout(POSTING_S):
            ref = MessageRef(channel_id, 0, entry.community_id)
            await platform.send(ref, Message(described(entry, platform)))
    except (DeliveryError, TimeoutError) as error:
        log.info("Moderation could not be reported in the log channel: %r", error)
        return isinstance(error, Unreachable)  # later reports may well arrive
    return True


def described(entry: RecordEntry, platform: Platform) -> Text:
    """An entry as a sentence."""
    sentence = _SENTENCES[entry.action]
    target = entry.target_id
    fields: dict[str, Value] = {
        "moderator": platform.mention(privately(entry.moderator_id)),
        "community": platform.terms.community,
        "subject": strong(for_managers(entry.subject)),
        "address": link(for_managers(entry.subject)),
    }
    if target is None:
        sentence = _LOG_OFF if entry.action is Action.LOG else sentence
    else:
        fields["member"] = platform.mention(privately(target))
        fields["channel"] = platform.mention_channel(target)
        fields["target"] = code(technical(str(target)))
    return text(sentence, **fields)


async def record_page(app: App, turn: Turn, scope: ModerationScope, page: int) -> Message:
    """A page of the record of a community, or of the owners, newest first."""
    page = min(page, LAST_PAGE)
    found = await app.store[Record].entries(scope.community_id, skip=page * PAGE, most=PAGE + 1)
    lines = tuple(
        (*text(Timestamp(entry.at), DOT), *described(entry, turn.platform))
        for entry in found[:PAGE]
    ) or (text(_("Nothing has been recorded.")),)
    buttons = tuple(paging(scope.group, "record", page, has_more=len(found) > PAGE))
    is_owners = scope.group == OWNER
    if not is_owners:
        buttons = *buttons, Button(_("Gifts"), MODERATE, GIFTS, "🎁")
    title = _("📋 What the operators did") if is_owners else _("📋 Moderation record")
    return Message(embeds=(Embed(title, lines),), buttons=buttons, private=True)


def paging(group: str, what: str, page: int, *, has_more: bool) -> Iterator[Button]:
    """The buttons that turn the pages of a list."""
    if page > 0:
        yield Button(_("Newer"), group, f"{what}:{page - 1}", emoji="◀️")
    if has_more and page < LAST_PAGE:
        yield Button(_("Older"), group, f"{what}:{page + 1}", emoji="▶️")


def page_number(digits: str) -> int:
    """The page of a button. Raises `UserError` for a state of another version."""
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 2:
        raise other_version()
    return int(digits)
