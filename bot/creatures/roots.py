"""Roots of a creature's name, from the table of `data.roots` and from `roots.toml`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from data.etymology import NamePart, parts_of
from data.roots import Root, load_roots

_TABLE = Path(__file__).parent / "roots.toml"
_SHORTEST_STEM = 3
"""Letters of the shortest stem that may begin a name whose other letters are unknown."""
_PREFIXES = ("eo", "eu")
"""Shorter ones that do, too."""
_SHORTEST_INSIDE = 4
_LIZARD = "lizard"
_SAURUS = re.compile("saur(?:us|os|oides|a|o)?")
_TAIL = "oura"
"""Not the *-urus* of *-saurus*."""


def roots_of(letters: str) -> tuple[NamePart, ...]:
    """The roots of a name in lower case, from left to right; names of persons are left out.

    The stricter readings come first: with the roots of `data.roots`, then with all. If neither
    finds more than *lizard*, the longest stem counts with which the name begins, else the longest
    inside it.
    """
    for roots in (load_roots(), all_roots()):
        parts = tuple(
            _lizard() if part.root == _TAIL and letters.endswith("saurus") else part
            for part in parts_of(letters, roots)
            if part.language != "person"
        )
        if says_more(parts):
            return parts
    return (*_stem_of(unexplained(letters)), *parts)


def _lizard() -> NamePart:
    """The *saurus* of a name that was read as another root and *-urus*, tail."""
    return NamePart("saurus", *load_roots()["saurus"][:3])


def unexplained(letters: str) -> str:
    """The letters of a name before *saurus*, or else after it; all letters of other names."""
    before, *after = _SAURUS.split(letters)
    return before or "".join(after) or letters


def says_more(parts: tuple[NamePart, ...]) -> bool:
    """Whether roots say more than that the animal is a lizard."""
    return any(part.meaning != _LIZARD for part in parts)


@cache
def all_roots() -> Mapping[str, Root]:
    """Roots by their letters; those of `data.roots` count where both tables have some."""
    return {**load_roots(_TABLE), **load_roots()}


def _stem_of(letters: str) -> tuple[NamePart, ...]:
    """The longest stem that letters begin with, else the longest inside them, else nothing."""
    stems = _stems()
    places = [(0, end) for end in range(len(letters), 1, -1)]
    for size in range(len(letters) - 1, _SHORTEST_INSIDE - 1, -1):
        places += [(begin, begin + size) for begin in range(1, len(letters) - size + 1)]
    for begin, end in places:
        if root := stems.get(letters[begin:end]):
            return (NamePart(letters[begin:end], *root[:3]),)
    return ()


@cache
def _stems() -> Mapping[str, Root]:
    """Roots that can begin a name, with and without their last vowel."""
    stems: dict[str, Root] = {}
    for letters, root in all_roots().items():
        if root.place == "ends" or root.language == "person" or root.meaning == _LIZARD:
            continue
        for stem in (letters, letters.rstrip("aeiou")):
            if len(stem) >= _SHORTEST_STEM or stem in _PREFIXES:
                stems.setdefault(stem, root)
    return stems
