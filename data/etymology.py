"""Etymology of a name: split into Greek, Latin and other roots by dynamic programming."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from data.roots import Root, load_roots

ENDINGS = frozenset(("us", "a", "um", "is", "es", "os", "ia", "ea", "on", "as", "ys", "ius", "e"))
"""Greek and Latin endings that may follow a root."""
LINKS = frozenset("aeio")
"""Vowels that may link two roots."""
SHORT = 3
"""Roots of up to this many letters also occur by chance, so they need a recognised neighbour."""
_EXPLAINED_SHARE = 0.7
"""Share of the letters that must have a known meaning for the whole name to have one."""


@dataclass(frozen=True)
class NamePart:
    """Letters of a name and the root that they may come from."""

    letters: str
    root: str
    """The word in its language: `mikros`."""
    meaning: str
    language: str


class _Last(Enum):
    """Kind of the last letters of a prefix of the name."""

    NOTHING = "the beginning of the name"
    PART = "a part"
    SHORT_PART = "a part that needs another one after it"
    LINK = "a vowel that links two parts"
    UNKNOWN = "letters without a meaning"


@dataclass(frozen=True, order=True)
class _Split:
    """A way to read a prefix of the name. The minimum is the best."""

    unknown: int = 0
    """Letters without a meaning."""
    pieces: int = 0
    """Parts, and runs of unknown letters."""
    joints: int = 0
    """Letters of links and endings."""
    parts: tuple[tuple[int, int], ...] = ()
    """Start and end of each part."""

    @property
    def cost(self) -> tuple[int, int, int]:
        """Faults of a reading, most important first."""
        return self.unknown, self.pieces, self.joints


def parts_of(name: str, roots: Mapping[str, Root] | None = None) -> tuple[NamePart, ...]:
    """The recognised parts of a name in lower case, from left to right.

    Of all readings, the one with the fewest unknown letters, then the fewest pieces.
    roots: by their letters; those of `load_roots` unless others are given.
    """
    roots = load_roots() if roots is None else roots
    # best[i]: the best reading of the first i letters, for each kind of last letters.
    best: list[dict[_Last, _Split]] = [{} for _ in range(len(name) + 1)]
    best[0][_Last.NOTHING] = _Split()
    for begin in range(len(name)):
        for last, reading in best[begin].items():
            for end, new_last, new in _steps(name, begin, last, reading, roots):
                best[end][new_last] = min(best[end].get(new_last, new), new)
    whole = [best[-1][last] for last in (_Last.PART, _Last.UNKNOWN) if last in best[-1]]
    # On a tie the first of `whole`: *ptera-n-odon*, rather than a knot (*nodo*) in a Pteranodon.
    least = min(reading.cost for reading in whole)
    spans = next(reading.parts for reading in whole if reading.cost == least)
    letters = [name[begin:end] for begin, end in spans]
    return tuple(NamePart(part, *roots[part][:3]) for part in letters)


def reading(parts: Sequence[NamePart]) -> str | None:
    """The meanings of the parts together: `small tooth`. `None` if there are no parts."""
    return " ".join(part.meaning for part in parts) or None


def is_explained(name: str, parts: Sequence[NamePart]) -> bool:
    """Whether the parts are so much of the name that their meaning is that of the name."""
    return sum(len(part.letters) for part in parts) >= _EXPLAINED_SHARE * len(name)


def _steps(
    name: str, begin: int, last: _Last, reading: _Split, roots: Mapping[str, Root]
) -> Iterator[tuple[int, _Last, _Split]]:
    """Extensions of a reading of `name[:begin]`: where each ends, what came last, the reading."""
    after_part = last in (_Last.PART, _Last.SHORT_PART, _Last.LINK)
    pieces = reading.pieces + 1
    for end in range(begin + 2, len(name) + 1):  # a root has at least two letters
        root = roots.get(name[begin:end])
        if root is not None and _fits(root, begin, end, len(name), after_part):
            needs_more = root.place == "begins" and end - begin <= SHORT
            parts = (*reading.parts, (begin, end))
            new_last = _Last.SHORT_PART if needs_more else _Last.PART
            yield end, new_last, replace(reading, pieces=pieces, parts=parts)
    if last in (_Last.PART, _Last.SHORT_PART) and name[begin] in LINKS:
        yield begin + 1, _Last.LINK, replace(reading, joints=reading.joints + 1)
    if last is _Last.PART and name[begin:] in ENDINGS:
        joints = reading.joints + len(name) - begin
        yield len(name), _Last.PART, replace(reading, joints=joints)
    if last in (_Last.NOTHING, _Last.PART):
        yield begin + 1, _Last.UNKNOWN, replace(reading, unknown=reading.unknown + 1, pieces=pieces)
    if last is _Last.UNKNOWN:
        yield begin + 1, _Last.UNKNOWN, replace(reading, unknown=reading.unknown + 1)


def _fits(root: Root, begin: int, end: int, length: int, after_part: bool) -> bool:
    """Whether a root may be `name[begin:end]` of a name with this length."""
    if root.place == "begins":
        return end < length and (begin == 0 or after_part)
    if root.place == "ends":
        return end == length
    return end - begin > SHORT or begin == 0 or end == length or after_part
