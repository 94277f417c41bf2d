"""Inference: runs the networks in a thread, for the event loop.

Drafts of the same task and weights get their next steps in one batch. Requests beyond the limit of
concurrent requests are refused at once (`Busy`), and steps that exceed the deadline are abandoned
(`TooSlow`).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from models.memory import return_free_memory
from models.names.dissection import Dissection, dissect
from models.names.generator import NamesRequest, NamesResult
from models.tasks import TASKS, task_of
from models.text_generator import Accept, GenerationError, TextGenerator
from models.text_generator import Draft as AnyDraft
from models.verse.dissection import LineDissection, dissect_line, is_line
from models.verse.poem import Draft, SonnetRequest
from models.weights import ModelCard, Trained, WeightsError

log = logging.getLogger(__name__)

Load = Callable[[], Trained]
"""Loads weights, and checks that they suit their task. Raises `WeightsError`."""
T = TypeVar("T")

MOST_STEPS = 10_000
"""Steps of a draft. Poems have up to a few hundred; this stops a generator that never finishes."""
VALIDATION_SEED = 0
"""The same for all weights, to make their samples comparable."""


class InferenceError(Exception):
    """The networks cannot answer now."""


class Busy(InferenceError):  # noqa: N818 (it is a state, not a fault)
    """Too many requests are in progress."""

    def __init__(self, ahead: int) -> None:
        """`ahead` is the number of requests in progress."""
        super().__init__(f"{ahead} requests are in progress already")
        self.ahead = ahead


class TooSlow(InferenceError):  # noqa: N818
    """A step took longer than its deadline."""


@dataclass(frozen=True, eq=False)
class ValidationSample:
    """Loaded weights with sample output."""

    trained: Trained
    samples: tuple[str, ...]
    """Names, or the first lines of a poem, as displayed."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A draft that waits for its next step."""

    generator: TextGenerator[Any, Any]
    trained: Trained
    draft: AnyDraft
    accept: Accept
    step: asyncio.Future[AnyDraft]


