"""Fakes of slow parts: inference, loading of weights, the trainer."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence

import numpy as np

from bot.pictures.renderer import DrawingFailed, Renderer
from bot.store import Unavailable
from bot.trainer.queries import TrainingRequest
from bot.trainer.trainer import RunFolder, TrainingEvents
from bot.writing import Caller, Inference, Load, ValidationSample
from bot.writing.service import NOBODY
from data.etymology import NamePart
from data.phrases import Showable
from data.text import clean_name
from models.names.capitalization import format_name
from models.names.dissection import Dissection, LetterChoice
from models.names.generator import NamesRequest, NamesResult
from models.names.problems import Shortfall
from models.networks.vocabulary import END
from models.training.events import Stopped, TrainingEvent
from models.verse.dissection import LineDissection, WordChoice
from models.verse.forms import FORMS
from models.verse.poem import SonnetDraft, SonnetRequest
from models.verse.subject import Subject
from models.weights import ModelCard, Trained
from tests.models import tiny
from tests.models.tiny import LETTERS

NOTHING = np.zeros((1, 1), np.float32)
LONGEST_POEM = 14
"""Lines of the forms that have most, and of the fake notebook's poems."""
GENERA = (
    "anchisaurus",
    "dracoraptor",
    "dracosaurus",
    "microraptor",
    "minmi",
    "tyrannosaurus",
    "utahraptor",
)
"""The list that the fake network has read: *-raptor* and *-saurus* are its commonest endings."""


def card(task: str, **changes: object) -> ModelCard:
    """A model card."""
    few: dict[str, object] = {"updates": 10, "held_out": 1.55}
    return tiny.card(task, LETTERS, **few | changes)


def draft(request: SonnetRequest, lines: Sequence[str], words: tuple[str, ...] = ()) -> SonnetDraft:
    """A poem as far as it is written; words: what it is about, unless the request says it."""
    return SonnetDraft(
        request,
        "0" * 64,
        tuple(lines),
        "",
        "",
        len(request.opening),
        state=NOTHING,
        logits=NOTHING,
        subject=Subject((request.about,) if request.about else words, NOTHING[0]),
    )


PARTS = (
    NamePart("mango", "mango", "mango", "fruit"),
    NamePart("saurus", "sauros", "lizard", "Greek"),
)


def dissection(name: str = "mangosaurus", parts: tuple[NamePart, ...] = PARTS) -> Dissection:
    """A dissection in which each letter was the second of five, its chance a quarter."""
    others = dict.fromkeys("xyz", 0.0).items()
    letters = tuple(
        LetterChoice(c, 0.25, (("b" if c == "a" else "a", 0.5), (c, 0.25), *others))
        for c in name + END
    )
    return Dissection(name, letters, ("dracosaurus", "anchisaurus", "minmi"), parts)


def line_dissection(line: str) -> LineDissection:
    """A dissection in which each word was the second of two, and *keyboard* unknown."""
    words = tuple(
        WordChoice(token, None if token == "keyboard" else 0.25, (("and", 0.5), (token, 0.25)))
        for token in (*line.lower().split(), END)
    )
    return LineDissection(line, words)


