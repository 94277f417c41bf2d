"""A database of 0.3.0 after the migration: everything in it can still be used."""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.community.queries import DEFAULT_MINUTES, Communities
from bot.polls.ballots import Ballot
from bot.polls.hall_queries import HallOfFame, Scope
from bot.polls.queries import Polls
from bot.privacy.queries import Kept, Privacy
from bot.store import Database, Store
from bot.store.answers.button_states import ButtonStates
from bot.store.identities import Identities
from bot.training.queries import (
    CustomModels,
    StoredList,
    TrainingRequest,
    Trainings,
    Versions,
)
from bot.verse.queries import Poems
from models.weights import read_weights
from tests.bot.store import release_030 as old
from tests.bot.store.release_030 import ADA, BOB, CAT, ELVES, LEFT, LIBRARY, MUSEUM, NOW
from tests.bot.store.test_migrations import downgrade
from tests.bot.training.test_version_queries import FILES, version
from tests.databases import Templates, copied, filled_templates


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """The database of 0.3.0, migrated."""

    async def fill(database: Database) -> None:
        await old.fill(database)
        await database.migrate()

    with filled_templates(tmp_path_factory.mktemp("release_030"), fill) as templates:
        yield templates


@pytest.fixture(params=["sqlite", "postgres"])
async def store(
    request: pytest.FixtureRequest, migrated: Templates, tmp_path: Path
) -> AsyncIterator[Store]:
    """A copy of it."""
    async for database in copied(migrated, request.param, tmp_path):
        yield Store(database)


async def test_settings(store: Store) -> None:
    assert await store[Communities].poll_minutes(MUSEUM) == 30
    assert await store[Communities].poll_minutes(LIBRARY) == DEFAULT_MINUTES
    assert await store[Privacy].forget_communities(NOW) == [LEFT]


async def test_open_poll(store: Store) -> None:
    poll = await store[Polls].find(old.OPEN)
    assert poll is not None
    assert (poll.community_id, poll.channel_id, poll.message_id) == (
        MUSEUM,
        old.CHANNEL,
        old.OPEN + 100,
    )
    assert (poll.member_id, poll.discoverer, poll.custom_model) == (ADA, "Ada", None)
    assert poll.names == ("Mangosaurus", "Manosaurus", "Manticurus")
    assert (poll.note, poll.state) == ("Only 3 names begin so.", "3:0.8:man:us::11")
    assert poll.footer == "temperature 1 · seed 3893353276"
    assert (poll.opened_at, poll.closes_at) == (
        NOW - timedelta(minutes=5),
        NOW + timedelta(minutes=5),
    )
    assert (poll.votes, poll.closed_at) == ((1, 1, 0), None)
    assert await store[Polls].next_closing() == poll.closes_at


async def test_voting_goes_on(store: Store) -> None:
    assert await store[Polls].vote_of(old.OPEN, ADA) == 0
    assert await store[Polls].cast(Ballot(old.OPEN, ADA, 2), NOW)
    assert await store[Polls].cast(Ballot(old.OPEN, CAT, 2), NOW)
    assert await store[Polls].retract(old.OPEN, BOB, NOW)
    assert not await store[Polls].cast(Ballot(old.SPLIT, BOB, 1), NOW)
    due = await store[Polls].due(NOW + timedelta(hours=1))
    assert [poll.id for poll in due] == [old.OPEN, old.ELVES_OPEN]
    closed = await store[Polls].close(old.OPEN, NOW)
    assert closed is not None
    assert (closed.votes, closed.winner) == ((0, 0, 2), 2)


async def test_closed_polls(store: Store) -> None:
    standings = {}
    for number in (old.SPLIT, old.TIED, old.UNVOTED, old.UNTOLD):
        poll = await store[Polls].find(number)
        assert poll is not None
        assert poll.closed_at is not None
        standings[number] = poll.votes, poll.winner
    assert standings == {
        old.SPLIT: ((1, 2), 1),
        old.TIED: ((1, 0, 1), 2),
        old.UNVOTED: ((0, 0), None),
        old.UNTOLD: ((1,), 0),
    }
    assert [poll.id for poll in await store[Polls].unannounced(NOW)] == [old.UNTOLD]


