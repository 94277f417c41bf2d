"""Metre: where in a line a word can stand.

A metre is a set of templates, one for each way in which a line can go: `wswswswsws`, weak and
strong five times, `swwswswsws`, with the first foot reversed, and so on. A place is a gap between
two syllables of a template. All places of all templates are numbered through, and a set of places
is an integer with a bit for each: what has been written of a line can stand at several places, as
long as it is not decided which template it follows, or how a word is pronounced.

    template 0:   w s w s        template 1:   s w w s
    places       0 1 2 3 4                    5 6 7 8 9

A word of n syllables that can stand at the places `fits` takes a line from the places S to

    S' = (S ∧ fits) ≪ n
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

WEAK, STRONG, FEMININE = "wsf"


@dataclass(frozen=True)
class Metre:
    """What a line can sound like. At most 64 places in all."""

    templates: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse what is no metre."""
        letters = set("".join(self.templates))
        if not all(self.templates) or not letters or letters - {WEAK, STRONG, FEMININE}:
            raise ValueError(f"a template is made of w, s and f, not {self.templates}")
        if self._offsets[-1] + len(self.templates[-1]) >= 64:
            raise ValueError(f"{self.templates} have more than 64 places")

    @cached_property
    def beginnings(self) -> int:
        """Where a line can begin."""
        return sum(1 << offset for offset in self._offsets)

    @cached_property
    def ends(self) -> int:
        """Where a line can end."""
        return sum(1 << offset + len(t) for offset, t in self._laid_out())

    @cached_property
    def syllables(self) -> int:
        """Most syllables of a line, a feminine ending not counted."""
        return max(len(template.rstrip(FEMININE)) for template in self.templates)

    def places_of(self, stresses: str) -> int:
        """Where a word can stand whose syllables are stressed so: `010`, 1 for the main stress.

        A single syllable can be weak or strong. Of a longer word the main stress is on a strong
        place; its other syllables are wherever they fall, as in *memory* or *eternity*.
        """
        places = 0
        for offset, template in self._laid_out():
            for i in range(len(template) - len(stresses) + 1):
                if _fits(stresses, template[i : i + len(stresses)]):
                    places |= 1 << offset + i
        return places

    def places_before(self, places: int) -> int:
        """From where a line can get to one of some places: these, and all before them."""
        before = 0
        for offset, template in self._laid_out():
            here = places >> offset & ((1 << len(template) + 1) - 1)
            before |= ((1 << here.bit_length()) - 1) << offset
        return before

    def places_left(self, most: int) -> int:
        """Where at most so many syllables are left, and at least one."""
        return sum(
            1 << offset + i
            for offset, template in self._laid_out()
            for i in range(max(0, len(template) - most), len(template))
        )

    def shift(self, places: int, syllables: int) -> int:
        """Where a line is after so many syllables, whatever their stress; 0 if it has no room."""
        after = 0
        for offset, template in self._laid_out():
            room = (1 << len(template) + 1) - 1
            after |= ((places >> offset & room) << syllables & room) << offset
        return after

    @cached_property
    def _offsets(self) -> tuple[int, ...]:
        lengths = [len(template) + 1 for template in self.templates]
        return tuple(sum(lengths[:k]) for k in range(len(lengths)))

    def _laid_out(self) -> Iterator[tuple[int, str]]:
        return zip(self._offsets, self.templates, strict=True)


def _fits(stresses: str, template: str) -> bool:
    if len(stresses) == 1:
        return template != FEMININE
    allowed = {WEAK: "02", STRONG: "012", FEMININE: "0"}
    return all(stress in allowed[place] for stress, place in zip(stresses, template, strict=True))
