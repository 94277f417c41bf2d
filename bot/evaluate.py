"""`python -m bot.evaluate`: how well a network predicts text that nothing was trained on.

The only reader of held-out text.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data import corpora
from data.corpora import Corpus, CorpusError
from data.files import write_atomically
from models.network import item_losses
from models.vocabulary import END
from models.weights import (
    KINDS,
    SHIPPED,
    Kind,
    Trained,
    WeightsError,
    describe,
    load_shipped,
    load_weights,
    save_weights,
)

FAILED, INTERRUPTED = 1, 130
RESAMPLES = 2_000


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The held-out cross-entropy of a network, in nats per character."""

    nats_per_character: float
    interval: tuple[float, float] | None
    """Ends of the 95% bootstrap interval over the items; a single one has none."""
    items: int
    characters: int
    unknown: int
    """Characters that the network does not know, and that were left out."""


def evaluate(trained: Trained, corpus: Corpus) -> Evaluation:
    """Let the network predict every held-out character, each item from a fresh state."""
    written = [item + END if corpus.kind == "names" else item for item in corpus.held_out]
    items = [trained.network.vocabulary.fold(item) for item in written]
    losses = item_losses(trained.network, items)
    sizes = np.array([len(item) for item in items], dtype=float)
    return Evaluation(
        nats_per_character=float(losses.sum() / sizes.sum()),
        interval=_interval(losses, sizes) if len(items) > 1 else None,
        items=len(items),
        characters=int(sizes.sum()),
        unknown=sum(map(len, written)) - int(sizes.sum()),
    )


def _interval(losses: NDArray[np.float64], sizes: NDArray[np.float64]) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    rows = rng.integers(len(losses), size=(RESAMPLES, len(losses)))
    means = losses[rows].sum(axis=1) / sizes[rows].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, emoji=False)
    try:
        path: Path = options.weights or SHIPPED / f"{options.kind}.safetensors"
        trained = load_weights(path) if options.weights else load_shipped(options.kind)
        if trained.card.kind != options.kind:
            raise WeightsError(f"{path} writes {trained.card.kind}, not {options.kind}.")
        corpus = _corpus(options.kind, options.corpus)
        if options.record:
            _check_record(trained, corpus)
        evaluation = evaluate(trained, corpus)
        if options.record:
            trained = record(path, trained, evaluation)
    except (CorpusError, WeightsError, OSError) as error:
        Console(stderr=True, highlight=False, markup=False).print(str(error), style="red")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.json:
        figures = dataclasses.asdict(evaluation) | {"weights": trained.digest}
        console.print_json(json.dumps(figures))
    else:
        console.print(_table(trained, corpus, evaluation))
        if caution := _caution(trained, corpus):
            console.print(escape(caution))
    return 0


def _caution(trained: Trained, corpus: Corpus) -> str | None:
    """Why the figure may say too much."""
    if trained.card.corpus_sha256 != corpus.sha256:
        return (
            f"These weights were trained on another corpus ({trained.card.corpus}); "
            "if the two share text, the figure flatters them."
        )
    if trained.card.reads_all:
        return "These weights were trained on the held-out part too: the figure flatters them."
    return None


def _check_record(trained: Trained, corpus: Corpus) -> None:
    """Raise `CorpusError` if the figure would not be what a model card calls held out."""
    if trained.card.corpus_sha256 != corpus.sha256:
        raise CorpusError(
            f"A model card records the held-out part of its corpus ({trained.card.corpus}), "
            f"not of {corpus.title}; leave out --record, or give that corpus with --corpus."
        )
    if trained.card.reads_all:
        raise CorpusError(
            "These weights were trained on the held-out part too, so there is no held-out figure "
            "to record; leave out --record."
        )


def record(path: Path, trained: Trained, evaluation: Evaluation) -> Trained:
    """Write the figure into the model card of the weights at `path`."""
    card = dataclasses.replace(trained.card, held_out=evaluation.nats_per_character)
    digest = save_weights(path, trained.network.arrays(), card, trained.known, trained.proper)
    write_atomically(path.with_suffix(".md"), describe(card, digest).encode())
    return dataclasses.replace(trained, card=card, digest=digest)


def _corpus(kind: Kind, path: Path | None) -> Corpus:
    if path is not None:
        return corpora.read_corpus(path, "names" if kind == "names" else "verse")
    return corpora.load_names() if kind == "names" else corpora.load_sonnets()


def _table(trained: Trained, corpus: Corpus, evaluation: Evaluation) -> Table:
    table = Table(title=f"{trained.card.kind}: {escape(corpus.title)}", show_header=False)
    table.add_row("weights", f"{escape(trained.card.recipe)}, {trained.digest[:12]}")
    table.add_row("held out", f"{evaluation.items:,} items, {evaluation.characters:,} characters")
    if evaluation.unknown:
        table.add_row("left out", f"{evaluation.unknown:,} characters it does not know")
    table.add_row("nats/char", f"[bold]{evaluation.nats_per_character:.4f}[/bold]")
    if evaluation.interval is not None:
        low, high = evaluation.interval
        table.add_row("95% interval", f"{low:.4f} to {high:.4f}")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.evaluate",
        description="Measure the cross-entropy of a network on held-out text.",
    )
    parser.add_argument("kind", choices=KINDS, help="what the network writes")
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="weights of your own (default: the shipped)"
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="FILE",
        help="a corpus of your own; its last tenth is held out (default: the project's)",
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument(
        "--record", action="store_true", help="write the figure into the weights' model card"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