async def test_polls_of_custom_models(store: Store) -> None:
    poll = await store[Polls].find(old.ELVES_OPEN)
    assert poll is not None
    assert (poll.custom_model_id, poll.custom_model, poll.state) == (ELVES, "Elves", "1:3:1:G:::")
    assert poll.votes == (0, 0, 1)
    former = await store[Polls].find(old.FORMER)
    assert former is not None
    assert (former.custom_model_id, former.custom_model) == (None, "former")


async def test_hall_of_fame(store: Store) -> None:
    async def names(scope: Scope) -> list[tuple[str, int]]:
        return [(one.name, one.votes) for one in await store[HallOfFame].best(scope)]

    dinosaurs = [("Limasaurus", 2)]  # the others have only one vote
    assert await names(Scope()) == dinosaurs
    tango = ("Tangosaurus", 1)
    assert await names(Scope(community_id=MUSEUM)) == [
        ("Elroniel", 3),
        ("Limasaurus", 2),
        ("Whiskey", 1),
        tango,
    ]
    assert await names(Scope(community_id=LIBRARY, member_id=ADA)) == [("Quebecosaurus", 1)]
    assert await store[HallOfFame].chosen(MUSEUM) == [*dinosaurs, tango]


async def test_poems(store: Store) -> None:
    poems = await store[Poems].of(ADA)
    assert [poem.id for poem in poems] == [4, 2, 1]
    assert {(poem.title, poem.text) for poem in poems} == {("Shall I compare thee", old.POEM)}
    assert not await store[Poems].keep(ADA, MUSEUM, 8001, "again", old.POEM, NOW)
    assert await store[Poems].drop(ADA, 2)


async def test_custom_models(store: Store) -> None:
    elves, towns = await store[CustomModels].of(MUSEUM)
    assert (elves.id, elves.name, elves.shared, elves.digest, elves.seconds) == (
        ELVES,
        "Elves",
        True,
        old.NAMER_DIGEST,
        12.25,
    )
    assert (towns.digest, towns.member_id, towns.has_corpus) == (None, None, True)
    assert await store[CustomModels].corpus(ELVES) == old.ELVES_LIST
    imported = await store[CustomModels].named(LIBRARY, "straße")
    assert imported is not None
    assert (imported.id, imported.has_corpus) == (old.IMPORTED, False)
    usable = await store[CustomModels].usable(LIBRARY)
    assert [model.id for model in usable] == [old.IMPORTED, ELVES]
    content = await store[CustomModels].weights(ELVES)
    assert content is not None
    trained = read_weights(content, "Elves")
    assert (trained.digest, trained.card.recipe) == (old.NAMER_DIGEST, "quick")


async def test_versions(store: Store) -> None:
    assert [found.number for found in await store[Versions].of("names")] == [5, 4, 2, 1]
    record = await store[Versions].get(2)
    assert record is not None
    assert (record.task, record.seed) == ("names", 2**62 + 2)
    assert record.samples == tuple(json.loads(old.SAMPLES))
    assert (record.validation, record.reference_loss, record.baseline_loss) == (1.75, 1.502, 1.5)
    assert (record.member_id, record.recipe, record.has_weights) == (ADA, "quick", True)
    content = await store[Versions].weights(2)
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == old.VERSION_DIGEST
    assert read_weights(content, "version 2").card.corpus == "dinosaurs"
    assert await store[Versions].curve(2) == old.CURVE
    (sonnets,) = await store[Versions].of("sonnets")
    assert sonnets.validation == 1.25


async def test_live_versions_and_rollback(store: Store) -> None:
    """After two rollbacks the third leads to the shipped weights: version 1 has none."""
    live = await store[Versions].live()
    assert (live["names"].version_id, live["names"].reason) == (2, "rollback")
    assert (live["sonnets"].version_id, live["sonnets"].activation_id) == (None, 6)
    assert await store[Versions].roll_back("sonnets", member_id=None, now=NOW) is None
    back = await store[Versions].roll_back("names", member_id=BOB, now=NOW)
    assert back is not None
    assert (back.version_id, back.activation_id) == (None, 9)
    assert await store[Versions].roll_back("names", member_id=BOB, now=NOW) is None


