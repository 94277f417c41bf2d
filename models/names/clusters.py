"""Consonant clusters: rejecting names that are harder to say than those of their list.

A cluster is a run of consonants. At the start or the end of a word it is one of any length, and
inside a word one of at least three: two consonants between vowels can be split between syllables.
`y` is a vowel here, as in most names. Letters whose script has no vowels, or is not known here, are
no consonants, and such names have no clusters.
"""

from collections.abc import Iterable, Mapping, Sequence

from data.corpora import held_out_of
from data.text import fold
from models.names.constrained.shape import SEPARATORS
from models.weights import Trained, cached_with_weights

CONSONANTS = frozenset("bcdfghjklmnpqrstvwxzβγδζθκλμνξπρσςτφχψбвгджзклмнпрстфхцчшщ")
"""Latin, Greek and Cyrillic; accented letters count as their base letter."""
LONG_CLUSTER = 3
"""Consonants that a cluster inside a word needs to count as one."""
MAX_UNSHARED = 0.75
"""If a larger share of a list's names has a cluster that no other name has (`unshared`), the list
is of abbreviations or codes, and its clusters do not limit new names."""

_WORD_END, _OTHER = "\t", " "


class _Kinds(dict[int, str]):
    """By code point: consonants and line breaks as they are, separators as `_WORD_END`, all other
    characters as `_OTHER`. For `str.translate`; filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in SEPARATORS:
            kind = _WORD_END
        elif character == "\n" or fold(character)[:1] in CONSONANTS:
            kind = character
        else:
            kind = _OTHER
        if len(self) < _MOST_KINDS:
            self[code] = kind
        return kind


_MOST_KINDS = 2_000
_KINDS = _Kinds()


def clusters_of(name: str) -> frozenset[str]:
    """The clusters of a lower-case name: `^tr`, `phth` and `ps$` for "triphthops".

    `^` and `$` mark the start and the end of a word.
    """
    return frozenset(_clusters(name.translate(_KINDS)))


def _clusters(name: str) -> set[str]:
    """The clusters of a name in `_KINDS`."""
    found = set[str]()
    for word in name.split(_WORD_END):
        first, *others = word.split(_OTHER)
        last = others.pop() if others else first
        if first:
            found.add(f"^{first}")
        if last:
            found.add(f"{last}$")
        for run in others:
            if len(run) >= LONG_CLUSTER:
                found.add(run)
    return found


def known_clusters(names: Iterable[str]) -> frozenset[str]:
    """All clusters of some names."""
    return frozenset(_first_names(names))


def unshared(names: Sequence[str]) -> float:
    """The share of different names that have a cluster which no other of them has, from 0 to 1.

    It estimates how often a new name of the same kind has a new cluster (leave-one-out).
    """
    return _unshared(_first_names(names), len(names))


def _first_names(names: Iterable[str]) -> dict[str, int]:
    """The clusters of some names. For each the index of the name that has it, or `_SHARED`."""
    first: dict[str, int] = {}
    lines = "\n".join(names).translate(_KINDS).split("\n")  # at once, which is fast
    for index, line in enumerate(lines):
        for cluster in _clusters(line):
            if first.setdefault(cluster, index) != index:
                first[cluster] = _SHARED
    return first


_SHARED = -1


def _unshared(first: Mapping[str, int], count: int) -> float:
    """`unshared`, of so many names."""
    return len({*first.values()} - {_SHARED}) / max(1, count)


@cached_with_weights
def allowed_clusters(trained: Trained) -> frozenset[str] | None:
    """The clusters of the names that a network has read; `None` if it may write any.

    Held-out names are left out: a network must not profit from them.
    """
    words = tuple(trained.words)
    if not trained.card.reads_all:
        held_out = held_out_of(words)
        words = tuple(word for word in words if word not in held_out)
    first = _first_names(words)
    if not words or _unshared(first, len(words)) > MAX_UNSHARED:
        return None
    return frozenset(first)
