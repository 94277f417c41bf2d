"""Etymology of a name: split into Greek, Latin and other roots by dynamic programming."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, reduce
from hashlib import sha256

from data.corpora import load_names
from data.phrases import NOTHING, Phrase, _
from data.roots import Root, all_roots, imagined_meanings, load_roots

ENDINGS = frozenset(("us", "a", "um", "is", "es", "os", "ia", "ea", "on", "as", "ys", "ius", "e"))
"""Greek and Latin endings that may follow a root."""
LINKS = frozenset("aeio")
"""Vowels that may link two roots."""
SHORT = 3
"""Roots of up to this many letters also occur by chance, so they need a recognised neighbour."""
_STEM = 4
"""Letters of a root that are enough at the beginning of a name."""
_PREFIXES = ("eo", "eu")
"""Shorter ones that are enough, too."""
_SHORTEST_INSIDE = 5
"""Letters of a root inside of unknown ones: shorter ones occur there by chance."""
_LONG_UNKNOWN = 4
"""Letters before the first part from which on they may hide another one."""
_VOWELS = frozenset("aeiouy")
_LIZARD, _SAUR, _SAURUS = "lizard", "saur", "saurus"
_EXPLAINED_SHARE = 0.7
"""Share of the letters that must have a known meaning for the whole name to have one."""


@dataclass(frozen=True)
class NamePart:
    """Letters of a name and the root that they may come from."""

    letters: str
    word: str
    """The word in its language: `mikros`. Empty if the meaning is imagined."""
    meaning: str
    language: str
    """Language of the word, or `place` or `people`; empty if the meaning is imagined."""


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


def parts_of(name: str) -> tuple[NamePart, ...]:
    """The parts of a name in lower case, from left to right: the one way to its meaning.

    Of all readings, the one with the fewest unknown letters, then the fewest pieces. If no part
    says more than *lizard*, the rest begins with the first letters of a root or contains one, or
    shares its first three letters with one, or else its meaning is imagined. Real genera have
    usual roots only, and may have none.
    """
    if name in listed_genera():
        return _distinct(_read(name, load_roots()))
    parts = _distinct(_read(name, all_roots()))
    if any(part.meaning != _LIZARD for part in parts):
        before = name[: name.index(parts[0].letters)]
        return _distinct((*_stem_of(before), *parts)) if len(before) >= _LONG_UNKNOWN else parts
    letters = _unexplained(name)
    if not letters:
        return parts
    stem = _stem_of(letters) or _beginning_of(letters) or (_imagined(letters),)
    return (*stem, *parts)


def reading(parts: Sequence[NamePart]) -> Phrase:
    """The meanings of the parts together, a phrase: `small tooth`. Empty if there are no parts."""
    return reduce(_beside, [_(part.meaning) for part in parts]) if parts else NOTHING


def _beside(first: Phrase, second: Phrase) -> Phrase:
    # TRANSLATORS: The meaning of a name, from those of two parts: small tooth. Swap them, or put
    # something in between, where that reads better.
    return _("{first_meaning} {second_meaning}").format(first_meaning=first, second_meaning=second)


def is_imagined(parts: Sequence[NamePart]) -> bool:
    """Whether a part of the meaning is invented."""
    return any(not part.word for part in parts)


def is_explained(name: str, parts: Sequence[NamePart]) -> bool:
    """Whether the parts are so much of the name that their meaning is that of the name."""
    return sum(len(part.letters) for part in parts) >= _EXPLAINED_SHARE * len(name)


@cache
def listed_genera() -> frozenset[str]:
    """The real genera of the project's list, in lower case."""
    return frozenset(load_names().words)


def _unexplained(name: str) -> str:
    """The letters of a name before *saur*, or else those after it, without an ending."""
    before, saur, after = name.rpartition(_SAUR)
    return before or ("" if saur and after in ENDINGS else after)


def _imagined(letters: str) -> NamePart:
    meanings = imagined_meanings()
    number = int.from_bytes(sha256(letters.encode()).digest()[:8], "big")
    return NamePart(letters, "", meanings[number % len(meanings)], "")


def _distinct(parts: Sequence[NamePart]) -> tuple[NamePart, ...]:
    """Leave out each part whose meaning a later one has, too."""
    last = {part.meaning: part for part in parts}
    return tuple(part for part in parts if last[part.meaning] is part)


def _stem_of(letters: str) -> tuple[NamePart, ...]:
    """The longest stem at the beginning of letters, or else a long one inside; empty if none is."""
    for length in range(len(letters), 1, -1):
        if root := _stems().get(letters[:length]):
            return (NamePart(letters[:length], *root[:3]),)
    for length in range(len(letters) - 1, _SHORTEST_INSIDE - 1, -1):
        for begin in range(1, len(letters) - length + 1):
            stem = letters[begin : begin + length]
            root = _stems().get(stem)
            if root and any(stem + vowel in all_roots() for vowel in ("", *LINKS)):
                return (NamePart(stem, *root[:3]),)
    return ()


def _beginning_of(letters: str) -> tuple[NamePart, ...]:
    """A root with the same first three letters; empty if there is none."""
    root = None if letters.startswith(_SAUR) else _stems(SHORT).get(letters[:SHORT])
    return (NamePart(letters[:SHORT], *root[:3]),) if root else ()


@cache
def _stems(least: int = _STEM) -> Mapping[str, Root]:
    """First letters of roots: at least `least`, or all but the last vowel of a short one."""
    stems = {letters: load_roots()[letters] for letters in _PREFIXES}
    for letters, root in sorted(all_roots().items(), key=lambda item: item[1].place == "rare"):
        if root.place != "ends" and root.meaning != _LIZARD:
            without_vowel = letters[:-1] if letters[-1] in _VOWELS else letters
            shortest = min(max(len(without_vowel), SHORT), least)
            for length in range(shortest, len(letters) + 1):
                stems.setdefault(letters[:length], root)
    return {stem: root for stem, root in stems.items() if not _VOWELS.isdisjoint(stem)}


def _read(name: str, roots: Mapping[str, Root]) -> tuple[NamePart, ...]:
    """The reading of a name with some roots by their letters."""
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


def _steps(
    name: str, begin: int, last: _Last, reading: _Split, roots: Mapping[str, Root]
) -> Iterator[tuple[int, _Last, _Split]]:
    """Extensions of a reading of `name[:begin]`: where each ends, what came last, the reading."""
    after_part = last in (_Last.PART, _Last.SHORT_PART, _Last.LINK)
    pieces = reading.pieces + 1
    # Where *saurus* ends, no tail (*urus*) begins.
    saurus = len(name) - len(_SAURUS) if name.endswith(_SAURUS) else len(name)
    for end in range(begin + 2, len(name) + 1):  # a root has at least two letters
        root = roots.get(name[begin:end])
        if begin != saurus < end:
            continue
        if root is not None and _fits(root, begin, end, len(name), after_part):
            needs_more = root.place in ("begins", "rare") and end - begin <= SHORT
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
    if root.place == "rare" and end - begin <= SHORT and begin > 0:
        return False
    if root.place in ("begins", "rare"):
        return end < length and (begin == 0 or after_part)
    if root.place == "ends":
        return end == length
    return end - begin > SHORT or begin == 0 or end == length or after_part
