"""`/owner servers` and `leave`: the communities that the bot is in. All answers are private."""

from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Choice, NoOptions, within_limits
from bot.chat.message import Embed, Message, UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import CommunityInfo, Forbidden, Gone, Turn
from bot.community.queries import Action, Record, RecordEntry
from bot.community.rights import check_owner
from bot.moderation.blocking import named, parse_id
from bot.moderation.record import OWNER, PAGE, paging
from bot.text.formats import spaced
from bot.text.spans import Text, Value, code, strong, text
from bot.text.written import for_managers
from data.phrases import NOTHING, Phrase


@dataclass(frozen=True)
class CommunityOptions:
    """Options of `/owner leave`."""

    server: str


async def servers(_app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/owner servers`."""
    await check_owner(turn)
    await turn.respond(await communities_page(turn, 0))


async def leave(app: App, turn: Turn, options: CommunityOptions) -> None:
    """Answer `/owner leave`."""
    await check_owner(turn)
    community_id = await parse_id(options.server, turn.platform)
    await turn.defer(private=True)
    name = await named(turn, community_id)
    try:
        await turn.platform.leave(community_id)
    except (Forbidden, Gone) as error:
        raise UserError(_("The bot isn't in {target}."), target=name) from error
    entry = RecordEntry(Action.LEAVE, turn.user.id, app.now(), target_id=community_id)
    await app.store[Record].add(entry)
    reply = text(
        _("The bot has left {target}. To keep the bot out, block {target} as well."), target=name
    )
    await turn.respond(Message(reply, private=True))


async def suggest_communities(_app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest servers whose name or id contains `typed`."""
    await check_owner(turn)
    typed = typed.strip().casefold()
    found = [(info, await turn.platform.shown_id(info.id)) for info in _communities(turn)]
    choices = (
        Choice(spaced([for_managers(info.name), shown], " · "), shown) for info, shown in found
    )
    matching = (choice for choice in choices if typed in choice.label.casefold())
    return within_limits(matching, turn.platform.limits)


async def communities_page(turn: Turn, page: int) -> Message:
    """A page of the communities that this process sees, the largest first."""
    found = _communities(turn)
    page = min(page, max(0, (len(found) - 1) // PAGE))
    shown = found[page * PAGE : (page + 1) * PAGE]
    terms = turn.platform.terms
    title = ngettext("🏘️ {count:,} {community}", "🏘️ {count:,} {communities}", len(found))
    embed = Embed(
        title.format(count=len(found), community=terms.community, communities=terms.communities),
        tuple([await _line(turn, info) for info in shown]),
        footer=NOTHING
        if turn.platform.sees_all_communities
        else _("The bot's other processes can see more {communities}.").format(
            communities=terms.communities
        ),
    )
    buttons = tuple(paging(OWNER, "servers", page, has_more=len(found) > (page + 1) * PAGE))
    return Message(embeds=(embed,), buttons=buttons, private=True)


def _communities(turn: Turn) -> list[CommunityInfo]:
    found = (turn.platform.describe(number) for number in turn.platform.communities)
    return sorted(
        (info for info in found if info is not None),
        key=lambda info: (-(info.members or 0), info.id),
    )


async def _line(turn: Turn, info: CommunityInfo) -> Text:
    shown = await turn.platform.shown_id(info.id)
    fields: dict[str, Value] = {"name": strong(for_managers(info.name)), "id": code(shown)}
    if info.members is None:
        return text(Phrase("{name} · {id}"), **fields)
    counted = ngettext("{count:,} member", "{count:,} members", info.members)
    return (*text(Phrase("{name} · {id} · "), **fields), *text(counted, count=info.members))
