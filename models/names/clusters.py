"""Consonant clusters: rejecting names that are harder to say than those of their list.

A cluster is a run of consonants. At the start or the end of a word it is one of any length, and
inside a word one of at least three: two consonants between vowels can be split between syllables.
`y` is a vowel here, as in most names. Letters whose script has no vowels, or is not known here, are
no consonants, and such names have no clusters.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

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

_WORD = re.compile(f"[^{re.escape(SEPARATORS)}]+")
_RUN = re.compile("c+")


def clusters_of(name: str) -> frozenset[str]:
    """The clusters of a lower-case name: `^tr`, `phth` and `ps$` for "triphthops".

    `^` and `$` mark the start and the end of a word.
    """
    found = set[str]()
    for word in _WORD.findall(name):
        kinds = "".join("c" if _is_consonant(letter) else "-" for letter in word)
        for run in _RUN.finditer(kinds):
            begin, end = run.span()
            cluster = word[begin:end]
            if begin == 0:
                found.add(f"^{cluster}")
            if end == len(word):
                found.add(f"{cluster}$")
            if begin > 0 and end < len(word) and len(cluster) >= LONG_CLUSTER:
                found.add(cluster)
    return frozenset(found)


def known_clusters(names: Iterable[str]) -> frozenset[str]:
    """All clusters of some names."""
    return frozenset[str]().union(*map(clusters_of, names))


def unshared(names: Iterable[str]) -> float:
    """The share of different names that have a cluster which no other of them has, from 0 to 1.

    It estimates how often a new name of the same kind has a new cluster (leave-one-out).
    """
    return _unshared([clusters_of(name) for name in names])


def _unshared(every: Sequence[frozenset[str]]) -> float:
    """`unshared`, of the clusters of each name."""
    counts = Counter(cluster for clusters in every for cluster in clusters)
    return sum(any(counts[c] == 1 for c in clusters) for clusters in every) / max(1, len(every))


@cached_with_weights
def allowed_clusters(trained: Trained) -> frozenset[str] | None:
    """The clusters of the names that a network has read; `None` if it may write any.

    Held-out names are left out: a network must not profit from them.
    """
    words = tuple(trained.words)
    if not trained.card.reads_all:
        held_out = held_out_of(words)
        words = tuple(word for word in words if word not in held_out)
    every = [clusters_of(word) for word in words]
    if not words or _unshared(every) > MAX_UNSHARED:
        return None
    return frozenset[str]().union(*every)


@lru_cache(maxsize=1024)
def _is_consonant(letter: str) -> bool:
    return fold(letter)[:1] in CONSONANTS
