"""Dissection of a line of verse: word probabilities by the word network.

The line is read as the first line of a poem, from left to right, at temperature 1. Each place shows
what the network expected after the words before it, without a planned last word, and without metre,
rhyme and subject, which take their part only when a poem is written.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from data.lexicon import syllables_of
from data.tokens import FLIP, is_word, tokenise
from models.networks.network import log_softmax
from models.networks.words import LINE_END, NONE, PLAN, SPACE_FLIP, UNKNOWN, running_syllables
from models.serving.words import FastWordLSTM, FastWordsAndCharacters
from models.text_generator import Accept, GenerationError
from models.verse.metrical import encoded_prefix
from models.weights import Trained

MAX_ALTERNATIVES = 5
"""Words listed for each place."""
MAX_TOKENS = 20
"""Words and marks of a line."""
LONGEST_LINE = 1000
"""Characters of a line as typed."""
MOST_REJECTED = 200
"""Words that are offered to the word filter for each place."""
MIN_WORDS = 2
"""A single word is a name."""
_NOT_SHOWN = [NONE, UNKNOWN, PLAN, SPACE_FLIP]
"""Tokens that are no text."""
_QUOTES = ' "“”„«»'


class LineError(GenerationError):
    """A line that cannot be dissected."""


class NoWordNetwork(LineError):  # noqa: N818 (a state)
    """The weights have no network over words."""


class LineTooLong(LineError):  # noqa: N818
    """The line has more than `MAX_TOKENS` words and marks."""

    def __init__(self, tokens: int) -> None:
        """`tokens` is the number of words and marks."""
        super().__init__(
            f"A line can have at most {MAX_TOKENS} words and marks, and yours has {tokens}; try a "
            "shorter one."
        )
        self.tokens = tokens


@dataclass(frozen=True)
class WordChoice:
    """One place of a line, and the words that the network preferred there."""

    token: str
    """A word or a mark, in lower case; a line feed for the end of the line."""
    probability: float | None
    """`None` for a word that the network does not know."""
    alternatives: tuple[tuple[str, float], ...]
    """The most likely tokens with their probabilities, descending; may include this token."""


@dataclass(frozen=True)
class LineDissection:
    """Word probabilities of a line of verse."""

    line: str
    """The line as typed, with single spaces."""
    words: tuple[WordChoice, ...]
    """Probabilities of each word and mark, and of the end of the line."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that the network does not know, each once."""
        return tuple(dict.fromkeys(c.token for c in self.words if c.probability is None))


def is_line(trained: Trained, text: str) -> bool:
    """Whether a text has several words, most of which the network was trained on.

    *Tyrannosaurus rex* is a name.
    """
    if len(text) > LONGEST_LINE:
        return False
    network = trained.network
    is_known: Container[str] = frozenset(trained.words)
    if isinstance(network, FastWordsAndCharacters):
        is_known = network.words.vocabulary.index
    words = [token for token in _tokens(trained, text) if is_word(token)]
    return len(words) >= MIN_WORDS and 2 * sum(word in is_known for word in words) > len(words)


def dissect_line(trained: Trained, text: str, accept: Accept) -> LineDissection:
    """Analyse a line of verse, as typed. Only words that `accept` accepts are alternatives.

    Raises `LineError` for weights without a network over words, and for a line without words or
    with more than `MAX_TOKENS` tokens.
    """
    network = trained.network
    if not isinstance(network, FastWordsAndCharacters):
        raise NoWordNetwork(
            "These weights write verse by characters only; the words of a line can be shown for "
            "weights with a network over words."
        )
    if len(text) > LONGEST_LINE:  # before anything reads it
        raise LineTooLong(max(len(text.split()), MAX_TOKENS + 1))
    tokens = _tokens(trained, text)
    if not any(map(is_word, tokens)):
        raise LineError("That line has no words; try: Shall I compare thee to a summer's day")
    if len(tokens) > MAX_TOKENS:
        raise LineTooLong(len(tokens))
    return LineDissection(_cleaned(text), tuple(_choices(network.words, tokens, accept)))


def _cleaned(text: str) -> str:
    """A line with single spaces, without the quotation marks around it."""
    return " ".join(text.strip(_QUOTES).split())


def _tokens(trained: Trained, text: str) -> list[str]:
    """The words and marks of a line as the network reads them, whatever its spaces."""
    line = encoded_prefix(trained.network.vocabulary, _cleaned(text))
    return [token for token in tokenise(line.strip()) if token != FLIP]


def _choices(network: FastWordLSTM, tokens: Sequence[str], accept: Accept) -> Iterator[WordChoice]:
    """The network's prediction for each token and the end of the line, teacher-forced."""
    vocabulary, network = network.vocabulary, network.unrounded()
    read = [*tokens, "\n"]
    indices = vocabulary.encode(read)
    syllables = running_syllables(read, [syllables_of(token) for token in read])
    state, unplanned = network.initial_state(1), network.towards(np.array([NONE]))
    x, count = np.array([LINE_END]), np.array([0])
    for t, token in enumerate(read):
        h, state = network.step(x, count, unplanned, state)
        p = np.exp(log_softmax(network.logits(h))[0])  # (V,)
        x, count = indices[t : t + 1], syllables[t : t + 1]
        probability = None if x[0] == UNKNOWN else float(p[x[0]])
        p[_NOT_SHOWN] = -1
        likeliest = np.argsort(-p, kind="stable")[:MOST_REJECTED]
        ranked = ((vocabulary.tokens[i], float(p[i])) for i in likeliest)
        accepted = (choice for choice in ranked if choice[1] >= 0 and accept(choice[0]))
        yield WordChoice(token, probability, tuple(islice(accepted, MAX_ALTERNATIVES)))
