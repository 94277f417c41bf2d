"""Evaluation: the weights, the corpus and the options of a run of `python -m bot.evaluate`."""

import datetime
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bot.words import WordFilter
from data.corpora import Corpus
from models.text_generator import Accept
from models.weights import Trained
from tools.evaluation.baselines import ShowStatus
from tools.evaluation.held_out import leak_warning


@dataclass(frozen=True)
class EvaluationOptions:
    """Options of the command line; the defaults are those of the project's page."""

    task: str
    quick: bool = False
    """Whether to measure held-out text alone."""
    weights: Path | None = None
    """The weights to measure; by default the shipped ones."""
    corpus: Path | None = None
    """A corpus file instead of the project's corpus."""
    seed: int = 0
    """Seed of the first request, or of the first poem; each further one adds 1."""
    count: int | None = None
    """Number of requests, of ten names each, or of poems; by default the number on the page."""
    openings: Path | None = None
    """A file of openings of poems, one per line; by default those of the page."""
    corpora: Path | None = None
    """A folder of packed verse that the network was trained on, to search for copies."""
    page: Path | None = None
    poems: bool = False
    """Whether to write the page of poems alone."""
    record: bool = False
    """Whether to store the held-out loss in the model card."""

    @property
    def measures_shipped(self) -> bool:
        """Whether the shipped weights are measured as the page of the project says."""
        return not any((self.weights, self.corpus, self.count, self.openings, self.seed))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """An evaluation that has started."""

    path: Path
    """The file of the weights."""
    trained: Trained
    corpus: Corpus
    options: EvaluationOptions
    count: int
    """Number of requests, or of poems."""
    show_status: ShowStatus
    started: float = field(default_factory=time.monotonic)

    @cached_property
    def accept(self) -> Accept:
        """The word filter of the bot, with its own lists."""
        return WordFilter().allows

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Facts about the run: what was measured, when and how."""
        trained, corpus, seed = self.trained, self.corpus, self.options.seed
        card, seconds = trained.card, time.monotonic() - self.started
        parameters = sum(array.size for array in trained.network.arrays().values())
        warning = leak_warning(trained, corpus)
        return (
            ("weights", f"recipe `{card.recipe}`, {card.architecture}, SHA-256 `{trained.digest}`"),
            ("size", f"{parameters:,} parameters, {self.path.stat().st_size / 1e6:.1f} MB"),
            ("corpus", corpus.title),
            ("held out", f"{len(corpus.held_out):,} items"),
            ("seeds", f"{seed} to {seed + self.count - 1}"),
            ("measured", f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, in {seconds:.0f} s"),
            *((("caution", warning),) if warning else ()),
        )
