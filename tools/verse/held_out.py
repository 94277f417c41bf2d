"""Passages that share words with held-out verse, which no network may be trained on.

A passage shares words with a poem if five running words of it are in the poem, in any spelling: the
corpora have other editions of the same poems, quotations and imitations.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from data import corpora
from data.text import fold, words_of

RUN = 5
"""Running words that a passage may not share with a held-out poem."""
LONG, AROUND = 20, 14
"""Stanzas of more lines lose only so many lines before and after a shared run, and its own."""
_SPELLING = str.maketrans("yjvz", "iius", "e'")
_DOUBLED = re.compile(r"(.)\1+")

Runs = frozenset[tuple[str, ...]]


@lru_cache(maxsize=2**18)
def plain_spelling(word: str) -> str:
    """A word without what early spelling varies: *lov'd*, *loved* and *louede* are equal.

    Without e and apostrophes; y and j as i, v as u, w as uu, z as s, ck as c; no doubled letters.
    """
    plain = word.translate(_SPELLING).replace("w", "uu").replace("ck", "c").replace("ou", "o")
    return _DOUBLED.sub(r"\1", plain) or word


def held_out_runs(further: Iterable[str] = ()) -> Runs:
    """The runs of the held-out and validation sonnets, and of further poems, to leave out."""
    sonnets = corpora.load_sonnets()
    return runs_in((*sonnets.held_out, *sonnets.validation, *further))


def runs_in(poems: Iterable[str]) -> Runs:
    """All runs of `RUN` words of some poems, in plain spelling."""
    return frozenset(run for poem in poems for run in _runs(poem.split("\n")))


def without_shared(stanza: Sequence[str], held_out: Runs) -> Iterator[Sequence[str]]:
    """The parts of a stanza that may be read: all of it, none, or some of a long one."""
    shared = [i for i, run in enumerate(_runs(stanza)) if run in held_out]
    if not shared:
        yield stanza
    elif len(stanza) > LONG:
        line_of = [number for number, line in enumerate(stanza) for _ in words_of(fold(line))]
        begin = 0
        for i in shared:
            first, last = line_of[i] - AROUND, line_of[i + RUN - 1] + AROUND
            if first > begin:
                yield stanza[begin:first]
            begin = max(begin, last + 1)
        if begin < len(stanza):
            yield stanza[begin:]


def _runs(lines: Iterable[str]) -> Iterator[tuple[str, ...]]:
    words = [plain_spelling(word) for line in lines for word in words_of(fold(line))]
    return zip(*(words[start:] for start in range(RUN)), strict=False)
