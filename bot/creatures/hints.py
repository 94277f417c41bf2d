"""Hints: what the roots of a name say about its animal, from `hints.toml`."""

from collections.abc import Sequence

from bot.creatures.profile import Trait
from bot.creatures.tables import load_hints
from data.etymology import NamePart


class Hints:
    """Hints of the roots of one name."""

    traits: tuple[Trait, ...]
    """Traits that the name speaks of."""
    without: frozenset[Trait]
    """Traits that the name says are small: the teeth of *Microdon*."""
    parts: dict[str, int]
    """1 for parts of the body that are long or large, -1 for short or small ones."""

    def __init__(self, parts: Sequence[NamePart]) -> None:
        self._parts = parts
        traits: list[Trait] = []
        without: set[Trait] = set()
        self.parts = {}
        for i, part in enumerate(parts):
            is_small = i > 0 and self._is_small(parts[i - 1])
            changed = _codes("part", part.meaning)
            # A small head has no large head, but a small thief has its claws.
            lacks_it = is_small and (changed or not _of_part("family", part))
            for code in _codes("trait", part.meaning):
                if lacks_it:
                    without.add(Trait(code))
                else:
                    traits.append(Trait(code))
            for code in changed:
                self.parts[code] = -1 if is_small else 1
        self.traits = tuple(dict.fromkeys(trait for trait in traits if trait not in without))
        self.without = frozenset(without)

    def all(self, section: str) -> list[str]:
        """The codes of a section, in the order of the roots."""
        return [code for part in self._parts for code in _of_part(section, part)]

    def first(self, section: str) -> str | None:
        """The first code of a section: an adjective comes before its noun."""
        return next(iter(self.all(section)), None)

    def last(self, section: str) -> tuple[str, ...]:
        """The codes of the last root that has any."""
        found = (_of_part(section, part) for part in reversed(self._parts))
        return next(filter(None, found), ())

    def _is_small(self, part: NamePart) -> bool:
        return bool(_codes("adjective", part.meaning)) or "small" in _codes("size", part.meaning)


def _of_part(section: str, part: NamePart) -> tuple[str, ...]:
    if section == "language":
        return _codes(section, part.language)
    if section == "family" and (named := _codes("word", part.word)):
        return named
    return _codes(section, part.meaning)


def _codes(section: str, key: str) -> tuple[str, ...]:
    return load_hints()[section].get(key, ())
