"""Generating new names: constrained sampling, then filtering of real, near and repeated names.

Names with a consonant cluster that no name of the list has are filtered too, which leaves the
network's own distribution over the others. If a constraint forces such a cluster, they are given.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from models.names.clusters import allowed_clusters, clusters_of
from models.names.constrained.automaton import Automaton, count_possible
from models.names.constrained.constraints import LONGEST_PIECE, NameConstraints
from models.names.constrained.parsing import parse_constraints
from models.names.constrained.problems import (
    Flaw,
    NamesError,
    OnlyNameRejected,
    OutOfRange,
    Shortfall,
)
from models.names.constrained.sampler import ConstrainedSampler
from models.names.constrained.shape import (
    DINOSAURS,
    LONGEST_NAME,
    SHORTEST_NAME,
    shape_of,
)
from models.names.near_copies import NearNames, near_names_of
from models.text_generator import (
    HIGHEST_TEMPERATURE,
    LOWEST_TEMPERATURE,
    MOST_SEED,
    ShouldStop,
    check,
    never,
)
from models.weights import Trained

__all__ = [
    "DEFAULT_TEMPERATURE",
    "LONGEST_NAME",
    "LONGEST_PIECE",
    "SHORTEST_NAME",
    "Flaw",
    "NamesError",
    "NamesRequest",
    "NamesResult",
    "Shortfall",
    "generate_names",
    "reads_as_name",
]

MOST_NAMES = 10_000
"""Names of a request. With `MAX_FRUITLESS` it limits the work."""
LONGEST_TYPED = 1000
"""Characters of a piece as typed. Of these, at most `LONGEST_PIECE` may be left."""
DEFAULT_TEMPERATURE = 0.9
"""Rejecting near copies makes names wilder than the network's; this makes up for it. On validation,
a classifier tells names at 0.9 from real ones least (AUC 0.55; at 1.0 0.57)."""
MAX_FRUITLESS = 640
"""Names in a row without a new one, after which the search ends."""
MAX_UNSAYABLE = 128
"""Names in a row without a new sayable one, after which it ends if the others are enough. A network
that may write sayable names hardly ever writes so many others: of its names, about one in ten."""


@dataclass(frozen=True)
class NamesRequest:
    """A request for names, with pieces as typed."""

    count: int = 5
    """1 to `MOST_NAMES`."""
    seed: int = 0
    """0 or more. The same request with the same seed and weights gives the same names."""
    starts_with: str = ""
    """As typed, like the other pieces: capitals are folded, and so are accents that the list lacks;
    characters that no name has are dropped."""
    temperature: float = DEFAULT_TEMPERATURE
    ends_with: str = ""
    contains: str = ""
    """Anywhere in the name; may overlap the start and the end."""
    length: int | None = None
    """In characters, within the lengths of the list (dinosaurs: 3 to 26); `None` for any."""


@dataclass(frozen=True)
class NamesResult:
    """The names found for a request."""

    names: tuple[str, ...]
    """In lower case (see `capitalization.format_name`), all different, none real or nearly so."""
    shortfall: Shortfall | None
    """Why there are fewer than requested; `None` if there are not."""
    rejected: Mapping[Flaw, int] = field(default_factory=dict)
    """How many generated names were rejected, by flaw."""


def generate_names(
    trained: Trained,
    request: NamesRequest,
    accept: Callable[[str], bool],
    should_stop: ShouldStop = never,
) -> NamesResult:
    """Generate new names that meet the constraints, read as names and pass `accept`.

    Sampling is steered towards the constraints, so that the letters around the pieces suit them.
    Raises `NamesError` for constraints that no new name can meet, and `Abandoned`.
    """
    _check_bounds(request)
    vocabulary = trained.network.vocabulary
    pieces = request.starts_with, request.contains, request.ends_with
    constraints = parse_constraints(*pieces, request.length, vocabulary, shape_of(trained))
    automaton = Automaton.of(constraints, vocabulary)
    possible = count_possible(automaton, constraints, vocabulary)
    sampler = ConstrainedSampler.of(trained, constraints, automaton, request.temperature)
    near_names = near_names_of(trained)
    rng = np.random.default_rng(request.seed)
    found = _Found(allowed_clusters(trained))
    generated = set[str]()
    rejected = Counter[Flaw]()
    recent = Counter[Flaw]()  # since the last batch with a new name
    fruitless = unsayable = 0  # names since that batch, and since the last one with a sayable name
    # Ends: a batch brings a new name, and there are soon enough of its kind, or adds to both. At
    # most MAX_FRUITLESS names are sampled for each name that is found.
    while fruitless < MAX_FRUITLESS and len(generated) < possible:
        if len(found) >= request.count and unsayable >= MAX_UNSAYABLE:
            break
        check(should_stop)
        before = len(found.sayable), len(found)
        for name, plausible in sampler.sample(rng):
            generated.add(name)
            flaw = _flaw(name, found, trained, near_names, accept) if plausible else Flaw.UNREADABLE
            if flaw:
                rejected[flaw] += 1
                recent[flaw] += 1
                continue
            found.add(name)
            if len(found.sayable) in (request.count, before[0] + sampler.kept_per_batch):
                break
        if len(found.sayable) == request.count:
            break
        fruitless += sampler.batch
        unsayable += sampler.batch
        if len(found.sayable) > before[0]:
            unsayable = 0
        if len(found) > before[1]:
            fruitless = 0
            recent.clear()
    names = found.best(request.count)
    if possible == 1 and not names:
        (name,), (flaw,) = generated, recent
        raise NamesError(OnlyNameRejected(name, flaw, constraints))
    if rest := len(found) - len(names):
        rejected[Flaw.UNSAYABLE] = rest
    shortfall = None
    if len(names) < request.count:
        shortfall = _shortfall(len(names), constraints, recent)
    return NamesResult(names, shortfall, rejected)


def _check_bounds(request: NamesRequest) -> None:
    """Raise `NamesError` for a number that is out of its range, or a piece that is too long."""
    pieces = request.starts_with, request.contains, request.ends_with
    for option, value, lowest, highest in (
        ("count", request.count, 1, MOST_NAMES),
        ("temperature", request.temperature, LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE),
        ("seed", request.seed, 0, MOST_SEED),
        ("number of characters", max(map(len, pieces)), 0, LONGEST_TYPED),
    ):
        if not lowest <= value <= highest:  # NaN is not, either
            raise NamesError(OutOfRange(option, value, lowest, highest))


class _Found:
    """New names, in the order in which they were found."""

    def __init__(self, allowed: frozenset[str] | None) -> None:
        """Begin without names. allowed: the clusters of sayable names; `None` for any."""
        self._allowed = allowed
        self.sayable: dict[str, None] = {}  # an ordered set
        self._others: dict[str, int] = {}
        """Names with clusters that are not allowed, and how many."""

    def add(self, name: str) -> None:
        """Add a new name."""
        unknown = 0 if self._allowed is None else len(clusters_of(name) - self._allowed)
        if unknown:
            self._others[name] = unknown
        else:
            self.sayable[name] = None

    def best(self, count: int) -> tuple[str, ...]:
        """At most `count` names: those that are sayable, then those with the fewest new clusters.

        A constraint that forces a cluster leaves no sayable names, and some with that cluster only.
        """
        others = sorted(self._others, key=self._others.__getitem__)
        return (*self.sayable, *others)[:count]

    def __contains__(self, name: object) -> bool:
        """Whether a name was found."""
        return name in self.sayable or name in self._others

    def __len__(self) -> int:
        """Number of names, sayable or not."""
        return len(self.sayable) + len(self._others)


def reads_as_name(name: str) -> bool:
    """Whether it reads like a dinosaur's name: 3 to 26 letters, a vowel, no letter three times."""
    return DINOSAURS.admits(name)


def _flaw(
    name: str,
    found: "_Found",
    trained: Trained,
    near_names: NearNames,
    accept: Callable[[str], bool],
) -> Flaw | None:
    """Why a name is rejected, or `None`."""
    if name in trained.known:
        return Flaw.KNOWN
    if name in near_names:
        return Flaw.REAL
    if near_names.is_near(name):
        return Flaw.NEAR
    if not shape_of(trained).admits(name):
        return Flaw.UNREADABLE
    if name in found:
        return Flaw.REPEATED
    return None if accept(name) else Flaw.UNFIT


def _shortfall(found: int, constraints: NameConstraints, flaws: Counter[Flaw]) -> Shortfall:
    """The most frequent flaw of the last names, none of which could be given."""
    if not flaws:
        return Shortfall(found, constraints, None, 0.0)
    ((flaw, count),) = flaws.most_common(1)
    return Shortfall(found, constraints, flaw, count / flaws.total())
