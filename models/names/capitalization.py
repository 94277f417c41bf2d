"""Capitalization: networks read lower case; capitals are restored by the rules of the list.

A name is split into parts at spaces, hyphens and apostrophes. For the beginning of the name and for
each separator, the majority of the list decides whether a part after it starts with a capital.
Exceptions, words that the list writes in lower case (*van*, *sur*, the *s* of *St Mary's*), are
stored.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from models.names.constraints import SEPARATORS

BEGINNING = "^"
MAX_SMALL_WORDS = 64
"""Number of lower-case words that are stored, the most frequent first."""
_MIN_OCCURRENCES = 2
"""Times that a list has to write a word in lower case for it to count."""

_CAPITAL_SIGMA = str.maketrans("σς", "ΣΣ")


class Capitals(Protocol):
    """Capitalization rules of a list. A `models.weights.ModelCard` has them."""

    @property
    def capitals(self) -> str:
        """The characters of `BEGINNING` and `SEPARATORS` that a capital follows."""

    @property
    def small_words(self) -> Collection[str]:
        """Words that stay in lower case after a separator nevertheless."""


def format_name(card: Capitals | None, name: str) -> str:
    """A name in lower case → with the capitals of its list; without a card, of dinosaurs."""
    if card is None:
        return name.capitalize()
    name = name.translate(_CAPITAL_SIGMA).lower()  # which writes ς at the end of a word, else σ
    return "".join(
        separator + (part[:1].title() + part[1:] if _is_capital(card, before, part) else part)
        for before, separator, part in _parts(name)
    )


def capitals_of(names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The `capitals` and `small_words` of a list of names, by majority.

    Each distinct part has one vote: *sur* is frequent in the names of towns, but is only one word.
    """
    seen, capitalized = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for name in names:
        for before, _, part in _parts(name.translate(_PLAIN_SIGNS)):
            letter = part[:1]
            if letter.lower() != letter.upper():  # digits and kana have no case
                seen[before, part.lower()] += 1
                capitalized[before, part.lower()] += letter != letter.lower()
    votes = Counter[str]()
    for (before, part), count in seen.items():
        votes[before] += 1 if 2 * capitalized[before, part] > count else -1
    capitals = "".join(before for before in BEGINNING + SEPARATORS if votes[before] > 0)
    words, small = Counter[str](), Counter[str]()
    for (before, part), count in seen.items():
        if before != BEGINNING and before in capitals:
            words[part] += count
            small[part] += count - capitalized[before, part]
    mostly = (word for word, n in small.items() if n >= _MIN_OCCURRENCES and 2 * n > words[word])
    frequent = sorted(mostly, key=lambda word: (-small[word], word))[:MAX_SMALL_WORDS]
    return capitals, tuple(sorted(frequent))


_PLAIN_SIGNS = dict.fromkeys(map(ord, "‘’‛`´ʼ′"), "'") | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


def _is_capital(card: Capitals, before: str, part: str) -> bool:
    return before in card.capitals and (before == BEGINNING or part not in card.small_words)


def _parts(name: str) -> Iterator[tuple[str, str, str]]:
    """Parts of a name: each with its predecessor (`BEGINNING` or a separator) and its separator."""
    for match in re.finditer(r"(^|[ '-])([^ '-]*)", name):
        yield match[1] or BEGINNING, match[1], match[2]
