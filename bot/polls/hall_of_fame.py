"""`/halloffame` and `/champion`: names that won polls, and taking removed ones out of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.chat.app import PATIENCE_S, App
from bot.chat.commands import Choice, Command, NoOptions, Option, within_limits
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message, Tone, UserError, with_pictures
from bot.chat.translation import _, ngettext
from bot.chat.turn import Deleted, MessageRef, Platform, Turn
from bot.concurrency import in_time
from bot.creatures.animal import profile_of
from bot.creatures.names import has_creature
from bot.discoveries.queries import MOST_IN_A_DAY, MOST_OWNED
from bot.outbox.worker import Delivery, Ended
from bot.polls.hall_queries import Champion, HallOfFame, HallScope, forget_answer
from bot.polls.plaques import meaning_of, plaque_file
from bot.polls.plates import DINOSAUR, OF_HALL, described, show_dinosaur
from bot.store import Unavailable
from bot.text.spans import Text, command, emphasis, strong, text
from bot.text.technical import DOT, technical
from bot.words.names import ShownName
from data.phrases import NOTHING, Phrase, Showable

ACTION, CHAMPION = "fame", "champion"
POEM = "about"
"""The action of the button for a poem about a name."""
PAGE = 10
"""Names on a page."""
LONGEST_NAME = 64
"""Longest name on any list, in characters."""

PERIODS: Mapping[str, tuple[Phrase, timedelta | None]] = {
    "day": (_("today"), None),
    "week": (_("past 7 days"), timedelta(days=7)),
    "month": (_("past 30 days"), timedelta(days=30)),
    "year": (_("past 365 days"), timedelta(days=365)),
    "ever": (_("all time"), None),
}
SCOPES: Mapping[str, Phrase] = {
    "here": _("this {community}"),
    "mine": _("discovered by you"),
    "all": _("all {communities}"),
}
_MEDALS = (technical("🥇 "), technical("🥈 "), technical("🥉 "))


@dataclass(frozen=True)
class HallOfFameOptions:
    """Options of `/halloffame`, with the page number."""

    period: str = "ever"
    """A key of `PERIODS`."""
    scope: str = "here"
    """A key of `SCOPES`."""
    page: int = 0
    member_id: int | None = None
    """The discoverer, if the scope is `mine`."""

    def to_state(self) -> str:
        """The state of a button."""
        return f"{self.period}:{self.scope}:{self.page}:{self.member_id or ''}"

    @classmethod
    def from_state(cls, state: str) -> "HallOfFameOptions":
        """The inverse of `to_state`. Raises `UserError` for a state of another version."""
        period, scope, page, member = (*state.split(":"), "", "", "", "")[:4]
        known = period in PERIODS and scope in SCOPES and page.isdecimal() and len(page) < 10
        fits = member.isdecimal() and len(member) <= 20 if scope == "mine" else not member
        if not known or not fits:
            raise other_version(technical("/halloffame"))
        return cls(period, scope, int(page), int(member) if member else None)


@dataclass(frozen=True)
class Winners:
    """A message that shows winners, or other names of its community."""

    message: Message
    poll_ids: tuple[int, ...] = ()
    """The polls that they won."""
    names: tuple[str, ...] = ()
    """Dinosaurs of polls or the museum of the community; others nobody can remove."""


async def hall_of_fame(app: App, turn: Turn, options: HallOfFameOptions) -> None:
    """Answer `/halloffame`."""
    async with app.answering(turn, ACTION):
        if options.period not in PERIODS or options.scope not in SCOPES:
            raise UserError(_("That choice isn't available; pick one of the suggestions."))
        if options.scope == "mine":
            options = replace(options, member_id=turn.user.id)
        await answer_with(app, turn, page_of(app, turn, options))


async def turn_page(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons that turn pages."""
    await replace_with(app, turn, await page_of(app, turn, _options_of(turn, state)))


