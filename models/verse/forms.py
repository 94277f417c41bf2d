"""Forms of verse, loaded from `data/forms.toml`, and their metres.

A metre is a set of templates, one for each variant of a line: `wswswswsws`, weak and strong five
times; `swwswswsws`, with the first foot inverted; and so on. A position is a gap between two
syllables of a template. The positions of all templates are numbered consecutively, and a set of
positions is an integer with one bit for each. A partly written line can be at several positions, as
long as it is open which template it follows, or how a word is pronounced.

    template 0:   w s w s        template 1:   s w w s
    positions    0 1 2 3 4                    5 6 7 8 9

A word of n syllables that fits at the positions `fits` moves a line from the positions S to

    S' = (S ∧ fits) ≪ n
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from models.verse.story import Beginning

WEAK, STRONG, FEMININE, ANY, UNSTRESSED, BEAT = "wsf-ub"
SLACK = 2
"""Syllables that a full line may lack."""
MAX_POSITIONS = 64
"""A set of positions has to fit into a uint64."""


_ALLOWED = {WEAK: "02", STRONG: "012", FEMININE: "0", ANY: "012", UNSTRESSED: "02", BEAT: "12"}
"""Stresses that syllables may have: 0 none, 1 main stress, 2 secondary stress."""


@dataclass(frozen=True)
class Metre:
    """The templates of a line: a letter for each syllable, such as `WEAK` or `STRONG`."""

    templates: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raise `ValueError` for an invalid template or more than `MAX_POSITIONS` positions."""
        letters = set("".join(self.templates))
        if not all(self.templates) or not letters or letters - _ALLOWED.keys():
            raise ValueError(f"a template is made of {', '.join(_ALLOWED)}, not {self.templates}")
        if self._offsets[-1] + len(self.templates[-1]) >= MAX_POSITIONS:
            raise ValueError(f"{self.templates} have more than {MAX_POSITIONS} positions")

    @cached_property
    def starts(self) -> int:
        """Positions where a line can start: the first of each template."""
        return sum(1 << offset for offset in self._offsets)

    @cached_property
    def ends(self) -> int:
        """Positions where a line can end: the last of each template."""
        return sum(1 << offset + len(t) for offset, t in self._templates_at())  # `+` binds first

    @cached_property
    def full(self) -> int:
        """The `ends` at which a line is as long as most: a typed line is not continued there."""
        longest = max(map(len, self.templates))
        return sum(
            1 << offset + len(t) for offset, t in self._templates_at() if len(t) >= longest - SLACK
        )

    @cached_property
    def syllables(self) -> int:
        """Maximum number of syllables, without a feminine ending."""
        return max(len(template.rstrip(FEMININE)) for template in self.templates)

    def positions_of(self, stresses: str) -> int:
        """Positions where a word with these stresses fits: `010`, with 1 for the main stress.

        A single syllable can be weak or strong, but not on a `BEAT` with 0 or `UNSTRESSED` with 1.
        The main stress of a longer word has to be strong; its other syllables can be either, as in
        *memory* or *eternity*, except for a beat.
        """
        positions = 0
        for offset, template in self._templates_at():
            for i in range(len(template) - len(stresses) + 1):  # every position with enough room
                if _fits(stresses, template[i : i + len(stresses)]):
                    positions |= 1 << offset + i
        return positions

    def positions_before(self, positions: int) -> int:
        """Positions from which a line can get to one of these: these, and all before them."""
        before = 0
        for offset, template in self._templates_at():
            # The bits of this template alone, shifted down to 0.
            bits = positions >> offset & ((1 << len(template) + 1) - 1)
            # All ones up to the highest of them: everything before it, and itself.
            before |= ((1 << bits.bit_length()) - 1) << offset
        return before

    def after(self, positions: int, patterns: Iterable[str]) -> int:
        """Positions after a word with one of some patterns of stresses; 0 if it does not fit."""
        after = 0
        for stresses in patterns:
            after |= (positions & self.positions_of(stresses)) << len(stresses)
        return after

    def shift(self, positions: int, syllables: int) -> int:
        """Positions after `syllables` more syllables of any stress; 0 if they do not fit."""
        after = 0
        for offset, template in self._templates_at():
            # Masked twice: no bit may move from one template to another.
            mask = (1 << len(template) + 1) - 1
            after |= ((positions >> offset & mask) << syllables & mask) << offset
        return after

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        """The number of the first position of each template."""
        lengths = [len(template) + 1 for template in self.templates]  # n syllables, n + 1 gaps
        return tuple(sum(lengths[:k]) for k in range(len(lengths)))

    def _templates_at(self) -> Iterator[tuple[int, str]]:
        return zip(self._offsets, self.templates, strict=True)


