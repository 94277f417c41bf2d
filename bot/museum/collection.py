"""`/collection`: what a member has discovered, which comes first, and what they release."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import ChosenMember, Command, Kind, Option, Place
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message, Tone, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.queries import Communities
from bot.community.rights import check_community
from bot.creatures import labels
from bot.discoveries.queries import MOST_OWNED, Discoveries, Exhibit
from bot.giving.giving import exchange_buttons, waiting_offers
from bot.museum.album import album, album_button, origins
from bot.museum.gallery import gallery
from bot.polls.hall_of_fame import Winners, answer_with, replace_with
from bot.polls.plates import hatch_button
from bot.store.people import Person, privately
from bot.text.spans import Text, chained, command, strong, text
from bot.text.technical import NEWLINE, technical
from data.phrases import NOTHING, Showable

ACTION, COMMAND = "collection", command("/collection")


@dataclass(frozen=True)
class CollectionOptions:
    """Options of `/collection`."""

    member: ChosenMember | None = None
    """Whose; `None` for the member who asks."""


async def collection(app: App, turn: Turn, options: CollectionOptions) -> None:
    """Answer `/collection`."""
    async with app.answering(turn, ACTION):
        owner_id = turn.user.id if options.member is None else options.member.id
        owner = await app.store[Discoveries].owner(check_community(turn), owner_id)
        is_hidden = owner is None
        if owner is None:
            if owner_id != turn.user.id:
                raise UserError(_("This member keeps their collection to themselves."))
            owner = privately(owner_id)
        page = _page(
            app, turn, owner, 0, private=is_hidden, tells_rarities=owner_id == turn.user.id
        )
        await answer_with(app, turn, page, private=is_hidden)


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer a button of a collection, or of a creature in it."""
    community_id, store, member_id = check_community(turn), app.store[Discoveries], turn.user.id
    action, _colon, rest = state.partition(":")
    first, _colon, second = rest.partition(":")
    number, page = stored_number(first), stored_number(second or "0")
    if number is None or page is None:
        raise other_version(technical("/collection"))
    if action in ("own", "own_album", "origins", "hide", "show") and number != member_id:
        sentence = _("This is someone else's collection. See yours with {command}.")
        raise UserError(sentence, command=COMMAND)
    match action:
        case "page" if (owner := await store.owner(community_id, number)) is not None:
            await replace_with(app, turn, await _page(app, turn, owner, page, private=False))
        case "album" if (owner := await store.owner(community_id, number)) is not None:
            await replace_with(app, turn, await _album(app, turn, owner, private=False))
        case "page" | "album":
            await turn.edit_source(_hidden())  # others see this message, which was posted before
        case "own":
            owner = privately(member_id)
            await replace_with(app, turn, await _page(app, turn, owner, page, private=True))
        case "own_album":
            owner = privately(member_id)
            await replace_with(app, turn, await _album(app, turn, owner, private=True))
        case "origins":
            await turn.respond(await origins(app, turn))
        case "hide":
            await store.hide(community_id, member_id, hidden=True)
            await turn.edit_source(_hidden())
        case "show":
            await store.hide(community_id, member_id, hidden=False)
            sentence = _("Others can see your collection again. Show it with {command}.")
            await turn.edit_source(Message(text(sentence, command=COMMAND), private=True))
        case "favourite" | "release" | "released":
            exhibit = await store.owned(community_id, member_id, number)
            if exhibit is None:
                sentence = _(
                    "This dinosaur isn't in your collection. See what's in it with {command}."
                )
                raise UserError(sentence, command=COMMAND)
            await _change(app, turn, action, exhibit)
        case _unknown:
            raise other_version(technical("/collection"))


def owner_buttons(exhibit: Exhibit, member_id: int) -> Iterator[Button]:
    """The buttons below a plate, of a creature in the member's own collection or another one."""
    if exhibit.owner_id == member_id:
        if not exhibit.is_favourite:
            yield Button(_("Favourite"), ACTION, f"favourite:{exhibit.id}", emoji="⭐")
        yield Button(_("Release"), ACTION, f"release:{exhibit.id}", emoji="🍃")
    yield from exchange_buttons(exhibit, member_id)


