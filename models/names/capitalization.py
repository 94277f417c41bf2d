"""How names are written: networks read small letters, and capitals come back as the list has them.

A name falls into parts at spaces, hyphens and apostrophes. Behind each of these, and at the
beginning, the majority of a list decides whether a part begins with a capital; words that the list
writes small all the same (*van*, *sur*, the *s* of *St Mary's*) are remembered.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

BEGINNING = "^"
SEPARATORS = " -'"
"""What parts of a name stand between."""
MOST_SMALL_WORDS = 64
"""That are remembered, the commonest first."""
_FEWEST = 2
"""Times that a list writes a word small, before that is more than an accident."""


class Capitals(Protocol):
    """Where capitals are written. A `models.weights.ModelCard` knows it."""

    @property
    def capitals(self) -> str:
        """Those of `BEGINNING` and `SEPARATORS` behind which a capital stands."""

    @property
    def small_words(self) -> Collection[str]:
        """Words that are written small behind a separator nevertheless."""


def format_name(card: Capitals | None, name: str) -> str:
    """A name in lower case as its list writes it; without a card, as dinosaurs are written."""
    if card is None:
        return name.capitalize()
    return "".join(
        separator + (part[:1].title() + part[1:] if _is_capital(card, place, part) else part)
        for place, separator, part in _parts(name)
    )


def capitals_of(names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The `capitals` and `small_words` of names as they are written, by their majority.

    Each different part has one voice: *sur* is frequent in the names of towns, and still one word.
    """
    seen, large = Counter[tuple[str, str]](), Counter[tuple[str, str]]()  # by place and part
    for name in names:
        for place, _, part in _parts(name.translate(_PLAIN_SIGNS)):
            letter = part[:1]
            if letter.lower() != letter.upper():  # else it has no case: a digit, a kana
                seen[place, part.lower()] += 1
                large[place, part.lower()] += letter != letter.lower()
    voices = Counter[str]()
    for (place, part), count in seen.items():
        voices[place] += 1 if 2 * large[place, part] > count else -1
    places = "".join(place for place in BEGINNING + SEPARATORS if voices[place] > 0)
    words, small = Counter[str](), Counter[str]()
    for (place, part), count in seen.items():
        if place != BEGINNING and place in places:
            words[part] += count
            small[part] += count - large[place, part]
    mostly = (word for word, n in small.items() if n >= _FEWEST and 2 * n > words[word])
    common = sorted(mostly, key=lambda word: (-small[word], word))[:MOST_SMALL_WORDS]
    return places, tuple(sorted(common))


_PLAIN_SIGNS = dict.fromkeys(map(ord, "‘’‛`´ʼ′"), "'") | dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")


def _is_capital(card: Capitals, place: str, part: str) -> bool:
    return place in card.capitals and (place == BEGINNING or part not in card.small_words)


def _parts(name: str) -> Iterator[tuple[str, str, str]]:
    """Where each part stands (`BEGINNING`, or its separator), the separator itself, the part."""
    for match in re.finditer(r"(^|[ '-])([^ '-]*)", name):
        yield match[1] or BEGINNING, match[1], match[2]
