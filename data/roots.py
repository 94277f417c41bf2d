"""Roots of dinosaur names and their meanings, from `roots.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

TABLE = Path(__file__).parent / "roots.toml"

Place = Literal["begins", "joins", "ends"]


class Root(NamedTuple):
    """A root: what some letters of a name mean."""

    word: str
    """The word that the letters come from, in the Latin alphabet: `mikros`."""
    meaning: str
    language: str
    """The word's language; for a proper name `place`, `people` or `person`."""
    place: Place
    """The position in a name: before other parts, anywhere, or at the end."""


@cache
def load_roots(path: Path = TABLE) -> Mapping[str, Root]:
    """Roots by their letters; variants of a root are separate keys."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        letters: Root(word, meaning, language, place)
        for language, places in table.items()
        for place, entries in places.items()
        for variants, (word, meaning) in entries.items()
        for letters in variants.split()
    }
