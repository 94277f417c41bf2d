"""Letters around a word that make another word of it: suffixes, compounds, roots of names."""

import re
from collections.abc import Iterable
from functools import lru_cache

from data.lexicon import load_lexicon
from data.roots import load_roots

LONGEST_WORD = 40
"""Letters of the longest word that is examined. No other is a word of any language."""
_PLURALS = frozenset({"s", "es"})
_SUFFIXES = frozenset(
    re.findall(
        "[a-z]+",
        "s es ed er ers ery ey eys ies in ing ings ish ism ist ists ly ness ter ted ters ting ty y",
    )
)
_TWO_LETTERS = frozenset(
    re.findall(
        "[a-z]+",
        "a i o ad ah am an as at be by de do el ex go ha he hi ho id if in is it la le lo ma "
        "me my no of oh ok on or ox pa pi re so to un up us we ye yo",
    )
)
"""Words of up to two letters. The dictionary has many more, which are abbreviations."""
_SHORTEST_ENDING = 4
"""Letters of the shortest root that ends a name: *odon*."""
_REPEATED = re.compile(r"(.)\1+")


class Affixes:
    """Decides which letters around a word of a list can belong to it."""

    def __init__(
        self, parts: frozenset[str] = frozenset(), short_words: frozenset[str] = frozenset()
    ) -> None:
        """`parts` make insults of words that are harmless alone, as *face* does.

        `short_words` are the common words of three letters.
        """
        self._short_words = _TWO_LETTERS | short_words
        self._parts = frozenset(map(_squeezed, parts))

    def make_compound(self, word: str, before: int, after: int) -> bool:
        """Whether the first and last letters of a word make an insult or a name of the rest.

        They are roots of dinosaurs' names, as in *…osaurus* and *mega…*, or parts of insults.
        """
        if len(word) > LONGEST_WORD:
            return False
        start, end = word[:before], word[len(word) - after :]
        return (
            not (end and _overlaps(word, before, after))
            and (not start or self._is_part(start) or _has_roots(start))
            and (not end or self._is_part(end) or _ends_name(end))
        )

    def make_word(self, word: str, before: int, after: int) -> bool:
        """Whether the first and last letters of a word make a word or name with the rest."""
        if len(word) > LONGEST_WORD:
            return False
        start, end = word[:before], word[len(word) - after :]
        return (not start or self._is_start(start)) and (
            not end or _squeezed(end) in _SUFFIXES or self._is_start(end) or _ends_name(end)
        )

    def are_known(self, words: Iterable[str]) -> bool:
        """Whether all are words that people write next to each other."""
        return all(word in self._short_words if len(word) < 4 else is_known(word) for word in words)

    def _is_start(self, letters: str) -> bool:
        return self._is_part(letters) or (len(letters) > 2 and is_known(letters))

    def _is_part(self, letters: str) -> bool:
        return _squeezed(letters) in self._parts


def is_plural(word: str, after: int) -> bool:
    """Whether the last letters of a word are the ending of a plural."""
    return after < 5 and _squeezed(word[len(word) - after :]) in _PLURALS


def is_inflected(word: str, after: int) -> bool:
    """Whether the last letters of a word are a common suffix."""
    return after < 6 and _squeezed(word[len(word) - after :]) in _SUFFIXES


def is_known(word: str) -> bool:
    """Whether a word is in the dictionary."""
    if len(word) > LONGEST_WORD:  # which the cache must not keep
        return False
    return word in _TWO_LETTERS if len(word) < 3 else _is_in_dictionary(word)


@lru_cache(maxsize=4096)
def _is_in_dictionary(word: str) -> bool:
    return bool(load_lexicon().entry(word))


def _squeezed(letters: str) -> str:
    """The letters without repetitions."""
    return _REPEATED.sub(r"\1", letters)


def _overlaps(word: str, before: int, after: int) -> bool:
    """Whether a root of names has letters of both: *assaurus* is *as-saurus*."""
    end = len(word) - after
    return any(word[end - i :] in _roots() for i in (1, 2) if end - i > before)


def _ends_name(letters: str) -> bool:
    """Whether letters are roots, the last of them one that ends names, such as *raptor*."""
    return letters.endswith(_name_endings()) and _has_roots(letters)


@lru_cache(maxsize=4096)
def _has_roots(letters: str) -> bool:
    """Whether letters are one or several roots of names, with vowels between them."""
    roots = _roots()
    after_root = {0}
    after_vowel: set[int] = set()
    for end in range(1, len(letters) + 1):
        if any(
            letters[start:end] in roots
            for start in range(end - 2)
            if start in after_root or start in after_vowel
        ):
            after_root.add(end)
        elif letters[end - 1] in "aiou" and end - 1 in after_root:
            after_vowel.add(end)
    return len(letters) > 3 and (len(letters) in after_root or len(letters) in after_vowel)


@lru_cache(maxsize=1)
def _roots() -> frozenset[str]:
    return frozenset(root for root in load_roots() if len(root) > 2)


@lru_cache(maxsize=1)
def _name_endings() -> tuple[str, ...]:
    return tuple(
        letters
        for letters, root in load_roots().items()
        if root.place == "ends" or (root.place == "joins" and letters[-1] not in "aio")
        if len(letters) >= _SHORTEST_ENDING
    )
