"""The protocol of text generators: a request becomes a draft, and drafts grow step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from models.weights import Trained

Accept = Callable[[str], bool]
"""Whether a text may be shown: the word filter."""
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.01, 10.0
"""Bounds of the temperature of any request; members may choose from a smaller range."""
MOST_SEED = 2**64 - 1
"""Highest seed of any request; the lowest is 0."""
ShouldStop = Callable[[], bool]
"""Whether nobody wants the result anymore. Loops ask it between steps, and raise `Abandoned`."""

RequestT = TypeVar("RequestT", contravariant=True)
DraftT = TypeVar("DraftT", bound="Draft")


class GenerationError(Exception):
    """A request cannot be met. The message is a sentence for the member who made it."""


class Abandoned(Exception):  # noqa: N818 (a state)
    """The work ended early, because `ShouldStop` said so."""


def never() -> bool:
    """Work on to the end: a `ShouldStop`."""
    return False


def check_stop(should_stop: ShouldStop) -> None:
    """Raise `Abandoned` if the work should stop."""
    if should_stop():
        raise Abandoned("nobody wants the result anymore")


def out_of_range(temperature: float, seed: int) -> str:
    """A sentence about what is out of its range; empty if nothing is."""
    low, high = LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE
    if not low <= temperature <= high:  # NaN is not, either
        return f"The temperature goes from {low:g} to {high:g}, not {temperature:g}; try 0.8."
    if not 0 <= seed <= MOST_SEED:
        return f"A seed is a number from 0 to {MOST_SEED}, not {seed}; try 1."
    return ""


class Draft(Protocol):
    """A text in progress. It holds everything that its next step needs, and never changes."""

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        ...


@dataclass(frozen=True)
class Sample:
    """A sample: what a network writes without a prompt."""

    texts: tuple[str, ...]
    """Texts as they are shown, as many as could be written."""
    fault: str = ""
    """A sentence about why these weights must not be served; empty if they may."""


class TextGenerator(Protocol[RequestT, DraftT]):
    """How one task writes. All methods are pure: the same arguments give the same drafts."""

    def batch_size(self, request: RequestT) -> int:
        """Number of such drafts that `extend` handles well in one call.

        1 if sharing gains nothing. Costly ones have small batches, since others wait meanwhile.
        """
        ...

    def begin(self, trained: Trained, request: RequestT) -> DraftT:
        """Return an unfinished draft. Raises `GenerationError` for a request that is invalid."""
        ...

    def extend(
        self,
        trained: Trained,
        drafts: Sequence[DraftT],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[DraftT]:
        """Return each draft one step longer, in the same order.

        A draft must not depend on the others of its batch, and must be finished after a bounded
        number of steps. `accepts` has a word filter for each draft, which sees every text of it
        that is returned. Raises `GenerationError` if one of the drafts cannot go on, and
        `Abandoned`.
        """
        ...
