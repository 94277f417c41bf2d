"""Inference: answers requests for texts, by the networks.

Requests wait in fair queues, one for each kind of work (`queues`). Drafts of the same task and
weights get their next steps in one batch, from one of the writers (`writer`).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from bot.words import OwnLists
from bot.writing import limits
from bot.writing.errors import InferenceError
from bot.writing.processes import ProcessPool
from bot.writing.queues import OnBatch, OnWait, Queues, QueueState
from bot.writing.thread import NetworkThread
from bot.writing.writer import Generation, Stop, Text, Writer
from models.names.dissection import Dissection, dissect
from models.names.generator import NamesRequest, NamesResult
from models.serving.memory import keep_freed_memory, return_free_memory
from models.tasks import TASKS, task_of
from models.text_generator import Accept, ShouldStop
from models.verse.dissection import LineDissection, dissect_line, is_line
from models.verse.poem import FEW_PARTICLES, PARTICLES, SonnetDraft, SonnetRequest
from models.weights import ModelCard, Trained, WeightsError

log = logging.getLogger(__name__)

Load = Callable[[], Trained]
"""Loads weights, and checks that they suit their task. Raises `WeightsError`."""
T = TypeVar("T")

MOST_STEPS = 10_000
"""Steps of a draft. Poems have up to a few hundred; this stops a generator that never finishes."""
DISSECTION = "dissection"
"""The kind of work of dissections, beside the tasks."""
WEIGHTS = {"names": 8.0, DISSECTION: 8.0}
"""Shares of the networks' time, relative to those of other kinds: who asks for what takes
milliseconds should not wait for what takes seconds anyway."""
VALIDATION_SEED = 0
"""Seed of the samples of all weights, which makes them comparable."""


@dataclass(frozen=True, eq=False)
class ValidationSample:
    """Loaded weights with sample output."""

    trained: Trained
    samples: tuple[str, ...]
    """Names, or the first lines of a poem, as displayed."""


@dataclass(frozen=True)
class Caller:
    """The member for whom a text is written, their word filter, and who hears of the queue."""

    accept: Accept | None = None
    """The word filter of this request; `None` for that of all."""
    requester: Hashable = None
    """Identifies the member, since members take turns; `None` is nobody else."""
    on_wait: OnWait | None = None
    """Called with the place in the queue every few seconds until the text has begun."""


NOBODY = Caller()


class Inference:
    """Serves one network per task, and others that are passed with a request."""

    def __init__(
        self,
        served: Mapping[str, Trained],
        accept: Accept,
        writers: Sequence[Writer] = (),
        *,
        processes: int = 0,
        queue: int = 1000,
        per_member: int = 20,
        deadline: float = limits.STEP_S,
    ) -> None:
        """Serve some weights by task.

        `accept` is the word filter. The first of `writers` that has capacity writes the texts; if
        none has, up to so many `processes`, or the thread of this one. `queue` limits the requests
        of each kind of work, `per_member` those of a member. `deadline` is in seconds and holds for
        each step.
        """
        self._served = dict(served)
        self._accept = accept
        self._thread = NetworkThread("inference", deadline)
        self._loader = NetworkThread("validation", limits.LOADING_S)
        self.warming: asyncio.Task[None] | None = None
        """Fills the caches (`warm_up`)."""
        if processes:
            pool = ProcessPool(processes, deadline, self._use_mapped, OwnLists())
            writers = (*writers, pool)
        kinds = dict.fromkeys(TASKS, 1.0) | WEIGHTS
        self._queues = Queues(
            kinds, self._thread, writers, longest=queue, most_per_member=per_member
        )

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        """The model cards of the served networks, by task."""
        return {task: trained.card for task, trained in self._served.items()}

    @property
    def digests(self) -> Mapping[str, str]:
        """The digests of the served weights, by task."""
        return {task: trained.digest for task, trained in self._served.items()}

    @property
    def genera(self) -> Sequence[str]:
        """The names that the network for names was trained on, sorted."""
        return self._served["names"].words

    @property
    def at_work(self) -> int:
        """Number of requests, whether they wait or are being answered."""
        return len(self._queues)

    @property
    def particles(self) -> int:
        """Drafts of each line of a poem that begins now: the more others wait, the fewer."""
        share = PARTICLES * max(1, self.executors) // max(1, self.at_work)
        return min(PARTICLES, max(FEW_PARTICLES, share))

    @property
    def queues(self) -> Mapping[str, QueueState]:
        """How full the queue of each kind of work is."""
        return self._queues.states()

    @property
    def executors(self) -> int:
        """Batches that processes, or workers of a cluster, can write at the same time."""
        return self._queues.capacity

    @property
    def stuck(self) -> int:
        """Number of threads that do not end."""
        return self._thread.stuck + self._loader.stuck

    @property
    def is_ready(self) -> bool:
        """Whether requests can be answered: inference is open, and few threads are stuck."""
        return self._thread.is_ready and self._loader.is_ready

    @property
    def blocked_for(self) -> float:
        """Seconds for which nothing was answered because too many threads are stuck, or 0."""
        return max(self._thread.blocked_for, self._loader.blocked_for)

    def observe(self, on_batch: OnBatch) -> None:
        """Call a function with the kind of work, the batch size and the seconds of each turn."""
        self._queues.on_batch = on_batch

    async def generate(
        self,
        task: str,
        request: Any,  # noqa: ANN401 (each task has its own type)
        trained: Trained | None = None,
        caller: Caller = NOBODY,
    ) -> AsyncGenerator[Any, None]:
        """Generate a text with the served weights of a task, or with `trained`.

        Yields a draft after each step; the last one is finished. Raises an `InferenceError`, and
        the task's `GenerationError`. A swap of the served weights does not affect a text in
        progress.
        """
        batch_size = task_of(task).generator.batch_size(request)
        is_live, trained = trained is None, trained or self._served[task]
        work, group = Generation(task, trained, is_live), (task, id(trained))
        text = Text(request, None, caller.accept or self._accept)
        with self._queues.request(task, caller.requester, caller.on_wait) as queued:
            for _ in range(MOST_STEPS):
                draft = await self._queues.step(queued, work, text, group=group, most=batch_size)
                yield draft
                if draft.finished:
                    return
                text = replace(text, draft=draft)
        raise RuntimeError(f"a draft of {task} is not finished after {MOST_STEPS:,} steps")

    async def names(
        self, request: NamesRequest, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> NamesResult:
        """Generate names with the served weights or with `trained`. Raises like `generate`."""
        result: NamesResult | None = None
        async with aclosing(self.generate("names", request, trained, caller)) as drafts:
            async for draft in drafts:  # each has more names; the last one has a result
                result = draft.result
        assert result is not None  # noqa: S101 (`generate` ends with a finished draft)
        return result

    def sonnet(
        self, request: SonnetRequest, caller: Caller = NOBODY
    ) -> AsyncGenerator[SonnetDraft, None]:
        """Generate a poem. Yields a draft after each line. Raises like `generate`."""
        return self.generate("sonnets", request, None, caller)

    async def dissect(
        self, name: str, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> Dissection:
        """Compute how likely each letter of a name is, by the served weights or by `trained`.

        Raises an `InferenceError`, and `NamesError`.
        """
        work = partial(dissect, trained or self._served["names"], name)
        dissection: Dissection = await self._dissect(work, caller)
        return dissection

    async def dissect_line(self, text: str, caller: Caller = NOBODY) -> LineDissection | None:
        """Compute how likely each word of a line of verse is, by the served weights.

        `None` if the network does not know the text as a line: it may be a name of several words.
        Raises an `InferenceError`, and `LineError`.
        """
        work = partial(_dissect_line, self._served["sonnets"], text, caller.accept or self._accept)
        dissection: LineDissection | None = await self._dissect(work, caller)
        return dissection

    async def validate(self, task: str, load: Load, *, full: bool = True) -> ValidationSample:
        """Load weights and generate a sample, without serving them.

        A full sample of verse takes a second, a short one a third of that. Raises `WeightsError`
        if the weights cannot be used, or generate nothing that the word filter allows.
        """
        return await self._load(partial(_validate, task, load, self._accept, full))

    async def prepare(self, task: str, load: Load) -> Trained:
        """Load weights that were validated before, ready to serve. Raises `WeightsError`."""
        return await self._load(partial(prepared, task, load))

    def swap(self, task: str, trained: Trained) -> None:
        """Serve weights that were validated. Texts in progress keep the previous ones."""
        self._served[task] = trained
        log.info("Serving %s from the weights %s", task, trained.digest[:12])

    def _use_mapped(self, mapped: Trained) -> None:
        """Write with weights from shared memory in this process, too: they exist once."""
        for task, trained in self._served.items():
            if trained.digest == mapped.digest:
                self._served[task] = mapped

    def warm_up(self) -> None:
        """Begin to fill the caches that the first requests would otherwise have to wait for.

        Called when a platform is connected, and does nothing when it is called again: it takes the
        thread half a second, in which connecting would take longer.
        """
        if self.warming is None:
            self.warming = asyncio.create_task(self._warm_up())

    async def _warm_up(self) -> None:
        works: list[Callable[[], object]] = [partial(self._accept, "")]
        works += [partial(task_of(task).prepare, self._served[task]) for task in self._served]
        try:
            for work in (*works, return_free_memory):
                await self._thread.run(work, Stop())
        except Exception:
            log.exception("Caches could not be filled; the first request tries again")
        keep_freed_memory()

    async def close(self) -> None:
        """Cancel the requests. Does not wait for the threads: one may be stuck."""
        if self.warming is not None:
            self.warming.cancel()
        self._queues.close()
        self._thread.close()
        self._loader.close()

    async def _dissect(self, work: Callable[[], object], caller: Caller) -> Any:  # noqa: ANN401
        with self._queues.request(DISSECTION, caller.requester, caller.on_wait) as queued:
            return await self._queues.step(queued, _call_each, work)

    async def _load(self, load: Callable[[], T]) -> T:
        try:
            return await self._loader.run(load, Stop())
        except InferenceError as error:
            raise WeightsError(f"These weights could not be tried out: {error}.") from error


def _dissect_line(trained: Trained, text: str, accept: Accept) -> LineDissection | None:
    return dissect_line(trained, text, accept) if is_line(trained, text) else None


def _call_each(works: Sequence[Callable[[], object]], _: ShouldStop) -> list[object]:
    return [work() for work in works]


async def open_inference(
    accept: Accept,
    loaded: Mapping[str, Trained] = MappingProxyType({}),
    writers: Sequence[Writer] = (),
    *,
    processes: int = 0,
) -> Inference:
    """Serve loaded weights, by task, and the shipped ones for the other tasks.

    `writers` and `processes` are those of `Inference`. Raises `WeightsError` if shipped weights
    cannot be used.
    """
    shipped = {
        task: await asyncio.to_thread(loaded_of, task, task_of(task).load_shipped)
        for task in TASKS
        if task not in loaded
    }
    return Inference({**loaded, **shipped}, accept, writers, processes=processes)


def loaded_of(task: str, load: Load) -> Trained:
    """Load weights of a task. Raises `WeightsError`."""
    trained = load()
    if trained.card.task != task:
        raise WeightsError(f"These weights write {trained.card.task}, not {task}.")
    return trained


def prepared(task: str, load: Load) -> Trained:
    """Load weights of a task, ready to serve. Raises `WeightsError`."""
    trained = loaded_of(task, load)
    task_of(task).prepare(trained)
    return trained


def _validate(task: str, load: Load, accept: Accept, full: bool) -> ValidationSample:
    """Load weights and generate a sample, which the word filter must allow."""
    trained = prepared(task, load)
    sample = task_of(task).sample(trained, VALIDATION_SEED, accept, full=full)
    if sample.fault:
        raise WeightsError(sample.fault)
    return ValidationSample(trained, sample.texts)
