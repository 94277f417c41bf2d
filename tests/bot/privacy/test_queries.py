import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from bot.community.queries import Action, Blocks, Communities, Record, RecordEntry
from bot.polls.queries import Ballot, Polls
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.answers import ButtonStates
from bot.store.identities import Identities
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.trainer.queries import CustomModels, TrainingRequest, Trainings, Versions
from bot.verse.queries import Poems
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened, votes_of
from tests.bot.trainer.test_queries import FILES, create, version

MEMBER = 3
COUNTS = dict.fromkeys(("votes", "polls", "poems", "custom_models", "activations"), 1)
COUNTS |= {"trainings": 2, "button_states": 1}
"""What `fill` stores about a member."""
TABLES = (*COUNTS, "versions")
GRACE = timedelta(days=30)


async def fill(store: Store, member: int = MEMBER, community: int = 1) -> None:
    """Something of every kind, as a member leaves it behind in a community."""
    poll = replace(POLL, id=member * 100 + community, member_id=member, community_id=community)
    await opened(store, poll)
    await store[Polls].cast(Ballot(poll.id, member, 1), NOW)
    await store[Polls].cast(Ballot(poll.id, member + 1, 1), NOW)
    await store[Poems].keep(member, community, 9, "title", "text", NOW)
    model = await create(store, f"list {member}", community_id=community, member_id=member)
    training = TrainingRequest("custom", "names", "list", 1, NOW, custom_model_id=model.id)
    training = replace(training, community_id=community, member_id=member)
    queued = await store[Trainings].enqueue(training)
    await store[Versions].add(version(), FILES, NOW, "forced", queued)
    await store[ButtonStates].put("{}", member, community, NOW)


async def mentions(store: Store, member: int) -> list[str]:
    """The tables that know a member's number."""
    async with store.database.reading() as session:
        found = [
            (table, await session.scalar(text(f"SELECT 1 FROM {table} WHERE member_id={member}")))  # noqa: S608
            for table in TABLES
        ]
    return [table for table, one in found if one]


async def test_forget_member(store: Store) -> None:
    """What is shared survives its member."""
    await fill(store)
    await fill(store, member=50)
    assert await store[Privacy].of(7_000) == {}
    assert await store[Privacy].of(MEMBER) == COUNTS
    before = await mentions(store, 50)
    await store[Privacy].forget_member(MEMBER)
    assert await mentions(store, MEMBER) == []
    assert await mentions(store, 50) == before
    assert not await store[Privacy].of(MEMBER)
    for model in await store[CustomModels].of(1):
        assert await store[CustomModels].corpus(model.id)
    trained = await store[Versions].of("names")
    assert [version.has_weights for version in trained] == [True] * 2
    assert (await store[Versions].live())["names"].version_id == trained[0].number


async def test_forget_member_during_votes(store: Store) -> None:
    await opened(store)
    await store[Polls].cast(Ballot(POLL.id, 0, 0), NOW)
    await asyncio.gather(
        *(store[Polls].cast(Ballot(POLL.id, member, 0), NOW) for member in range(40)),
        store[Privacy].forget_member(3),
        *(store[Polls].cast(Ballot(POLL.id, member, 0), NOW) for member in range(40, 80)),
        return_exceptions=True,  # a vote of the member comes before or never
    )
    await store[Privacy].forget_member(3)
    assert await votes_of(store) == (79, 0, 0)


async def test_community_is_forgotten_after_grace(store: Store) -> None:
    await fill(store)
    await fill(store, member=50, community=2)
    await store[Privacy].left(1, NOW)
    assert await store[Privacy].forget_communities(NOW) == []
    assert await store[Privacy].forget_communities(NOW + GRACE) == [1]
    # The poem is the member's own, and the networks are the bot's.
    assert await mentions(store, MEMBER) == ["poems", "activations", "versions"]
    assert len(await store[Poems].of(MEMBER)) == 1
    assert await store[CustomModels].of(2)
    assert await store[Privacy].forget_communities(NOW + GRACE) == []


async def test_community_that_returns_is_kept(store: Store) -> None:
    await fill(store)
    await store[Communities].change(1, vote_minutes=60)
    for returned in (store[Privacy].joined(1), store[Privacy].seen([1], LATER)):
        await store[Privacy].left(1, NOW)
        await returned
        assert await store[Privacy].forget_communities(LATER + GRACE) == []
    assert await store[Communities].poll_minutes(1) == 60


