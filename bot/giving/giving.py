"""`/give`: creatures that members give to others, or swap, and the offers that wait."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bot.chat.app import App
from bot.chat.commands import (
    Choice,
    ChosenMember,
    Command,
    Kind,
    Option,
    Place,
    Suggestions,
    Typed,
    main_option,
    within_limits,
)
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message, Select, Tone, Typo, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.community.moments import DAY, end_of, today_in, zone_of
from bot.community.queries import Communities
from bot.community.rights import check_community
from bot.creatures import labels
from bot.creatures.animal import profile_of
from bot.creatures.names import LONGEST_NAME
from bot.discoveries.queries import MOST_OWNED, Discoveries, Exhibit
from bot.giving.queries import MOST_OFFERS, OfferRecord, Offers, Outcome
from bot.store.people import privately
from bot.text.formats import cut, shortened
from bot.text.spans import Text, Timestamp, code, command, strong, text
from bot.text.technical import technical
from data.phrases import Showable

ACTION, COMMAND, COLLECTION = "give", command("/give"), command("/collection")
MOST_CHOICES = 25
"""Creatures in the menu of those that can be offered in a swap."""
_NOT_YOURS = _("{name} isn't in your collection. See what's in it with {command}.")
_TOO_NEW = _("{name} only arrived today. You can give it away from tomorrow.")
_ENDED = _("This offer has ended. See your offers with {command}.")


@dataclass(frozen=True)
class GiveOptions:
    """Options of `/give`."""

    dinosaur: str
    member: ChosenMember
    swap: str = ""
    """The name of what is asked for in return; empty for a gift."""


async def give(app: App, turn: Turn, options: GiveOptions) -> None:
    """Answer `/give`: offer a creature to a member."""
    async with app.answering(turn, ACTION):
        store, community_id = app.store[Discoveries], check_community(turn)
        if options.member.id == turn.user.id:
            raise Typo(_("You can't give anything to yourself. Choose another member."))
        if options.member.is_bot:
            raise Typo(_("Bots don't collect dinosaurs. Choose a member."))
        given = await store.named(community_id, options.dinosaur.strip())
        if given is None or given.owner_id != turn.user.id:
            name = await app.filtered(cut(options.dinosaur.strip(), LONGEST_NAME), community_id)
            raise Typo(_NOT_YOURS, name=strong(name), command=COLLECTION)
        wanted, asked = None, options.swap.strip()
        if asked:
            wanted = await store.named(community_id, asked)
            is_seen = wanted is not None and not wanted.is_owner_hidden
            if wanted is None or not is_seen or wanted.owner_id != options.member.id:
                name = await app.filtered(cut(asked, LONGEST_NAME), community_id)
                sentence = _("You can't see {name} in {member}'s collection.")
                member = turn.platform.mention(privately(options.member.id))
                raise Typo(sentence, name=strong(name), member=member)
        await turn.respond(await _offered(app, turn, options.member.id, given, wanted))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of offers, those that begin one, and the menu for a swap."""
    action, _colon, rest = state.partition(":")
    if action == "list":
        await turn.respond(await _list(app, turn))
        return
    first, _colon, second = rest.partition(":")
    number, own = stored_number(first), stored_number(second or "0")
    if number is None or own is None:
        raise other_version(technical("/give"))
    match action:
        case "give":
            await _ask_whom(app, turn, number)
        case "swap":
            await _ask_what(app, turn, number)
        case "for":
            await _swap(app, turn, number, own)
        case "accept":
            await _accept(app, turn, number)
        case "decline" | "back":
            community_id = check_community(turn)
            is_done = await app.store[Offers].withdraw(community_id, turn.user.id, number)
            declined, taken = _("You've declined the offer."), _("You've taken the offer back.")
            line = text(declined if action == "decline" else taken)
            await turn.edit_source(
                await _list(app, turn, line if is_done else text(_ENDED, command=COLLECTION))
            )
        case _unknown:
            raise other_version(technical("/give"))


