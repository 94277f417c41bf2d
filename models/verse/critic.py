"""Weights of `word_lines.fit`: what tells real quatrains from those that the network writes.

    python -m models.verse.critic FOLDER

FOLDER is a prepared long training. The network reads quatrains in pentameter from it, and writes
others towards the same last words, at temperature 1 and without metre. A logistic regression on the
means of `quantities` over the lines so far tells them apart; how well, is the area under the ROC
curve of whole quatrains that it was not fitted on, in five folds.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from data.errors import CorpusError
from data.lexicon import syllables_of
from data.tokens import is_word
from models.networks.network import log_softmax
from models.networks.words import (
    LINE_END,
    MAX_SYLLABLES,
    NONE,
    PLAN,
    SPACE_FLIP,
    UNKNOWN,
    WordLSTM,
)
from models.serving.words import FastWordsAndCharacters
from models.training.word_lines import PackedLines, TokenLine
from models.verse.long_training import WEIGHTS, load_vocabulary
from models.verse.word_lines import LIKELIHOOD, MAX_TOKENS, QUANTITIES, Indices, quantities
from models.weights import load_shipped

LINES, FOLDS, BATCH = 4, 5, 64
RIDGE, UPDATES = 30.0, 8
"""Of the regression, for standardised quantities; and after which Newton's method has converged."""

Array = NDArray[np.float64]


def quatrains_of(
    lines: PackedLines, count: int, rng: np.random.Generator
) -> Iterator[list[TokenLine]]:
    """The first four lines of some passages, without unknown words; at most so many."""
    for passage in rng.permutation(len(lines.passages) - 1).tolist():
        found = lines.passage(passage)[:LINES]
        unknown = any(np.isin(line.tokens, [UNKNOWN, SPACE_FLIP]).any() for line in found)
        if not count:
            return
        if len(found) == LINES and not unknown and all(line.end for line in found):
            count -= 1
            yield found


def means_of(
    network: WordLSTM, quatrains: Sequence[Sequence[TokenLine]], rng: np.random.Generator | None
) -> Array:
    """Means of the quantities after each line, `(quatrains, LINES, quantities)`.

    With a generator the network writes other lines towards the same ends, else it reads these. NaN
    after a line that does not come to its end.
    """
    rows, tokens = len(quatrains), network.vocabulary.tokens
    counted = np.array([syllables_of(token) if is_word(token) else 0 for token in tokens])
    words, fill = np.array([is_word(token) for token in tokens]), np.full(rows, 0)
    state, total, size = network.initial_state(rows), np.zeros((rows, len(QUANTITIES))), fill * 1.0
    found = np.zeros((rows, LINES, len(QUANTITIES)))
    for number in range(LINES):
        lines = [quatrain[number] for quatrain in quatrains]
        ends, features = np.array([x.end for x in lines]), np.stack([x.features for x in lines])
        _, state = network.step(fill + PLAN, fill, network.towards(fill + NONE, features), state)
        towards, x, syllables, last = network.towards(ends, features), fill + LINE_END, fill, fill
        is_open = np.ones(rows, np.bool_)
        for t in range(MAX_TOKENS):
            h, after = network.step(x, np.minimum(syllables, MAX_SYLLABLES), towards, state)
            state = np.where(is_open[:, np.newaxis], after, state)
            log_p = log_softmax(network.logits(h))  # (rows, V)
            p = np.exp(log_p)
            entropy = -np.vecdot(p, log_p)
            if rng is None:
                x = np.array([line.tokens[min(t, len(line.tokens) - 1)] for line in lines])
            else:
                p[:, [NONE, PLAN, UNKNOWN, SPACE_FLIP]] = 0
                p[last != ends, LINE_END] = 0  # a line ends with its last word
                cumulative = p.cumsum(axis=1, dtype=np.float64)
                x = np.argmax(cumulative > rng.random((rows, 1)) * cumulative[:, -1:], axis=1)
            here = quantities(log_p[np.arange(rows), x], entropy, x)
            total += np.where(is_open[:, np.newaxis], here, 0)
            size += is_open
            last, syllables = np.where(words[x], x, last), syllables + counted[x]
            is_open &= x != LINE_END
        found[:, number] = total / size[:, np.newaxis]
        found[is_open, number:] = total[is_open, np.newaxis] = np.nan
    return found


