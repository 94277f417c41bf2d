"""Files that releases wrote: everything in them works, and so do those of today's code."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.community.queries import (
    Blocks,
    Communities,
    CommunitySettings,
    DailySettings,
    Record,
    Stopped,
)
from bot.creatures.animal import profile_of
from bot.discoveries.queries import Discoveries
from bot.eggs.queries import Nests
from bot.giving.queries import Offers
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.polls.queries import Ballot, Polls
from bot.polls.removal_queries import RemovedNames, remove
from bot.privacy.queries import Privacy
from bot.settings import checked, given_values, suspicious_names
from bot.store import Database, Store, url_of
from bot.store.answers import ButtonStates
from bot.store.database import FILE
from bot.store.identities import Identities
from bot.store.people import Person
from bot.trainer.queries import CustomModels, StoredList, Trainings, Versions
from bot.verse.queries import Poems
from bot.version import checkout_version
from bot.words.queries import FilterSettings, WordFilters
from models.names.generator import NamesRequest
from models.tasks import TASKS
from models.verse.poem import SonnetRequest
from models.weights import read_card
from tests.bot.champions import outdated
from tests.bot.operate.test_backup import contents, restored
from tests.bot.trainer.test_queries import FILES, version
from tests.releases import rows
from tests.releases.__main__ import write
from tests.releases.files import FIRST, RELEASES, load, names_of, texts_of
from tests.releases.rows import ADA, CAT, NOW
from tests.texts import WORDS

MUSEUM, LEFT, CHANNEL = 81, 85, 82
OPEN, REMOVED = 7001, 7003
ARCHITECTURES = {"lstm", "mixture", "ngram", "rnn", "words"}
"""Those of 1.0."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that today's code writes."""
    folder = tmp_path_factory.mktemp("today")
    write(folder)
    return folder


def name_of(release: Path | None) -> str:
    return release.name if release else "today"


@pytest.fixture(params=[*RELEASES, None], ids=name_of)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of a release, or of today's code."""
    folder: Path = request.param or request.getfixturevalue("written")
    return folder


AFTER_THE_FIRST = pytest.mark.parametrize(
    "release", [*RELEASES[1:], None], ids=name_of, indirect=True
)