def _fits(stresses: str, template: str) -> bool:
    """Whether a word fits on a part of a template with the same number of syllables."""
    if len(stresses) == 1 and template in (WEAK, STRONG, FEMININE):
        return template != FEMININE
    return all(stress in _ALLOWED[place] for stress, place in zip(stresses, template, strict=True))


# Forms --------------------------------------------------------------------------------------------

TABLE = Path(__file__).parents[2] / "data" / "forms.toml"
FIRST_LINES = 2
"""Lines of a poem in metre that are shown together, before the rest of its first stanza."""


@dataclass(frozen=True)
class Form:
    """A form of verse: its stanzas, rhyme scheme and metres."""

    name: str
    title: str
    description: str
    stanzas: tuple[str, ...] = ()
    """One letter per line; lines with equal letters rhyme. Empty for a form without metre."""
    metres: Mapping[str, Metre] | None = None
    """The metre of the lines of each letter; `None` for a form without metre."""
    lines: int | None = None
    """Lines of a poem; `None` for a form that counts characters."""
    characters: int | None = None
    """Characters that the network writes, in a form that counts them."""
    modern: bool = False
    """Whether archaic words are left out."""
    story: bool = False
    """Whether the form tells a story (`models.verse.story`)."""
    subjects: tuple[str, ...] = ()
    """Subjects of which one is drawn if the member gives none; if empty, any listed subject."""
    drafts: int = 1
    """How many times as many drafts of each line are written as are asked for."""
    pull: float = 1.0
    """How strongly words near the subject are preferred, compared to a sonnet."""
    beginning: Beginning | None = None
    """What the first line is made of, unless the member gives it."""

    @cached_property
    def scheme(self) -> str:
        """The rhyme scheme: the letters of all lines."""
        return "".join(self.stanzas)

    @cached_property
    def stanza_ends(self) -> frozenset[int]:
        """Number of lines at the end of each stanza except the last."""
        return frozenset(accumulate(map(len, self.stanzas[:-1])))

    @cached_property
    def choices(self) -> frozenset[int]:
        """Numbers of lines at which a poem is decided so far: the first ones, then each stanza."""
        return self.stanza_ends | {FIRST_LINES}

    @cached_property
    def rhymed(self) -> bool:
        """Whether any lines rhyme."""
        return len({*self.scheme}) < len(self.scheme)

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
    stanzas = tuple(entry.get("stanzas", ()))
    scheme, metre = "".join(stanzas), entry.get("metre", "")
    by_letter = metre if isinstance(metre, dict) else dict.fromkeys(scheme, metre)
    return Form(
        name,
        entry["title"],
        entry["description"],
        stanzas,
        {letter: metres[by_letter[letter]] for letter in scheme} or None,
        lines=len(scheme) or None,
        characters=entry.get("characters"),
        modern=entry.get("modern", False),
        story=entry.get("story", False),
        subjects=tuple(entry.get("subjects", ())),
        drafts=entry.get("drafts", 1),
        pull=entry.get("pull", 1.0),
        beginning=Beginning(**entry["beginning"]) if "beginning" in entry else None,
    )


FORMS: Mapping[str, Form] = forms_of(tomllib.loads(TABLE.read_text()))
"""All forms by name; the first is the default."""

DEFAULT_FORM = next(iter(FORMS))


@cache
def form_of(name: str, *, modern: bool = False) -> Form:
    """The form of a name; if `modern`, without archaic words in any case."""
    return replace(FORMS[name], modern=modern or FORMS[name].modern)
