"""What makes a list of written names good. Everything here is a function of names alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from models.names.generator import reads_as_name


@dataclass(frozen=True)
class Writing:
    """Names that a system wrote, and how good they are. Shares are from 0 to 1."""

    system: str
    written: int
    in_corpus: float
    """Share of names that stand in the corpus."""
    near: float
    """Share within edit distance 1 of a real genus, the genera themselves included."""
    distinct: float
    well_formed: float
    """Share that reads as a name (`models.names.generator.reads_as_name`)."""
    thrown_away: Mapping[str, float] = field(default_factory=dict)
    """Of everything that was written on the way, the share that was not given, by its reason."""


def measure_writing(
    system: str,
    names: Sequence[str],
    genera: Collection[str],
    thrown_away: Mapping[str, float] | None = None,
) -> Writing:
    """Measure names in lower case against the genera of the corpus. There is one at least."""
    count, real = len(names), Genera(genera)
    return Writing(
        system=system,
        written=count,
        in_corpus=sum(name in real for name in names) / count,
        near=sum(real.is_near(name) for name in names) / count,
        distinct=len(set(names)) / count,
        well_formed=sum(map(reads_as_name, names)) / count,
        thrown_away=thrown_away or {},
    )


class Genera:
    """Real names, among which near ones are found quickly.

    Of two texts within edit distance 1, one of these holds: they are equal, one is the other
    without a letter, or both are the same without a letter each. So near ones share an entry in an
    index of all names and of what is left of them without one letter.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Index the names."""
        self._index: dict[str, list[str]] = {}
        for name in names:
            for key in _shortened(name):
                self._index.setdefault(key, []).append(name)

    def __contains__(self, name: str) -> bool:
        """Whether it is one of them."""
        return name in self._index.get(name, ())

    def is_near(self, name: str) -> bool:
        """Whether one of them is within edit distance 1."""
        found = (real for key in _shortened(name) for real in self._index.get(key, ()))
        return any(within_one_edit(name, real) for real in found)


def within_one_edit(a: str, b: str) -> bool:
    """Whether one letter inserted, left out or replaced, or none, makes one text of the other."""
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
class Wish:
    """A control, and names that were asked for with it."""

    name: str
    asked: int
    given: int
    obeying: int
    new: int
    """Names that are not in the corpus."""

    @property
    def fulfilled(self) -> bool:
        """Whether all that was asked for came, obeys and is new."""
        return self.asked == self.given == self.obeying == self.new
