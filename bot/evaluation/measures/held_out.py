"""Table of held-out cross-entropies: Mangosaurus and the baselines."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bot.evaluation.measures.statistics import Estimate, difference, interval
from bot.evaluation.results.board import Table
from models.networks.network import Network
from models.networks.words_and_characters import WordsAndCharacters
from models.training.losses import Losses, losses_of

NOTE = (
    "Mean −ln p per character of the held-out part, each item from the initial state. The 95% "
    "intervals are bootstrapped over the items. Differences are paired by item; below zero, "
    "Mangosaurus is better."
)


@dataclass
class HeldOutLosses:
    """The held-out texts, and their losses under each model."""

    texts: Sequence[str]
    """With end symbols."""
    losses: dict[str, Losses] = field(default_factory=dict)
    """By system; the first is Mangosaurus."""
    missing: dict[str, str] = field(default_factory=dict)
    """Reasons by system, for those that could not be measured."""

    def measure(self, system: str, network: Network) -> Losses:
        """Measure and store the losses of a model."""
        self.losses[system] = losses_of(network, self.texts)
        return self.losses[system]

    def measure_members(self, network: WordsAndCharacters) -> None:
        """Measure the members of the mixture of words and characters alone, and it without them."""
        whole, texts = (
            losses_of(network, self.texts),
            list(map(network.vocabulary.fold, self.texts)),
        )
        log_p, shares = network.unit_log_p(texts), network.shares
        members = {
            "its characters alone": log_p.characters,
            "its words alone, others spelled": log_p.words(rare=0),
            "its words alone, with the list of rare ones": log_p.words(shares.rare),
            "the mixture without the cache": log_p.mixture(replace(shares, cache=0)),
            "the mixture without the list": log_p.mixture(replace(shares, rare=0)),
        }
        for name, of_units in members.items():
            nats = np.bincount(log_p.texts, -of_units, minlength=len(texts))
            self.losses[name] = replace(whole, nats=nats.astype(np.float64))

    @property
    def ours(self) -> Losses:
        """The losses of Mangosaurus, which is measured first."""
        return next(iter(self.losses.values()))

    def best(self, family: str) -> tuple[str, Losses]:
        """The system with the lowest loss among those whose names start with `family`."""
        found = [(name, x) for name, x in self.losses.items() if name.startswith(family)]
        return min(found, key=lambda system: system[1].nats_per_character)

    def differences(self) -> dict[str, Estimate | None]:
        """The loss of Mangosaurus minus that of each other system."""
        others = list(self.losses.items())[1:]
        return {system: difference(self.ours, losses) for system, losses in others}

    def table(self) -> Table:
        """The table for the scoreboard."""
        differences = self.differences()
        rows = [
            (
                system,
                f"{losses.nats_per_character:.4f}",
                _ends(interval(losses)),
                _signed(differences.get(system)),
            )
            for system, losses in self.losses.items()
        ]
        rows += [(system, "–", why, "") for system, why in self.missing.items()]
        columns = ("system", "nats/char", "95% interval", "Mangosaurus minus this")
        return Table("Held-out text", NOTE, columns, tuple(rows))

    def figures(self) -> dict[str, object]:
        """The unrounded figures, for the JSON file."""
        differences = self.differences()
        return {
            system: {
                "nats_per_character": losses.nats_per_character,
                "interval": interval(losses),
                "difference": differences.get(system),
                "items": len(losses.nats),
                "characters": int(losses.sizes.sum()),
                "unknown": losses.unknown,
            }
            for system, losses in self.losses.items()
        }


def _ends(interval: tuple[float, float] | None) -> str:
    return "{:.3f} to {:.3f}".format(*interval) if interval else ""


def _signed(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return f"{estimate.value:+.3f} ({estimate.low:+.3f} to {estimate.high:+.3f})"
