"""An untrained network with a few hundred real words: nonsense in rhyme and metre."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import product

from data.lexicon import load_lexicon
from models.fingerprints import Fingerprints
from models.verse.poem import Draft, SonnetRequest, begin, extend
from models.weights import Trained
from tests.models.tiny import lstm, poet

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


def versifier(
    *, known: Iterable[str] = (), runs: Iterable[str] = (), digest: str = "verse", seed: int = 0
) -> Trained:
    """A network that writes verse in `WORDS`."""
    trained = poet(lstm(seed=seed), known=known, digest=digest)
    return replace(trained, words=WORDS, runs=Fingerprints.of(runs))


VERSIFIER = versifier()


def anything(_line: str) -> bool:
    """Accept every line."""
    return True


def finished(
    requests: Sequence[SonnetRequest],
    trained: Trained = VERSIFIER,
    accept: Callable[[str], bool] = anything,
) -> list[Draft]:
    """Finished poems, written in one batch."""
    drafts = [begin(trained, request) for request in requests]
    while not all(draft.finished for draft in drafts):
        drafts = extend(trained, drafts, accept)
    return drafts
