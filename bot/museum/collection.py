"""`/collection`: what a member has discovered, which comes first, and what they release."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Command, Kind, Option, Person, Place
from bot.chat.errors import other_version
from bot.chat.message import (
    Button,
    Embed,
    Message,
    Tone,
    UserError,
    code,
    link,
    strong,
    text,
)
from bot.chat.received import stored_number
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.community.rights import check_community
from bot.museum.gallery import gallery, page_of
from bot.museum.queries import MOST_OWNED, Exhibit, Museum
from bot.polls.hall_of_fame import Winners, answer_with, note_shown

ACTION = "collection"


@dataclass(frozen=True)
class CollectionOptions:
    """Options of `/collection`."""

    member_id: int | None = None
    """Whose; `None` for the member who asks."""


async def collection(app: App, turn: Turn, options: CollectionOptions) -> None:
    """Answer `/collection`."""
    async with app.answering(turn, ACTION):
        owner_id = turn.user.id if options.member_id is None else options.member_id
        is_hidden = await app.store[Museum].is_hidden(check_community(turn), owner_id)
        page = _page(app, turn, owner_id, 0, is_hidden=is_hidden, private=is_hidden)
        await answer_with(app, turn, page, private=is_hidden)


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer a button of a collection, or of a creature in it."""
    community_id = check_community(turn)
    action, _colon, rest = state.partition(":")
    first, _colon, second = rest.partition(":")
    number, page = stored_number(first), stored_number(second or "0")
    if number is None or page is None:
        raise other_version("/collection")
    match action:
        case "page" | "own":
            await _show(app, turn, number, page, private=action == "own")
        case "hide" | "show":
            if number != turn.user.id:
                raise UserError(
                    _("This collection is someone else's. See yours with {command}."),
                    command=code("/collection"),
                )
            await app.store[Museum].hide(community_id, number, hidden=action == "hide")
            await turn.edit_source(_hidden() if action == "hide" else _shown())
        case "favourite":
            exhibit = await _owned(app, turn, number)
            await app.store[Museum].favour(community_id, turn.user.id, number)
            sentence = _("{name} now comes first in your collection: {command}")
            reply = text(sentence, name=strong(exhibit.name), command=code("/collection"))
            await turn.respond(Message(reply, private=True))
        case "release":
            await turn.respond(_question(await _owned(app, turn, number)))
        case "released":
            exhibit = await _owned(app, turn, number)
            await app.store[Museum].release(community_id, turn.user.id, number)
            sentence = _("You have released {name}. It stays in the museum.")
            reply = text(sentence, name=strong(exhibit.name))
            await turn.edit_source(Message(reply, private=True))
        case _unknown:
            raise other_version("/collection")


def owner_buttons(exhibit: Exhibit, member_id: int) -> Iterator[Button]:
    """The buttons below the plate of a creature in the member's own collection."""
    if exhibit.owner_id == member_id:
        if not exhibit.is_favourite:
            yield Button(_("Favourite"), ACTION, f"favourite:{exhibit.id}", emoji="⭐")
        yield Button(_("Release"), ACTION, f"release:{exhibit.id}", emoji="🍃")


async def _show(app: App, turn: Turn, owner_id: int, number: int, *, private: bool) -> None:
    """Show a page of a collection in place of the message with the button."""
    is_hidden = await app.store[Museum].is_hidden(check_community(turn), owner_id)
    if is_hidden and not private:  # others see this message, which was posted before
        await turn.edit_source(_hidden())
        return
    page = await _page(app, turn, owner_id, number, is_hidden=is_hidden, private=private)
    await turn.edit_source(page.message)
    await note_shown(app, turn, turn.source.ref if turn.source is not None else None, page)


async def _owned(app: App, turn: Turn, number: int) -> Exhibit:
    """A creature in the member's own collection. Raises `UserError` for any other."""
    exhibit = await app.store[Museum].owned(check_community(turn), turn.user.id, number)
    if exhibit is None:
        raise UserError(
            _("This dinosaur isn't in your collection. See what is with {command}."),
            command=code("/collection"),
        )
    return exhibit


def _hidden() -> Message:
    sentence = _("This collection is hidden now. Only its owner sees it, with {command}.")
    return Message(text(sentence, command=code("/collection")))


def _shown() -> Message:
    sentence = _("Others see your collection again. Show it with {command}.")
    return Message(text(sentence, command=code("/collection")), private=True)


def _question(exhibit: Exhibit) -> Message:
    sentence = _(
        "Release {name}? It leaves your collection for good, and stays in the museum without an "
        "owner."
    )
    button = Button(_("Yes, release it"), ACTION, f"released:{exhibit.id}", dangerous=True)
    return Message(text(sentence, name=strong(exhibit.name)), buttons=(button,), private=True)


async def _page(
    app: App, turn: Turn, owner_id: int, number: int, *, is_hidden: bool, private: bool
) -> Winners:
    """A page of a collection. Only its owner sees one that is hidden."""
    is_own = owner_id == turn.user.id
    if is_hidden and not is_own:
        raise UserError(_("This member keeps their collection to themself."))
    page = await page_of(app, check_community(turn), number=number, owner_id=owner_id)
    if not page.count:
        return Winners(_empty(is_own=is_own))
    owner = link(turn.platform.mention(owner_id))
    places = text(
        _("The collection of {member}: {count} of {limit} places."),
        member=owner,
        count=page.count,
        limit=MOST_OWNED,
    )
    turn_to = "own" if private else "page"
    buttons = [*page.paging(ACTION, lambda number: f"{turn_to}:{owner_id}:{number}")]
    if is_hidden:
        buttons.append(Button(_("Show to others"), ACTION, f"show:{owner_id}", emoji="👁️"))
    else:
        buttons.append(Button(_("Hide from others"), ACTION, f"hide:{owner_id}", emoji="🙈"))
    frame = Embed(_("🦕 Collection"), (places, ()), tone=Tone.NAMES)
    return await gallery(app, turn, page, frame, buttons, private=private)


def _empty(*, is_own: bool) -> Message:
    if not is_own:
        return Message(text(_("This member's collection is empty.")))
    sentence = _(
        "Your collection is empty. Get names with {command}: if one of them wins the vote, you "
        "have discovered it."
    )
    return Message(text(sentence, command=code("/dinoname")))


def _options(member: Person | None = None) -> CollectionOptions:
    return CollectionOptions(member.id if member is not None else None)


COLLECTION = Command(
    "collection",
    _("See the dinosaurs that a member has discovered."),
    collection,
    (Option("member", _("Whose (default: yours)"), Kind.PERSON, is_main=True),),
    _options,
    examples=(("/collection", _("shows the dinosaurs that you have discovered.")),),
    place=Place.COMMUNITY,
)