class FakeRenderer(Renderer):
    """Draws nothing, and records what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[tuple[object, ...]] = []
        self.fails = False
        self.is_busy = True
        """So that names come without a strip, in tests that are not about it."""

    @property
    def waiting(self) -> int:
        return int(self.is_busy)

    async def draw(self, make: Callable[..., str], *arguments: object) -> bytes:
        self.drawn.append(arguments)
        for each in arguments:
            for words in each if isinstance(each, tuple) else [each]:
                assert isinstance(words, Showable) or not isinstance(words, str)
        if self.fails:
            raise DrawingFailed("no ink")
        return b"\x89PNG\r\n\x1a\n"


class FakeWriter(Inference):
    """Returns prepared texts, and records requests."""

    def __init__(self) -> None:
        super().__init__({}, lambda _: True)
        self.names_asked: list[NamesRequest] = []
        self.trained_asked: list[Trained | None] = []
        """By which weights each of them was asked for; `None` is the dinosaurs'."""
        self.sonnets_asked: list[SonnetRequest] = []
        self.dissected: list[str] = []
        self.lines: set[str] = set()
        """What it knows as lines of verse."""
        self.names_found: tuple[str, ...] = ("mangosaurus", "bravosaurus", "kilosaurus")
        self.shortfall: Shortfall | None = None
        self.error: Exception | None = None
        self.lines_before_error = 0
        self.verse = [f"line {number} of the poem," for number in range(1, LONGEST_POEM + 1)]
        self.requesters: list[Hashable] = []
        self.places: list[int] = []
        """What a request is told of its place in the queue, before it is answered."""

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        return {"names": card("names"), "sonnets": card("sonnets", pretraining="Plays")}

    @property
    def digests(self) -> Mapping[str, str]:
        return {"names": "1" * 64, "sonnets": "2" * 64}

    @property
    def genera(self) -> tuple[str, ...]:
        return GENERA

    async def names(
        self, request: NamesRequest, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> NamesResult:
        await self._wait(caller)
        self.names_asked.append(request)
        self.trained_asked.append(trained)
        if self.error:
            raise self.error
        accept = caller.accept or self._accept
        return NamesResult(tuple(filter(accept, self.names_found))[: request.count], self.shortfall)

    async def dissect(
        self, name: str, trained: Trained | None = None, caller: Caller = NOBODY
    ) -> Dissection:
        await self._wait(caller)
        self.dissected.append(name)
        self.trained_asked.append(trained)
        if self.error:
            raise self.error
        return dissection(clean_name(name))

    async def dissect_line(self, text: str, caller: Caller = NOBODY) -> LineDissection | None:
        await self._wait(caller)
        if text not in self.lines:
            return None
        if self.error:
            raise self.error
        return line_dissection(text)

    async def prepare(self, task: str, load: Load) -> Trained:
        return load()

    async def validate(self, task: str, load: Load, *, full: bool = True) -> ValidationSample:
        trained = await self.prepare(task, load)
        samples = tuple(format_name(trained.card, name) for name in self.names_found)
        return ValidationSample(trained, samples)

    async def sonnet(
        self, request: SonnetRequest, caller: Caller = NOBODY
    ) -> AsyncGenerator[SonnetDraft, None]:
        await self._wait(caller)
        self.sonnets_asked.append(request)
        opening = request.opening or (f"{request.about}, " if request.about else "")
        lines = [opening + self.verse[0], *self.verse[1:]]
        for number in range(FORMS[request.form].lines or LONGEST_POEM):
            if self.error and number == self.lines_before_error:
                raise self.error
            yield draft(request, lines[: number + 1])
            await asyncio.sleep(0)  # as the real one does, it lets others run

    async def _wait(self, caller: Caller) -> None:
        self.requesters.append(caller.requester)
        for place in self.places:
            assert caller.on_wait is not None
            await caller.on_wait(place)


class FakeNetworks(Inference):
    """Loads weights, with prepared samples."""

    def __init__(self) -> None:
        super().__init__({}, lambda _: True)
        self.served: dict[str, Trained] = {}
        self.samples: Mapping[str, tuple[str, ...]] = {
            "names": ("Novosaurus", "Shitosaurus", "Dracoraptor"),
            "sonnets": ("A line of verse that", "nobody has read"),
        }
        self.error: Exception | None = None

    async def validate(self, task: str, load: Load, *, full: bool = True) -> ValidationSample:
        if self.error:
            raise self.error
        return ValidationSample(await asyncio.to_thread(load), self.samples[task])

    async def prepare(self, task: str, load: Load) -> Trained:
        if self.error:
            raise self.error
        return await asyncio.to_thread(load)

    def swap(self, task: str, trained: Trained) -> None:
        self.served[task] = trained


class FakeTrainer:
    """Reports the events of a script. Numbers are pauses in seconds."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: RunFolder,
        resume: bool,
        script: Sequence[TrainingEvent | int],
    ) -> None:
        self.request = request
        self.resume = resume
        self.corpus = folder.corpus(request)
        self.extra_names = list(request.extra_names)
        self._checkpoint = folder.checkpoint(request.task)
        self._script = script
        self._is_stopping = False
        self._pause: asyncio.Task[None] | None = None

    async def events(self) -> TrainingEvents:
        for event in self._script:
            if isinstance(event, int) and not self._is_stopping:
                self._pause = asyncio.create_task(asyncio.sleep(event))
                await asyncio.wait([self._pause])
            if self._is_stopping:
                self._checkpoint.write_bytes(b"so far")
                yield Stopped(checkpoint=self._checkpoint)
                return
            if not isinstance(event, int):
                yield event

    def stop(self) -> None:
        self._is_stopping = True
        self.go_on()

    def go_on(self) -> None:
        """End the pause."""
        if self._pause is not None:
            self._pause.cancel()


async def unavailable(*_: object, **__: object) -> None:
    """A query of a database that does not answer."""
    raise Unavailable("The database does not answer.")
