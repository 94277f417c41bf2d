"""Roots of dinosaur names and their meanings, from `roots.toml`."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

TABLE = Path(__file__).parent / "roots.toml"
_IMAGINED = "imagined"

Place = Literal["begins", "joins", "ends", "rare"]


class Root(NamedTuple):
    """A root: what some letters of a name mean."""

    word: str
    """The word that the letters come from, in the Latin alphabet: `mikros`."""
    meaning: str
    language: str
    """The word's language; for a proper name `place` or `people`."""
    place: Place
    """The position in a name: before other parts, anywhere, or at the end. Rare ones only begin."""


@cache
def load_roots() -> Mapping[str, Root]:
    """The usual roots by their letters; variants of a root are separate keys."""
    return {letters: root for letters, root in all_roots().items() if root.place != "rare"}


@cache
def all_roots() -> Mapping[str, Root]:
    """The usual and the rare roots by their letters."""
    languages = {key: places for key, places in _table().items() if key != _IMAGINED}
    return {
        letters: Root(word, meaning, language, place)
        for language, places in languages.items()
        for place, entries in places.items()
        for variants, (word, meaning) in entries.items()
        for letters in variants.split()
    }


def imagined_meanings() -> Sequence[str]:
    """Meanings for names without any root, which nobody can check."""
    return tuple(_table()[_IMAGINED])


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
