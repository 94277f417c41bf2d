"""Writing new dinosaur names."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from models.names.constrained.automaton import Automaton, count_possible
from models.names.constrained.constraints import (
    LONGEST_PIECE,
    NameConstraints,
    NamesError,
    parse_constraints,
)
from models.names.constrained.sampler import ConstrainedSampler
from models.names.near_copies import Neighbours, neighbours_of
from models.names.shape import DINOSAURS, LONGEST_NAME, SHORTEST_NAME, shape_of
from models.weights import Trained

__all__ = [
    "FLAWS",
    "LONGEST_NAME",
    "LONGEST_PIECE",
    "SHORTEST_NAME",
    "NamesError",
    "NamesRequest",
    "NamesResult",
    "generate_names",
    "reads_as_name",
]

MOST_FRUITLESS = 640
"""Names without a new one among them, one after another, at which the search ends."""

FLAWS: Mapping[str, str] = {
    "known": "is on the list that it learned from",
    "real": "is a real dinosaur",
    "near": "is but a letter away from a real name",
    "unreadable": "does not read as a name",
    "repeated": "is a repetition",
    "unfit": "is not fit to be shown",
}
"""Why a name is not given, in words."""


@dataclass(frozen=True)
class NamesRequest:
    """What a member asks for."""

    count: int
    seed: int
    """The same request with the same seed and weights gives the same names."""
    starts_with: str = ""
    """As typed, like the other pieces: capitals are folded, and so are accents that the list lacks;
    what no name has is dropped."""
    temperature: float = 1.0
    ends_with: str = ""
    contains: str = ""
    """Anywhere; also across what it begins or ends with."""
    length: int | None = None
    """In letters, within what the list has (dinosaurs: 3 to 26); `None` for any."""


@dataclass(frozen=True)
class NamesResult:
    """The names found."""

    names: tuple[str, ...]
    """In lower case (see `capitalization.written`), all different, no near copies of real ones."""
    reason: str | None
    """A sentence about why they are fewer than asked for; `None` if they are not."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """How many names were written and not given, by flaw: a key of `FLAWS`."""


def generate_names(
    trained: Trained, request: NamesRequest, accept: Callable[[str], bool]
) -> NamesResult:
    """Write names that are as wished, are new, read as names and pass `accept`.

    The network writes towards the wish, so that what stands around its pieces suits them. Raises
    `NamesError` for a wish that no new name can meet.
    """
    vocabulary = trained.network.vocabulary
    pieces = request.starts_with, request.contains, request.ends_with
    wish = parse_constraints(*pieces, request.length, vocabulary, shape_of(trained))
    automaton = Automaton.of(wish, vocabulary)
    possible = count_possible(automaton, wish, vocabulary)
    pen = ConstrainedSampler.of(trained, wish, automaton, request.temperature)
    neighbours = neighbours_of(trained)
    rng = np.random.default_rng(request.seed)
    names: dict[str, None] = {}  # a set that keeps its order
    written = set[str]()
    refused, lately = Counter[str](), Counter[str]()  # ever, and since the last new name's batch
    fruitless = 0
    while fruitless < MOST_FRUITLESS and len(written) < possible:
        before = len(names)
        for name, in_earnest in pen.write(rng):
            written.add(name)
            flaw = _flaw(name, names, trained, neighbours, accept) if in_earnest else "unreadable"
            if flaw:
                refused[flaw] += 1
                lately[flaw] += 1
                continue
            names[name] = None
            if len(names) == request.count:
                return NamesResult(tuple(names), None, refused)
            if len(names) == before + pen.enough:
                break
        fruitless += pen.batch
        if len(names) > before:
            fruitless = 0
            lately.clear()
    if possible == 1 and not names:
        (name,), (flaw,) = written, lately
        raise NamesError(
            f'The only name{wish} is "{name}", and that {FLAWS[flaw]}; try it without the length, '
            "or with shorter pieces."
        )
    return NamesResult(tuple(names), _reason(len(names), wish, lately), refused)


def reads_as_name(name: str) -> bool:
    """Whether it reads as a dinosaur's: 3 to 26 letters, a vowel among them, no letter thrice."""
    return DINOSAURS.admits(name)


def _flaw(
    name: str,
    found: Collection[str],
    trained: Trained,
    neighbours: Neighbours,
    accept: Callable[[str], bool],
) -> str | None:
    """Why a name is not to be given: a key of `FLAWS`, or `None`."""
    if name in trained.known:
        return "known"
    if name in neighbours.names:
        return "real"
    if neighbours.nearly_has(name):
        return "near"
    if not shape_of(trained).admits(name):
        return "unreadable"
    if name in found:
        return "repeated"
    return None if accept(name) else "unfit"


def _reason(found: int, wish: NameConstraints, flaws: Counter[str]) -> str:
    """What was wrong with what was written in the end, none of which could be given."""
    names = "No new name" if not found else f"Only {found:,} new name{'s'[: found != 1]}"
    if not flaws:
        return f"{names}{wish} could be found; there are no others."
    (flaw, count), *_ = flaws.most_common(1)
    share = count / flaws.total()
    much = "most of what" if share > 0.5 else "much of what"
    if share >= 0.9:
        much = "almost everything that"
    written = "the network writes" if wish.is_empty else "the network makes of that"
    return f"{names}{wish} could be found; {much} {written} {FLAWS[flaw]}."
