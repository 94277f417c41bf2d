"""`/halloffame` and `/champion`: the names that members have chosen."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from bot.commands.message import (
    Button,
    Embed,
    File,
    Message,
    Text,
    Tone,
    UserError,
    emphasis,
    strong,
    text,
)
from bot.formats import plural
from bot.images.plaque import plaque
from bot.services.word_filter import WordFilter
from bot.store.hall_of_fame import Champion, HallOfFame, Scope
from models.names.dissection import reading
from models.names.etymology import parts_of

ACTION = "fame"
POEM = "about"
"""The action that writes a poem about a name."""
PLAQUE = "plaque.png"
PAGE = 10
"""Names on a page."""
LONGEST_NAME = 64
"""Characters of a name, whichever list it is of."""
UNSAID = "a name that I say no more"
"""Stands for one that the word filter has come to refuse."""

PERIODS: Mapping[str, tuple[str, timedelta | None]] = {
    "day": ("today", None),
    "week": ("of the last 7 days", timedelta(days=7)),
    "month": ("of the last 30 days", timedelta(days=30)),
    "year": ("of the last 365 days", timedelta(days=365)),
    "ever": ("of all time", None),
}
SCOPES: Mapping[str, str] = {
    "server": "here",
    "mine": "discovered by you",
    "all": "in all servers",
}
MOST_OFFERS = 25
_MEDALS = ("🥇", "🥈", "🥉")


@dataclass(frozen=True)
class HallOfFameOptions:
    """Which part of the hall of fame is asked for."""

    period: str = "ever"
    """A key of `PERIODS`."""
    scope: str = "server"
    """A key of `SCOPES`."""
    page: int = 0
    member_id: int | None = None
    """Whose names, where the scope is `mine`."""

    def to_state(self) -> str:
        """All of this in a button's state."""
        return f"{self.period}:{self.scope}:{self.page}:{self.member_id or ''}"

    @classmethod
    def from_state(cls, state: str) -> "HallOfFameOptions":
        """The inverse of `to_state`. Raises `UserError` for a button of another version."""
        period, scope, page, member = (*state.split(":"), "", "", "", "")[:4]
        known = period in PERIODS and scope in SCOPES and page.isdecimal() and len(page) < 10
        if not known or (scope == "mine") != member.isdecimal() or len(member) > 20:
            raise UserError("This button is from another version of me; use /halloffame instead.")
        return cls(period, scope, int(page), int(member) if member else None)


def check(ask: HallOfFameOptions, member_id: int) -> None:
    """Raise `UserError` for the names that somebody else has discovered, in whatever servers."""
    if ask.scope == "mine" and ask.member_id != member_id:
        raise UserError("These are somebody else's names; ask for yours with /halloffame.")


