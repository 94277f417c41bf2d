"""Albums: which pairs of family and period a member or a community has, in one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.chat.app import App
from bot.chat.message import Button, Embed, File, Message, Tone
from bot.chat.translation import _, in_language
from bot.chat.turn import Turn
from bot.community.rights import check_community
from bot.creatures import labels
from bot.creatures.profile import Family, Period, Profile
from bot.discoveries.queries import Discoveries, Exhibit, Origin
from bot.polls.hall_of_fame import Winners
from bot.store.people import Person
from bot.text.spans import Text, emphasis, strong, text
from bot.text.technical import technical
from data.phrases import NOTHING, Phrase

MOST_SPARES = 3
"""Families that a member lacks and others have to spare, on a page."""
ORIGINS: Mapping[Origin, Phrase] = {
    Origin.HATCHED: _("you hatched it"),
    Origin.WON: _("you discovered it"),
    Origin.GIVEN: _("from another member"),
    Origin.VOTED: _("you voted that day"),
}


def album_button(action: str, state: str) -> Button:
    """The button that shows an album in the place of a gallery."""
    return Button(_("Album"), action, state, emoji="📖")


async def album(
    app: App,
    turn: Turn,
    frame: Embed,
    buttons: Sequence[Button],
    *,
    owner: Person | None = None,
    private: bool = False,
) -> Winners:
    """The album of a community, or of a member. It shows no names. Raises `Unavailable`."""
    owner_id = owner.id if owner is not None else None
    found = [exhibit.profile for exhibit, _origin in await _entries(app, turn, owner_id)]
    title, told = labels.album_title(found), labels.album_text(found)
    lines = [text(title)]
    if owner is not None:
        whose = text(_("{member}'s album."), member=turn.platform.mention(owner))
        lines = [whose, *lines, *await _spares(app, turn, owner, found)]
    picture, language = None, await turn.language(private=private)
    words = await app.filters.of(turn.community_id)
    is_allowed = words.allows_phrase(in_language(told, language))
    if not app.is_crowded and (private or turn.attaches_files):
        png = await app.creature_pictures.album(title, found, language)
        described = told if is_allowed else NOTHING
        picture = None if png is None else File(technical("album.png"), png, described)
    if picture is None and found and is_allowed:
        lines.append(text(told))
    embed = replace(frame, lines=tuple(lines), image=picture.name if picture else "")
    message = Message(
        embeds=(embed,),
        buttons=tuple(buttons),
        files=(picture,) if picture else (),
        files_stay=picture is not None and not private,
        private=private,
    )
    return Winners(message)


async def origins(app: App, turn: Turn) -> Message:
    """What is in the album of the member who asks, and how it came there, for them alone."""

    def place(entry: tuple[Exhibit, Origin]) -> tuple[int, int]:
        profile = entry[0].profile
        return [*Family].index(profile.family), [*Period].index(profile.period)

    lines = [text(_("Only you can see this.")), ()]
    entries = await _entries(app, turn, turn.user.id)
    for exhibit, origin in sorted(entries, key=place):
        name, profile = exhibit.name, exhibit.profile
        period, _age = labels.PERIODS[profile.period]
        lines.append(
            text(
                _("{name} · {family}, {period} · {origin}"),
                name=strong(name) if name.instead is None else emphasis(name),
                family=labels.family(profile),
                period=period,
                origin=ORIGINS[origin],
            )
        )
    embed = Embed(_("🔎 How your album filled up"), tuple(lines), tone=Tone.NAMES)
    return Message(embeds=(embed,), private=True)


async def _entries(app: App, turn: Turn, owner_id: int | None) -> list[tuple[Exhibit, Origin]]:
    community_id, store = check_community(turn), app.store[Discoveries]
    await store.complete(community_id)
    words = await app.filters.of(community_id)
    return await store.album(words, community_id, owner_id)


async def _spares(app: App, turn: Turn, owner: Person, found: Sequence[Profile]) -> list[Text]:
    """Families that a member lacks, with who has more than one, and may be named."""
    lacking = {*Family} - {profile.family for profile in found}
    spares = await app.store[Discoveries].spares(check_community(turn), owner.id, lacking)
    return [
        text(
            _("Missing: {family}. {member} has {count}."),
            family=labels.ROWS[family],
            member=turn.platform.mention(person),
            count=count,
        )
        for family, person, count in spares[:MOST_SPARES]
    ]
