"""The protocol of text generators: a request becomes a draft, and drafts grow step by step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from models.weights import Trained

Accept = Callable[[str], bool]
"""Whether a text may be shown: the word filter."""

RequestT = TypeVar("RequestT", contravariant=True)
DraftT = TypeVar("DraftT", bound="Draft")


class GenerationError(Exception):
    """A request cannot be met. The message is a sentence for the member who made it."""


class Draft(Protocol):
    """A text in progress. It holds everything that its next step needs, and never changes."""

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        ...


@dataclass(frozen=True)
class Sample:
    """What a network writes without a prompt."""

    texts: tuple[str, ...]
    """As they are shown; as many as could be written."""
    fault: str = ""
    """A sentence about why these weights must not be served; empty if they may."""


class TextGenerator(Protocol[RequestT, DraftT]):
    """How one task writes. Both methods are pure: the same arguments give the same drafts."""

    @property
    def batch_size(self) -> int:
        """Number of drafts that `extend` handles well in one call; 1 if sharing gains nothing."""
        ...

    def begin(self, trained: Trained, request: RequestT) -> DraftT:
        """Return an unfinished draft. Raises `GenerationError` for a request that is invalid."""
        ...

    def extend(self, trained: Trained, drafts: Sequence[DraftT], accept: Accept) -> list[DraftT]:
        """Return each draft one step longer, in the same order.

        A draft must not depend on the others of its batch, and must be finished after a bounded
        number of steps. `accept` sees every text that is returned. Raises `GenerationError` if one
        of the drafts cannot go on.
        """
        ...
