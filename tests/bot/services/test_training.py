"""The training service: one queue for several processes, restarts, stops, policies."""

import asyncio
import errno
import os
import time
import traceback
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.services.custom_models import LARGEST_WEIGHTS, MOST_LOADED, CustomModels
from bot.services.model_registry import ModelRegistry
from bot.services.training import process, run, service
from bot.services.training.policies import (
    CUSTOM,
    LONGEST_QUEUE,
    MOST_OF_A_COMMUNITY,
    SHARED,
    AlreadyTraining,
    CoolingDown,
    CustomModelPolicy,
    QueueFull,
    SharedModelPolicy,
    corpus_of,
    names_of,
    table_of,
)
from bot.services.training.process import TrainerProcess
from bot.services.training.results import CustomModelTrained, Event, Events, Interrupted, Reason
from bot.services.training.run_folder import RunFolder
from bot.services.training.service import SHOWN_AGAIN, TrainingService
from bot.services.versions import version_of
from bot.store import Store, Unavailable
from bot.store.custom_models import CustomModelRecord
from bot.store.trainings import SILENCE, TrainingRecord, TrainingRequest
from bot.store.versions import VersionFiles, VersionRecord
from models.training.events import Done, Failed, Planned, Progress, Stopped, TrainingEvent
from models.weights import WeightsError
from tests.bot.fakes import FakeNetworks, FakeTrainer, FakeWriter, card
from tests.bot.tiny import tiny_namer

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REQUEST = TrainingRequest(policy=SHARED, task="names", recipe="quick", seed=5, queued_at=NOW)
KANA = tuple(a + b for a in "サクタマハ" for b in ("トシ", "クラ", "ロウ", "ミ"))
DONE = Done(Path("w"), Path("p"), 1.5, (), 2.5)
VERSION = version_of(card("names"))
PAUSE = 600
COOLDOWN = timedelta(minutes=5)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For tests that do not depend on the database."""


class FakeRegistry(ModelRegistry):
    """Makes versions of anything."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, FakeNetworks(), now=lambda: NOW, interval=None)
        self.store = store
        self.error: list[Exception] = []
        """Raised by the next calls."""
        self.added: list[tuple[str, bool, int | None]] = []

    async def add_trained(
        self, task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionRecord:
        if self.error:
            raise self.error.pop(0)
        self.added.append((task, force, member_id))
        number = await self.store.versions.add(VERSION, VersionFiles(b""), NOW)
        return replace(VERSION, number=number)


class FakeReports:
    """Records the reports of each training."""

    def __init__(self) -> None:
        self.seen: dict[int, list[Event]] = {}
        self.updates: list[tuple[int, str]] = []
        self.error: Exception | None = None

    async def follow(self, record: TrainingRecord, events: Events) -> None:
        if self.error:
            raise self.error
        async for event in events:
            self.seen.setdefault(record.id, []).append(event)

    async def update(self, record: TrainingRecord) -> None:
        self.updates.append((record.id, record.state))


class Process:
    """A process of the bot, on a database that it may share."""

    def __init__(self, folder: Path, store: Store, script: list[TrainingEvent | int]) -> None:
        self.folder = folder
        self.store = store
        self.script = script
        self.trainers: list[FakeTrainer] = []
        self.registry = FakeRegistry(store)
        self.reports = FakeReports()
        self.custom_models = CustomModels(store, FakeWriter())
        self.now = NOW
        self.service = self.make_service()

    def make_service(self, launch: process.Launch | None = None) -> TrainingService:
        policies = (
            SharedModelPolicy(self.store, self.registry, cooldown=COOLDOWN, now=lambda: self.now),
            CustomModelPolicy(self.store, self.custom_models),
        )
        return TrainingService(
            self.folder,
            self.store,
            policies,
            now=lambda: self.now,
            launch=launch or self._launch,
            poll=0.01,
        )

    def _launch(self, request: TrainingRequest, folder: RunFolder, resume: bool) -> FakeTrainer:
        self.trainers.append(FakeTrainer(request, folder, resume, [*self.script]))
        return self.trainers[-1]

    def start(self) -> None:
        self.service.start(self.reports)

    def last(self, training_id: int) -> Event | None:
        """The last report of a training."""
        return self.reports.seen.get(training_id, [None])[-1]

    async def record(self, training_id: int) -> TrainingRecord:
        found = await self.store.trainings.get(training_id)
        assert found is not None
        return found

    async def state(self, training_id: int) -> str:
        return (await self.record(training_id)).state


class World:
    """Processes that are closed at the end."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.processes: list[Process] = []

    def process(self, *script: TrainingEvent | int) -> Process:
        made = Process(self.folder, self.store, list(script))
        self.processes.append(made)
        made.start()
        return made

    async def model(self, name: str = "kana", community_id: int = 1) -> CustomModelRecord:
        return await self.store.custom_models.create(
            community_id=community_id,
            name=name,
            member_id=7,
            corpus=corpus_of("kana.txt", KANA),
            now=NOW,
            most=100,
        )

    async def request(self, name: str = "kana", community_id: int = 1) -> TrainingRequest:
        """For a new custom model."""
        model = await self.model(name, community_id)
        return replace(
            REQUEST,
            policy=CUSTOM,
            recipe="list",
            community_id=community_id,
            custom_model_id=model.id,
            title="kana.txt",
            corpus=table_of(KANA),
        )

    def trained(self) -> Done:
        """The results of a training of a custom model."""
        path = self.folder / "trained.safetensors"
        path.write_bytes(tiny_namer(KANA))
        return Done(path, path, 1.0, (), 2.5)


@pytest.fixture
async def world(tmp_path: Path, store: Store) -> AsyncIterator[World]:
    made = World(tmp_path / "state", store)
    made.folder.mkdir()
    yield made
    for one in made.processes:
        await one.service.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (nobody signals it)
            await asyncio.sleep(0.005)


async def launched(count: int, *processes: Process) -> list[FakeTrainer]:
    """Wait for a number of trainers in some processes; the newest is last."""
    await until(lambda: sum(len(one.trainers) for one in processes) >= count)
    trainers = [trainer for one in processes for trainer in one.trainers]
    return sorted(trainers, key=lambda trainer: trainer.request.seed)


async def paused(trainer: FakeTrainer) -> None:
    await until(lambda: trainer._pause)


async def test_result_becomes_a_version(world: World) -> None:
    one = world.process(Planned(1, "Mine"), DONE)
    number = await one.service.enqueue(replace(REQUEST, member_id=7, force=True))
    await until(lambda: isinstance(one.last(number), VersionRecord))
    assert one.registry.added == [("names", True, 7)]
    assert isinstance(one.reports.seen[number][0], Planned)
    await until(lambda: not one.service._runs)
    assert not list(one.service.folder.iterdir())
    assert await one.state(number) == "done"


@ON_SQLITE
async def test_corpus_and_names_reach_the_trainer(world: World) -> None:
    one = world.process(DONE)
    await one.service.enqueue(
        replace(REQUEST, corpus=b"own", title="own.txt", extra_names=["mango", "mango"])
    )
    await until(lambda: one.trainers)
    (trainer,) = one.trainers
    assert (trainer.request.corpus, trainer.extra_names) == (b"own", ["mango", "mango"])


@ON_SQLITE
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WeightsError("It babbles."), "It babbles."),
        (FileNotFoundError(2, "No such file"), Reason.UNREADABLE),
        (RuntimeError("out of paper"), Reason.BROKEN),
    ],
)
async def test_results_that_cannot_be_stored(world: World, error: Exception, reason: str) -> None:
    one = world.process(DONE)
    one.registry.error = [error]
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(reason))
    record = await one.record(number)
    assert (record.state, record.message) == ("failed", reason)


@ON_SQLITE
async def test_short_outage_costs_no_training(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PAUSES", (0, 0))
    one = world.process(DONE)
    one.registry.error = [Unavailable(), Unavailable()]
    number = await one.service.enqueue(REQUEST)
    await until(lambda: isinstance(one.last(number), VersionRecord))


@ON_SQLITE
async def test_long_outage_is_reported(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PAUSES", (0,))
    one = world.process(DONE)
    one.registry.error = [Unavailable(), Unavailable()]
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(Reason.DATABASE))


@ON_SQLITE
async def test_trainer_that_cannot_start(world: World, tmp_path: Path) -> None:
    one = world.process()
    await one.service.close()

    def launch(request: TrainingRequest, folder: RunFolder, resume: bool) -> TrainerProcess:
        return TrainerProcess(request, folder, resume, command=[str(tmp_path / "nobody")])

    one.service = one.make_service(launch)
    one.start()
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(Reason.BROKEN))


@ON_SQLITE
async def test_trainer_without_a_final_event(world: World) -> None:
    one = world.process(Planned(1, "Mine"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(Reason.CRASHED))


@ON_SQLITE
async def test_reports_that_fail_do_not_end_the_training(world: World) -> None:
    one = world.process(Planned(1, "Mine"), DONE)
    one.reports.error = RuntimeError("out of paper")
    await one.service.enqueue(REQUEST)
    await until(lambda: one.registry.added)


@ON_SQLITE
async def test_forgotten_member_does_not_come_back(world: World) -> None:
    one = world.process(PAUSE, DONE)
    await one.service.enqueue(replace(REQUEST, member_id=7))
    await until(lambda: one.trainers and one.trainers[0]._pause)
    await world.store.privacy.forget_member(7)
    one.trainers[0].go_on()
    await until(lambda: one.registry.added)
    assert one.registry.added == [("names", False, None)]


# One queue for all processes


async def test_one_training_at_a_time_in_all_processes(world: World) -> None:
    one, other = world.process(PAUSE, world.trained()), world.process(PAUSE, world.trained())
    requests = [replace(await world.request(name), seed=k) for k, name in enumerate("abc")]
    numbers = [await one.service.enqueue(request) for request in requests]
    await until(lambda: one.trainers or other.trainers)
    await asyncio.sleep(0.1)
    assert len(one.trainers + other.trainers) == 1
    await until(lambda: (numbers[2], "queued") in one.reports.updates)
    for count in (1, 2, 3):
        trainers = await launched(count, one, other)
        assert len(trainers) == count
        await paused(trainers[-1])
        trainers[-1].go_on()
    await until(lambda: len({**one.reports.seen, **other.reports.seen}) == 3)
    ends = one.reports.seen | other.reports.seen
    await until(lambda: all(isinstance(ends[n][-1], CustomModelTrained) for n in numbers))


async def test_stop_from_another_process(world: World) -> None:
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    other = world.process()
    record = await other.service.stop(number, "Ada pressed Stop.")
    assert record is not None
    assert record.state == "running"
    await until(lambda: one.last(number) == Stopped(Reason.BUTTON))
    assert await one.state(number) == "stopped"
    assert await other.service.stop(number, "Ada pressed Stop.") is None


@ON_SQLITE
async def test_stop_here_gives_the_reason(world: World) -> None:
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    await one.service.stop(number, "Ada pressed Stop.")
    await until(lambda: one.last(number) == Stopped("Ada pressed Stop."))
    assert (await one.record(number)).message == Reason.BUTTON  # members' names are not stored


@ON_SQLITE
async def test_stop_while_waiting(world: World) -> None:
    one = world.process(PAUSE, world.trained())
    await one.service.enqueue(await world.request("a"))
    waiting = await one.service.enqueue(await world.request("b"))
    await until(lambda: one.trainers)
    record = await one.service.stop(waiting, "Ada pressed Stop.")
    assert record is not None
    assert record.state == "stopped"
    assert len(one.trainers) == 1


async def test_deleted_custom_model_ends_its_training(world: World) -> None:
    one = world.process(PAUSE, world.trained())
    request = await world.request()
    number = await one.service.enqueue(request)
    await until(lambda: one.trainers)
    await world.store.custom_models.delete(request.custom_model_id or 0)
    await until(lambda: one.last(number) == Stopped(Reason.DELETED))


@ON_SQLITE
async def test_custom_model_deleted_at_the_end(world: World) -> None:
    one = Process(world.folder, world.store, [])
    request = await world.request()
    await world.store.trainings.enqueue(request)
    record = await world.store.trainings.next_queued(CUSTOM, "x", NOW)
    assert record is not None
    await world.store.custom_models.delete(request.custom_model_id or 0)
    policy = CustomModelPolicy(world.store, one.custom_models)
    end = await policy.complete(replace(record, corpus=request.corpus), world.trained())
    assert end == Failed(Reason.DELETED)


@ON_SQLITE
async def test_full_memory_costs_no_training(world: World) -> None:
    """The result waits longer for memory than a member would."""
    request = await world.request()
    await world.store.trainings.enqueue(request)
    record = await world.store.trainings.next_queued(CUSTOM, "x", NOW)
    assert record is not None
    sample = await CustomModels(world.store, FakeWriter()).validate(tiny_namer(KANA), "")
    size = sample.trained.resident_bytes + 1_000
    models = CustomModels(world.store, FakeWriter(), largest=size, patience_s=0)
    used = [await models.validate(tiny_namer(KANA, seed=9 + n), "") for n in range(MOST_LOADED)]
    complete = CustomModelPolicy(world.store, models).complete
    ending = asyncio.create_task(complete(replace(record, corpus=request.corpus), world.trained()))
    done, _ = await asyncio.wait([ending], timeout=0.1)
    assert not done
    used.pop()
    assert isinstance(await ending, CustomModelTrained)


# Restarts


async def test_shutdown_requeues_and_restart_resumes(world: World) -> None:
    one = world.process(Planned(1, "Mine"), PAUSE, DONE)
    number = await one.service.enqueue(replace(REQUEST, corpus=b"own", title="own.txt"))
    await until(lambda: one.trainers and one.trainers[0]._pause)
    async with asyncio.timeout(5):
        await one.service.close()
    assert one.last(number) == Interrupted()
    record = await one.record(number)
    assert (record.state, record.attempts) == ("queued", 0)
    other = world.process(DONE)
    await until(lambda: isinstance(other.last(number), VersionRecord))
    (trainer,) = other.trainers
    assert trainer.resume
    assert trainer.request.corpus == b"own"
    assert (await one.record(number)).attempts == 1


@ON_SQLITE
async def test_without_its_folder_it_starts_anew(world: World, tmp_path: Path) -> None:
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers and one.trainers[0]._pause)
    await one.service.close()
    world.folder = tmp_path / "elsewhere"
    other = world.process(DONE)
    await until(lambda: isinstance(other.last(number), VersionRecord))
    assert not other.trainers[0].resume


@ON_SQLITE
async def test_refused_checkpoint_is_deleted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """For example after an upgrade of the bot."""
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers and one.trainers[0]._pause)
    await one.service.close()
    other = world.process(Failed("Galadriel.txt is empty."))
    await until(lambda: other.last(number) == Failed("Galadriel.txt is empty."))
    assert [trainer.resume for trainer in other.trainers] == [True, False]
    assert f"Training {number} starts over" in caplog.text
    assert "Galadriel" not in caplog.text  # the sentence is for the member


@ON_SQLITE
async def test_restarts_are_no_attempts(world: World) -> None:
    """A host may restart the bot as often as it likes."""
    for restart in range(run.MAX_ATTEMPTS + 1):
        one = world.process(PAUSE, DONE)
        if restart == 0:
            number = await one.service.enqueue(REQUEST)
        await paused((await launched(1, one))[0])
        await one.service.close()
    other = world.process(DONE)
    await until(lambda: isinstance(other.last(number), VersionRecord))


async def test_training_of_a_dead_process_is_taken_over(world: World) -> None:
    number = await world.store.trainings.enqueue(REQUEST)
    then = NOW - SILENCE - timedelta(seconds=1)
    assert await world.store.trainings.next_queued(SHARED, "dead", then)
    one = world.process(DONE)
    await until(lambda: isinstance(one.last(number), VersionRecord))


@ON_SQLITE
async def test_end_just_before_a_kill_is_shown(world: World) -> None:
    """The process that ended it may have been killed before its message was edited."""
    trainings, ids = world.store.trainings, []
    for age in (SHOWN_AGAIN + timedelta(seconds=1), SHOWN_AGAIN - timedelta(seconds=1)):
        ids.append(await trainings.enqueue(REQUEST))
        assert await trainings.next_queued(SHARED, "dead", NOW)
        assert await trainings.finish(ids[-1], "dead", "failed", NOW - age, "No.")
    one = world.process(DONE)
    await until(lambda: one.reports.updates)
    assert one.reports.updates == [(ids[1], "failed")]


@ON_SQLITE
async def test_training_that_died_too_often_is_reported(world: World) -> None:
    number = await world.store.trainings.enqueue(REQUEST)
    then = NOW - SILENCE - timedelta(seconds=1)
    for _attempt in range(run.MAX_ATTEMPTS):
        await world.store.trainings.fail_stale_runs(NOW, run.MAX_ATTEMPTS)
        await world.store.trainings.next_queued(SHARED, "dead", then)
    one = world.process(DONE)
    await until(lambda: one.reports.updates)
    assert one.reports.updates == [(number, "failed")]


@ON_SQLITE
async def test_recovery_spares_own_training(world: World) -> None:
    """After an outage of the database it looks dead."""
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    one.now += 2 * SILENCE
    await one.service.recover()
    assert await one.state(number) == "running"


async def test_lost_training_is_left_to_the_other_process(world: World) -> None:
    one = world.process(Progress(1, 2, 1.0, None, 1, 1), PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers and one.trainers[0]._pause)
    one.script[:] = [DONE]
    await world.store.trainings.fail_stale_runs(NOW + 2 * SILENCE, run.MAX_ATTEMPTS)
    other = world.process(DONE)
    await until(lambda: one.registry.added or other.registry.added)
    await until(lambda: not one.service._runs and not other.service._runs)
    assert len(one.registry.added + other.registry.added) == 1
    assert not any(isinstance(e, Stopped | Failed) for e in one.reports.seen[number])
    assert await one.state(number) == "done"


@ON_SQLITE
async def test_heartbeats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BEAT_S", 0.01)
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    one.now += timedelta(seconds=30)
    async with asyncio.timeout(5):
        while (await one.record(number)).beat_at != one.now:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@ON_SQLITE
async def test_folder_of_a_killed_process_is_deleted(world: World) -> None:
    """Also if the database did not answer at the start."""
    one = world.process()
    folder = RunFolder(one.service.folder, 999)
    await until(lambda: not one.service._looks)
    folder.prepare(replace(REQUEST, title="list.txt", corpus=b"secret"))
    await one.service.recover()
    assert folder.path.exists()  # another process may still report it
    old = time.time() - 2 * service.SWEEP_AGE_S
    os.utime(folder.path, (old, old))
    await one.service.recover()
    assert not folder.path.exists()


def test_errors_do_not_name_uploads(tmp_path: Path) -> None:
    """The log has the stack trace, without words of members."""
    request = replace(REQUEST, corpus=b"grond", title="Galadriel.txt")
    folder = RunFolder(tmp_path, 1)
    path = folder.corpus(request)
    assert path is not None
    path.mkdir(parents=True)  # in the way
    with pytest.raises(IsADirectoryError) as caught:
        folder.prepare(request)
    logged = "".join(traceback.format_exception(caught.value))
    assert f"{os.strerror(errno.EISDIR)}: '{path.parent}'" in logged
    assert "Galadriel" not in logged


def test_uploads_are_private(tmp_path: Path) -> None:
    root = tmp_path / "training"
    root.mkdir(mode=0o755)
    folder, request = RunFolder(root, 1), replace(REQUEST, title="list.txt", corpus=b"secret")
    folder.prepare(request)
    corpus = folder.corpus(request)
    assert corpus is not None
    modes = [path.stat().st_mode & 0o777 for path in (root, folder.path, corpus.parent, corpus)]
    assert modes == [0o700, 0o700, 0o700, 0o600]


async def test_forgotten_member_takes_lists_along(world: World) -> None:
    """Both of a training that runs and of one that waits; another member's list stays."""
    one = world.process(PAUSE)
    requests = [
        replace(await world.request(name), member_id=member)
        for name, member in (("a", 7), ("b", 7), ("c", 8))
    ]
    running, waiting, of_another = [await one.service.enqueue(request) for request in requests]
    (trainer,) = await launched(1, one)
    await paused(trainer)
    folder = RunFolder(one.service.folder, running).path
    assert folder.exists()
    await one.service.forget_member(7)
    await until(lambda: not folder.exists())
    assert (await one.record(waiting)).message == Reason.FORGOTTEN
    assert await one.state(running) == "stopped"
    assert [await world.store.trainings.corpus(number) for number in (running, waiting)] == [
        None
    ] * 2
    assert await world.store.trainings.corpus(of_another) is not None
    assert (waiting, "stopped") in one.reports.updates


async def test_old_folders_are_deleted_at_start(world: World) -> None:
    folder = world.folder / "training" / "99"
    folder.mkdir(parents=True)
    world.process()
    await until(lambda: not folder.exists())


# Policies


@ON_SQLITE
async def test_shared_models_train_one_at_a_time(world: World) -> None:
    one = world.process(PAUSE, DONE)
    await one.service.enqueue(REQUEST)
    with pytest.raises(AlreadyTraining):
        await one.service.enqueue(replace(REQUEST, task="sonnets"))


@ON_SQLITE
async def test_clock_steps_back(world: World) -> None:
    """Neither a cooldown nor a process that has died lasts for a day."""
    one = world.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    one.now -= timedelta(days=1)
    await one.service.enqueue(REQUEST)


async def test_cooldown_survives_a_restart(world: World) -> None:
    one = world.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    other = world.process(Failed("no"))
    with pytest.raises(CoolingDown) as caught:
        await other.service.enqueue(REQUEST)
    assert caught.value.until == NOW + COOLDOWN
    other.now += COOLDOWN
    await other.service.enqueue(REQUEST)


@ON_SQLITE
async def test_queue_has_a_limit(world: World) -> None:
    one = world.process(PAUSE, world.trained())
    for number in range(LONGEST_QUEUE):
        await one.service.enqueue(await world.request(str(number), community_id=number))
    with pytest.raises(QueueFull):
        await one.service.enqueue(await world.request("late", community_id=99))
    with pytest.raises(QueueFull):
        await one.service.check(CUSTOM, community_id=99)


@ON_SQLITE
async def test_no_community_takes_all_places(world: World) -> None:
    one = world.process(PAUSE, world.trained())
    for number in range(MOST_OF_A_COMMUNITY):
        await one.service.enqueue(await world.request(str(number)))
    with pytest.raises(QueueFull):
        await one.service.check(CUSTOM, community_id=1)
    await one.service.check(CUSTOM, community_id=2)


@ON_SQLITE
async def test_custom_model_trains_once_at_a_time(world: World) -> None:
    one = world.process(PAUSE, world.trained())
    request = await world.request()
    results = await asyncio.gather(
        *(one.service.enqueue(request) for _ in range(2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, AlreadyTraining]


async def test_custom_model_gets_weights_and_new_corpus(world: World) -> None:
    one = world.process(world.trained())
    names = ("Name", "a, b", *KANA)
    request = await world.request()
    request = replace(request, corpus=table_of(names), corpus_is_new=True, title="new.txt")
    number = await one.service.enqueue(request)
    await until(lambda: isinstance(one.last(number), CustomModelTrained))
    end = one.last(number)
    assert isinstance(end, CustomModelTrained)
    assert (end.seconds, end.entries) == (2.5, len(names))
    model = await world.store.custom_models.get(request.custom_model_id or 0)
    assert model is not None
    assert (model.title, model.entries, model.seconds) == ("new.txt", len(names), 2.5)
    assert await world.store.custom_models.corpus(model.id) == names
    assert (await one.custom_models.load(model)).digest == model.digest


@ON_SQLITE
@pytest.mark.parametrize("content", [b"x", b"\0" * (LARGEST_WEIGHTS + 1)], ids=["bad", "large"])
async def test_custom_model_with_unusable_weights(world: World, content: bytes) -> None:
    done = world.trained()
    done.weights.write_bytes(content)
    one = world.process(done)
    request = await world.request()
    number = await one.service.enqueue(request)
    await until(lambda: isinstance(one.last(number), Failed))
    model = await world.store.custom_models.get(request.custom_model_id or 0)
    assert model is not None
    assert model.digest is None


@pytest.mark.parametrize("names", [KANA, ("Names", "Name", *KANA), ('a "quoted" one', *KANA)])
def test_table_of_names_is_read_back(names: tuple[str, ...]) -> None:
    assert names_of(table_of(names)) == names


async def test_close_is_quick(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a trainer that does not listen."""
    monkeypatch.setattr(service, "GRACE_S", 0.1)
    monkeypatch.setattr(FakeTrainer, "stop", lambda _: None)
    one = world.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers and one.trainers[0]._pause)
    async with asyncio.timeout(5):
        await one.service.close()
    assert await one.state(number) == "queued"
    monkeypatch.undo()
    one.trainers[0].go_on()
