"""Albums: what fills a member's and a community's, and who has to spare what a member lacks."""

import secrets
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from bot.community.queries import Action, Blocks, RecordEntry
from bot.creatures.animal import profile_of
from bot.creatures.profile import Family
from bot.discoveries import queries
from bot.discoveries.queries import Discoveries, Origin
from bot.moderation.queries import Moderation
from bot.polls.queries import Ballot, PollRecord, Polls
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.people import Person
from bot.store.schema import EVERYWHERE, Discovery
from tests.bot.champions import crown
from tests.texts import WORDS, named

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE, ELSEWHERE = 1, 2
ADA, BOB, GUS, MO = 11, 12, 13, 14
WHITE = "Spenochen"


async def won(store: Store, *names: str, member: int = ADA, community: int = HERE) -> None:
    """Let names win, at most three a day, so that all enter the collection."""
    for i, name in enumerate(names):
        at = NOW + i * DAY
        await crown(store, name, at=at, community_id=community, member_id=member)


async def given(store: Store, name: str, member: int | None) -> None:
    async with store.database.writing() as session:
        of_name = update(Discovery).where(Discovery.name == name)
        await session.execute(of_name.values(owner_id=member))


async def of_day(
    store: Store, name: str, *voters: int, others: tuple[int, ...] = (), community: int = HERE
) -> PollRecord:
    """Let a name win as the dinosaur of a day; the others vote for another one."""
    number = secrets.randbits(30)
    poll = PollRecord(
        id=number,
        community_id=community,
        channel_id=2,
        message_id=3,
        member_id=None,
        discoverer=None,
        names=named(name, "Othersaurus"),
        opened_at=NOW,
        closes_at=NOW + DAY,
        votes_needed=1,
        day=date(2026, 1, 1) + timedelta(days=number % 10_000),
    )
    assert await store[Polls].open_daily(poll)
    for position, members in enumerate((voters, others)):
        for member in members:
            await store[Polls].cast(Ballot(poll.id, member, position), NOW)
    assert name not in await album(store, next(iter(voters)), community)
    assert await store[Polls].close(poll.id, NOW + DAY) is not None
    return poll


async def album(store: Store, member: int | None = ADA, community: int = HERE) -> dict[str, Origin]:
    found = await store[Discoveries].album(WORDS, community, member)
    return {str(exhibit.name): origin for exhibit, origin in found}


async def test_what_fills_it(store: Store) -> None:
    await won(store, "Stegosaurus", "Diplodocus")
    await won(store, "Triceratops", member=BOB)
    await won(store, "Minmi", community=ELSEWHERE)
    async with store.database.writing() as session:
        await queries.hatch(session, HERE, ADA, profile_of("Plateosaurus"), NOW)
    assert await album(store) == {
        "Stegosaurus": Origin.WON,
        "Diplodocus": Origin.WON,
        "Plateosaurus": Origin.HATCHED,
    }
    await given(store, "Triceratops", ADA)
    assert (await album(store))["Triceratops"] is Origin.GIVEN
    assert (await album(store, BOB)) == {"Triceratops": Origin.WON}
    await given(store, "Triceratops", GUS)
    assert "Triceratops" not in await album(store)
    await given(store, "Stegosaurus", None)  # as if released
    assert (await album(store))["Stegosaurus"] is Origin.WON
    assert len(await album(store, None)) == 4
    assert await album(store, MO) == {}


async def test_one_of_each_pair_and_rarity(store: Store) -> None:
    """Rare ones come first, and one's own before those that a vote has brought."""
    pair = profile_of(WHITE)
    await of_day(store, "Kentrosaurus", ADA)
    await won(store, "Stegosaurus", "Huayangosaurus", "Tuojiangosaurus", WHITE)
    found = await store[Discoveries].album(WORDS, HERE, ADA)
    pairs = [(each.profile.family, each.profile.period) for each, _origin in found]
    assert len({*pairs}) == len(pairs)
    assert pairs[0] == (pair.family, pair.period)
    shown = [str(each.name) for each, _origin in found]
    assert shown[:2] == [WHITE, "Stegosaurus"]
    assert "Tuojiangosaurus" not in shown
    assert "Kentrosaurus" not in shown