async def hall(
    ask: HallOfFameOptions,
    community_id: int | None,
    fame: HallOfFame,
    words: WordFilter,
    now: datetime,
) -> Message:
    """A page of the best names."""
    scope = scope_of(ask, community_id, now)
    count = await fame.count(scope)
    pages = max(1, -(-count // PAGE))
    page = min(ask.page, pages - 1)
    found = await fame.best(scope, skip=page * PAGE, most=PAGE)
    when, _ = PERIODS[ask.period]
    where = SCOPES[ask.scope if community_id is not None or ask.scope != "server" else "all"]
    if not found:
        sentence = f"No name {when} {where} has won a vote yet. Ask for some with /dinoname!"
        return Message(content=text(sentence))
    lines = tuple(_line(page * PAGE + i, name, community_id, words) for i, name in enumerate(found))
    footer = f"page {page + 1} of {pages} · {plural(count, 'name')}" if pages > 1 else ""
    card = Embed(f"🏛️ The best names {when}, {where}", lines, footer=footer, tone=Tone.NAMES)
    return Message(embeds=(card,), buttons=tuple(_turn(replace(ask, page=page), pages)))


async def champion(
    community_id: int | None, fame: HallOfFame, words: WordFilter, now: datetime
) -> Message:
    """Today's best name, or else the last that won."""
    scope = scope_of(HallOfFameOptions("day"), community_id, now)
    found = [name for name in await fame.best(scope, most=PAGE) if words.allows(name.name)]
    best = found[0] if found else await fame.latest(replace(scope, since=None))
    if best is None or not words.allows(best.name):
        return Message(
            content=text("Nobody has been crowned yet. Ask for names with /dinoname, and vote!")
        )
    title = "👑 Today's champion" if found else "👑 The last champion; nobody was crowned today"
    meaning = None if best.custom_model else await asyncio.to_thread(meaning_of, best.name)
    discoverer = _discoverer(best, community_id, words)
    png = await asyncio.to_thread(
        plaque, best.name, meaning, discoverer, best.crowned_at.date(), best.votes
    )
    file = File(PLAQUE, png, f"A plaque: {best.name}, {plural(best.votes, 'vote')}")
    card = Embed(title, (text(strong(best.name)),), tone=Tone.NAMES, image=PLAQUE)
    return Message(embeds=(card,), files=(file,), buttons=(poem_about(best.name),))


def meaning_of(name: str) -> str | None:
    """What a dinosaur's name may mean. Finding it reads a file the first time."""
    return reading(parts_of(name.lower()))


def poem_about(name: str) -> Button:
    """The button for a poem about a name."""
    return Button("A poem about it", POEM, name, emoji="📜")


async def offered(
    typed: str, community_id: int | None, fame: HallOfFame, words: WordFilter, now: datetime
) -> list[str]:
    """Names that a poem can be about: as typed, then today's champion, then the best."""
    today = await fame.best(scope_of(HallOfFameOptions("day"), community_id, now), most=1)
    ever = await fame.best(scope_of(HallOfFameOptions(), community_id, now), most=100)
    wanted = " ".join(typed.split())
    if len(wanted) > LONGEST_NAME:
        return []
    names = [champion.name for champion in (*today, *ever)]
    fitting = [name for name in names if wanted.casefold() in name.casefold()]
    mine = [wanted] if wanted else []
    return [*islice(filter(words.allows, dict.fromkeys(mine + fitting)), MOST_OFFERS)]


def scope_of(ask: HallOfFameOptions, community_id: int | None, now: datetime) -> Scope:
    """Which names are meant. Outside of servers, those of all; today began at midnight UTC."""
    _, length = PERIODS[ask.period]
    since = now - length if length else None
    if ask.period == "day":
        since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Scope(
        community_id=community_id if ask.scope == "server" else None,
        home_id=community_id if ask.scope == "mine" else None,
        member_id=ask.member_id if ask.scope == "mine" else None,
        since=since,
    )


def _discoverer(name: Champion, community_id: int | None, words: WordFilter) -> str | None:
    """Who has discovered a name: told to the people of its own server."""
    known = name.discoverer if name.community_id == community_id else None
    return known if known and words.allows(known) else None


def _line(place: int, name: Champion, community_id: int | None, words: WordFilter) -> Text:
    """A name, its votes, and, among its own people, who has discovered it."""
    rank = _MEDALS[place] if place < len(_MEDALS) else f"{place + 1}."
    if not words.allows(name.name):
        return text(f"{rank} ", emphasis(UNSAID), f" · {plural(name.votes, 'vote')}")
    known = _discoverer(name, community_id, words)
    by = f" · {known}" if known else ""
    kind = text(" ", emphasis(f"({name.custom_model})")) if name.custom_model else ()
    return (
        *text(f"{rank} ", strong(name.name)),
        *kind,
        *text(f" · {plural(name.votes, 'vote')}{by}"),
    )


def _turn(ask: HallOfFameOptions, pages: int) -> Iterator[Button]:
    if ask.page > 0:
        yield Button("Better", ACTION, replace(ask, page=ask.page - 1).to_state(), emoji="◀️")
    if ask.page < pages - 1:
        yield Button("More", ACTION, replace(ask, page=ask.page + 1).to_state(), emoji="▶️")


def periods() -> Sequence[tuple[str, str]]:
    """Periods to choose from: what is shown, and the key."""
    return [(when, key) for key, (when, _) in PERIODS.items()]


def scopes() -> Sequence[tuple[str, str]]:
    """Scopes to choose from: what is shown, and the key."""
    return [(where, key) for key, where in SCOPES.items()]