async def dinosaurs_on(app: App, turn: Turn, state: str) -> list[ShownName]:
    """Names on a page that have a creature, and that the word filter lets pass."""
    options = _options_of(turn, state)
    scope = scope_of(options, turn.community_id, app.now())
    words = await app.filters.of(turn.community_id)
    found = await app.store[HallOfFame].best(words, scope, skip=options.page * PAGE, most=PAGE)
    return [*dict.fromkeys(champion.name for champion in found if _has_creature(champion))]


def _options_of(turn: Turn, state: str) -> HallOfFameOptions:
    """The page of a button. Raises `UserError` for one of somebody else's names."""
    options = HallOfFameOptions.from_state(state)
    if options.scope == "mine" and options.member_id != turn.user.id:
        raise UserError(_("These are someone else's names. See yours with /halloffame."))
    return options


async def champion(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/champion`."""
    async with app.answering(turn, CHAMPION):
        await answer_with(app, turn, _champion(app, turn))


async def answer_with(
    app: App, turn: Turn, winners: Awaitable[Winners], *, private: bool = False
) -> None:
    """Respond with winners, and record which message shows them.

    `private` is that of their message: what is deferred for all is shown to all.
    """
    shown = await in_time(winners, PATIENCE_S, on_delay=lambda: turn.defer(private=private))
    ref = await turn.respond(shown.message)
    if shown.poll_ids or shown.names:
        await note_shown(app, turn, ref, shown)


async def replace_with(app: App, turn: Turn, shown: Winners) -> None:
    """Replace the message whose button was pressed, and record which winners it shows."""
    await turn.edit_source(shown.message)
    await note_shown(app, turn, turn.source.ref if turn.source is not None else None, shown)


async def note_shown(app: App, turn: Turn, ref: MessageRef | None, shown: Winners) -> None:
    """Record which names a message shows, if others see it and the bot can edit it later."""
    community_id = turn.community_id
    if ref is None or community_id is None or shown.message.private or not turn.sees_channel:
        return
    if community_id not in turn.platform.communities:
        return
    with suppress(Unavailable):
        await app.store[HallOfFame].note_shown(
            community_id,
            ref.channel_id,
            ref.message_id,
            shown.poll_ids,
            names=shown.names,
            now=app.now(),
        )


async def withdraw(app: App, platform: Platform, delivery: Delivery) -> Ended:
    """Empty an earlier answer, unless it shows no removed name anymore."""
    channel_id, message_id = delivery.channel_id, delivery.subject_id
    community_id = await app.store[HallOfFame].community_of_outdated(channel_id, message_id)
    if community_id is None:
        return Ended()
    forgotten = partial(forget_answer, channel_id=channel_id, message_id=message_id)
    if await app.blocks.has_community(community_id):
        return Ended(forgotten)
    sentence = _(
        "A moderator removed a name that was here. See the others with {hall} and {museum}."
    )
    message = Message(text(sentence, hall=command("/halloffame"), museum=command("/museum")))
    is_emptied = True
    with suppress(Deleted):
        is_emptied = await delivery.edit(MessageRef(channel_id, message_id, community_id), message)
    return Ended(forgotten, is_lost=not is_emptied)


async def check_winner(app: App, turn: Turn, name: str) -> None:
    """Raise `UserError` for a name that a button still has, although it was removed."""
    if not await app.store[HallOfFame].has_winner(name, turn.community_id):
        raise UserError(
            _("This name was removed from the hall of fame. See the others with {command}."),
            command=command("/halloffame"),
        )


async def suggest_names(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest names for a poem: as typed, then the champions of today and of all time.

    Raises `Unavailable`.
    """
    if len(typed) > 2 * LONGEST_NAME or len(cleaned := " ".join(typed.split())) > LONGEST_NAME:
        return []
    store, community_id, now = app.store[HallOfFame], turn.community_id, app.now()
    words = await app.filters.of(community_id)
    of_today, of_all = HallOfFameOptions("day"), HallOfFameOptions()
    today = await store.best(words, scope_of(of_today, community_id, now), most=1)
    ever = await store.best(words, scope_of(of_all, community_id, now), most=100)
    names: list[Showable] = [each.name for each in (*today, *ever) if each.name.instead is None]
    matching = [name for name in names if cleaned.casefold() in name.casefold()]
    as_typed = await asyncio.to_thread(words.filtered, cleaned, NOTHING)
    unique = dict.fromkeys([as_typed, *matching] if as_typed else matching)
    return within_limits((Choice(name, name) for name in unique), turn.platform.limits)


async def page_of(app: App, turn: Turn, options: HallOfFameOptions) -> Winners:
    """A page of the hall of fame, at most the last one."""
    store, scope = app.store[HallOfFame], scope_of(options, turn.community_id, app.now())
    count = await store.count(scope)
    pages = max(1, -(-count // PAGE))
    page = min(options.page, pages - 1)
    words = await app.filters.of(turn.community_id)
    found = await store.best(words, scope, skip=page * PAGE, most=PAGE)
    everywhere = turn.community_id is None and options.scope == "here"
    period, _length = PERIODS[options.period]
    terms = turn.platform.terms
    place = SCOPES["all" if everywhere else options.scope].format(
        community=terms.community, communities=terms.communities
    )
    if not found:
        sentence = _("There are no winning names ({period}, {place}). Get some with /dinoname!")
        return Winners(Message(text(sentence, period=period, place=place)))
    lines = tuple(_line(page * PAGE + i, each, turn.community_id) for i, each in enumerate(found))
    footer = NOTHING
    if pages > 1:
        footer = ngettext(
            "page {page} of {pages} · {count:,} name",
            "page {page} of {pages} · {count:,} names",
            count,
        ).format(page=page + 1, pages=pages, count=count)
    title = _("🏛️ Best names: {period}, {place}").format(period=period, place=place)
    embed = Embed(title, lines, footer=footer, tone=Tone.NAMES)
    options = replace(options, page=page)
    buttons = [
        *paging(ACTION, page, pages, lambda number: replace(options, page=number).to_state())
    ]
    if any(map(_has_creature, found)):
        label = _("Show a dinosaur")
        buttons.append(Button(label, DINOSAUR, OF_HALL + options.to_state(), emoji="🦕"))
    message = Message((), (embed,), tuple(buttons))
    return Winners(message, tuple(name.poll_id for name in found))


async def champion_message(app: App, turn: Turn) -> Message:
    """Today's champion, without the plaque, which takes a while to draw."""
    return (await _champion(app, turn, has_plaque=False)).message


async def _champion(app: App, turn: Turn, *, has_plaque: bool = True) -> Winners:
    """Today's best name, or the latest winner if nobody won today."""
    store, community_id = app.store[HallOfFame], turn.community_id
    scope = scope_of(HallOfFameOptions("day"), community_id, app.now())
    words = await app.filters.of(community_id)
    winners = await store.best(words, scope, most=PAGE)
    found = [each for each in winners if each.name.instead is None]
    best = found[0] if found else await store.latest(words, replace(scope, since=None))
    if best is None or best.name.instead is not None:
        sentence = _("There's no champion at the moment. Get names with /dinoname, and vote!")
        return Winners(Message(text(sentence)))
    title = _("👑 Today's champion") if found else _("👑 The latest champion (none today)")
    embed = Embed(title, (text(strong(best.name)),), tone=Tone.NAMES)
    buttons = [poem_about(best.name)]
    if not (has_plaque and turn.attaches_files):
        return Winners(Message(embeds=(embed,), buttons=tuple(buttons)), (best.poll_id,))
    meaning: Showable = NOTHING
    language = await turn.language()
    if best.is_dinosaur:
        meaning, _sentence = await asyncio.to_thread(meaning_of, best.name, words, language)
    discoverer = _discoverer(best, community_id)
    day = best.day or best.crowned_at.date()
    plate = None
    if _has_creature(best):
        profile = await asyncio.to_thread(profile_of, best.name)
        plate = profile, described(best.name, profile, words, language)
        buttons = [*show_dinosaur(best.name, turn.platform.limits), *buttons]
    file = await plaque_file(app, best.name, meaning, discoverer, day, best.votes, language, plate)
    message = with_pictures(Message(embeds=(embed,), buttons=tuple(buttons)), file)
    return Winners(message, (best.poll_id,))


def collection_limits() -> Phrase:
    """What enters collections, in the same words wherever discoveries are shown."""
    sentence = _(
        "A collection has room for {limit} dinosaurs. Up to {most} of a member's winners are "
        "added to it each day; any others belong to nobody."
    )
    return sentence.format(most=MOST_IN_A_DAY, limit=MOST_OWNED)


def poem_about(name: str) -> Button:
    """The button for a poem about a name."""
    return Button(_("A poem about it"), POEM, name, emoji="📜")


def scope_of(options: HallOfFameOptions, community_id: int | None, now: datetime) -> HallScope:
    """The scope of a query. Days begin at midnight UTC; direct messages see all communities."""
    _label, length = PERIODS[options.period]
    since = now - length if length else None
    if options.period == "day":
        since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return HallScope(
        community_id=community_id if options.scope == "here" else None,
        home_id=community_id if options.scope == "mine" else None,
        member_id=options.member_id if options.scope == "mine" else None,
        since=since,
        viewer_id=community_id,
    )


def _discoverer(champion: Champion, community_id: int | None) -> Showable | None:
    """The discoverer of a name, which is shown only in the community where it was found."""
    if champion.community_id != community_id:
        return None
    if champion.day is not None:
        return _("everybody here")
    return champion.discoverer.name if champion.discoverer is not None else None


def _line(place: int, champion: Champion, community_id: int | None) -> Text:
    """A name with its votes and, in its own community, its discoverer."""
    rank = _MEDALS[place] if place < len(_MEDALS) else Phrase("{rank}. ").format(rank=place + 1)
    votes = ngettext("{votes:,} vote", "{votes:,} votes", champion.votes)
    votes = votes.format(votes=champion.votes)
    if champion.name.instead is not None:
        return text(rank, emphasis(champion.name), DOT, votes)
    known, namer = _discoverer(champion, community_id), champion.custom_model
    source = (
        text(technical(" "), emphasis(Phrase("({namer})").format(namer=namer))) if namer else ()
    )
    return (
        *text(rank, strong(champion.name)),
        *source,
        *text(DOT, votes, *((DOT, known) if known else ())),
    )


def _has_creature(champion: Champion) -> bool:
    """Whether a name that may be shown has a creature."""
    return champion.is_dinosaur and champion.name.instead is None and has_creature(champion.name)


def paging(
    action: str, number: int, pages: int, state_of: Callable[[int], str]
) -> Iterator[Button]:
    """The buttons that turn to the pages beside a page, with the state of each."""
    if number > 0:
        yield Button(_("Back"), action, state_of(number - 1), emoji="◀️")
    if number < pages - 1:
        yield Button(_("More"), action, state_of(number + 1), emoji="▶️")


HALL_OF_FAME = Command(
    "halloffame",
    _("The winning names with the most votes."),
    hall_of_fame,
    (
        Option(
            "period",
            _("When they won (default: all time)"),
            choices=tuple(Choice(label, key) for key, (label, _length) in PERIODS.items()),
            is_main=True,
        ),
        Option(
            "scope",
            _("Where they won (default: here)"),
            choices=tuple(Choice(label, key) for key, label in SCOPES.items()),
        ),
    ),
    HallOfFameOptions,
    examples=(
        (technical("/halloffame period:past 7 days"), _("shows the best names from that time.")),
    ),
)
CHAMPION_COMMAND = Command(
    "champion",
    _("Show today's winning name."),
    champion,
    examples=((technical("/champion"), _("shows today's winning name.")),),
)