@pytest.fixture
async def stored(release: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """The SQLite file of a release."""
    load(release, tmp_path / FILE)
    database = Database(url_of(None, tmp_path))
    yield database
    await database.close()


async def test_database(release: Path, stored: Database) -> None:
    await stored.migrate()
    await check(Store(stored), release)


async def test_backup(release: Path, empty_database: Database, stored: Database) -> None:
    await restored(release / "backup.zip", empty_database)
    await stored.migrate()
    assert await contents(empty_database) == await contents(stored)
    await check(Store(empty_database), release)


@AFTER_THE_FIRST
def test_texts(release: Path) -> None:
    """A seed gives the same until the next minor version, if its weights are the same."""
    texts = json.loads((release / "texts.json").read_text("utf-8"))
    assert {each["task"] for each in texts} == {"names", "sonnets"}
    for each in texts:
        request: NamesRequest | SonnetRequest
        request = (NamesRequest if each["task"] == "names" else SonnetRequest)(**each["request"])
        found = texts_of(request, release)
        assert len(found) == len(each["texts"]) > 0
        if is_of_this_minor_version(release):
            assert found == each["texts"]


@AFTER_THE_FIRST
def test_weights(release: Path) -> None:
    """Networks of all architectures are loaded, and write."""
    files = [*release.glob("*.safetensors")]
    assert {read_card(path).architecture for path in files} >= ARCHITECTURES
    for path in files:
        if path.stem == "sonnets":
            assert TASKS["sonnets"].load(path).words
        else:
            assert names_of(TASKS["names"].load(path))


def is_of_this_minor_version(release: Path) -> bool:
    return release.name.split(".")[:2] == checkout_version().split(".")[:2]


@AFTER_THE_FIRST
def test_settings(release: Path) -> None:
    """All are still known, and accept what they accepted."""
    path = release / "settings.env"
    _, problems = checked(given_values(path, {}))
    assert problems == ()
    assert suspicious_names({}, path) == ()


async def check(store: Store, release: Path) -> None:
    """Use what is stored, on every table."""
    if release != FIRST:
        await check_rows(store)
    if release not in RELEASES:
        assert await store[RemovedNames].named(rows.PARK, "ödland") == ["Ödlandosaurus"]
        await check_eggs(store)
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
    await check_ids(store, earlier=2 if release == FIRST else 3)
    assert await store[ButtonStates].get(555, MUSEUM) == '{"text": "Shall I"}'
    assert [poem.title for poem in await store[Poems].of(ADA)] == ["Shall I"]


async def check_rows(store: Store) -> None:
    """Those of `add_rows`."""
    daily = DailySettings(rows.CHANNEL, 18, "Europe/Berlin", 4, rows.TODAY, None, rows.TODAY)
    settings = await store[Communities].settings(rows.PARK)
    assert settings == CommunitySettings(False, False, None, 2, False, daily)
    settings = await store[Communities].settings(rows.QUIET)
    assert settings.daily.stopped is Stopped.QUIET
    own, of_all = await store[Discoveries].exhibits(WORDS, rows.PARK)
    assert (of_all.name, of_all.owner_id, of_all.is_of_day) == ("Mangoraptor", None, True)
    assert (own.name, own.owner_id, own.is_favourite) == ("Mangopelta", ADA, True)
    for exhibit in (of_all, own):
        assert exhibit.profile == profile_of(exhibit.name)
    assert await store[Discoveries].owner(rows.PARK, ADA) is None
    assert await store[Trainings].extra_names(4) == rows.NAMES
    stopped = await store[Trainings].get(5)
    assert stopped is not None
    assert (stopped.state, stopped.stop_reason) == ("stopped", rows.REASON)
    async with store.database.writing() as session:
        for candidate in ((rows.FOUND, 1), (rows.DAILY, 0)):
            assert await remove(store.database, session, rows.PARK, NOW, candidate=candidate)
    places = {message_id for _community, _channel, message_id in await outdated(store)}
    assert places == {rows.SHOWN, rows.SHOWN + 1}
    (dwarves,) = await store[CustomModels].of(rows.PARK)
    trained = await store[Versions].get(3)
    assert trained is not None
    for digest, weights in (
        (dwarves.digest, await store[CustomModels].weights(dwarves.id)),
        (trained.digest, await store[Versions].weights(3)),
    ):
        assert weights is not None
        assert names_of(TASKS["names"].read(weights, "weights", digest=digest))


async def check_eggs(store: Store) -> None:
    kept = await store[Communities].settings(rows.QUIET)
    assert (kept.has_eggs, kept.egg_channel_id) == (True, rows.CHANNEL)
    assert not kept.shows_typed
    found = await store[Discoveries].exhibits(WORDS, rows.QUIET)
    swapped = [(rows.EGGS[0], True, rows.CAT), (rows.SWAPPED, True, ADA)]
    assert sorted((each.name, each.is_hatched, each.owner_id) for each in found) == swapped
    (gift,) = await store[Offers].gifts(WORDS, rows.QUIET)
    assert (gift.name, gift.wanted, gift.is_kept) == (rows.EGGS[0], rows.SWAPPED, True)
    nests = [await store[Nests].of_today(rows.QUIET, member, NOW) for member in (ADA, rows.BOB)]
    assert [nest and nest.names for nest in nests] == [(), rows.EGGS[1:]]


async def check_polls(store: Store) -> None:
    (earlier,) = await store[Discoveries].exhibits(WORDS, MUSEUM)
    assert (earlier.name, earlier.discoverer, earlier.owner_id) == (
        "Ödlandosaurus",
        Person(ADA),
        ADA,
    )
    poll = await store[Polls].find(OPEN)
    assert poll is not None
    assert (poll.names, poll.votes) == (("Mangosaurus", "Ödlandosaurus"), (1, 1))
    assert poll.votes_needed == 0  # as 0.7.0 said when it was opened
    assert (poll.state, poll.message_id) == ("2:0:man:::", 7101)
    assert await store[Polls].cast(Ballot(OPEN, CAT, 1), NOW)
    assert await store[Polls].retract(OPEN, ADA, NOW)
    closed = await store[Polls].close(OPEN, NOW)
    assert closed is not None
    assert (closed.votes, closed.winner) == ((0, 2), 1)
    assert await store[Discoveries].exhibits(WORDS, MUSEUM) == [earlier]
    removed = await store[Polls].find(REMOVED)
    assert removed is not None
    assert (removed.standing, removed.custom_model) == ({1: "Ödlandosaurus"}, "Elves")
    best = await store[HallOfFame].best(WORDS, HallScope(community_id=MUSEUM))
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
    assert await store[Versions].earlier("names")


async def check_trainings(store: Store) -> None:
    states = [await store[Trainings].get(number) for number in (1, 2, 3)]
    assert [one and one.state for one in states] == ["done", "queued", "running"]
    claimed = await store[Trainings].next_queued("custom", "new", NOW)
    assert claimed is not None
    assert (claimed.id, claimed.notes) == (2, ("A note.",))
    assert await store[Trainings].corpus(2) == b"Elrond\nArwen"
    (stale,) = await store[Trainings].fail_stale_runs(NOW + timedelta(seconds=30), 3)
    assert (stale.id, stale.state, stale.minutes, stale.force) == (3, "queued", 30, True)


async def check_ids(store: Store, earlier: int) -> None:
    """Not even those of rows that were deleted last are assigned again.

    earlier: custom models and versions that there have been, each.
    """
    known = await store[Identities].resolve("slack", "user", "T1", "U1")
    assert [poem.title for poem in await store[Poems].of(known)] == ["On Slack"]
    assert await store[Identities].resolve("slack", "user", "T1", "U2") == known + 3
    model = await store[CustomModels].create(
        community_id=MUSEUM,
        name="New",
        member_id=ADA,
        corpus=StoredList("towns.txt", ("Bree",)),
        now=NOW,
        most=9,
    )
    assert model.id == earlier + 1
    assert (await store[Versions].add(version(task="haiku"), FILES, NOW))[0] == earlier + 1
