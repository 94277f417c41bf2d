"""Roots of a creature's name, from the table of `data.roots` and from `roots.toml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from data.etymology import NamePart, parts_of
from data.roots import Root, load_roots

TABLE = Path(__file__).parent / "roots.toml"
_SHORTEST_STEM = 3
"""Letters of the shortest stem that may begin a name whose other letters are unknown."""
_PREFIXES = ("eo", "eu")
"""Shorter ones that do, too."""
_LONG_UNKNOWN = 4
"""Letters before the first root from which on they may hide a stem."""
_LIZARD = "lizard"
_SAURUS = "saurus"


def roots_of(letters: str) -> tuple[NamePart, ...]:
    """The roots of a name in lower case, from left to right; names of persons are left out.

    The stricter readings come first: with the roots of `data.roots`, then with all. If neither
    finds more than *lizard*, the longest stem counts that the name begins with or contains. It
    counts, too, in many letters before the first root.
    """
    for roots in (load_roots(), _all_roots()):
        found = parts_of(letters, roots)
        if letters.endswith(_SAURUS) and found[-1].letters != _SAURUS:  # as in *…s-a-urus*, a tail
            found = (NamePart(_SAURUS, *load_roots()[_SAURUS][:3]),)
        by_meaning = {part.meaning: part for part in found if part.language != "person"}
        parts = tuple(part for part in found if by_meaning.get(part.meaning) is part)
        if says_more(parts):
            before = letters[: letters.index(found[0].letters)]
            return (*_stem_of(before), *parts) if len(before) >= _LONG_UNKNOWN else parts
    return (*_stem_of(unexplained(letters)), *parts)


def unexplained(letters: str) -> str:
    """The letters of a name before *saur*, or else after it; all letters of other names."""
    before, _, after = letters.rpartition("saur")
    return before or after


def says_more(parts: tuple[NamePart, ...]) -> bool:
    """Whether roots say more than that the animal is a lizard."""
    return any(part.meaning != _LIZARD for part in parts)


@cache
def _all_roots() -> Mapping[str, Root]:
    return {**load_roots(TABLE), **load_roots()}


def _stem_of(letters: str) -> tuple[NamePart, ...]:
    """The longest stem at the beginning of letters or inside them; nothing if there is none.

    Short ones inside occur by chance, so they come last.
    """
    stems = _stems()
    for shortest_inside in (5, 4):
        for size in range(len(letters), 1, -1):
            last = len(letters) - size if size >= shortest_inside else 0
            for begin in range(last + 1):
                if root := stems.get(letters[begin : begin + size]):
                    return (NamePart(letters[begin : begin + size], *root[:3]),)
    return ()


@cache
def _stems() -> Mapping[str, Root]:
    """Roots that can begin a name, with and without their last vowel."""
    stems: dict[str, Root] = {}
    for letters, root in _all_roots().items():
        if root.place == "ends" or root.language == "person" or root.meaning == _LIZARD:
            continue
        for stem in (letters, letters.rstrip("aeiou")):
            if len(stem) >= _SHORTEST_STEM or stem in _PREFIXES:
                stems.setdefault(stem, root)
    return stems
