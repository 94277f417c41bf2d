"""Quality of generated names: copies, near copies, repetitions, well-formedness, clusters."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from models.names.filters import clusters_of
from models.names.generator import reads_as_name


@dataclass(frozen=True)
class NamesQuality:
    """Quality of the names of a system. Shares are from 0 to 1."""

    system: str
    count: int
    in_corpus: float
    """Share of names that are in the corpus."""
    near: float
    """Share within edit distance 1 of a real genus, or equal to one."""
    distinct: float
    well_formed: float
    """Share that is well-formed (`models.names.generator.reads_as_name`)."""
    new_cluster: float
    """Share with a consonant cluster that no training name has (`models.names.filters`)."""
    rejected: Mapping[str, float] = field(default_factory=dict)
    """Shares of all generated names that were rejected, by reason."""


def quality_of(
    system: str,
    names: Sequence[str],
    genera: Collection[str],
    clusters: Collection[str],
    rejected: Mapping[str, float] | None = None,
) -> NamesQuality:
    """Measure lower-case names, at least one, against the genera of the corpus.

    clusters: those of the training names.
    """
    count, real = len(names), GenusIndex(genera)
    return NamesQuality(
        system=system,
        count=count,
        in_corpus=sum(name in real for name in names) / count,
        near=sum(real.has_near(name) for name in names) / count,
        distinct=len(set(names)) / count,
        well_formed=sum(map(reads_as_name, names)) / count,
        new_cluster=new_cluster_share(names, clusters),
        rejected=rejected or {},
    )


def new_cluster_share(names: Sequence[str], clusters: Collection[str]) -> float:
    """The share of names, at least one, with a consonant cluster that is not among `clusters`."""
    return sum(not clusters_of(name).issubset(clusters) for name in names) / len(names)


class GenusIndex:
    """Index of real names for finding near ones quickly.

    Two texts within edit distance 1 are equal, or one is the other without a letter, or both are
    equal without one letter each. So they share a key in an index of all names, each with and
    without each of its letters.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Index the names."""
        self._index: dict[str, list[str]] = {}
        for name in names:
            for key in _shortened(name):
                self._index.setdefault(key, []).append(name)

    def __contains__(self, name: str) -> bool:
        """Whether the name is in the index."""
        return name in self._index.get(name, ())

    def has_near(self, name: str) -> bool:
        """Whether the index has a name within edit distance 1."""
        found = (real for key in _shortened(name) for real in self._index.get(key, ()))
        return any(within_one_edit(name, real) for real in found)


def within_one_edit(a: str, b: str) -> bool:
    """Whether two texts differ by at most one inserted, deleted or replaced letter."""
    short, long = sorted((a, b), key=len)
    if len(long) - len(short) > 1:
        return False
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    after = same + (len(short) == len(long))
    return short[after:] == long[same + 1 :]


def _shortened(name: str) -> set[str]:
    return {name} | {name[:i] + name[i + 1 :] for i in range(len(name))}


@dataclass(frozen=True)
class ConstraintResult:
    """Names that were requested with a constraint."""

    name: str
    asked: int
    given: int
    obeying: int
    new: int
    """Names that are not in the corpus."""

    @property
    def fulfilled(self) -> bool:
        """Whether all requested names were generated, satisfy the constraint and are new."""
        return self.asked == self.given == self.obeying == self.new