def fitted(real: Array, own: Array) -> Array:
    """The weights of a logistic regression on quantities, `(texts, quantities)` each."""
    x, y = np.concatenate((real, own)), np.repeat((1.0, 0.0), (len(real), len(own)))
    scale = x.std(axis=0) + 1e-9
    x = np.column_stack(((x - x.mean(axis=0)) / scale, np.ones(len(x))))
    ridge, w = RIDGE * np.eye(x.shape[1]), np.zeros(x.shape[1])
    for _ in range(UPDATES):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (p * (1 - p))[:, np.newaxis]).T @ x + ridge
        w -= np.linalg.solve(hessian, x.T @ (p - y) + ridge @ w)
    weights: Array = w[:-1] / scale
    return weights


def auc(real: Array, own: Array) -> float:
    """How often a real text has a higher score than one of the network's own."""
    below = np.sort(own)
    return float((below.searchsorted(real) + below.searchsorted(real, side="right")).mean()) / (
        2 * len(own)
    )


def report(real: Array, own: Array) -> str:
    """The weights, and how well they tell quatrains apart. Shapes as of `means_of`."""
    size, shipped = len(QUANTITIES), np.array([*QUANTITIES.values()])
    fold, everything = np.arange(len(real)) % FOLDS, np.arange(size)

    def weights_of(training: NDArray[np.bool_], some: Indices) -> Array:
        return fitted(*(part[training][..., some].reshape(-1, len(some)) for part in (real, own)))

    def area(some: Indices, w: Array | None = None) -> float:
        """The mean over the folds; without w, of weights that were fitted on the others."""
        folds = [(fold == k, weights_of(fold != k, some) if w is None else w) for k in range(FOLDS)]
        return float(
            np.mean([auc(*(p[test, -1][:, some] @ v for p in (real, own))) for test, v in folds])
        )

    weights = weights_of(fold >= 0, everything)
    # So that they count as much as before beside the other terms of `models.verse.search`.
    weights *= np.std(own @ shipped) / np.std(own @ weights)
    table = [f"{'':16} shipped  fitted  AUC without"]
    for k, (name, was) in enumerate(QUANTITIES.items()):
        table.append(
            f"{name:16} {was:7.3f} {weights[k]:7.3f} {area(np.delete(everything, k)):12.3f}"
        )
    used = shipped + LIKELIHOOD * (everything == 0)
    whole = area(everything, shipped), area(everything, used), area(everything)
    last = "AUC of all: shipped {:.3f} (with `LIKELIHOOD` {:.3f}), fitted {:.3f}".format(*whole)
    return "\n".join([*table, last])


def main() -> None:
    """Parse arguments."""
    parser = argparse.ArgumentParser(description="Fit the weights that judge lines of verse.")
    parser.add_argument("folder", type=Path, help="a prepared long training")
    parser.add_argument("--quatrains", type=int, default=2_000)
    given, rng = parser.parse_args(), np.random.default_rng(0)
    network = load_shipped("sonnets").network
    assert isinstance(network, FastWordsAndCharacters)  # noqa: S101 (these are shipped)
    prepared = load_vocabulary(given.folder)
    words, quatrains = network.words.unrounded(), list[list[TokenLine]]()
    if prepared.features != words.vocabulary.features:
        raise CorpusError(
            "{folder} is not what the network read; prepare it anew.", folder=given.folder
        )
    tokens = words.vocabulary.encode(prepared.tokens)
    for name in (sources := [name for name in WEIGHTS if name.endswith("pentameter")]):
        lines = PackedLines(**load_file(given.folder / "data" / f"{name}.safetensors"))
        lines = replace(lines, tokens=tokens[lines.tokens], ends=tokens[lines.ends])
        quatrains += quatrains_of(lines, given.quatrains // len(sources), rng)
    found = list[Array]()
    for begin in range(0, len(quatrains), BATCH):
        some = quatrains[begin : begin + BATCH]
        found.append(np.stack((means_of(words, some, None), means_of(words, some, rng))))
        sys.stderr.write(f"\r{begin + len(some):,} of {len(quatrains):,} quatrains ")
    real, own = np.concatenate(found, axis=1)
    ended = ~np.isnan(own).any(axis=(1, 2))
    sys.stdout.write("\n" + report(real[ended], own[ended]) + "\n")


if __name__ == "__main__":
    try:
        main()
    except CorpusError as error:
        sys.exit(str(error))