async def _change(app: App, turn: Turn, action: str, exhibit: Exhibit) -> None:
    """Let a creature of the member come first, or release it after a question."""
    of_member = check_community(turn), turn.user.id, exhibit.id
    name = strong(exhibit.name)
    match action:
        case "favourite":
            await app.store[Discoveries].favour(*of_member)
            sentence = _("{name} now comes first in your collection: {command}")
            reply = text(sentence, name=name, command=COMMAND)
            await turn.respond(Message(reply, private=True))
        case "release":
            sentence = _(
                "Release {name}? It will leave your collection for good, and stay in the museum "
                "without an owner."
            )
            sure = Button(_("Yes, release it"), ACTION, f"released:{exhibit.id}", dangerous=True)
            await turn.respond(Message(text(sentence, name=name), buttons=(sure,), private=True))
        case _released:
            await app.store[Discoveries].release(*of_member)
            sentence = _("You've released {name}. It stays in the museum.")
            await turn.edit_source(Message(text(sentence, name=name), private=True))


def _hidden() -> Message:
    sentence = _("This collection is hidden now. Only its owner can see it, with {command}.")
    return Message(text(sentence, command=COMMAND))


async def _page(
    app: App,
    turn: Turn,
    owner: Person,
    number: int,
    *,
    private: bool,
    tells_rarities: bool = False,
) -> Winners:
    """A page of a collection: `private` for the owner of one that is hidden.

    tells_rarities: whether the owner is told once which dinosaurs have turned out to be rare.
    """
    to_album = album_button(ACTION, f"{'own_album' if private else 'album'}:{owner.id}")
    count = await app.store[Discoveries].count(check_community(turn), owner.id)
    told, offers = await waiting_offers(app, turn) if owner.id == turn.user.id else ((), ())
    if not count:
        kept = await app.store[Communities].settings(check_community(turn))
        is_offered = owner.id == turn.user.id and kept.hatches_in(turn.channel_id)
        sentence = _("This member's collection is empty.")
        if is_offered:
            sentence = _(
                "Your collection is empty. Hatch an egg, or get names with {command}. If one of "
                "them wins the vote, it'll be your discovery."
            )
        elif owner.id == turn.user.id:
            sentence = _(
                "Your collection is empty. Get names with {command}. If one of them wins the "
                "vote, it'll be your discovery."
            )
        buttons = (*offers, *((hatch_button(),) if is_offered else ()), to_album)
        reply = chained((text(sentence, command=command("/dinoname")), *told), NEWLINE)
        return Winners(Message(reply, buttons=buttons, private=private))
    places = text(
        _("{member}'s collection: {count} of {limit} places taken."),
        member=turn.platform.mention(owner),
        count=count,
        limit=MOST_OWNED,
    )
    lines = [places, *told, *(await _rarities(app, turn, owner) if tells_rarities else ()), ()]
    button = Button(_("Hide from others"), ACTION, f"hide:{owner.id}", emoji="🙈")
    if private:
        button = Button(_("Show to others"), ACTION, f"show:{owner.id}", emoji="👁️")
    return await gallery(
        app,
        turn,
        Embed(_("🦕 Collection"), tuple(lines), tone=Tone.NAMES),
        ACTION,
        f"{'own' if private else 'page'}:{owner.id}",
        number=number,
        count=count,
        owner_id=owner.id,
        buttons=[*offers, button, to_album],
        private=private,
    )


async def _album(app: App, turn: Turn, owner: Person, *, private: bool) -> Winners:
    """The album of a member: `private` for one whose collection is hidden."""
    footer: Showable = NOTHING
    if (await app.store[Communities].settings(check_community(turn))).daily.starts_on is not None:
        footer = _(
            "Vote for a dinosaur of the day, and the winner will enter your album, whichever name "
            "you voted for."
        )
    frame = Embed(_("📖 Album"), footer=footer, tone=Tone.NAMES)
    buttons = (
        Button(_("Collection"), ACTION, f"{'own' if private else 'page'}:{owner.id}", emoji="🦕"),
        Button(_("Where from?"), ACTION, f"origins:{owner.id}", emoji="🔎"),
    )
    return await album(app, turn, frame, buttons, owner=owner, private=private)


async def _rarities(app: App, turn: Turn, owner: Person) -> list[Text]:
    """What the owner has not been told: that the animals of old names are rare."""
    community_id = check_community(turn)
    words = await app.filters.of(community_id)
    told = await app.store[Discoveries].tell_rarities(words, community_id, owner.id)
    sentence = _("✨ {name} turns out to be rare: {rarity}")
    return [
        text(sentence, name=strong(each.name), rarity=rarity)
        for each in told
        if each.name.instead is None and (rarity := labels.rarity(each.profile)) is not None
    ]


COLLECTION = Command(
    "collection",
    _("See the dinosaurs that a member has discovered."),
    collection,
    (Option("member", _("Member (default: you)"), Kind.PERSON, is_main=True),),
    CollectionOptions,
    examples=((technical("/collection"), _("shows the dinosaurs you've discovered.")),),
    place=Place.COMMUNITY,
)
