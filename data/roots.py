"""The roots that names of dinosaurs are made of: a small table of facts, `roots.toml`."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

TABLE = Path(__file__).parent / "roots.toml"

Place = Literal["begins", "joins", "ends"]


class RootsError(Exception):
    """The table of roots cannot be used. The message is a sentence for whoever edits it."""


class Root(NamedTuple):
    """What some letters of a name mean."""

    word: str
    """The word that they come from, in Latin letters: `mikros`."""
    meaning: str
    language: str
    """That of the word; for a proper name `place`, `people` or `person`."""
    place: Place
    """Where in a name they stand: before other parts, anywhere, or at the end."""


@lru_cache(maxsize=1)
def load_roots(path: Path = TABLE) -> Mapping[str, Root]:
    """Each root by its letters as they occur in names; a root may occur in several ways.

    Raises `RootsError` for a table that is not as its own first lines say.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RootsError(f"Cannot read {path.name}: {error}") from error
    roots: dict[str, Root] = {}
    for letters, root in _entries(table):
        if not all("a" <= letter <= "z" for letter in letters) or len(letters) < 2:
            raise RootsError(f"{letters!r} are no letters; expected a to z, for example micro")
        if letters in roots:
            raise RootsError(f"{letters} stands twice in {path.name}; leave one of them out")
        roots[letters] = root
    return roots


def _entries(table: Mapping[str, object]) -> Iterator[tuple[str, Root]]:
    """The letters and roots of a table that may hold anything."""
    for language, places in table.items():
        if not isinstance(places, dict) or not set(places) <= set(get_args(Place)):
            raise RootsError(
                f"{language} holds {places!r}; expected a table for each place, for example "
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
                            f"{variants} is {entry!r}; expected a word and its meaning, for "
                            'example ["mikros", "small"]'
                        )