async def test_seen_notes_left_communities(store: Store) -> None:
    await fill(store)
    await store[Poems].keep(MEMBER, 7, 10, "title", "text", NOW)  # where the bot never was
    await opened(store, replace(POLL, id=9, community_id=9))
    await store[Privacy].joined(8)
    await store[Privacy].seen([1, 2], LATER)
    await store[Privacy].seen([1, 2], LATER + GRACE)
    assert await store[Privacy].forget_communities(LATER) == []
    assert sorted(await store[Privacy].forget_communities(LATER + GRACE)) == [8, 9]
    assert len(await store[Poems].of(MEMBER)) == 2
    assert await store[Privacy].of(MEMBER) == COUNTS | {"poems": 2}


async def test_platforms_are_seen_apart(store: Store) -> None:
    """A process of one platform does not know which communities of another one are left."""
    first, second = [
        await store[Identities].resolve("slack", "community", f"T{n}", f"T{n}") for n in (1, 2)
    ]
    for community in (1, first, second):
        await store[Privacy].joined(community)
    await store[Privacy].seen([], NOW)
    assert await store[Privacy].forget_communities(LATER) == [1]
    await store[Privacy].seen([first], NOW, platform="slack")
    assert await store[Privacy].forget_communities(LATER) == [second]


async def test_forgotten_community_has_no_identities(store: Store) -> None:
    """Users keep theirs, since their poems stay."""
    kinds = ("community", "channel", "message", "user")
    first, second = [
        [await store[Identities].resolve("slack", kind, workspace, f"1 {kind}") for kind in kinds]
        for workspace in ("T1", "T2")
    ]
    await store[Privacy].left(first[0], NOW)
    await store[Privacy].forget_communities(LATER)
    found = [await store[Identities].find(number) for number in first + second]
    assert [identity is not None for identity in found] == [False] * 3 + [True] * 5


async def test_many_communities_seen(store: Store) -> None:
    await store[Privacy].left(1, NOW)
    await store[Privacy].seen(range(2, 70_000), LATER)
    assert await store[Privacy].forget_communities(LATER) == [1]


async def test_concurrent_notes_of_a_community(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    await asyncio.gather(
        *(s[Privacy].left(1, NOW) for s in (store, other) * 4),
        *(s[Communities].change(1, vote_minutes=20) for s in (store, other) * 4),
    )
    await other.close()
    assert await store[Communities].poll_minutes(1) == 20


async def test_block_outlasts_forgetting(store: Store) -> None:
    """Or "forget me" would undo it. Who blocked and what moderators did is not told either."""
    moderator = 987_654_321
    await store[Blocks].block(1, MEMBER, RecordEntry(Action.BLOCK, moderator, NOW, 1, MEMBER))
    assert await store[Privacy].of(MEMBER) == {"blocks": 1, "moderation": 1}
    rows = await store[Privacy].all_of(MEMBER)
    assert [row["community_id"] for row in rows["blocks"]] == [1]
    assert [row["action"] for row in rows["moderation"]] == ["block"]
    assert str(moderator) not in str(rows["blocks"] + rows["moderation"])

    await store[Privacy].forget_member(MEMBER)
    await store[Privacy].forget_member(moderator)
    assert await store[Blocks].all() == {(1, MEMBER)}
    assert await store[Privacy].of(MEMBER) == {"blocks": 1, "moderation": 1}
    assert (await store[Privacy].all_of(moderator))["moderation"][0]["moderator_id"] == moderator


async def test_community_leaves_with_its_blocks(store: Store) -> None:
    """What an owner blocked stays blocked, or a community would return by leaving."""
    here, everywhere = [
        RecordEntry(Action.BLOCK, 9, NOW, community, MEMBER) for community in (1, None)
    ]
    await store[Blocks].block(1, MEMBER, here)
    await store[Blocks].block(EVERYWHERE, MEMBER, everywhere)
    await store[Blocks].block(1, EVERYBODY, everywhere)
    await store[Privacy].seen([], NOW)
    assert await store[Privacy].forget_communities(NOW + GRACE) == [1]
    assert await store[Blocks].all() == {(EVERYWHERE, MEMBER), (1, EVERYBODY)}
    assert list(await store[Record].entries(1)) == []
    assert len(await store[Record].entries(None)) == 2