async def test_everybody_who_voted(store: Store) -> None:
    """For any name, in that community, as long as the winner stands and the vote is stored."""
    daily = await of_day(store, "Stegosaurus", ADA, GUS, others=(BOB,))
    await of_day(store, "Minmi", ADA, community=ELSEWHERE)
    for member in (ADA, BOB):
        assert await album(store, member) == {"Stegosaurus": Origin.VOTED}
        assert not await store[Discoveries].count(HERE, member)
    assert await album(store, MO) == {}
    assert await store[Discoveries].leaders(HERE, None) == []
    await store[Polls].prune(NOW + 1000 * DAY)
    await store[Privacy].forget_member(BOB)
    assert await album(store, BOB) == {}
    assert len(await album(store)) == 1
    entry = RecordEntry(Action.REMOVE_NAME, MO, NOW, HERE)
    await store[Moderation].remove_name(daily.id, 0, entry)
    assert await album(store) == await album(store, None) == {}


async def test_votes_elsewhere_bring_nothing(store: Store) -> None:
    """A poll that a member has asked for, and one without a winner."""
    poll = await crown(store, "Stegosaurus", at=NOW, community_id=HERE, member_id=BOB, is_open=True)
    await store[Polls].cast(Ballot(poll.id, ADA, 1), poll.opened_at)
    await store[Polls].close(poll.id, NOW)
    assert await album(store) == {}
    assert await album(store, BOB) == {"Stegosaurus": Origin.WON}


async def test_day_that_finds_a_known_name(store: Store) -> None:
    """It was won before, and released: who votes has its cell, too."""
    await won(store, "Stegosaurus", member=BOB)
    await given(store, "Stegosaurus", None)
    await of_day(store, "Stegosaurus", ADA)
    assert await album(store) == {"Stegosaurus": Origin.VOTED}
    assert await album(store, BOB) == {"Stegosaurus": Origin.WON}


async def test_spares(store: Store) -> None:
    async def spares(*families: Family, member: int = ADA) -> list[tuple[Family, Person, int]]:
        return await store[Discoveries].spares(HERE, member, families)

    stegosaurs = "Stegosaurus", "Kentrosaurus", "Huayangosaurus"
    await won(store, *stegosaurs, member=GUS)
    await won(store, "Tuojiangosaurus", "Hesperosaurus", member=BOB)
    await won(store, "Minmi", member=BOB)
    await won(store, "Ankylosaurus", community=ELSEWHERE, member=BOB)
    three = Family.STEGOSAUR, Person(GUS), 3
    two = Family.STEGOSAUR, Person(BOB), 2
    assert await spares(*Family) == [three]
    assert await spares(*Family, member=GUS) == [two]
    assert await spares(Family.ANKYLOSAUR) == await spares() == []
    await given(store, "Stegosaurus", BOB)
    await given(store, "Minmi", BOB)
    assert await spares(*Family) == [(Family.STEGOSAUR, Person(BOB), 3)]
    await given(store, "Ankylosaurus", BOB)
    await store[Discoveries].hide(HERE, BOB, hidden=True)
    assert await spares(*Family) == [(Family.STEGOSAUR, Person(GUS), 2)]
    await store[Blocks].block(EVERYWHERE, GUS, RecordEntry(Action.BLOCK, MO, NOW))
    assert await spares(*Family) == []
    await store[Discoveries].hide(HERE, BOB, hidden=False)
    assert len(await spares(*Family)) == 1
    await store[Blocks].block(HERE, BOB, RecordEntry(Action.BLOCK, MO, NOW))
    assert await spares(*Family) == []


async def test_leaderboard_counts_no_gifts(store: Store) -> None:
    await won(store, "Stegosaurus", "Diplodocus")
    async with store.database.writing() as session:
        await queries.hatch(session, HERE, BOB, profile_of("Plateosaurus"), NOW)
    for name in ("Stegosaurus", "Diplodocus"):
        await given(store, name, BOB)
    assert await store[Discoveries].leaders(HERE, None) == [(Person(ADA), 2), (Person(BOB), 1)]
