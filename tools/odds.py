"""`python -m tools.odds`: rarities and families of eggs, and how long an album takes to fill."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from bot.creatures.animal import profile_of
from bot.creatures.names import has_creature
from bot.creatures.profile import Profile
from bot.creatures.rarity import rarity_of
from bot.creatures.tables import load_families
from bot.eggs.queries import EGGS
from bot.words import WordFilter
from models.names.generator import MOST_NAMES, NamesRequest, generate_names
from models.weights import load_shipped

FAMILIES, PAIRS = 12, 30
LONGEST_DAYS = 1_000
Eggs = list[Profile]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the names of nests, and let communities collect what hatches."""
    parser = argparse.ArgumentParser(prog="python -m tools.odds", description=__doc__)
    parser.add_argument("--nests", type=int, default=5_000, help="(default: 5,000)")
    parser.add_argument("--members", type=int, default=20, help="who swap (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: 0)")
    given = parser.parse_args(arguments)
    random, console = np.random.default_rng(given.seed), Console()
    profiles = [profile_of(name) for name in _names(given.nests * EGGS, given.seed)]
    nests = [profiles[i : i + EGGS] for i in range(0, len(profiles), EGGS)]

    table = Table("what", "number", "one in")
    rarities = Counter(rarity_of(profile.name) for profile in profiles)
    del rarities[None]
    for kind, number in [*rarities.most_common(), ("any", rarities.total())]:
        table.add_row(f"eggs: {kind}", f"{number:,}", f"{len(profiles) / number:.0f}")
    with_one = sum(any(rarity_of(each.name) for each in nest) for nest in nests)
    table.add_row("nests with a rare egg", f"{with_one:,}", f"{len(nests) / with_one:.0f}")
    families = Counter(profile.family for profile in profiles)
    for family, number in (families.most_common()[0], families.most_common()[-1]):
        table.add_row(f"eggs: {family}", f"{number:,}", f"{len(profiles) / number:.0f}")
    console.print(table)

    days = Table("member with an egg a day", f"days to {FAMILIES} families", f"to {PAIRS} pairs")
    for label, members, chooses in (
        ("alone, any egg", 1, False),
        ("alone, by the shells", 1, True),
        (f"one of {given.members} who swap, any egg", given.members, False),
        (f"one of {given.members} who swap, by the shells", given.members, True),
    ):
        rounds = max(1, 200 // members)
        found = [_collect(nests, members, random, chooses=chooses) for _round in range(rounds)]
        columns = np.concatenate(found, axis=1)
        quantiles = np.quantile(columns, (0.5, 0.1, 0.9), axis=1).T
        days.add_row(
            label, *(f"{half:.0f} ({few:.0f} to {many:.0f})" for half, few, many in quantiles)
        )
    console.print(days)
    return 0


def _names(count: int, seed: int) -> Iterator[str]:
    """Different names of dinosaurs, as a nest asks for them."""
    trained, words, known = load_shipped("names"), WordFilter(), set[str]()
    while len(known) < count:
        seed += 1
        found = generate_names(trained, NamesRequest(MOST_NAMES, seed), words.allows)
        for name in found.names:
            if name not in known and has_creature(name) and len(known) < count:
                known.add(name)
                yield name


def _collect(
    nests: Sequence[Eggs], members: int, random: np.random.Generator, *, chooses: bool
) -> np.ndarray:
    """Days until each member has all families and enough pairs, from an egg a day.

    chooses: whether they press the egg of a family that they lack, which its shell often tells.
    Two members swap what each has twice and the other lacks. Returns an array of shape
    (2, members).
    """
    exist = {(name, period) for name, each in load_families().items() for period in each.regions}
    owned = [Counter[tuple[str, str]]() for _member in range(members)]
    days = np.full((2, members), LONGEST_DAYS)
    for day in range(1, LONGEST_DAYS):
        for mine in owned:
            eggs = nests[int(random.integers(len(nests)))]
            egg = eggs[0]
            if chooses:
                families = {family for family, _period in mine}
                egg = next((each for each in eggs if each.family not in families), egg)
            mine[egg.family, egg.period] += 1
        for giver in owned:
            for other in owned:
                _swap(giver, other)
        for member, mine in enumerate(owned):
            pairs = mine.keys() & exist
            for row, is_full in enumerate(
                (len({family for family, _period in mine}) >= FAMILIES, len(pairs) >= PAIRS)
            ):
                if is_full:
                    days[row, member] = min(days[row, member], day)
        if days.max() < LONGEST_DAYS:
            break
    return days


def _swap(giver: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> None:
    """Swap as long as each has something twice that the other lacks."""
    gives = [pair for pair, number in giver.items() if number > 1 and not other[pair]]
    takes = [pair for pair, number in other.items() if number > 1 and not giver[pair]]
    for given, taken in zip(gives, takes, strict=False):
        giver.subtract([given])
        other.subtract([taken])
        giver[taken] += 1
        other[given] += 1


if __name__ == "__main__":
    raise SystemExit(main())
