"""Baselines: other models of the same corpora, and plain sampling from any of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data.corpora import Corpus
from models.names.constraints import LONGEST_NAME
from models.names.notebook import ITERATIONS, NotebookTrainer
from models.names.recipes import RECIPES
from models.networks.network import Network
from models.networks.ngram import NGram, choose_discount
from models.networks.rnn import RNN
from models.networks.sampling import sample
from models.networks.vocabulary import END, Vocabulary
from models.training.recipe import Options
from models.weights import Trained, load_shipped

ORDERS = range(1, 9)
NAMES_IN_BATCH = 250

ShowStatus = Callable[[str], None]
"""Callback that shows the current step, in a few words."""


def kneser_ney(
    training: Sequence[str],
    validation: Sequence[str],
    vocabulary: Vocabulary,
    show_status: ShowStatus,
) -> Iterator[tuple[str, NGram]]:
    """Models of all `ORDERS` with their names.

    The discount is chosen on validation, then both parts are fitted.
    """
    for order in ORDERS:
        show_status(f"Kneser-Ney of order {order}")
        discount = choose_discount(training, validation, vocabulary, order)
        model = NGram.fit([*training, *validation], vocabulary, order, discount)
        yield f"Kneser-Ney, order {order} (discount {discount:.2f})", model


def notebook_names(corpus: Corpus, show_status: ShowStatus) -> RNN:
    """Train the notebook's recipe on the training and validation parts."""
    read = "\n".join(sorted(corpus.training + corpus.validation))
    trainer = NotebookTrainer(replace(corpus, plain=read, reads_all=False))
    for progress in trainer.train():
        if progress.milestone:
            show_status(f"the notebook's recipe, update {progress.step:,} of {ITERATIONS:,}")
    return trainer.network()


def quick_names(corpus_file: Path | None, show_status: ShowStatus) -> tuple[Network, float]:
    """Train the recipe `quick`; its network, and the seconds it took."""
    started = time.monotonic()
    trainer = RECIPES["quick"].plan(Options(corpus=corpus_file)).trainer
    for progress in trainer.train():
        if progress.validation is not None:
            show_status(f"the recipe quick, update {progress.step:,}")
    return trainer.network(), time.monotonic() - started


def notebook_sonnets() -> Network:
    """The stored network of the notebook's recipe for sonnets.

    Version 1.0.0 has made it with Keras, in hours.
    """
    return load_shipped("baselines/notebook-sonnets").network


def pretrained(trained: Trained) -> tuple[str, Network]:
    """The network that the sonnets' training started from, to show the effect of the training."""
    plays = load_shipped("plays")
    is_other = trained.card.initial_digest != plays.digest
    name = "the network of the plays"
    return f"{name} (not the one that ours started from)" if is_other else name, plays.network


# Plain sampling: each character is drawn from the model's distribution, with nothing rejected. It
# shows what decoding adds.


def sample_names(network: Network, count: int, rng: np.random.Generator) -> list[str]:
    """Names without end symbols. A name without an end is cut one letter above the limit."""

    def is_whole(text: str) -> bool:
        return text.endswith(END) or len(text) > LONGEST_NAME

    names: list[str] = []
    while len(names) < count:
        openings = [""] * min(NAMES_IN_BATCH, count - len(names))
        names += sample_texts(network, openings, rng, is_whole)
    return [name.removesuffix(END) for name in names]


def sample_texts(
    network: Network,
    openings: Sequence[str],
    rng: np.random.Generator,
    is_whole: Callable[[str], bool],
    *,
    temperature: float = 1.0,
    empty_lines: bool = True,
) -> list[str]:
    """Continue each opening, in one batch, until `is_whole(text)`. Texts include their openings.

    openings: in the characters of the network.
    empty_lines: False to never draw the one that ends a poem.
    """
    vocabulary = network.vocabulary
    given = list(map(vocabulary.encode, openings))
    texts = [""] * len(given)
    state, x = network.initial_state(len(texts)), np.full(len(texts), vocabulary.end)
    waiting = set(range(len(texts)))
    while waiting:
        logits, state = network.step(x, state)
        if not empty_lines:
            logits = logits.copy()
            logits[[not text or text.endswith(END) for text in texts], vocabulary.end] = -np.inf
        x = sample(logits, rng, temperature)
        for row in sorted(waiting):
            position = len(texts[row])
            if position < len(given[row]):
                x[row] = given[row][position]
            texts[row] += vocabulary.symbols[x[row]]
            if position + 1 >= len(given[row]) and is_whole(texts[row]):
                waiting.remove(row)
    return texts
