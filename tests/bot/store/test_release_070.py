"""A database and a backup that version 0.7.0 wrote, of the same rows: everything in them works."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.community.queries import Blocks, Communities, Record
from bot.museum.queries import Museum
from bot.operate.archive import ArchiveReader
from bot.operate.database import read_archive
from bot.polls.queries import Ballot, HallOfFame, HallScope, Polls
from bot.privacy.queries import Privacy
from bot.store import Database, Store, url_of
from bot.store.answers import ButtonStates
from bot.store.identities import Identities
from bot.training.queries import CustomModels, StoredList, Trainings, Versions
from bot.verse.queries import Poems
from bot.words.queries import FilterSettings, WordFilters
from tests.bot.operate.test_backup import contents
from tests.bot.training.test_version_queries import FILES, version

RELEASE_070 = Path(__file__).parent / "release_070"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MUSEUM, LEFT, CHANNEL = 81, 85, 82
ADA, BOB, CAT = 91, 92, 93
OPEN, REMOVED = 7001, 7003


@pytest.fixture
async def stored(tmp_path: Path) -> Database:
    """The SQLite file of 0.7.0."""
    with sqlite3.connect(tmp_path / "mangosaurus.db") as file:
        file.executescript((RELEASE_070 / "database.sql").read_text())
    file.close()
    return Database(url_of(None, tmp_path))


async def restore(database: Database) -> None:
    def unpacked() -> ArchiveReader:
        archive = ArchiveReader(RELEASE_070 / "backup.zip")
        archive.verify()
        return archive

    with await asyncio.to_thread(unpacked) as archive:
        assert archive.manifest.version == "0.7.0"
        await read_archive(database, archive, replace=False)


async def test_database(stored: Database) -> None:
    await stored.migrate()
    await check(Store(stored))
    await stored.close()


async def test_backup(empty_database: Database, stored: Database) -> None:
    await restore(empty_database)
    await stored.migrate()
    assert await contents(empty_database) == await contents(stored)
    await stored.close()
    await check(Store(empty_database))


async def check(store: Store) -> None:
    """Use what is stored, on every table."""
    assert await store[Communities].poll_minutes(MUSEUM) == 30
    assert await store[WordFilters].of(MUSEUM) == FilterSettings(2, ("egg", "nest"))
    assert (await store[Communities].settings(MUSEUM)).log_channel_id == CHANNEL
    assert await store[Blocks].all() == {(MUSEUM, CAT)}
    recorded = await store[Record].entries(MUSEUM)
    assert [entry.action for entry in recorded] == ["log", "refuse model", "block", "remove name"]
    assert await store[Privacy].forget_communities(NOW) == [LEFT]
    assert (await store[Communities].settings(MUSEUM)).votes_needed == 1
    await check_polls(store)
    await check_models(store)
    await check_trainings(store)
    await check_ids(store)
    assert await store[ButtonStates].get(555, MUSEUM) == '{"text": "Shall I"}'
    assert [poem.title for poem in await store[Poems].of(ADA)] == ["Shall I"]


async def check_polls(store: Store) -> None:
    (earlier,) = await store[Museum].exhibits(MUSEUM)
    assert (earlier.name, earlier.member_id, earlier.owner_id) == ("Ödlandosaurus", ADA, ADA)
    poll = await store[Polls].find(OPEN)
    assert poll is not None
    assert (poll.names, poll.votes) == (("Mangosaurus", "Ödlandosaurus"), (1, 1))
    assert poll.votes_needed == 0  # as 0.7.0 said when it was opened
    assert (poll.discoverer, poll.state, poll.message_id) == ("Ada", "2:0:man:::", 7101)
    assert await store[Polls].cast(Ballot(OPEN, CAT, 1), NOW)
    assert await store[Polls].retract(OPEN, ADA, NOW)
    closed = await store[Polls].close(OPEN, NOW)
    assert closed is not None
    assert (closed.votes, closed.winner) == ((0, 2), 1)
    assert await store[Museum].exhibits(MUSEUM) == [earlier]
    removed = await store[Polls].find(REMOVED)
    assert removed is not None
    assert (removed.standing, removed.custom_model) == ({1: "Ödlandosaurus"}, "Elves")
    best = await store[HallOfFame].best(HallScope(community_id=MUSEUM))
    assert [(one.name, one.votes) for one in best] == [("Ödlandosaurus", 2)] * 2


async def check_models(store: Store) -> None:
    (elves,) = await store[CustomModels].of(MUSEUM)
    facts = elves.name, elves.shared, elves.digest, elves.seconds
    assert facts == ("Elves", True, "5" * 64, 12.25)
    assert await store[CustomModels].corpus(elves.id) == ("Elrond", "Lúthien", "Θησίων")
    assert await store[CustomModels].weights(elves.id) == b"weights of elves"
    assert [model.id for model in await store[CustomModels].refused(MUSEUM)] == [elves.id]
    record = await store[Versions].get(2)
    assert record is not None
    assert (record.samples, record.seed) == (("Mangosaurus", "Ödlandosaurus"), 2**62 + 1)
    assert await store[Versions].curve(2) == b"\x89PNG"
    live = (await store[Versions].live())["names"]
    assert (live.version_id, live.reason) == (1, "rollback")
    assert await store[Versions].roll_back("names", member_id=BOB, now=NOW) is not None


async def check_trainings(store: Store) -> None:
    states = [await store[Trainings].get(number) for number in (1, 2, 3)]
    assert [one and one.state for one in states] == ["done", "queued", "running"]
    claimed = await store[Trainings].next_queued("custom", "new", NOW)
    assert claimed is not None
    assert (claimed.id, claimed.notes) == (2, ("A note.",))
    assert await store[Trainings].corpus(2) == b"Elrond\nArwen"
    (stale,) = await store[Trainings].fail_stale_runs(NOW + timedelta(seconds=30), 3)
    assert (stale.id, stale.state, stale.minutes, stale.force) == (3, "queued", 30, True)


async def check_ids(store: Store) -> None:
    """Not even those of rows that were deleted last are assigned again."""
    known = await store[Identities].resolve("slack", "user", "T1", "U1")
    assert [poem.title for poem in await store[Poems].of(known)] == ["On Slack"]
    assert await store[Identities].resolve("slack", "user", "T1", "U2") == known + 3
    model = await store[CustomModels].create(
        community_id=MUSEUM,
        name="New",
        member_id=ADA,
        corpus=StoredList("towns.txt", ("Bree",), "0" * 64),
        now=NOW,
        most=9,
    )
    assert model.id == 3
    assert (await store[Versions].add(version(task="haiku"), FILES, NOW))[0] == 3
