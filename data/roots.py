"""Roots of dinosaur names and their meanings, from `roots.toml`."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

TABLE = Path(__file__).parent / "roots.toml"

Place = Literal["begins", "joins", "ends"]


class RootsError(Exception):
    """`roots.toml` is invalid. The message is for its editor."""


class Root(NamedTuple):
    """A root: what some letters of a name mean."""

    word: str
    """The word that the letters come from, in the Latin alphabet: `mikros`."""
    meaning: str
    language: str
    """The word's language; for a proper name `place`, `people` or `person`."""
    place: Place
    """The position in a name: before other parts, anywhere, or at the end."""


@lru_cache(maxsize=1)
def load_roots(path: Path = TABLE) -> Mapping[str, Root]:
    """Roots by their letters; variants of a root are separate keys.

    Raises `RootsError` unless the table has the format described in its first lines.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RootsError(f"Cannot read {path.name}: {error}") from error
    roots: dict[str, Root] = {}
    for letters, root in _entries(table):
        if not all("a" <= letter <= "z" for letter in letters) or len(letters) < 2:
            raise RootsError(
                f"{letters!r} is not a root; expected 2 or more letters a–z, like micro"
            )
        if letters in roots:
            raise RootsError(f"{path.name} has {letters} twice; remove one of them")
        roots[letters] = root
    return roots


def _entries(table: Mapping[str, object]) -> Iterator[tuple[str, Root]]:
    """Validate a table and list its letters and roots."""
    for language, places in table.items():
        if not isinstance(places, dict) or not set(places) <= set(get_args(Place)):
            raise RootsError(
                f"{language} is {places!r}; expected a table for each position, like "
                f"[{language}.begins]"
            )
        for place, entries in places.items():
            for variants, entry in entries.items():
                match entry:
                    case [str(word), str(meaning)] if word and meaning:
                        root = Root(word, meaning, language, place)
                        yield from ((letters, root) for letters in variants.split())
                    case _:
                        raise RootsError(
                            f"{variants} is {entry!r}; expected a word and its meaning, like "
                            '["mikros", "small"]'
                        )
