"""Galleries: pages of creatures, with their picture and buttons that show the plate of each."""

from collections.abc import Sequence
from dataclasses import replace

from bot.chat.app import App
from bot.chat.message import Button, Embed, File, Message
from bot.chat.translation import Language, _, in_language, listed, ngettext
from bot.chat.turn import Turn
from bot.community.rights import check_community
from bot.creatures import labels
from bot.discoveries.queries import Discoveries, Exhibit
from bot.polls.hall_of_fame import Winners, collection_limits, paging
from bot.polls.plates import show_dinosaur
from bot.text.formats import shortened, spaced
from bot.text.spans import Text, emphasis, strong, text
from bot.text.technical import technical
from data.phrases import Phrase

PAGE = 9
"""Creatures on a page."""


async def gallery(
    app: App,
    turn: Turn,
    frame: Embed,
    action: str,
    state: str,
    *,
    number: int,
    count: int,
    order: str = "newest",
    owner_id: int | None = None,
    buttons: Sequence[Button] = (),
    private: bool = False,
) -> Winners:
    """A page of a museum or of a collection, at most the last one. Raises `Unavailable`.

    frame: with its title, and what is said above the creatures.
    action, state: of the buttons that turn pages; the state ends with the number of a page.
    count: creatures on all pages.
    """
    store, community_id = app.store[Discoveries], check_community(turn)
    limits = turn.platform.limits
    pages = max(1, -(-count // PAGE))
    number = min(number, pages - 1)
    await store.complete(community_id)
    words = await app.filters.of(community_id)
    exhibits = await store.exhibits(
        words, community_id, owner_id=owner_id, order=order, skip=number * PAGE, most=PAGE
    )
    picture = None
    if exhibits and not app.is_crowded and (private or turn.attaches_files):
        picture = await _picture(app, exhibits, await turn.language(private=private))
    lines: list[Text] = []
    for place, exhibit in enumerate(exhibits, number * PAGE + 1):
        name = strong(exhibit.name) if exhibit.name.instead is None else emphasis(exhibit.name)
        profile = exhibit.profile
        fact = labels.period(profile) if order == "period" else labels.family(profile)
        sentence = _("{name} · {fact}")
        is_own = exhibit.discoverer is not None and exhibit.discoverer.id == owner_id
        discoverer = () if is_own else discoverer_of(turn, exhibit)
        if discoverer and exhibit.is_hatched:
            sentence = _("{name} · {fact} · hatched by {member}")
        elif discoverer:
            sentence = _("{name} · {fact} · found by {member}")
        start = Phrase("{place}. ").format(place=place)
        if owner_id and exhibit.is_favourite:
            start = Phrase("{place}. ⭐ ").format(place=place)
        lines.append(text(start, *text(sentence, name=name, fact=fact, member=discoverer)))
    footer = ngettext(
        "page {page} of {pages} · {count:,} dinosaur",
        "page {page} of {pages} · {count:,} dinosaurs",
        count,
    ).format(page=number + 1, pages=pages, count=count)
    footer = spaced([footer, collection_limits()], " · ")
    message = Message(
        embeds=(
            replace(
                frame,
                lines=(*frame.lines, *lines),
                footer=footer,
                image=picture.name if picture else "",
            ),
        ),
        buttons=(
            *(
                button
                for name in (exhibit.name for exhibit in exhibits)
                if name.instead is None
                for button in show_dinosaur(name, limits, shortened(name, limits.button_label))
            ),
            *paging(action, number, pages, lambda page: f"{state}:{page}"),
            *buttons,
        ),
        files=(picture,) if picture else (),
        files_stay=picture is not None and not private,
        private=private,
    )
    poll_ids = tuple(each.poll_id for each in exhibits if each.poll_id is not None)
    return Winners(message, poll_ids, tuple(each.name for each in exhibits if each.is_hatched))


def discoverer_of(turn: Turn, exhibit: Exhibit) -> Text:
    """The discoverer, as others may know them; empty for nobody."""
    if exhibit.is_of_day:
        return text(_("everybody here"))
    if exhibit.discoverer is None:
        return ()
    return text(turn.platform.mention(exhibit.discoverer))


async def _picture(app: App, exhibits: Sequence[Exhibit], language: Language) -> File | None:
    """The creatures in one picture; `None` if it cannot be drawn."""
    shown = [(in_language(each.name, language), each.profile) for each in exhibits]
    png = await app.creature_pictures.museum(shown)
    if png is None:
        return None
    creatures = listed([labels.with_family(each.name, each.profile) for each in exhibits])
    words = _("Drawings, in the same order as the list: {creatures}").format(creatures=creatures)
    return File(technical("museum.png"), png, words)
