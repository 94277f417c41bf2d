"""Policies: which trainings can be queued, and how their results are stored."""

import asyncio
import csv
import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.services.custom_models import PATIENCE_OF_TRAINING_S, CustomModels
from bot.services.model_registry import ModelRegistry
from bot.services.training.results import CustomModelTrained, Reason
from bot.store import Store
from bot.store.custom_models import Corpus
from bot.store.trainings import TrainingRecord
from bot.store.versions import VersionRecord
from data.lists import parse_list
from models.training.events import Done, Failed

SHARED, CUSTOM = "shared", "custom"
"""Names of the policies in the database."""
LONGEST_QUEUE = 6
"""Maximum number of custom models that are queued or running, in all processes."""
MOST_OF_A_COMMUNITY = 3
"""Maximum number of those per community."""

_SKEW = timedelta(seconds=10)


class AlreadyTraining(Exception):  # noqa: N818 (it is a state, not a fault)
    """A training that excludes this one is queued or running."""

    def __init__(self, training_id: int) -> None:
        super().__init__(f"the training {training_id} has not ended")
        self.training_id = training_id


class QueueFull(Exception):  # noqa: N818
    """Too many trainings are waiting."""


class CoolingDown(Exception):  # noqa: N818
    """The cooldown after the last training is not over."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no training starts before {until.isoformat(timespec='seconds')}")
        self.until = until


class Policy(Protocol):
    """Rules for a queue of trainings. Across all processes, one of them runs at a time."""

    @property
    def name(self) -> str:
        """Identifies the queue in the database."""

    async def check(
        self, *, community_id: int | None = None, custom_model_id: int | None = None
    ) -> None:
        """Check whether a training can be queued now.

        Raises `AlreadyTraining`, `CoolingDown`, `QueueFull` and `Unavailable`.
        """

    async def complete(
        self, record: TrainingRecord, done: Done
    ) -> VersionRecord | CustomModelTrained | Failed:
        """Store the results of a training. `record` includes the corpus.

        Raises `WeightsError` for weights that cannot be used, `OSError` and `Unavailable`.
        """


class SharedModelPolicy:
    """Trainings of the shared models: one at a time, with a cooldown."""

    name = SHARED

    def __init__(
        self,
        store: Store,
        models: ModelRegistry,
        *,
        cooldown: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._trainings = store.trainings
        self._models = models
        self._cooldown = cooldown
        self._now = now

    async def check(
        self, *, community_id: int | None = None, custom_model_id: int | None = None
    ) -> None:
        """Raises `AlreadyTraining` while one is queued or running, then `CoolingDown`."""
        if waiting := await self._trainings.waiting(SHARED):
            raise AlreadyTraining(waiting[0].id)
        now = self._now()
        # Clocks of several processes differ a little. An end much later than now is of a clock that
        # has stepped back since, perhaps by a day, and nobody has to wait for that.
        ended_at = await self._trainings.last_ended_at(SHARED, now + max(self._cooldown, _SKEW))
        if ended_at is not None and now < (until := ended_at + self._cooldown):
            raise CoolingDown(until)

    async def complete(self, record: TrainingRecord, done: Done) -> VersionRecord:
        """Create a version."""
        return await self._models.add_trained(
            record.task, done, force=record.force, member_id=record.member_id
        )


class CustomModelPolicy:
    """Trainings of custom models: a queue with a limit per community."""

    name = CUSTOM

    def __init__(self, store: Store, custom_models: CustomModels) -> None:
        self._store = store
        self._custom_models = custom_models

    async def check(
        self, *, community_id: int | None = None, custom_model_id: int | None = None
    ) -> None:
        """Raises `AlreadyTraining` for a model that is queued or running, and `QueueFull`."""
        waiting = await self._store.trainings.waiting(CUSTOM)
        for each in waiting:
            if custom_model_id is not None and each.custom_model_id == custom_model_id:
                raise AlreadyTraining(each.id)
        of_community = sum(w.community_id == community_id for w in waiting)
        if len(waiting) >= LONGEST_QUEUE or of_community >= MOST_OF_A_COMMUNITY:
            raise QueueFull

    async def complete(self, record: TrainingRecord, done: Done) -> CustomModelTrained | Failed:
        """Give the custom model its weights, and its corpus if that is new."""
        content = await asyncio.to_thread(done.weights.read_bytes)
        sample = await self._custom_models.validate(
            content, record.title, patience_s=PATIENCE_OF_TRAINING_S
        )
        names = await asyncio.to_thread(names_of, record.corpus or b"")
        is_stored = await self._store.custom_models.trained(
            record.custom_model_id or 0,
            content,
            sample.trained.digest,
            done.seconds,
            corpus_of(record.title, names) if record.corpus_is_new else None,
        )
        if not is_stored:
            return Failed(Reason.DELETED)
        self._custom_models.keep(sample.trained)
        return CustomModelTrained(sample.trained.card, sample.samples, done.seconds, len(names))


def corpus_of(title: str, names: tuple[str, ...]) -> Corpus:
    """A list of names as the database stores it."""
    return Corpus(title, names, hashlib.sha256("\n".join(names).encode()).hexdigest())


def table_of(names: tuple[str, ...]) -> bytes:
    """A list of names as a CSV file with one column, for the trainer."""
    table = io.StringIO()
    rows = [["name"], *([name] for name in names)]  # the heading marks it as a table
    csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return table.getvalue().encode()


def names_of(table: bytes) -> tuple[str, ...]:
    """The inverse of `table_of`."""
    return parse_list(table, "the corpus", lambda _: True).names
