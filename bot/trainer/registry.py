"""Model registry: versions of the shared models, their activation and rollback.

The database says which version of each task is live. Every process polls it, so that an activation
in one process is served by all of them within seconds.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import pairwise

from bot.concurrency import PeriodicTask
from bot.store import Store, Unavailable
from bot.trainer.queries import ROLLBACK, Live, VersionFiles, VersionRecord, Versions
from bot.writing.service import Inference, Load, ValidationSample, loaded_of, open_inference
from bot.writing.writer import Writer
from models.tasks import TASKS, task_of
from models.text_generator import Accept
from models.training.events import Done
from models.weights import ModelCard, Trained, WeightsError

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
"""Seconds between two polls for activations, each of them a small query."""
MARGIN = 0.01
"""Largest reference loss above the baseline for automatic activation, in nats per character.

Two seeds of the same recipe differ by up to 0.005: such a tie passes. The recipe `quick` is 0.011
to 0.012 worse than `best` (seeds 0 to 4): it must not replace `best` automatically.
"""
LONGEST_TITLE, LONGEST_RECIPE = 200, 40
"""Characters of the columns in the database."""
AUTOMATIC, FORCED = "automatic", "forced"
"""Reasons for the activation of a version by its own training."""


class ModelRegistry:
    """Adds, activates and rolls back versions, and keeps this process up to date."""

    def __init__(
        self,
        store: Store,
        networks: Inference,
        *,
        now: Callable[[], datetime],
        served: Mapping[str, Live] | None = None,
        interval: float | None = INTERVAL_S,
    ) -> None:
        """`served` is what the networks serve now; `interval` is in s, `None` for no polling."""
        self._records = store[Versions]
        self._networks = networks
        self._now = now
        self.served = {task: (served or {}).get(task, Live(0, None)) for task in TASKS}
        """The versions that this process serves, by task, with the last activation it has seen."""
        self._interval = interval
        self._shipped: dict[str, VersionRecord] = {}
        self._lock = asyncio.Lock()
        """Held while weights are swapped."""
        self._watch: PeriodicTask | None = None

    def watch(self) -> None:
        """Start to poll the database for activations by other processes."""
        if self._interval is not None and self._watch is None:
            self._watch = PeriodicTask(self._poll, self._interval)

    async def close(self) -> None:
        """Stop polling the database."""
        if self._watch is not None:
            await self._watch.close()
            self._watch = None

    async def catch_up(self) -> None:
        """Serve the live versions. Raises `Unavailable`; logs unusable weights once."""
        for task, live in (await self._records.live()).items():
            async with self._lock:
                if task in TASKS and live.activation_id > self.served[task].activation_id:
                    await self._follow(task, live)

    async def add_trained(
        self, task: str, done: Done, *, force: bool = False, training_id: int | None = None
    ) -> VersionRecord:
        """Add the result of a training as a version, and activate it if it is good enough.

        It is activated if `may_activate` says so, or if `force` is set. Raises `WeightsError` for
        weights that cannot be used, and `OSError` and `Unavailable` if the results cannot be read
        or stored; none of that changes anything.
        """
        files = await asyncio.to_thread(_results, done)
        load = partial(task_of(task).read, files.weights, done.weights.name)
        sample = await self._networks.validate(task, load)
        baseline = await self._baseline_loss(task, await self._live(task))
        version = replace(
            version_of(sample.trained.card, sample.trained.digest),
            created_at=self._now(),
            baseline_loss=baseline,
            seconds=done.seconds,
            samples=sample.samples,
        )
        reason = FORCED if force else ""
        if may_activate(version.reference_loss, baseline):
            reason = AUTOMATIC
        async with self._lock:
            number, live = await self._records.add(version, files, self._now(), reason, training_id)
            if live is not None:
                self._serve(task, live, sample.trained)
        return replace(version, number=number)

    async def activate(
        self, task: str, number: int | None, *, member_id: int | None, reason: str = "activated"
    ) -> Live:
        """Make a version live, or the shipped weights if `number` is `None`.

        Raises `WeightsError` if it cannot be used, which changes nothing.
        """
        sample = await self._sample(task, number)
        async with self._lock:
            live = await self._records.activate(
                task, number, member_id=member_id, reason=reason, now=self._now()
            )
            self._serve(task, live, sample.trained)
        return live

    async def roll_back(self, task: str, *, member_id: int | None) -> Live | None:
        """Make the previously live version live again; `None` if there is none.

        Raises like `activate`.
        """
        earlier = await self._records.earlier(task)
        if not earlier:
            return None
        return await self.activate(task, earlier[0], member_id=member_id, reason=ROLLBACK)

    async def is_live(self, task: str, number: int | None) -> bool:
        """Whether a version is live everywhere, and is served here."""
        live = await self._live(task)
        return live.version_id == number == self.served[task].version_id

    async def shipped(self, task: str, *, with_samples: bool = False) -> VersionRecord:
        """The record of the shipped weights. `with_samples` takes a second the first time."""
        version = self._shipped.get(task)
        if version is None:
            version = version_of(await asyncio.to_thread(lambda: task_of(task).shipped_card))
        if with_samples and not version.samples:
            version = replace(version, samples=(await self._sample(task, None)).samples)
        self._shipped[task] = version
        return version

    async def _live(self, task: str) -> Live:
        return (await self._records.live())[task]

    async def _poll(self) -> None:
        with suppress(Unavailable):  # which the database has logged, once
            await self.catch_up()

    async def _follow(self, task: str, live: Live) -> None:
        """Serve a version that another process has activated, if it can be loaded here.

        It was validated there. Another sample would take seconds in which the processes differ,
        and everything that it writes passes the word filter anyway.
        """
        try:
            load = await self._load(task, live.version_id)
            trained = await self._networks.prepare(task, load)
        except WeightsError as error:
            name = _named(live.version_id)
            log.error("%s of %s is live but cannot be served here: %s", name, task, error)
            self.served[task] = replace(self.served[task], activation_id=live.activation_id)
        else:
            self._serve(task, live, trained)

    def _serve(self, task: str, live: Live, trained: Trained) -> None:
        self._networks.swap(task, trained)
        self.served[task] = live
        log.info("%s of %s is live (%s)", _named(live.version_id), task, live.reason)

    async def _sample(self, task: str, number: int | None) -> ValidationSample:
        """Generate a short sample of a version. Raises `WeightsError`."""
        load = await self._load(task, number)
        return await self._networks.validate(task, load, full=False)

    async def _load(self, task: str, number: int | None) -> Load:
        """A function that loads a version. Raises `WeightsError` if it is deleted or damaged."""
        if number is None:
            return task_of(task).load_shipped
        return await load_stored(self._records, task, number)

    async def _baseline_loss(self, task: str, live: Live) -> float | None:
        """The reference loss of the live version, or of the shipped weights if it has none.

        A version that was activated automatically passes on its own baseline if that is lower.
        Otherwise the losses of many versions, each slightly worse than the last, would add up.
        """
        record = await self._records.get(live.version_id) if live.version_id else None
        if record is None or record.reference_loss is None:
            return (await self.shipped(task)).reference_loss
        if live.reason == AUTOMATIC and record.baseline_loss is not None:
            return min(record.reference_loss, record.baseline_loss)
        return record.reference_loss


async def open_versions(
    store: Store,
    accept: Accept,
    *,
    now: Callable[[], datetime],
    writers: Sequence[Writer] = (),
    processes: int = 0,
) -> tuple[Inference, ModelRegistry]:
    """Load the live versions, and serve what was live before where those are unusable.

    `writers` and `processes` are those of `Inference`. Raises `Unavailable`, and `WeightsError` if
    shipped weights cannot be used, either.
    """
    served: dict[str, Live] = {}
    loaded: dict[str, Trained] = {}
    for task, live in (await store[Versions].live()).items():
        if task in TASKS:
            number, trained = await _latest_usable(store[Versions], task, live.version_id)
            served[task] = live if number == live.version_id else Live(live.activation_id, number)
            if trained is not None:
                loaded[task] = trained
    inference = await open_inference(accept, loaded, writers, processes=processes)
    return inference, ModelRegistry(store, inference, now=now, served=served)


async def _latest_usable(
    records: Versions, task: str, live: int | None
) -> tuple[int | None, Trained | None]:
    """The live version, or the one that was live before it and so on; `None` if shipped."""
    for number, before in pairwise([live, *await records.earlier(task), None]):
        if number is None:
            break
        try:
            load = await load_stored(records, task, number)
            return number, await asyncio.to_thread(loaded_of, task, load)
        except WeightsError as error:
            log.error("%s %s of %s is served instead.", error, _named(before), task)
    return None, None


async def load_stored(records: Versions, task: str, number: int) -> Load:
    """A function that loads a version. Raises `WeightsError` for deleted or damaged weights."""
    content, version = await records.weights(number), await records.get(number)
    if content is None or version is None:
        raise WeightsError(f"The weights of version {number} of {task} were deleted.")
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    if version.digest not in ("", digest):  # early releases stored none
        raise WeightsError(
            f"The stored weights of version {number} of {task} have changed: their SHA-256 is not "
            "the one stored with them. Restore a backup, or choose another version with /models."
        )
    return partial(task_of(task).read, content, f"Version {number} of {task}")


def _results(done: Done) -> VersionFiles:
    """Read the weights and the loss curve of a training."""
    return VersionFiles(done.weights.read_bytes(), done.plot.read_bytes())


def _named(number: int | None) -> str:
    return "The built-in version" if number is None else f"Version {number}"


def may_activate(reference_loss: float | None, baseline_loss: float | None) -> bool:
    """Whether a version is activated automatically: both losses are known, and it is not worse.

    A difference of up to `MARGIN` counts as a tie.
    """
    if reference_loss is None or baseline_loss is None:
        return False
    return reference_loss <= baseline_loss + MARGIN


def version_of(card: ModelCard, digest: str = "") -> VersionRecord:
    """The record of a version, from its model card. `digest` is empty for the shipped weights."""
    return VersionRecord(
        task=card.task,
        digest=digest,
        corpus=card.corpus[:LONGEST_TITLE],
        corpus_sha256=card.corpus_sha256,
        recipe=card.recipe[:LONGEST_RECIPE],
        seed=card.seed,
        validation=card.validation,
        reference_loss=task_of(card.task).reference_loss(card),
    )
