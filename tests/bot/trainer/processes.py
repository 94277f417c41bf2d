"""Processes of the bot that train with scripted trainers, on a database that they may share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store import Store
from bot.trainer.custom_models import CustomModelLoader
from bot.trainer.queries import (
    CUSTOM,
    SHARED,
    CustomModelRecord,
    CustomModels,
    StoredList,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    VersionFiles,
    VersionRecord,
    Versions,
)
from bot.trainer.registry import ModelRegistry, version_of
from bot.trainer.service import Event, Events, TrainingService, table_of
from bot.trainer.trainer import Launch, RunFolder
from models.training.events import Done, TrainingEvent
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
        self, task: str, done: Done, *, force: bool = False, training_id: int | None = None
    ) -> VersionRecord:
        if self.error:
            raise self.error.pop(0)
        self.added.append((task, force, training_id))
        number, _ = await self.store[Versions].add(VERSION, VersionFiles(b""), NOW)
        return replace(VERSION, number=number)


class FakeReports:
    """Records the reports of each training."""

    def __init__(self) -> None:
        self.seen: dict[int, list[Event]] = {}
        self.updates: list[tuple[int, str]] = []
        self.error: Exception | None = None

    def __call__(self, record: TrainingRecord) -> "FakeReport":
        return FakeReport(self, record)


@dataclass
class FakeReport:
    """The report of one of them."""

    reports: FakeReports
    record: TrainingRecord

    async def follow(self, events: Events) -> None:
        if self.reports.error:
            raise self.reports.error
        async for event in events:
            self.reports.seen.setdefault(self.record.id, []).append(event)

    async def update(self) -> None:
        self.reports.updates.append((self.record.id, self.record.state))


class Process:
    """A process of the bot, on a database that it may share."""

    def __init__(self, folder: Path, store: Store, script: list[TrainingEvent | int]) -> None:
        self.folder = folder
        self.store = store
        self.script = script
        self.trainers: list[FakeTrainer] = []
        self.registry = FakeRegistry(store)
        self.reports = FakeReports()
        self.custom_models = CustomModelLoader(store, FakeWriter())
        self.now = NOW
        self.service = self.make_service()

    def make_service(self, launch: Launch | None = None) -> TrainingService:
        return TrainingService(
            self.folder,
            self.store,
            self.registry,
            self.custom_models,
            cooldown=COOLDOWN,
            now=lambda: self.now,
            launch=launch or self._launch,
            poll=0.01,
        )

    def _launch(self, request: TrainingRequest, folder: RunFolder, resume: bool) -> FakeTrainer:
        self.trainers.append(FakeTrainer(request, folder, resume, [*self.script]))
        return self.trainers[-1]

    def start(self) -> None:
        self.service.report_to("discord", self.reports)
        self.service.start()

    async def paused(self) -> FakeTrainer:
        """Its only trainer, once that pauses."""
        await until(lambda: self.trainers and self.trainers[0]._pause)
        (trainer,) = self.trainers
        return trainer

    def last(self, training_id: int) -> Event | None:
        """The last report of a training."""
        return self.reports.seen.get(training_id, [None])[-1]

    async def record(self, training_id: int) -> TrainingRecord:
        found = await self.store[Trainings].get(training_id)
        assert found is not None
        return found

    async def state(self, training_id: int) -> str:
        return (await self.record(training_id)).state


async def untrained(store: Store, name: str = "kana", community_id: int = 1) -> CustomModelRecord:
    """A new custom model."""
    return await store[CustomModels].create(
        community_id=community_id,
        name=name,
        member_id=7,
        corpus=StoredList("kana.txt", KANA),
        now=NOW,
        most=100,
    )


class Bots:
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

    async def request(self, name: str = "kana", community_id: int = 1) -> TrainingRequest:
        """For a new custom model."""
        model = await untrained(self.store, name, community_id)
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


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (nobody signals it)
            await asyncio.sleep(0.005)


async def launched(count: int, *processes: Process) -> list[FakeTrainer]:
    """Wait for a number of trainers in some processes; the newest is last."""
    await until(lambda: sum(len(one.trainers) for one in processes) >= count)
    trainers = [trainer for one in processes for trainer in one.trainers]
    return sorted(trainers, key=lambda trainer: trainer.request.seed)


async def paused(trainer: FakeTrainer) -> None:
    await until(lambda: trainer._pause)