async def test_trainings(store: Store) -> None:
    found = [await store[Trainings].get(number) for number in range(1, 7)]
    assert [(one.policy, one.task, one.state) for one in found if one is not None] == [
        ("shared", "names", "done"),
        ("shared", "sonnets", "failed"),
        ("custom", "names", "done"),
        ("shared", "names", "stopped"),
        ("custom", "names", "running"),
        ("shared", "sonnets", "running"),
    ]
    first, stopped = found[0], found[3]
    assert first is not None
    assert stopped is not None
    assert (first.version_id, first.community_id, first.member_id) == (2, MUSEUM, ADA)
    assert (first.channel_id, first.message_id, first.seed) == (old.CHANNEL, 7001, 2**61 + 1)
    assert first.queued_at == first.started_at == NOW + timedelta(minutes=1)
    assert (stopped.message, stopped.ended_at) == ("Stopped by Ada.", NOW + timedelta(minutes=6))
    later = NOW + timedelta(days=1)
    assert await store[Trainings].last_ended_at("shared", later) == stopped.ended_at
    running = await store[Trainings].active_of(old.TOWNS)
    assert running is not None
    assert running.id == 5


async def test_ids_are_not_reused(store: Store) -> None:
    """Not even that of the custom model that was deleted last."""
    corpus = StoredList("towns.txt", ("Bree",), "0" * 64)
    model = await store[CustomModels].create(
        community_id=MUSEUM, name="New", member_id=ADA, corpus=corpus, now=NOW, most=9
    )
    assert model.id == old.FORMER_NAMER + 1
    assert await store[Versions].add(version(task="haiku"), FILES, NOW) == 6
    training = TrainingRequest("custom", "haiku", "quick", 1, NOW, custom_model_id=model.id)
    assert await store[Trainings].enqueue(training) == 7


async def test_privacy(store: Store) -> None:
    assert await store[Privacy].of(ADA) == Kept(
        votes=5,
        polls=7,
        poems=3,
        custom_models=1,
        trainings=5 + 3,
        activations=5,
        button_states=0,
    )
    exported = await store[Privacy].all_of(ADA)
    assert {table: len(rows) for table, rows in exported.items()} == {
        "votes": 5,
        "polls": 7,
        "poems": 3,
        "custom_models": 1,
        "trainings": 5,
        "versions": 4,
        "activations": 5,
        "button_states": 0,
        "identities": 0,
        "blocks": 0,
        "moderation": 0,
    }
    await store[Privacy].forget_member(ADA)
    assert not await store[Privacy].of(ADA)


async def test_failed_migration_changes_nothing(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await old.fill(empty_database)
    before = await old.rows(empty_database)
    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.drop_table", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await empty_database.migrate()
    assert await old.rows(empty_database) == before
    await empty_database.migrate()
    assert await Store(empty_database)[Polls].vote_of(old.OPEN, ADA) == 0


async def test_downgrade(store: Store) -> None:
    """Back to 0.3.0 without loss; what it does not know is left out."""
    database = store.database
    before = {table: list(rows) for table, rows in old.ROWS.items()}
    before["namers"] = [row for row in before["namers"] if row["id"] != old.FORMER_NAMER]
    waiting = TrainingRequest("shared", "names", "quick", 1, NOW)
    await store[Trainings].enqueue(waiting)
    haiku = await store[Versions].add(version(task="haiku"), FILES, NOW)
    await store[Versions].activate("haiku", haiku, member_id=None, reason="better", now=NOW)
    await store[Identities].resolve("slack", "user", "T1", "U1")
    await store[ButtonStates].put("{}", ADA, MUSEUM, NOW)
    await database.close()

    await downgrade(database, "0002")
    found = await old.rows(database)
    assert found.keys() == before.keys()
    for table, rows in before.items():
        assert found[table] == rows, table
    with pytest.raises(Exception, match=r"(?i)constraint"):
        async with database.writing() as session:
            await session.execute(text("UPDATE versions SET kind = 'haiku'"))
    await database.close()

    await database.migrate()
    assert await store[Trainings].enqueue(waiting) == 8
    poll = await store[Polls].find(old.OPEN)
    assert poll is not None
    assert poll.votes == (1, 1, 0)
