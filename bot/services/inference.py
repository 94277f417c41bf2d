"""The one door between the event loop and the networks: a request in, a result out.

All networks run in one thread beside the loop. Poems that are being written at the same time get
their next lines in one batch. What is asked for while too much waits is refused at once (`Busy`),
and what takes too long is given up (`TooSlow`), so that every member gets an answer.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeVar

from models.names.capitalization import format_name
from models.names.constrained.markov_model import learn_contexts
from models.names.dissection import Dissection, dissect
from models.names.generator import (
    NamesError,
    NamesRequest,
    NamesResult,
    generate_names,
)
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.verse.poem import (
    Draft,
    SonnetError,
    SonnetRequest,
    begin,
    extend,
)
from models.verse.rhyme_and_metre import rhyme_and_metre_of
from models.weights import (
    KINDS,
    Kind,
    ModelCard,
    Trained,
    WeightsError,
    load_shipped,
    read_weights,
)

log = logging.getLogger(__name__)

Accept = Callable[[str], bool]
Load = Callable[[], Trained]
T = TypeVar("T")

LARGEST_BATCH = 8
"""Poems that get their next line together."""
MOST_LAYERS = 32
"""Of all LSTMs of a namer together. Each costs time at every character, however narrow it is."""
SAMPLES, FEWEST_SAMPLES = 10, 5
"""Names that weights are asked for when they are heard, and that they must write."""
AUDITION_SEED = 0
"""The same for all weights, so that what they write can be laid side by side."""
AUDITION_NAMES, FEWEST_NAMES = 50, 5
AUDITION_LINES = 4
"""Lines of the poem that are told."""


class InferenceError(Exception):
    """The networks cannot answer now."""


class Busy(InferenceError):  # noqa: N818 (it is a state, not a fault)
    """Too much is waiting already."""

    def __init__(self, ahead: int) -> None:
        """`ahead` is how many answers are being written."""
        super().__init__(f"{ahead} answers are being written already")
        self.ahead = ahead


class TooSlow(InferenceError):  # noqa: N818
    """An answer took longer than its deadline."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Weights that can write, and what they wrote."""

    trained: Trained
    samples: tuple[str, ...]
    """As they are shown."""


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A draft that waits for its next line, and the weights that it was begun with."""

    trained: Trained
    draft: Draft
    line: asyncio.Future[Draft]


@dataclass(frozen=True, eq=False)
class Audition:
    """A network that could be served, and what it wrote from a fixed seed."""

    trained: Trained
    samples: tuple[str, ...]
    """Names, or the first lines of a poem."""


class Inference:
    """Serves one network for names and one for sonnets."""

    def __init__(
        self,
        served: Mapping[Kind, Trained],
        accept: Accept,
        *,
        queue: int = 16,
        deadline: float = 20.0,
    ) -> None:
        """`accept` is the word filter; `queue` bounds the answers at work, `deadline` is in s.

        The deadline holds for a card of names, and for each line of a poem.
        """
        self._served = dict(served)
        self._accept = accept
        self._queue = queue
        self._deadline = deadline
        self._at_work = 0
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self._waiting: list[_Waiting] = []
        self._being_written: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    @property
    def cards(self) -> Mapping[Kind, ModelCard]:
        """What is known of the networks that are served."""
        return {kind: trained.card for kind, trained in self._served.items()}

    @property
    def digests(self) -> Mapping[Kind, str]:
        """The identities of their weights."""
        return {kind: trained.digest for kind, trained in self._served.items()}

    @property
    def genera(self) -> tuple[str, ...]:
        """The names that the network for names learned from, sorted."""
        return self._served["names"].words

    @property
    def at_work(self) -> int:
        """How many answers are being written."""
        return self._at_work

    async def names(self, request: NamesRequest, trained: Trained | None = None) -> NamesResult:
        """Write dinosaurs' names, or those of other weights.

        Raises `Busy`, `TooSlow`, and `NamesError` as `generate_names` does.
        """
        self._enter()
        trained = trained or self._served["names"]
        try:
            return await self._run(generate_names, trained, request, self._accept)
        finally:
            self._at_work -= 1

    async def dissect(self, name: str, trained: Trained | None = None) -> Dissection:
        """How the letters of a name would be chosen, by the network for dinosaurs or another one.

        Raises `Busy`, `TooSlow` and `NamesError`.
        """
        self._enter()
        try:
            return await self._run(dissect, trained or self._served["names"], name)
        finally:
            self._at_work -= 1

    async def sonnet(self, request: SonnetRequest) -> AsyncGenerator[Draft, None]:
        """Write a poem: a draft after each line, the last one finished.

        Raises `Busy` and `TooSlow`, and `SonnetError` as `begin` and `extend` do. A swap of weights
        meanwhile does not touch the poem.
        """
        self._enter()
        try:
            trained = self._served["sonnets"]
            draft = await self._run(begin, trained, request)
            while not draft.finished:
                draft = await self._next_line(trained, draft)
                yield draft
        finally:
            self._at_work -= 1

    async def audition(self, kind: Kind, load: Load, *, whole: bool = True) -> Audition:
        """Load a network and let it write, in the thread of all networks; nothing is served yet.

        A whole poem takes a second, its first lines a third of that. Raises `WeightsError` if it
        cannot be used or does not write.
        """
        return await self._in_thread(_audition, kind, load, self._accept, whole)

    async def prepare(self, kind: Kind, load: Load) -> Trained:
        """Load a network that has passed its audition elsewhere. Raises `WeightsError`."""
        return await self._in_thread(_ready, kind, load)

    def swap(self, kind: Kind, trained: Trained) -> None:
        """Serve a network that has passed its audition. Poems under way keep theirs."""
        self._served[kind] = trained
        log.info("Serving %s from the weights %s", kind, trained.digest[:12])

    async def load_namer(self, content: bytes, title: str) -> Trained:
        """The names' weights of a file, ready to serve. Raises `WeightsError`.

        Beside what is being written, not before it: some files take a second.
        """
        return await asyncio.to_thread(lambda: _prepared(read_names(content, title)))

    async def hear_namer(self, content: bytes, title: str) -> Heard:
        """The same of a file that nobody has seen yet, and what it writes.

        Raises `WeightsError` also for weights that cannot write names fit to be shown.
        """
        return await asyncio.to_thread(_hear_names, content, title, self._accept)

    async def close(self) -> None:
        """Give up what waits and stop the thread."""
        if self._writer is not None:
            self._writer.cancel()
        for waiting in self._being_written + self._waiting:
            waiting.line.cancel()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _enter(self) -> None:
        if self._at_work >= self._queue:
            raise Busy(self._at_work)
        self._at_work += 1

    async def _next_line(self, trained: Trained, draft: Draft) -> Draft:
        waiting = _Waiting(trained, draft, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            # A task for as long as something waits: none idles when the bot does.
            self._writer = asyncio.create_task(self._write_lines())
        return await self._in_time(waiting.line)

    async def _write_lines(self) -> None:
        while self._waiting:
            trained = self._waiting[0].trained
            together = [w for w in self._waiting if w.trained is trained][:LARGEST_BATCH]
            self._waiting = [w for w in self._waiting if w not in together]
            together = [w for w in together if not w.line.done()]  # given up meanwhile
            self._being_written = together
            try:
                drafts = [w.draft for w in together]
                lines = await self._in_thread(_extend_each, trained, drafts, self._accept)
            except Exception as error:  # noqa: BLE001 (whoever waits gets it)
                for waiting in together:
                    if not waiting.line.done():
                        waiting.line.set_exception(error)
                continue
            for waiting, line in zip(together, lines, strict=True):
                if waiting.line.done():
                    continue
                if isinstance(line, SonnetError):
                    waiting.line.set_exception(line)
                else:
                    waiting.line.set_result(line)
            await asyncio.sleep(0)  # so that these poems can ask for their next lines together

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


def _extend_each(
    trained: Trained, drafts: Sequence[Draft], accept: Accept
) -> list[Draft | SonnetError]:
    """Extend drafts in one batch, so that one that cannot go on does not stop the others."""
    try:
        return [*extend(trained, drafts, accept)]
    except SonnetError as error:
        if len(drafts) == 1:
            return [error]
        return [line for draft in drafts for line in _extend_each(trained, [draft], accept)]


async def open_inference(
    accept: Accept,
    retrained: Mapping[Kind, bytes] = MappingProxyType({}),
    *,
    queue: int = 16,
    deadline: float = 20.0,
) -> Inference:
    """Load what is to be served: retrained weights where there are usable ones, else the shipped.

    `retrained` are the contents of weight files. Raises `WeightsError` if even the shipped ones
    cannot be used.
    """
    loaded = {
        kind: await asyncio.to_thread(_load_best, kind, retrained.get(kind)) for kind in KINDS
    }
    return Inference(loaded, accept, queue=queue, deadline=deadline)


def _load_best(kind: Kind, retrained: bytes | None) -> Trained:
    if retrained is not None:
        try:
            return _ready(kind, partial(read_weights, retrained, f"The live version of {kind}"))
        except WeightsError as error:
            log.error("%s The shipped weights are served instead.", error)
    return _prepared(load_shipped(kind))


def _ready(kind: Kind, load: Load) -> Trained:
    trained = load()
    if trained.card.kind != kind:
        raise WeightsError(f"These weights write {trained.card.kind}, not {kind}.")
    return _prepared(trained)


def _prepared(trained: Trained) -> Trained:
    """The same, when what its first answers would have to make and wait for has been made."""
    if trained.card.kind == "names":
        learn_contexts(trained)
    else:
        rhyme_and_metre_of(trained)
    return trained


def _audition(kind: Kind, load: Load, accept: Accept, whole: bool) -> Audition:
    """Load weights and let them write once: a corpus can teach what nobody may be shown."""
    trained = _ready(kind, load)
    if kind == "names":
        names = generate_names(trained, NamesRequest(AUDITION_NAMES, AUDITION_SEED), accept).names
        if len(names) < FEWEST_NAMES:
            raise WeightsError("It cannot write five names that are new and fit to be shown.")
        return Audition(trained, names)
    try:
        draft = begin(trained, SonnetRequest("", AUDITION_SEED))
        while not draft.finished and (whole or len(draft.lines) < AUDITION_LINES):
            (draft,) = extend(trained, [draft], accept)
    except SonnetError as error:
        raise WeightsError(f"It cannot write a poem. {error}") from error
    return Audition(trained, draft.lines[:AUDITION_LINES])


def _hear_names(content: bytes, title: str, accept: Accept) -> Heard:
    trained = _prepared(read_names(content, title))
    try:
        names = generate_names(trained, NamesRequest(SAMPLES, seed=0), accept).names
    except NamesError:
        names = ()
    if len(names) < FEWEST_SAMPLES:
        raise WeightsError("It cannot write five names that are new and fit to be shown.")
    return Heard(trained, tuple(format_name(trained.card, name) for name in names))


def read_names(content: bytes, title: str) -> Trained:
    """The names' weights of a file. Raises `WeightsError`, also for those that would be slow."""
    trained = read_weights(content, title)
    if trained.card.kind != "names":
        raise WeightsError(f"{title} writes {trained.card.kind}, not names.")
    members = trained.network.members if isinstance(trained.network, Mixture) else ()
    networks = (trained.network, *members)
    if sum(len(n.layers) for n in networks if isinstance(n, LSTM)) > MOST_LAYERS:
        raise WeightsError(f"{title} has more than {MOST_LAYERS} layers.")
    return trained
