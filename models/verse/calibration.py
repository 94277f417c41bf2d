"""Correction of what lines in metre have too many or too few of.

The mask of the metre (`word_lines`) changes how often words are written. A long word
fits in few places of a line, and the few particles of a line do not make up for that: words of
three syllables come three times too seldom. So the trained network writes poems, and each word w is
compared with the corpus:

    correction(w) += η ln (c(w) + k) / (e(w) + k)

c(w) is how often the corpus has the word, and e(w) how often as many written words have it. It is
the weight of the word in a naive Bayes classifier of real against written lines; added to the
logits, it makes the classifier blind (a residual energy-based model: Deng et al., 2020). Rare words
share the ratio of their kind: their number of syllables, and their ending.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from data.lexicon import syllables_of
from data.tokens import is_word, tokenise
from models.networks.network import Array
from models.networks.words_and_characters import WordsAndCharacters
from models.text_generator import ShouldStop, never
from models.verse.metrical import metrical_writer_of
from models.verse.poem import SonnetError, SonnetRequest, begin, extend
from models.weights import Trained

POEMS, ROUNDS = 48, 1
"""Poems that are written in each round. More rounds come nearer to the corpus word for word, and
cost sense: readers find fewer sentences and images."""
BATCH = 8
RATE, SHRINKAGE, KIND_SHRINKAGE = 0.8, 8.0, 20.0
"""η, and k of words and of kinds."""
FIRST_SEED = 2**32
"""Members' poems have smaller seeds."""

Counts = Counter[str]
Kind = tuple[int, str]


def calibrated(
    trained: Trained, passages: Sequence[str], should_stop: ShouldStop = never
) -> WordsAndCharacters:
    """The network with a correction for verse like the `passages`, which it was trained on.

    Returned unchanged if it does not write in metre. Raises `Abandoned`.
    """
    network = trained.network
    assert isinstance(network, WordsAndCharacters)  # noqa: S101 (see the recipe)
    if metrical_writer_of(trained) is None:
        return network
    real = Counter(token for passage in passages for token in tokenise(passage))
    for number in range(ROUNDS):
        served = replace(trained, network=network)
        written = _written_by(served, FIRST_SEED + number * POEMS, should_stop)
        writer = metrical_writer_of(served)
        assert writer is not None  # noqa: S101 (checked above)
        change = _correction(network, real, written, frozenset(writer.index.texts))
        network = replace(network, correction=network.correction + RATE * change)
    return network


def _written_by(trained: Trained, seed: int, should_stop: ShouldStop) -> Counts:
    counts: Counts = Counter()
    for first in range(seed, seed + POEMS, BATCH):
        drafts = [begin(trained, SonnetRequest(seed=first + i)) for i in range(BATCH)]
        try:
            while not all(draft.finished for draft in drafts):  # at most the lines of its form
                drafts = extend(trained, drafts, lambda _: True, should_stop)
        except SonnetError:
            continue  # a network that has learnt little
        counts.update(t for d in drafts for t in tokenise("\n".join(d.lines).lower()))
    return counts


def _correction(
    network: WordsAndCharacters, real: Counts, written: Counts, texts: frozenset[str]
) -> Array:
    """ln of how much more often each token should be written, `(V,)`."""
    correction = np.zeros(len(network.words.vocabulary), np.float32)
    c, e = _scaled(real, texts), _scaled(written, texts)
    if not c or not e:
        return correction
    scale = c.total() / e.total()
    kinds = _ratios(_by_kind(c), _by_kind(e), scale)
    for i, token in enumerate(network.words.vocabulary.tokens):
        if token in texts and token != "\n":
            of_kind = kinds.get(_kind(token), 1.0)
            expected = e[token] * of_kind * scale
            correction[i] = np.log(of_kind * (c[token] + SHRINKAGE) / (expected + SHRINKAGE))
    return correction


def _scaled(counts: Counts, texts: frozenset[str]) -> Counts:
    """The counts of the tokens that can be written, without line feeds."""
    return Counter({t: n for t, n in counts.items() if t in texts and t != "\n"})


def _by_kind(counts: Counts) -> Counter[Kind]:
    by_kind: Counter[Kind] = Counter()
    for token, count in counts.items():
        by_kind[_kind(token)] += count
    return by_kind


def _ratios(c: Counter[Kind], e: Counter[Kind], scale: float) -> Mapping[Kind, float]:
    return {
        kind: (c[kind] + KIND_SHRINKAGE) / (e[kind] * scale + KIND_SHRINKAGE)
        for kind in c.keys() | e.keys()
    }


def _kind(token: str) -> Kind:
    """Syllables and ending of a word; each mark is a kind of its own."""
    if not is_word(token):
        return 0, token
    endings = ("'s", "ing", "s")
    return min(syllables_of(token), 4), next((e for e in endings if token.endswith(e)), "")
