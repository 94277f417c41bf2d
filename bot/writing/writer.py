"""Writer: the interface of what writes texts, and the work that it gets.

A batch of texts gets its next steps in the thread of this process (`thread`), in other processes
(`processes`), or on the workers of a Dask cluster (`cluster`). Each of them waits for a batch with
`result_in_time`.
"""

import asyncio
import pickle
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Protocol, TypeVar

from bot.writing import limits
from bot.writing.errors import TooSlow, WriterLost
from models.tasks import task_of
from models.text_generator import Abandoned, Accept, Draft, ShouldStop
from models.weights import Trained

T = TypeVar("T")

Outcomes = Sequence[object]
"""The next step of each item of a batch, or an exception."""
Work = Callable[[Sequence[Any], ShouldStop], Outcomes]
"""Computes one step of each item of a batch."""


class Stop(Event):
    """Set when a batch should stop: nobody wants it anymore, or it takes too long.

    It is set in the event loop. A thread asks it; other processes and machines are told.
    """

    def __init__(self) -> None:
        super().__init__()
        self._tell: Callable[[], object] | None = None

    def set(self) -> None:
        """Stop the batch."""
        if not self.is_set():
            super().set()
            if self._tell is not None:
                self._tell()

    def tell(self, how: Callable[[], object] | None) -> None:
        """Call a function once the batch should stop, perhaps now. It replaces the one before."""
        self._tell = how
        if how is not None and self.is_set():
            how()


class Writer(Protocol):
    """Writes batches of texts."""

    @property
    def capacity(self) -> int:
        """Number of batches that the writer can write at the same time; 0 while nobody is there."""

    def room(self, work: Work) -> int | None:
        """Number of further batches of some work that the writer can take now.

        `None` if it cannot do this work, or has not got the weights yet, which it gets from now on.
        """

    def write(self, work: Work, items: Sequence[Any], stop: Stop) -> Awaitable[Outcomes]:
        """Take a batch, for which there must be room, and return what `work` returns for it.

        It raises what the work raises, `TooSlow` after the deadline, and `WriterLost`.
        """

    def backlog(self, waited: float) -> None:
        """Note that texts wait, the oldest for so many seconds. Must not block."""

    def close(self) -> None:
        """Give up all batches, without waiting for them."""


async def result_in_time(
    done: asyncio.Future[T], seconds: float, stop: Stop, on_hung: Callable[[], object]
) -> T:
    """The result of a batch. After so many seconds, it is told to stop, and `TooSlow` is raised.

    If it goes on nevertheless, `on_hung` is called.
    """
    await asyncio.wait([done], timeout=seconds)
    if done.done():
        return done.result()
    stop.set()
    await asyncio.wait([done], timeout=limits.GRACE_S)
    if not done.done():
        on_hung()
    raise TooSlow(f"no answer within {seconds:g} s")


@dataclass(frozen=True, eq=False)
class Text:
    """A text that waits for its next step. Can be pickled if its request and its filter can."""

    request: object
    draft: Draft | None
    """`None` if it has not begun."""
    accept: Accept


@dataclass(frozen=True, eq=False)
class Generation:
    """Writes the next step of each of some texts, with the same weights.

    What else is needed to do so elsewhere are the weights, which `trained.digest` identifies.
    """

    task: str
    trained: Trained = field(repr=False)
    is_live: bool = True
    """Whether the weights are or were served for the task, unlike those of custom models."""

    def __call__(self, texts: Sequence[Text], should_stop: ShouldStop) -> list[Draft | Exception]:
        """The next draft of each text, in one batch, or why there is none.

        Raises `Abandoned`.
        """
        steps = [self._begun(text) for text in texts]
        begun = {place: step for place, step in enumerate(steps) if not isinstance(step, Exception)}
        accepts = [texts[place].accept for place in begun]
        extended = self._extended([*begun.values()], accepts, should_stop)
        for place, step in zip(begun, extended, strict=True):
            steps[place] = step
        return steps

    def pickled(self, texts: Sequence[Text], should_stop: ShouldStop) -> bytes:
        """The pickled result or exception for some texts, for the process of the bot."""
        outcomes: Outcomes | Exception
        try:
            steps = self(texts, should_stop)
            outcomes = [sendable(s) if isinstance(s, Exception) else s for s in steps]
        except Exception as error:  # noqa: BLE001 (the bot gets it)
            outcomes = sendable(error)
        try:
            return pickle.dumps(outcomes)
        except Exception as error:  # noqa: BLE001
            return pickle.dumps(RuntimeError(f"{outcomes!r} can't be pickled: {error!r}"))

    def _begun(self, text: Text) -> Draft | Exception:
        """The draft of a text. An invalid request costs the others of its batch nothing."""
        try:
            return text.draft or task_of(self.task).generator.begin(self.trained, text.request)
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 (the caller gets it)
            return error

    def _extended(
        self, drafts: Sequence[Draft], accepts: Sequence[Accept], should_stop: ShouldStop
    ) -> list[Draft | Exception]:
        """Drafts that are one step longer, from one call; one by one if that fails."""
        if not drafts:
            return []
        try:
            extend = task_of(self.task).generator.extend
            return [*extend(self.trained, drafts, accepts, should_stop)]
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 (the caller gets it)
            if len(drafts) == 1:
                return [error]
            pairs = zip(drafts, accepts, strict=True)
            return [step for d, a in pairs for step in self._extended([d], [a], should_stop)]


def pickled_texts(texts: object) -> bytes:
    """Texts for another process or machine. Raises `WriterLost` if they can't be sent."""
    try:
        return pickle.dumps(texts)
    except Exception as error:
        raise WriterLost(f"These texts can't be sent ({error!r})") from error


def outcomes_of(content: bytes) -> Outcomes:
    """Return or raise what was pickled by `Generation.pickled`, in a process that is trusted."""
    outcomes: Outcomes | Exception = pickle.loads(content)  # noqa: S301
    if isinstance(outcomes, Exception):
        raise outcomes
    return outcomes


def sendable(error: Exception) -> Exception:
    """The error with a note of where it was raised; another one if it can't be pickled."""
    if not isinstance(error, Abandoned):
        error.add_note("".join(traceback.format_exception(error)).rstrip())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    except Exception:  # noqa: BLE001 (whatever its class does)
        return RuntimeError("".join(traceback.format_exception(error)).rstrip())
    return error