def exchange_buttons(exhibit: Exhibit, member_id: int) -> Iterator[Button]:
    """The button by which a member gives a creature, or asks its owner to swap it."""
    if exhibit.owner_id == member_id:
        yield Button(_("Give"), ACTION, f"give:{exhibit.id}", "🎁")
    elif exhibit.owner_id is not None and not exhibit.is_owner_hidden:
        yield Button(_("Swap"), ACTION, f"swap:{exhibit.id}", "🔁")


async def waiting_offers(app: App, turn: Turn) -> tuple[tuple[Text, ...], tuple[Button, ...]]:
    """What the member's collection says of their offers, with the button that shows these."""
    community_id = check_community(turn)
    made, number = await app.store[Offers].waiting(community_id, turn.user.id, app.now())
    buttons = (Button(_("Offers"), ACTION, "list", "🎁"),) if made or number else ()
    if not number:
        return (), buttons
    sentence = ngettext(
        "🎁 {count} offer is waiting for an answer.",
        "🎁 {count} offers are waiting for an answer.",
        number,
    )
    return (text(sentence, count=number),), buttons


async def suggest_own(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest creatures of the member's own."""
    return await _suggest(app, turn, typed, turn.user.id)


def suggest_others(others: Typed) -> Suggestions:
    """Suggest creatures in the collection of the chosen member, or of all, except hidden ones."""
    return partial(_suggest, owner_id=stored_number(others.get("member", "")))


async def _suggest(app: App, turn: Turn, typed: str, owner_id: int | None) -> list[Choice]:
    community_id, member_id = check_community(turn), turn.user.id
    words = await app.filters.of(community_id)
    found = await app.store[Discoveries].exhibits(
        words, community_id, owner_id=owner_id, most=MOST_OWNED
    )
    is_own = owner_id == member_id
    choices = (
        Choice(each.name, str(each.name))
        for each in found
        if each.name.instead is None and typed.strip().casefold() in each.name.casefold()
        if is_own or (each.owner_id not in (None, member_id) and not each.is_owner_hidden)
    )
    return within_limits(choices, turn.platform.limits)


async def _ask_whom(app: App, turn: Turn, number: int) -> None:
    """Tell how to give a creature: the command has the menu of members."""
    exhibit = await app.store[Discoveries].owned(check_community(turn), turn.user.id, number)
    if exhibit is None:
        sentence = _("This dinosaur isn't in your collection. See what's in it with {command}.")
        raise UserError(sentence, command=COLLECTION)
    if exhibit.came_at >= await _midnight(app, turn):
        raise UserError(_TOO_NEW, name=strong(exhibit.name))
    typed = _("/give dinosaur:{name} member:…").format(name=exhibit.name)
    sentence = _(
        "Who should get it? Type {command}. Your offer will wait in their {collection} for a week."
    )
    reply = text(sentence, command=code(typed), collection=COLLECTION)
    await turn.respond(Message(reply, private=True))


async def _ask_what(app: App, turn: Turn, number: int) -> None:
    """Ask which creature the member gives for one of somebody else's."""
    wanted = await _wanted(app, turn, number)
    community_id, midnight = check_community(turn), await _midnight(app, turn)
    words = await app.filters.of(community_id)
    own = await app.store[Discoveries].exhibits(
        words, community_id, owner_id=turn.user.id, most=MOST_OWNED
    )
    choices = [
        (each.name, str(each.id))
        for each in own
        if each.name.instead is None and each.came_at < midnight
    ]
    if not choices:
        raise UserError(
            _(
                "You don't have a dinosaur to swap yet. You can give a dinosaur away from the day "
                "after you got it."
            )
        )
    menu = Select(_("Choose a dinosaur"), ACTION, f"for:{number}:", tuple(choices[:MOST_CHOICES]))
    sentence = _("Which dinosaur will you swap for {name}?")
    asked = text(sentence, name=strong(wanted.name))
    await turn.respond(Message(asked, selects=(menu,), private=True))


async def _swap(app: App, turn: Turn, number: int, own: int) -> None:
    """Answer the menu of what is given in return."""
    async with app.answering(turn, ACTION):
        wanted = await _wanted(app, turn, number)
        given = await app.store[Discoveries].owned(check_community(turn), turn.user.id, own)
        if given is None or wanted.owner_id is None:
            raise UserError(_ENDED, command=COLLECTION)
        await turn.edit_source(await _offered(app, turn, wanted.owner_id, given, wanted))


async def _wanted(app: App, turn: Turn, number: int) -> Exhibit:
    """A creature in a collection of somebody else that the member may see."""
    community_id = check_community(turn)
    words = await app.filters.of(community_id)
    wanted = await app.store[Discoveries].numbered(words, community_id, number)
    is_seen = wanted is not None and not wanted.is_owner_hidden
    if wanted is None or not is_seen or wanted.owner_id is None:
        raise UserError(_("This dinosaur isn't in any collection that you can see."))
    if wanted.owner_id == turn.user.id:
        raise UserError(_("This dinosaur is already yours."))
    return wanted


async def _offered(
    app: App, turn: Turn, recipient_id: int, given: Exhibit, wanted: Exhibit | None
) -> Message:
    """Make an offer. Returns the answer. Raises `UserError` if it cannot be made."""
    midnight = await _midnight(app, turn)
    outcome = await app.store[Offers].offer(
        check_community(turn),
        turn.user.id,
        recipient_id,
        given.id,
        None if wanted is None else wanted.id,
        app.now(),
        midnight,
    )
    member = turn.platform.mention(privately(recipient_id))
    match outcome:
        case Outcome.REFUSED:
            raise UserError(_("You can't give {member} anything here right now."), member=member)
        case Outcome.FULL:
            sentence = _("{member}'s collection is full: it already has {limit} dinosaurs.")
            raise UserError(sentence, member=member, limit=MOST_OWNED)
        case Outcome.TOO_MANY:
            sentence = _(
                "You already have {limit} offers waiting. Take one back with {command}, or wait "
                "for an answer."
            )
            raise UserError(sentence, limit=MOST_OFFERS, command=COLLECTION)
        case Outcome.TOO_NEW:
            if wanted is not None and given.came_at < midnight:
                raise UserError(_TOO_NEW, name=strong(wanted.name))
            raise UserError(_TOO_NEW, name=strong(given.name))
        case Outcome.GONE:
            raise UserError(_ENDED, command=COLLECTION)
        case _made:
            sentence = _(
                "You've offered {name} to {member}. The offer will wait in their {command} for a "
                "week. Until then, you can take it back in yours."
            )
            if wanted is not None:
                sentence = _(
                    "You've offered {name} to {member} for {other}. The offer will wait in their "
                    "{command} for a week. Until then, you can take it back in yours."
                )
            other = () if wanted is None else strong(wanted.name)
            reply = text(
                sentence, name=strong(given.name), member=member, other=other, command=COLLECTION
            )
            return Message(reply, private=True)


async def _accept(app: App, turn: Turn, number: int) -> None:
    """Accept an offer, once."""
    community_id = check_community(turn)
    words = await app.filters.of(community_id)
    offer = await app.store[Offers].find(words, community_id, number)
    outcome = Outcome.GONE
    if offer is not None and offer.recipient_id == turn.user.id:
        is_accepted = offer.accepted_at is not None and offer.is_given_kept  # by an earlier press
        outcome = Outcome.DONE
        if not is_accepted:
            outcome = await app.store[Offers].accept(offer, app.now())
    line = text(_ENDED, command=COLLECTION)
    if outcome is Outcome.FULL:
        sentence = _(
            "Your collection is full: it already has {limit} dinosaurs. Release one first with "
            "{command}."
        )
        raise UserError(sentence, limit=MOST_OWNED, command=COLLECTION)
    if outcome is Outcome.DONE and offer is not None:
        sentence = _("{name} is yours now. See it with {command}.")
        line = text(sentence, name=strong(offer.name), command=COLLECTION)
    await turn.edit_source(await _list(app, turn, line))


async def _list(app: App, turn: Turn, line: Text = ()) -> Message:
    """The offers that wait, by the member and to them, below what has become of one."""
    community_id, limits = check_community(turn), turn.platform.limits
    words = await app.filters.of(community_id)
    offers = await app.store[Offers].of_member(words, community_id, turn.user.id, app.now())
    lines, buttons = [*([line, ()] if line else [])], list[Button]()
    for each in offers:
        is_own = each.member_id == turn.user.id
        lines.append(_described(turn, each, is_own=is_own))
        if each.name.instead is None:
            lines.append(await _facts(app, turn, each, is_own=is_own))
        shown_labels = {"accept": _("Accept {name}"), "decline": _("Decline {name}")}
        if is_own:
            shown_labels = {"back": _("Take back {name}")}
        name: Showable = each.name
        if each.wanted is not None:
            name = _("{name} for {other}").format(name=name, other=each.wanted)
        for action, label in shown_labels.items():
            shown = shortened(label.format(name=name), limits.button_label)
            is_main = action == "accept"
            buttons.append(Button(shown, ACTION, f"{action}:{each.id}", primary=is_main))
    more = sum(await app.store[Offers].waiting(community_id, turn.user.id, app.now())) - len(offers)
    if more > 0:
        lines.append(text(ngettext("And {count} more.", "And {count} more.", more), count=more))
    if not offers:
        lines.append(text(_("No offers are waiting. Make one with {command}."), command=COMMAND))
    embed = Embed(_("🎁 Offers"), tuple(lines), tone=Tone.NAMES)
    return Message(embeds=(embed,), buttons=tuple(buttons), private=True)


def _described(turn: Turn, offer: OfferRecord, *, is_own: bool) -> Text:
    other = offer.recipient_id if is_own else offer.member_id
    if offer.wanted is None:
        sentence = _("{member} is offering you {name}. The offer ends {end}.")
        if is_own:
            sentence = _("You're offering {name} to {member}. The offer ends {end}.")
    else:
        sentence = _("{member} is offering you {name} for your {other}. The offer ends {end}.")
        if is_own:
            sentence = _("You're offering {name} to {member} for {other}. The offer ends {end}.")
    return text(
        sentence,
        member=turn.platform.mention(privately(other)),
        name=strong(offer.name),
        other=() if offer.wanted is None else strong(offer.wanted),
        end=Timestamp(offer.until, absolute=True),
    )


async def _facts(app: App, turn: Turn, offer: OfferRecord, *, is_own: bool) -> Text:
    """What is offered, and to whom it is offered, whether their album lacks it."""
    profile = await asyncio.to_thread(profile_of, offer.name)
    period, _age = labels.PERIODS[profile.period]
    facts = text(_("{family}, {period}"), family=labels.family(profile), period=period)
    community_id, store = check_community(turn), app.store[Discoveries]
    if is_own or not await store.is_new_in_album(community_id, turn.user.id, profile):
        return facts
    return text(_("{facts} · new in your album"), facts=facts)


async def _midnight(app: App, turn: Turn) -> datetime:
    """When today has begun, in the time zone of the community's dinosaurs of the day."""
    kept, now = await app.store[Communities].settings(check_community(turn)), app.now()
    zone = await asyncio.to_thread(zone_of, kept.daily.zone)
    return end_of(today_in(now, zone) - DAY, zone)


GIVE = Command(
    "give",
    _("Give one of your dinosaurs to a member, or swap it for one of theirs."),
    give,
    (
        main_option("dinosaur", _("Which of your dinosaurs"), LONGEST_NAME, suggest_own),
        Option("member", _("To whom"), Kind.PERSON, is_required=True),
        Option(
            "swap",
            _("Which of their dinosaurs you want in return (default: none)"),
            most=LONGEST_NAME,
            suggest=suggest_others,
        ),
    ),
    GiveOptions,
    examples=(
        (
            _("/give dinosaur:Mangosaurus member:…"),
            _("offers a member one of your dinosaurs; they'll find the offer in their collection."),
        ),
    ),
    place=Place.COMMUNITY,
)
