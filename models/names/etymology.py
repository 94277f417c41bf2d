"""A likely reading of a name: the Greek, Latin and other roots that it seems to be made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from data.roots import Root, load_roots

ENDINGS = frozenset(("us", "a", "um", "is", "es", "os", "ia", "ea", "on", "as", "ys", "ius", "e"))
"""Greek and Latin endings that may follow a root without being part of it."""
LINKS = frozenset("aeio")
"""Vowels that may link two roots."""
SHORT = 3
"""Letters up to which a root may be there by accident, so that it needs a known neighbour."""


@dataclass(frozen=True)
class Part:
    """Some letters of a name, and the root that they may come from."""

    letters: str
    root: str
    """The word itself: `mikros`."""
    meaning: str
    language: str


class _Last(Enum):
    """What the letters before a place in a name were read as."""

    NOTHING = "the beginning of the name"
    PART = "a part"
    SHORT_PART = "a part that needs another one behind it"
    LINK = "a vowel that links two parts"
    UNKNOWN = "letters that mean nothing"


@dataclass(frozen=True, order=True)
class _Reading:
    """A way to read the beginning of a name. The least of them is the best."""

    unknown: int = 0
    """Letters that mean nothing."""
    pieces: int = 0
    """Parts, and stretches of such letters."""
    joints: int = 0
    """Letters of links and endings."""
    parts: tuple[tuple[int, int], ...] = ()
    """Where each part begins and ends."""

    @property
    def cost(self) -> tuple[int, int, int]:
        """What makes a reading worse, the weightiest first."""
        return self.unknown, self.pieces, self.joints


def parts_of(name: str) -> tuple[Part, ...]:
    """The parts of a name from left to right; what is not recognised is in none of them.

    Of all ways to read it, the one that leaves the fewest letters unknown, in the fewest pieces; by
    dynamic programming over the letters.
    """
    roots = load_roots()
    # The best reading up to each place, by what came last.
    best: list[dict[_Last, _Reading]] = [{} for _ in range(len(name) + 1)]
    best[0][_Last.NOTHING] = _Reading()
    for place in range(len(name)):
        for last, reading in best[place].items():
            for end, new_last, new in _steps(name, place, last, reading, roots):
                best[end][new_last] = min(best[end].get(new_last, new), new)
    whole = [best[-1][last] for last in (_Last.PART, _Last.UNKNOWN) if last in best[-1]]
    # Of equals the one with the latest end: *ptera-n-odon*, and no knot (*nodo*) in a Pteranodon.
    least = min(reading.cost for reading in whole)
    spans = next(reading.parts for reading in whole if reading.cost == least)
    letters = [name[begin:end] for begin, end in spans]
    return tuple(Part(part, *roots[part][:3]) for part in letters)


def _steps(
    name: str, place: int, last: _Last, reading: _Reading, roots: Mapping[str, Root]
) -> Iterator[tuple[int, _Last, _Reading]]:
    """How a reading may go on: up to where, what comes last then, and the longer reading."""
    behind_a_part = last in (_Last.PART, _Last.SHORT_PART, _Last.LINK)
    pieces = reading.pieces + 1
    for end in range(place + 2, len(name) + 1):
        root = roots.get(name[place:end])
        if root is not None and _fits(root, place, end, len(name), behind_a_part):
            needs_more = root.place == "begins" and end - place <= SHORT
            parts = (*reading.parts, (place, end))
            new_last = _Last.SHORT_PART if needs_more else _Last.PART
            yield end, new_last, replace(reading, pieces=pieces, parts=parts)
    if last in (_Last.PART, _Last.SHORT_PART) and name[place] in LINKS:
        yield place + 1, _Last.LINK, replace(reading, joints=reading.joints + 1)
    if last is _Last.PART and name[place:] in ENDINGS:
        joints = reading.joints + len(name) - place
        yield len(name), _Last.PART, replace(reading, joints=joints)
    if last in (_Last.NOTHING, _Last.PART):
        yield place + 1, _Last.UNKNOWN, replace(reading, unknown=reading.unknown + 1, pieces=pieces)
    if last is _Last.UNKNOWN:
        yield place + 1, _Last.UNKNOWN, replace(reading, unknown=reading.unknown + 1)


def _fits(root: Root, begin: int, end: int, length: int, behind_a_part: bool) -> bool:
    """Whether a root may stand there in a name of that length."""
    if root.place == "begins":
        return end < length and (begin == 0 or behind_a_part)
    if root.place == "ends":
        return end == length
    return end - begin > SHORT or begin == 0 or end == length or behind_a_part
