"""Extracts of the texts that networks of verse read: their words, and runs not to copy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern

from data.text import fold, words_of
from data.tokens import is_word, tokenise
from models.fingerprints import LONGEST_RUN, SPARSE_RUN, STRIDE, BloomFilter, sparse_runs_of
from models.networks.words import WordVocabulary
from models.networks.words_and_characters import LONGEST_TOKEN

SONNETS: dict[str, object] = {"period": 1600, "kind": "verse"}
"""Features of the project's sonnets, for a word network that reads features."""
OF_LIMERICKS: dict[str, object] = {"period": 1900, "kind": "verse"}
"""Features of limericks, by which poems are written that are to be modern."""

MOST_WORDS = 20_000
"""Words of the vocabulary of an operator's text."""
LONG_RUN, BITS_PER_LONG_RUN = 6, 10
"""Words of the stored runs of large corpora, and size of an entry of their filter."""


def copies_of(texts: Iterable[Sequence[str]]) -> BloomFilter:
    """The short lines, and every third run of five words, of texts as passages.

    Longer lines need no entry of their own, as each has a run that is too long.
    """
    return BloomFilter.of(
        entry for passages in texts for entry in _not_to_copy(passages, SPARSE_RUN, STRIDE)
    )


def copies_of_corpora(texts: Iterable[tuple[Sequence[str], int]]) -> BloomFilter:
    """The short lines, and every n-th run of six words, of texts as passages, each with its n.

    Lines of a network that has read much share five words with some text too often to be refused
    for it. With n = 2, each run of 7 words has one that is stored; with n = 3, two thirds of the
    runs of 7 words have one, and all of 8.
    """
    entries = (
        entry for passages, stride in texts for entry in _not_to_copy(passages, LONG_RUN, stride)
    )
    return BloomFilter.of(entries, LONG_RUN, BITS_PER_LONG_RUN)


def _not_to_copy(passages: Sequence[str], run: int, stride: int) -> Iterator[str]:
    words: list[str] = []
    for line in (line for passage in passages for line in passage.split("\n")):
        of_line = [intern(word) for word in words_of(fold(line))]
        words += of_line
        if 0 < len(of_line) <= LONGEST_RUN:
            yield " ".join(of_line)
    yield from sparse_runs_of(words, run, stride)


def vocabulary_of(passages: Sequence[str]) -> WordVocabulary:
    """The words of a text that occur twice, the most common first; at most `MOST_WORDS`."""
    counts = counts_of(passages)
    common = sorted(counts, key=lambda token: (-counts[token], token))[:MOST_WORDS]
    kept = [token for token in common if counts[token] > 1 and len(token) <= LONGEST_TOKEN]
    return WordVocabulary.of(kept)


def rare_words_of(
    tokens: Mapping[str, int], vocabulary: WordVocabulary, least: int = 1
) -> frozenset[str]:
    """The words that are not in a vocabulary and occur so often, from the counts of tokens."""
    return frozenset(
        token
        for token, count in tokens.items()
        if count >= least
        and is_word(token)
        and token not in vocabulary.index
        and len(token) <= LONGEST_TOKEN
    )


def counts_of(passages: Iterable[str]) -> Counter[str]:
    """How often each token occurs."""
    return Counter(token for passage in passages for token in tokenise(passage))
