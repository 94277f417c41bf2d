"""The table of held-out cross-entropies: ours, and the others beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.evaluation.measures.statistics import Estimate, difference, interval
from bot.evaluation.report.board import Table
from models.networks.network import Network
from models.training.losses import Losses, losses_of

NOTE = (
    "Mean −ln p over every character of the held-out part, each item from a fresh state. The "
    "interval (95%) is a bootstrap over the items; so is that of the difference, which is paired "
    "by item: below zero, ours is better."
)


@dataclass
class HeldOut:
    """The held-out texts, and what each model makes of them."""

    texts: Sequence[str]
    """Each with its own end."""
    losses: dict[str, Losses] = field(default_factory=dict)
    """By the name of the system, ours first."""
    missing: dict[str, str] = field(default_factory=dict)
    """Systems that could not be measured, and why."""

    def measure(self, system: str, network: Network) -> Losses:
        """Let a model predict the texts, and note it down."""
        self.losses[system] = losses_of(network, self.texts)
        return self.losses[system]

    @property
    def ours(self) -> Losses:
        """The losses of the system that was measured first."""
        return next(iter(self.losses.values()))

    def best(self, family: str) -> tuple[str, Losses]:
        """Of the systems whose names begin so, that with the lowest loss."""
        found = [(name, x) for name, x in self.losses.items() if name.startswith(family)]
        return min(found, key=lambda system: system[1].nats_per_character)

    def differences(self) -> dict[str, Estimate | None]:
        """Ours less each other one's."""
        others = list(self.losses.items())[1:]
        return {system: difference(self.ours, losses) for system, losses in others}

    def table(self) -> Table:
        """All of it, ours first."""
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
        columns = ("system", "nats/char", "95% interval", "ours less this one")
        return Table("Held-out text", NOTE, columns, tuple(rows))

    def figures(self) -> dict[str, object]:
        """The same, unrounded."""
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
