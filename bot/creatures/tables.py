"""Tables that creatures are made from: families, real genera, hints of roots."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.creatures.profile import Diet, Family, Period, Trait

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class FamilyRanges:
    """Ranges of a family's figures and traits. `families.toml` has units and sources."""

    length: tuple[float, float, float, float]
    """Metres: shortest, usual from, usual to, longest."""
    weight: tuple[float, float]
    """Weights in kilograms: lightest, heaviest."""
    factor: tuple[float, float, float]
    """Kilograms per cubic metre of length: slender, average, stout."""
    common: int
    diets: Mapping[Diet, int]
    always: tuple[Trait, ...]
    traits: Mapping[Trait, int]
    """Chance of other traits, in percent."""
    regions: Mapping[Period, tuple[str, ...]]
    """Regions by period, from the first to the last."""

    def can_have(self, trait: Trait) -> bool:
        """Whether members can have a trait."""
        return trait in self.always or trait in self.traits

    def lived_in(self, region: str) -> bool:
        """Whether members lived in a region, in any period."""
        return any(region in regions for regions in self.regions.values())


@dataclass(frozen=True)
class Genus:
    """A real genus."""

    family: Family
    period: Period
    region: str
    diet: Diet
    length: float
    weight: float
    traits: tuple[Trait, ...]


@cache
def load_families() -> Mapping[Family, FamilyRanges]:
    """All families, in the order of `Family`."""
    table = _read("families.toml")
    return {family: _ranges(table[family]) for family in Family}


def _ranges(row: Mapping[str, Any]) -> FamilyRanges:
    return FamilyRanges(
        length=tuple(row["length"]),
        weight=tuple(row["weight"]),
        factor=tuple(row["factor"]),
        common=row["common"],
        diets={Diet(diet): weight for diet, weight in row["diets"].items()},
        always=tuple(map(Trait, row["always"])),
        traits={Trait(trait): chance for trait, chance in row["traits"].items()},
        regions={Period(p): tuple(regions) for p, regions in row["periods"].items()},
    )


@cache
def load_genera() -> Mapping[str, Genus]:
    """Real genera by their names in lower case."""
    return {
        name: Genus(
            Family(family),
            Period(period),
            region,
            Diet(diet),
            float(length),
            float(weight),
            tuple(map(Trait, traits.split())),
        )
        for family, genera in _read("genera.toml").items()
        for name, (period, region, diet, length, weight, traits) in genera.items()
    }


@cache
def load_hints() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Codes by section and meaning: `["theme"]["moon"]` is `("night",)`."""
    hints: dict[str, dict[str, tuple[str, ...]]] = {}
    for section, entries in _read("hints.toml").items():
        by_meaning = hints.setdefault(section, {})
        for code, meanings in entries.items():
            for meaning in meanings:
                by_meaning[meaning] = (*by_meaning.get(meaning, ()), code)
    return hints


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
