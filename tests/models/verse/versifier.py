"""An untrained network with a few hundred real words: nonsense in rhyme and metre."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType

import numpy as np

from data.lexicon import load_lexicon
from models.fingerprints import Fingerprints
from models.networks.words import WordVocabulary
from models.networks.words_and_characters import WordsAndCharacters
from models.verse.metrical import MetricalWriter, metrical_writer_of
from models.verse.poem import FEW_PARTICLES, SonnetDraft, SonnetRequest, begin, extend
from models.weights import Trained
from tests.models.tiny import anything, fast_lstm, poet, words_and_characters

LEXICON = load_lexicon()
READINGS = LEXICON.readings

_SMALL = "a and i in it is my of on or so thee the thou thy to that when which with"
_ONSETS = "b bl br c ch cl cr d dr f fl fr g gl gr h l m n p pl pr r s sh sl sp st str t th tr w"
_RIMES = "all are ay ain ame ane are ate each ead ear ease eed ell end ent ew ide ight ind ine ing"
_RIMES += " ite oat old ome ore ound ow own oom ake ace ail ore ove ump un y"
_ENDINGS = ["er", "ing", "ly", "s"]
_LONGER = "above away again alone beauty begin believe beloved compare content decay delight desire"
_LONGER += " eternal eternity forever glory happy heaven increase memory merry morning nature never"
_LONGER += " pleasure question remember river sorrow summer sunny tender tomorrow winter weather"


def _words() -> Iterable[str]:
    yield from _SMALL.split()
    stems = [a + b for a, b in product(_ONSETS.split(), _RIMES.split())]
    yield from (word for word in stems if LEXICON.entry(word))
    yield from (w + end for w in stems for end in _ENDINGS if LEXICON.entry(w + end))
    yield from _LONGER.split()


WORDS = tuple(dict.fromkeys(_words()))
"""Many words share a rime, so that every line can rhyme."""


FUNCTION_WORDS = tuple(_SMALL.split())
"""They have no vectors, so that no poem is about them."""
MARKS = tuple(",;:.?!-'()")


def word_network(
    words: Sequence[str] = WORDS,
    *,
    seed: int = 0,
    corrected: Mapping[str, float] = MappingProxyType({}),
    features: Sequence[str] = (),
) -> WordsAndCharacters:
    """An untrained network over some words and all marks, with random word vectors.

    corrected: what is added to the logits of words in metre.
    """
    vocabulary = replace(WordVocabulary.of([*MARKS, *words]), features=tuple(features))
    network = words_and_characters(words=vocabulary)
    vectors = np.array(network.vectors)
    vectors[vocabulary.encode(w for w in FUNCTION_WORDS if w in vocabulary.index)] = 0
    correction = network.correction.copy()
    correction[vocabulary.encode(corrected)] = list(corrected.values())
    return replace(network, characters=fast_lstm(seed=seed), vectors=vectors, correction=correction)


def versifier(
    network: WordsAndCharacters | None = None,
    *,
    known: Iterable[str] = (),
    runs: Iterable[str] = (),
    proper: Iterable[str] = (),
    digest: str = "verse",
) -> Trained:
    """A network that writes verse in `WORDS`."""
    trained = poet(network or word_network(), known=known, proper=proper, digest=digest)
    return replace(trained, words=WORDS, runs=Fingerprints.of(runs))


def rhyme_strictly(a: str, b: str) -> bool:
    """Whether different words rhyme by their first readings, with the same stress."""
    return a != b and any(x.rhyme == y.rhyme for x in READINGS(a)[:1] for y in READINGS(b)[:1])


def writer_of(trained: Trained) -> MetricalWriter:
    """The writer of a network that knows English words."""
    writer = metrical_writer_of(trained)
    assert writer is not None
    return writer


VERSIFIER = versifier()


@dataclass(frozen=True)
class QuickRequest(SonnetRequest):
    """A request that is met line by line, with few drafts of each."""

    particles: int = FEW_PARTICLES


def finished(
    requests: Sequence[SonnetRequest],
    trained: Trained = VERSIFIER,
    accept: Callable[[str], bool] = anything,
) -> list[SonnetDraft]:
    """Finished poems, written in one batch."""
    drafts = [begin(trained, request) for request in requests]
    while not all(draft.finished for draft in drafts):
        drafts = extend(trained, drafts, accept)
    return drafts
