"""Gifts and swaps in the record of moderation, and undoing them."""

from collections.abc import Iterator

from bot.chat.app import App
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.queries import Action
from bot.community.rights import check_moderator
from bot.discoveries.queries import MOST_OWNED
from bot.giving.queries import OfferRecord, Offers, Outcome
from bot.moderation.record import LAST_PAGE, MODERATE, PAGE, entry_of, page_number, paging
from bot.store.people import privately
from bot.text.formats import shortened
from bot.text.spans import Text, Timestamp, chained, strong, text
from bot.text.technical import DOT, NEWLINE


async def gifts_page(app: App, turn: Turn, page: int) -> Message:
    """A page of the gifts of a community, the newest first, with buttons that undo them."""
    community_id, page = await check_moderator(turn), min(page, LAST_PAGE)
    words = await app.filters.of(community_id)
    found = await app.store[Offers].gifts(words, community_id, skip=page * PAGE, most=PAGE + 1)
    lines = tuple(_line(gift, turn) for gift in found[:PAGE])
    limit = turn.platform.limits.button_label
    undo = (
        Button(
            shortened(_("Undo: {name}").format(name=gift.name), limit),
            MODERATE,
            f"undo:{gift.id}:{page}",
            dangerous=True,
        )
        for gift in found[:PAGE]
        if gift.is_kept
    )
    buttons = *undo, *paging(MODERATE, "gifts", page, has_more=len(found) > PAGE)
    embed = Embed(_("🎁 Gifts"), lines or (text(_("Nobody has given anything away yet.")),))
    return Message(embeds=(embed,), buttons=buttons, private=True)


async def undo(app: App, turn: Turn, state: str, *, is_sure: bool) -> None:
    """Answer the button that undoes a gift, after a question."""
    community_id = await check_moderator(turn)
    first, _colon, page = state.partition(":")
    number = stored_number(first)
    if number is None:
        raise other_version()
    words, outcome = await app.filters.of(community_id), Outcome.GONE
    gift = await app.store[Offers].find(words, community_id, number)
    if gift is not None and gift.is_kept and not is_sure:
        sure = Button(_("Yes, undo it"), MODERATE, f"undone:{state}", dangerous=True)
        lines = text(_("Undo this gift?")), _line(gift, turn), *_back(gift, turn)
        asked = chained(lines, NEWLINE)
        await turn.respond(Message(asked, buttons=(sure,), private=True))
        return
    if gift is not None and gift.accepted_at is not None and is_sure:
        outcome = await app.store[Offers].undo(gift, entry_of(app, turn, Action.UNDO_GIFT))
    if outcome is Outcome.FULL:
        sentence = _(
            "The collection that the dinosaur came from is full: it has {limit} dinosaurs."
        )
        raise UserError(sentence, limit=MOST_OWNED)
    if outcome is not Outcome.DONE:
        raise UserError(
            _(
                "This gift can't be undone any more, because it was passed on or has already been "
                "undone."
            )
        )
    await turn.edit_source(await gifts_page(app, turn, page_number(page)))


def _back(gift: OfferRecord, turn: Turn) -> Iterator[Text]:
    """What goes back: what members still have of the gift."""
    for name, is_kept, member_id in (
        (gift.name, gift.is_given_kept, gift.member_id),
        (gift.wanted, gift.is_wanted_kept, gift.recipient_id),
    ):
        if name is not None and is_kept:
            member = turn.platform.mention(privately(member_id))
            yield text(_("{name} goes back to {member}."), name=strong(name), member=member)


def _line(gift: OfferRecord, turn: Turn) -> Text:
    sentence = _("{giver} gave {name} to {member}.")
    if gift.wanted is not None:
        sentence = _("{giver} gave {name} to {member} in exchange for {other}.")
    at = gift.accepted_at
    assert at is not None  # noqa: S101 (the query's)
    return (
        *text(Timestamp(at), DOT),
        *text(
            sentence,
            giver=turn.platform.mention(privately(gift.member_id)),
            member=turn.platform.mention(privately(gift.recipient_id)),
            name=strong(gift.name),
            other=() if gift.wanted is None else strong(gift.wanted),
        ),
    )
