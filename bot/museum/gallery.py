"""Galleries: pages of creatures, with their picture and buttons that show the plate of each."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.chat.app import App
from bot.chat.message import Button, Embed, File, Message, Text, emphasis, link, strong, text
from bot.chat.translation import _, listed, ngettext
from bot.chat.turn import Turn
from bot.creatures import labels
from bot.formats import shortened
from bot.museum.queries import Exhibit, Museum
from bot.pictures.creature_pictures import CreaturePictures
from bot.polls.hall_of_fame import Winners
from bot.polls.plates import show_dinosaur

PAGE = 9
"""Creatures on a page."""
PICTURE = "museum.png"


@dataclass(frozen=True)
class Page:
    """Some creatures of a museum, or of a collection in it."""

    exhibits: Sequence[Exhibit]
    order: str
    is_collection: bool
    number: int
    pages: int
    count: int
    """Of all pages."""

    @property
    def footer(self) -> str:
        """`page 2 of 3 · 20 dinosaurs`."""
        sentence = ngettext(
            "page {page} of {pages} · {count:,} dinosaur",
            "page {page} of {pages} · {count:,} dinosaurs",
            self.count,
        )
        return sentence.format(page=self.number + 1, pages=self.pages, count=self.count)

    def paging(self, action: str, state_of: Callable[[int], str]) -> Iterator[Button]:
        """The buttons that turn pages, with the state of each page."""
        if self.number > 0:
            yield Button(_("Back"), action, state_of(self.number - 1), emoji="◀️")
        if self.number < self.pages - 1:
            yield Button(_("More"), action, state_of(self.number + 1), emoji="▶️")


async def page_of(
    app: App, community_id: int, *, number: int, order: str = "newest", owner_id: int | None = None
) -> Page:
    """A page of a museum or of a collection, at most the last one. Raises `Unavailable`."""
    store = app.store[Museum]
    await store.complete(community_id)
    count = await store.count(community_id, owner_id)
    pages = max(1, -(-count // PAGE))
    number = min(number, pages - 1)
    exhibits = await store.exhibits(
        community_id, owner_id=owner_id, order=order, skip=number * PAGE, most=PAGE
    )
    return Page(exhibits, order, owner_id is not None, number, pages, count)


async def gallery(
    app: App, turn: Turn, page: Page, frame: Embed, buttons: Sequence[Button], *, private: bool
) -> Winners:
    """The message of a page. `frame` has its title, and what is said above the creatures."""
    words = await app.filters.of(turn.community_id)
    names = [exhibit.name for exhibit in page.exhibits]
    allowed = await asyncio.to_thread(lambda: {*filter(words.allows, names)})
    lines = [
        text(f"{page.number * PAGE + i}. ", *_described(turn, page, exhibit, allowed))
        for i, exhibit in enumerate(page.exhibits, 1)
    ]
    may_attach = private or turn.attaches_files
    picture = await _picture(app, turn, page.exhibits, allowed) if may_attach else None
    limits = turn.platform.limits
    shown = [
        button
        for name in names
        if name in allowed
        for button in show_dinosaur(name, limits, shortened(name, limits.button_label))
    ]
    embed = replace(
        frame,
        lines=(*frame.lines, *lines),
        footer=page.footer,
        image=picture.name if picture else "",
    )
    message = Message(
        embeds=(embed,),
        buttons=(*shown, *buttons),
        files=(picture,) if picture else (),
        files_stay=picture is not None and not private,
        private=private,
    )
    return Winners(message, tuple(exhibit.poll_id for exhibit in page.exhibits))


def _described(turn: Turn, page: Page, exhibit: Exhibit, allowed: set[str]) -> Text:
    """`Kilosaurus · sauropod · found by Ada`."""
    name = strong(exhibit.name)
    if exhibit.name not in allowed:
        name = emphasis(_("a name that the word filter blocks"))
    profile = exhibit.profile
    fact = labels.PERIODS[profile.period] if page.order == "period" else labels.family(profile)
    if page.is_collection and exhibit.is_favourite:
        return text(_("⭐ {name} · {fact}"), name=name, fact=fact)
    if exhibit.is_of_day:
        return text(_("{name} · {fact} · found by everybody here"), name=name, fact=fact)
    if page.is_collection or exhibit.member_id is None:
        return text(_("{name} · {fact}"), name=name, fact=fact)
    member = link(turn.platform.mention(exhibit.member_id))
    return text(_("{name} · {fact} · found by {member}"), name=name, fact=fact, member=member)


async def _picture(
    app: App, turn: Turn, exhibits: Sequence[Exhibit], allowed: set[str]
) -> File | None:
    """The creatures in one picture; `None` while the bot is busy, or if that takes too long."""
    if app.is_crowded or not exhibits:
        return None
    png = await app[CreaturePictures].museum([exhibit.profile for exhibit in exhibits])
    if png is None:
        return None
    creatures = listed(
        [labels.with_family(each.profile) for each in exhibits if each.name in allowed]
    )
    words = _("Drawings, in the order of the list: {creatures}").format(creatures=creatures)
    return File(PICTURE, png, shortened(words, turn.platform.limits.alt_text))