class Inference:
    """Serves one network per task, and others that are passed with a request."""

    def __init__(
        self,
        served: Mapping[str, Trained],
        accept: Accept,
        *,
        queue: int = 16,
        deadline: float = 20.0,
    ) -> None:
        """Serve some weights by task.

        `accept` is the word filter. `queue` limits the requests in progress. `deadline` is in
        seconds and holds for each step: all names of a request, or a line of a poem.
        """
        self._served = dict(served)
        self._accept = accept
        self._queue = queue
        self._deadline = deadline
        self._in_progress = 0
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._waiting: list[_Waiting] = []
        self._batch: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        """The model cards of the served networks, by task."""
        return {task: trained.card for task, trained in self._served.items()}

    @property
    def digests(self) -> Mapping[str, str]:
        """The digests of the served weights, by task."""
        return {task: trained.digest for task, trained in self._served.items()}

    def words(self, task: str) -> tuple[str, ...]:
        """The names that the served network was trained on, sorted; or the words of its verse."""
        return self._served[task].words

    @property
    def genera(self) -> tuple[str, ...]:
        """The names that the network for names was trained on, sorted."""
        return self.words("names")

    @property
    def at_work(self) -> int:
        """Number of requests in progress."""
        return self._in_progress

    async def generate(
        self,
        task: str,
        request: Any,  # noqa: ANN401 (each task has its own type)
        trained: Trained | None = None,
        *,
        accept: Accept | None = None,
        requester: Hashable = None,
    ) -> AsyncGenerator[Any, None]:
        """Generate a text with the served weights of a task, or with `trained`.

        Yields a draft after each step; the last one is finished. `accept` is the word filter of
        this request; by default that of all. `requester` identifies the member. Raises `Busy`,
        `TooSlow`, and the task's `GenerationError`. A swap of the served weights does not affect a
        text in progress.
        """
        generator = task_of(task).generator
        self._enter()
        try:
            trained = trained or self._served[task]
            draft = await self._run(generator.begin, trained, request)
            for _ in range(MOST_STEPS):
                if draft.finished:
                    return
                draft = await self._next_step(generator, trained, draft, accept or self._accept)
                yield draft
            if not draft.finished:
                raise RuntimeError(f"a draft of {task} is not finished after {MOST_STEPS:,} steps")
        finally:
            self._in_progress -= 1

    async def names(
        self,
        request: NamesRequest,
        trained: Trained | None = None,
        *,
        accept: Accept | None = None,
        requester: Hashable = None,
    ) -> NamesResult:
        """Generate names with the served weights or with `trained`. Raises like `generate`."""
        answer = self.generate("names", request, trained, accept=accept, requester=requester)
        async with aclosing(answer) as drafts:
            result: NamesResult = (await anext(drafts)).result
            return result

    def sonnet(
        self,
        request: SonnetRequest,
        *,
        accept: Accept | None = None,
        requester: Hashable = None,
    ) -> AsyncGenerator[Draft, None]:
        """Generate a poem. Yields a draft after each line. Raises like `generate`."""
        return self.generate("sonnets", request, accept=accept, requester=requester)

    async def dissect(
        self, name: str, trained: Trained | None = None, *, requester: Hashable = None
    ) -> Dissection:
        """Compute how likely each letter of a name is, by the served weights or by `trained`.

        Raises `Busy`, `TooSlow` and `NamesError`.
        """
        self._enter()
        try:
            return await self._run(dissect, trained or self._served["names"], name)
        finally:
            self._in_progress -= 1

    async def dissect_line(
        self, text: str, *, accept: Accept | None = None, requester: Hashable = None
    ) -> LineDissection | None:
        """Compute how likely each word of a line of verse is, by the served weights.

        `None` if the network does not know the text as a line: it may be a name of several words.
        Raises `Busy`, `TooSlow` and `LineError`.
        """
        self._enter()
        try:
            return await self._run(
                _dissect_line, self._served["sonnets"], text, accept or self._accept
            )
        finally:
            self._in_progress -= 1

    async def validate(self, task: str, load: Load, *, full: bool = True) -> ValidationSample:
        """Load weights and generate a sample, without serving them.

        A full sample of verse takes a second, a short one a third of that. Raises `WeightsError`
        if the weights cannot be used, or generate nothing that the word filter allows.
        """
        return await asyncio.to_thread(_validate, task, load, self._accept, full)

    async def prepare(self, task: str, load: Load) -> Trained:
        """Load weights that were validated before, ready to serve. Raises `WeightsError`."""
        return await asyncio.to_thread(_prepare, task, load)

    def swap(self, task: str, trained: Trained) -> None:
        """Serve weights that were validated. Texts in progress keep the previous ones."""
        self._served[task] = trained
        log.info("Serving %s from the weights %s", task, trained.digest[:12])

    async def close(self) -> None:
        """Cancel requests in progress and stop the thread."""
        if self._writer is not None:
            self._writer.cancel()
        for waiting in self._batch + self._waiting:
            waiting.step.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        if self._in_progress >= self._queue:
            raise Busy(self._in_progress)
        self._in_progress += 1

    async def _next_step(
        self,
        generator: TextGenerator[Any, Any],
        trained: Trained,
        draft: AnyDraft,
        accept: Accept,
    ) -> AnyDraft:
        if generator.batch_size == 1:  # no batches
            steps: list[AnyDraft] = await self._run(generator.extend, trained, [draft], [accept])
            return steps[0]
        future: asyncio.Future[AnyDraft] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(generator, trained, draft, accept, future))
        if self._writer is None or self._writer.done():
            # The task ends when nothing waits.
            self._writer = asyncio.create_task(self._write_batches())
        return await self._in_time(future)

    async def _write_batches(self) -> None:
        while self._waiting:
            first = self._waiting[0]
            same = [w for w in self._waiting if w.trained is first.trained]
            batch = same[: first.generator.batch_size]
            self._waiting = [w for w in self._waiting if w not in batch]
            self._batch = batch = [w for w in batch if not w.step.done()]  # else it timed out
            try:
                steps = await self._in_thread(
                    _extend_each,
                    first.generator,
                    first.trained,
                    [w.draft for w in batch],
                    [w.accept for w in batch],
                )
            except Exception as error:  # noqa: BLE001 (the callers get it)
                for waiting in batch:
                    if not waiting.step.done():
                        waiting.step.set_exception(error)
                continue
            for waiting, step in zip(batch, steps, strict=True):
                if waiting.step.done():
                    continue
                if isinstance(step, GenerationError):
                    waiting.step.set_exception(step)
                else:
                    waiting.step.set_result(step)
            await asyncio.sleep(0)  # lets these texts request their next steps: one batch again

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await self._in_time(self._in_thread(function, *arguments))

    def _in_thread(self, function: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def _in_time(self, result: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(self._deadline):
                return await result
        except TimeoutError as error:
            raise TooSlow(f"no answer within {self._deadline:g} s") from error


def _dissect_line(trained: Trained, text: str, accept: Accept) -> LineDissection | None:
    return dissect_line(trained, text, accept) if is_line(trained, text) else None


def _extend_each(
    generator: TextGenerator[Any, Any],
    trained: Trained,
    drafts: Sequence[AnyDraft],
    accepts: Sequence[Accept],
) -> list[AnyDraft | GenerationError]:
    """Extend drafts in one batch, or one by one if a draft fails."""
    try:
        return [*generator.extend(trained, drafts, accepts)]
    except GenerationError as error:
        if len(drafts) == 1:
            return [error]
        alone = (
            _extend_each(generator, trained, [draft], [accept])
            for draft, accept in zip(drafts, accepts, strict=True)
        )
        return [step for steps in alone for step in steps]


async def open_inference(
    accept: Accept, retrained: Mapping[str, bytes] = MappingProxyType({})
) -> Inference:
    """Load the weights to serve: for each task the retrained ones if usable, else the shipped ones.

    `retrained` are contents of weight files by task. Raises `WeightsError` if shipped weights
    cannot be used, either.
    """
    loaded = {
        task: await asyncio.to_thread(_load_best, task, retrained.get(task)) for task in TASKS
    }
    await asyncio.to_thread(return_free_memory)
    return Inference(loaded, accept)


def _load_best(task: str, retrained: bytes | None) -> Trained:
    if retrained is not None:
        title = f"The live version of {task}"
        try:
            return _prepare(task, partial(task_of(task).read, retrained, title))
        except WeightsError as error:
            log.error("%s The shipped weights are served instead.", error)
    return _prepare(task, task_of(task).load_shipped)


def _prepare(task: str, load: Load) -> Trained:
    trained = load()
    if trained.card.task != task:
        raise WeightsError(f"These weights write {trained.card.task}, not {task}.")
    task_of(task).prepare(trained)
    return trained


def _validate(task: str, load: Load, accept: Accept, full: bool) -> ValidationSample:
    """Load weights and generate a sample, which the word filter must allow."""
    trained = _prepare(task, load)
    sample = task_of(task).sample(trained, VALIDATION_SEED, accept, full=full)
    if sample.fault:
        raise WeightsError(sample.fault)
    return ValidationSample(trained, sample.texts)
