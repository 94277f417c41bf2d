"""Forms of verse, loaded from `data/forms.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from models.verse.constrained.metre import Metre

TABLE = Path(__file__).parents[2] / "data" / "forms.toml"


@dataclass(frozen=True)
class Form:
    """A form of verse: its stanzas, rhyme scheme and metres."""

    name: str
    title: str
    description: str
    stanzas: tuple[str, ...] = ()
    """One letter per line; lines with equal letters rhyme. Empty for a form without rhyme."""
    metres: Mapping[str, Metre] | None = None
    """The metre of the lines of each letter; `None` for a form without metre."""
    lines: int | None = None
    """Lines of a poem; `None` for a form that counts characters."""
    characters: int | None = None
    """Characters that the network writes, in a form that counts them."""
    modern: bool = False
    """Whether archaic words are left out."""

    @cached_property
    def scheme(self) -> str:
        """The rhyme scheme: the letters of all lines."""
        return "".join(self.stanzas)

    @cached_property
    def stanza_ends(self) -> frozenset[int]:
        """Number of lines at the end of each stanza except the last."""
        return frozenset(accumulate(map(len, self.stanzas[:-1])))

    def metre_of(self, line: int) -> Metre:
        """The metre of a line by its number, from 0, in a form with metre."""
        assert self.metres is not None  # noqa: S101
        return self.metres[self.scheme[line]]

    def rhymes_of(self, line: int) -> tuple[int, ...]:
        """The earlier lines that a line has to rhyme with."""
        return tuple(i for i in range(line) if self.scheme[i] == self.scheme[line])

    def rhymes_to_come(self, line: int) -> int:
        """Number of later lines that have to rhyme with a line."""
        return self.scheme[line + 1 :].count(self.scheme[line])


def forms_of(table: Mapping[str, Any]) -> dict[str, Form]:
    """Forms by name, from a table such as `data/forms.toml`."""
    metres = {name: Metre(tuple(templates)) for name, templates in table["metres"].items()}
    return {name: _form(name, entry, metres) for name, entry in table["forms"].items()}


def _form(name: str, entry: Mapping[str, Any], metres: Mapping[str, Metre]) -> Form:
    title, description = entry["title"], entry["description"]
    if "stanzas" not in entry:
        lines, characters = entry.get("lines"), entry.get("characters")
        return Form(name, title, description, lines=lines, characters=characters)
    stanzas = tuple(entry["stanzas"])
    scheme, metre = "".join(stanzas), entry["metre"]
    by_letter = metre if isinstance(metre, dict) else dict.fromkeys(scheme, metre)
    return Form(
        name,
        title,
        description,
        stanzas,
        {letter: metres[by_letter[letter]] for letter in scheme},
        lines=len(scheme),
        modern=entry.get("modern", False),
    )


FORMS: Mapping[str, Form] = forms_of(tomllib.loads(TABLE.read_text()))
"""All forms by name; the first is the default."""

DEFAULT_FORM = next(iter(FORMS))
