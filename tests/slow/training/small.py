"""A training of names that takes a second, and what it reports."""

from collections.abc import Callable
from typing import Any

from data.corpora import Corpus
from models.names.trainers import MixtureSettings, NamesTrainer
from models.networks.network import Network
from models.training.numpy_lstm import FitSettings

FIT = FitSettings(units=8, batch=8)
SMALL = MixtureSettings(
    lstms=2, fit=FIT, order=3, measure_every=10, patience=10_000, max_updates=60
)

Events = list[dict[str, Any]]
Report = Callable[..., tuple[int, Events]]


def small_trainer(corpus: Corpus, seed: int, *_: object) -> NamesTrainer:
    """The trainer of names, but for a second instead of minutes."""
    return NamesTrainer(corpus, seed, SMALL)


def error_of(outcome: tuple[int, Events]) -> str:
    """The sentence of a run that failed."""
    code, events = outcome
    assert code == 1
    assert events[-1]["event"] == "error"
    assert "done" not in [event["event"] for event in events]
    message: str = events[-1]["message"]
    return message


class Resting:
    """A trainer that is done."""

    steps = 1

    def __init__(self, network: Network) -> None:
        self._network = network

    def network(self) -> Network:
        return self._network
