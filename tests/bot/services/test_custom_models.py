"""The service behind `/namer`: a queue, weights that come and go, restarts. Without a chat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.services import custom_models
from bot.services.custom_models import (
    LARGEST_WEIGHTS,
    MOST_OF_A_GUILD,
    MOST_WAITING,
    READY,
    CustomModels,
    Event,
    Events,
    InTraining,
    Lesson,
    QueueFull,
    Ready,
    Untrained,
    Waiting,
    as_corpus,
)
from bot.services.training.events import (
    Done,
    Failed,
    Progress,
    Stopped,
)
from bot.services.training.retraining import Events as TrainerEvents
from bot.services.training.retraining import MessageRef, Order
from bot.store import Unavailable
from bot.store.custom_models import CustomModelRecord
from bot.store.schema import Training
from bot.store.trainings import SILENCE
from data.lists import read_list
from models.weights import WeightsError
from tests.bot.fakes import FakeWriter
from tests.bot.tiny import tiny_namer
from tests.databases import Templates, store_in

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KANA = tuple(a + b for a in "サクタマハ" for b in ("トシ", "クラ", "ロウ", "ミ"))


class Gate:
    """A trainer that waits to be let go on."""

    def __init__(self, order: Order, weights: Path) -> None:
        self.order = order
        self.weights = weights
        self.opened = asyncio.Event()
        self.stopped = False

    async def events(self) -> TrainerEvents:
        yield Progress(1, 2, 1.0, None, 1, 1)
        await self.opened.wait()
        if self.stopped:
            yield Stopped()
        else:
            yield Done(self.weights, self.weights, 1.0, (), 2.5)

    def stop(self) -> None:
        self.stopped = True
        self.opened.set()


class School:
    """Namers with a store in a folder, and what their trainings report."""

    def __init__(self, folder: Path, templates: Templates) -> None:
        self.folder = folder
        self.store = store_in(folder, templates)
        self.writer = FakeWriter()
        self.gates: list[Gate] = []
        self.told: dict[str, list[Event]] = {}
        self.weights = folder / "trained.safetensors"
        self.weights.write_bytes(tiny_namer(KANA))
        self.namers = self.open()

    def open(self) -> CustomModels:
        """The service as a new process has it."""
        return CustomModels(
            self.folder, self.store, self.writer, now=lambda: NOW, launch=self._launch
        )

    def _launch(self, order: Order, folder: Path) -> Gate:
        assert order.corpus is not None
        assert order.corpus.is_relative_to(folder)
        assert order.corpus.is_relative_to(self.folder)
        self.gates.append(Gate(order, self.weights))
        return self.gates[-1]

    async def namer(self, name: str = "kana") -> CustomModelRecord:
        return await self.store.custom_models.create(
            community_id=1,
            name=name,
            member_id=7,
            corpus=as_corpus("../kana.txt", KANA),
            now=NOW,
            most=100,
        )

    def teach(self, namer: CustomModelRecord) -> None:
        async def follow(events: Events) -> None:
            async for event in events:
                self.told.setdefault(namer.name, []).append(event)

        lesson = Lesson(namer, as_corpus("../kana.txt", KANA), 1, 7)
        with self.namers.claimed():
            pass
        self.namers.start(lesson, follow, MessageRef(5, namer.id))

    def last(self, name: str) -> Event:
        return self.told[name][-1]


@pytest.fixture
async def school(tmp_path: Path, templates: Templates) -> AsyncIterator[School]:
    opened = School(tmp_path, templates)
    yield opened
    await opened.namers.stop("")
    await opened.store.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (nobody signals it)
            await asyncio.sleep(0.001)


async def learned(school: School, name: str = "kana") -> CustomModelRecord:
    """A namer that has learned its list."""
    namer = await school.namer(name)
    school.teach(namer)
    await until(lambda: school.gates)
    school.gates.pop().opened.set()
    await until(lambda: school.namers.ahead_of(namer.id) is None)
    found = await school.store.custom_models.get(namer.id)
    assert found is not None
    return found


async def test_one_list_is_learned_at_a_time_and_the_others_know_their_place(
    school: School,
) -> None:
    first, second, third = [await school.namer(name) for name in "abc"]
    for namer in (first, second, third):
        school.teach(namer)
    await until(lambda: "c" in school.told and school.gates)
    assert [school.namers.ahead_of(n.id) for n in (first, second, third)] == [0, 1, 2]
    assert school.told["c"] == [Waiting(2)]
    assert len(school.gates) == 1
    school.gates[0].opened.set()
    await until(lambda: school.told["c"] == [Waiting(2), Waiting(1)])
    await until(lambda: len(school.gates) == 2)
    assert isinstance(school.last("a"), Ready)
    await school.namers.stop("Enough.")
    assert school.last("b") == school.last("c") == Stopped("Enough.")


async def test_more_than_a_few_lists_do_not_wait(school: School) -> None:
    for number in range(MOST_WAITING + 1):
        school.teach(await school.namer(str(number)))
    with pytest.raises(QueueFull), school.namers.claimed():
        pass
    await school.namers.stop("")


async def test_places_are_kept_for_lists_that_are_still_being_read(school: School) -> None:
    school.teach(await school.namer())
    claims = [school.namers.claimed() for _ in range(MOST_WAITING)]
    for claim in claims:
        claim.__enter__()
    with pytest.raises(QueueFull), school.namers.claimed():
        pass
    claims[0].__exit__(None, None, None)
    with school.namers.claimed():
        pass
    await school.namers.stop("")


async def test_a_namer_does_not_learn_twice_at_once(school: School) -> None:
    namer = await school.namer()
    school.teach(namer)
    with pytest.raises(InTraining):
        school.teach(namer)
    with pytest.raises(InTraining), school.namers.claimed(namer.id):
        pass
    await school.namers.stop("")
    with (
        school.namers.claimed(namer.id),
        pytest.raises(InTraining),
        school.namers.claimed(namer.id),
    ):
        pass


async def test_what_was_learned_is_in_the_database_and_nothing_on_the_disk(
    school: School,
) -> None:
    namer = await learned(school)
    assert namer.digest is not None
    assert namer.seconds == 2.5
    assert await school.store.custom_models.weights(namer.id) == school.weights.read_bytes()
    assert not list(school.namers.folder.iterdir())


async def test_a_process_that_knows_nothing_serves_it_from_the_database(school: School) -> None:
    namer = await learned(school)
    trained = await school.open().load(namer)
    assert trained.digest == namer.digest
    assert trained.words == tuple(sorted(KANA))


async def test_it_is_read_once_however_many_ask(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    namer = await learned(school)
    fresh, reads = school.open(), []

    async def counted(custom_model_id: int) -> bytes:
        reads.append(custom_model_id)
        return school.weights.read_bytes()

    monkeypatch.setattr(school.store.custom_models, "weights", counted)
    loaded = await asyncio.gather(*(fresh.load(namer) for _ in range(5)))
    assert len(set(map(id, loaded))) == 1
    assert reads == [namer.id]


async def test_only_the_last_few_are_kept_ready(school: School) -> None:
    records = []
    for number in range(READY + 1):
        school.weights.write_bytes(tiny_namer(KANA, seed=number))
        records.append(await learned(school, f"kana {number}"))
    fresh = school.open()
    loaded = [await fresh.load(record) for record in records]
    assert await fresh.load(records[-1]) is loaded[-1]
    assert await fresh.load(records[0]) is not loaded[0]


async def test_a_namer_without_weights_cannot_be_loaded(school: School) -> None:
    with pytest.raises(Untrained):
        await school.namers.load(await school.namer())


async def test_a_stopped_training_changes_nothing(school: School) -> None:
    namer = await school.namer()
    school.teach(namer)
    await until(lambda: school.gates)
    assert await school.namers.stop("Alice pressed Stop.", namer.id)
    assert school.last("kana") == Stopped("Alice pressed Stop.")
    assert await school.store.custom_models.get(namer.id) == namer
    assert not await school.namers.stop("", namer.id)


async def test_a_namer_that_was_deleted_meanwhile_stays_deleted(school: School) -> None:
    namer = await school.namer()
    school.teach(namer)
    await until(lambda: school.gates)
    await school.store.custom_models.delete(namer.id)
    school.gates[0].opened.set()
    await until(lambda: school.namers.ahead_of(namer.id) is None)
    last = school.last("kana")
    assert isinstance(last, Failed)
    assert "deleted" in last.message


@pytest.mark.parametrize("content", [b"x", b"\0" * (LARGEST_WEIGHTS + 1)])
async def test_weights_that_cannot_be_used_are_not_kept(school: School, content: bytes) -> None:
    school.weights.write_bytes(content)
    namer = await learned(school)
    assert namer.digest is None
    assert isinstance(school.last("kana"), Failed)


async def test_a_trainer_that_breaks_is_told_and_the_next_list_has_its_turn(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await school.namer("a"), await school.namer("b")
    school.teach(first)
    school.teach(second)
    await until(lambda: school.gates and school.told.get("b"))
    monkeypatch.setattr(school.writer, "validate", None)
    school.gates[0].opened.set()
    await until(lambda: len(school.gates) == 2)
    assert school.last("a") == Failed("Something broke on my side; the log says more.")
    await school.namers.stop("")


async def test_a_training_that_died_with_its_process_is_told_once_and_can_be_had_again(
    school: School,
) -> None:
    namer = await school.namer()
    long_ago = NOW - timedelta(minutes=2)
    await school.store.versions.begin_run(
        "namer", seed=1, now=long_ago, custom_model_id=namer.id, channel_id=5, message_id=6
    )
    fresh = school.open()
    assert await fresh.interrupted() == [MessageRef(5, 6)]
    assert await fresh.interrupted() == []
    assert (await learned(school, "again")).digest is not None


async def test_every_run_is_noted_with_its_end(school: School) -> None:
    await learned(school)
    school.teach(await school.namer("b"))
    await until(lambda: school.gates)
    await school.namers.stop("Enough.")
    assert await school.namers.interrupted() == []
    late = CustomModels(
        school.folder, school.store, school.writer, now=lambda: NOW + timedelta(days=1)
    )
    assert await late.interrupted() == []


async def test_a_weight_file_that_is_too_large_is_not_even_read(school: School) -> None:
    with pytest.raises(WeightsError, match="larger than 4 MiB"):
        await school.namers.hear(b"\0" * (LARGEST_WEIGHTS + 1), "It")


async def test_no_server_takes_all_places(school: School) -> None:
    for number in range(MOST_OF_A_GUILD - 1):
        school.teach(await school.namer(str(number)))
    with school.namers.claimed(community_id=1):
        with pytest.raises(QueueFull), school.namers.claimed(community_id=1):
            pass
        with school.namers.claimed(community_id=2):
            pass
    with school.namers.claimed(community_id=1):
        pass
    await school.namers.stop("")


async def test_a_database_that_is_away_for_a_moment_costs_no_training(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom_models, "PAUSES", (0.001, 0.001))
    kept, tries = school.store.custom_models.trained, []

    async def away_at_first(*args: Any) -> bool:  # noqa: ANN401
        tries.append(args)
        if len(tries) < 3:
            raise Unavailable("gone")
        return await kept(*args)

    monkeypatch.setattr(school.store.custom_models, "trained", away_at_first)
    namer = await learned(school)
    assert isinstance(school.last("kana"), Ready)
    assert namer.digest is not None


async def test_a_process_does_not_bury_its_own_training(school: School) -> None:
    namer = await school.namer()
    school.teach(namer)
    await until(lambda: school.gates)
    later = NOW + 2 * SILENCE
    own = school.namers
    own._now = lambda: later
    assert await own.interrupted() == []
    other = CustomModels(
        school.folder, school.store, school.writer, now=lambda: later + 2 * SILENCE, launch=None
    )
    assert await other.interrupted() == [MessageRef(5, namer.id)]


async def test_who_stopped_a_training_is_told_and_not_kept(school: School) -> None:
    school.teach(await school.namer())
    await until(lambda: school.gates)
    await school.namers.stop("Ada pressed Stop.")
    assert school.last("kana") == Stopped("Ada pressed Stop.")
    async with school.store.database.reading() as session:
        runs = [*await session.execute(select(Training.state, Training.message))]
    assert runs == [("stopped", "")]


async def test_a_list_that_begins_like_a_table_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "namer" / "corpus" / "list.txt"
    names = ("Names", "Name", *KANA)
    custom_models._write_list(path, names)
    assert read_list(path).names == names
