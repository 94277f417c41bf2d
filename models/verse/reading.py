"""Texts for pretraining the word network, with their vocabulary and what must not be copied."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from data import corpora, further_reading
from data.corpora import Corpus, CorpusError
from data.text import fold, words_of
from data.tokens import is_word, tokenise
from models.fingerprints import LONGEST_RUN, BloomFilter, sparse_runs_of
from models.networks.words import WordVocabulary
from models.networks.words_and_characters import LONGEST_TOKEN

MIN_COUNTS = {"sonnets": 1, "plays": 3, "bible": 10}
"""Occurrences of a word in the training sonnets, in the plays and poems, or in the Bible, one of
which brings it into the vocabulary."""

SONNETS: dict[str, object] = {"period": 1600, "kind": "verse"}
"""What a word network that reads features learns of the project's sonnets."""

MOST_WORDS = 20_000
"""Words of the vocabulary of an operator's text."""


@dataclass(frozen=True, eq=False)
class PretrainingTexts:
    """The texts, as passages of normalised verse."""

    sonnets: Corpus
    plays: Corpus
    poems: Sequence[str]
    bible: Sequence[str]
    """Empty if it cannot be downloaded."""
    notes: tuple[str, ...] = ()
    """Missing texts, one sentence each."""

    @cached_property
    def vocabulary(self) -> WordVocabulary:
        """The words of these texts but for rare ones, the most common first."""
        counts = {
            "sonnets": _counts(self.sonnets.training),
            "plays": self._counts_of_plays,
            "bible": _counts(self.bible),
        }
        total = sum(counts.values(), Counter[str]())
        kept = (
            token
            for token in total
            if any(counts[text][token] >= least for text, least in MIN_COUNTS.items())
        )
        return WordVocabulary.of(sorted(kept, key=lambda token: (-total[token], token)))

    @property
    def rare_words(self) -> frozenset[str]:
        """The words of the plays and the poems that are not in the vocabulary."""
        return _rare_words(self._counts_of_plays, self.vocabulary)

    @cached_property
    def _counts_of_plays(self) -> Counter[str]:
        """How often each token occurs in the plays and the poems."""
        return _counts([*self.plays.training, *self.poems])

    @property
    def copies(self) -> BloomFilter:
        """Lines and runs of words that must not be copied, of all texts but the sonnets."""
        return copies_of([self.plays.items, self.poems, self.bible])


def load_reading() -> PretrainingTexts:
    """All texts. Raises `CorpusError` if others than the Bible cannot be downloaded."""
    sonnets, plays = corpora.load_sonnets(), corpora.load_plays()
    poems = further_reading.load_poems()
    try:
        return PretrainingTexts(sonnets, plays, poems, further_reading.load_bible())
    except CorpusError as error:
        return PretrainingTexts(sonnets, plays, poems, (), (f"Trained without the Bible: {error}",))


def copies_of(texts: Iterable[Sequence[str]]) -> BloomFilter:
    """The short lines, and every third run of five words, of texts as passages.

    Longer lines need no entry of their own, as each has a run that is too long.
    """
    entries: set[str] = set()
    for passages in texts:
        words = [word for passage in passages for word in words_of(fold(passage))]
        entries.update(sparse_runs_of(words))
        lines = (words_of(fold(line)) for passage in passages for line in passage.split("\n"))
        entries.update(" ".join(line) for line in lines if 0 < len(line) <= LONGEST_RUN)
    return BloomFilter.of(entries)


def vocabulary_of(passages: Sequence[str]) -> WordVocabulary:
    """The words of a text that occur twice, the most common first; at most `MOST_WORDS`."""
    counts = _counts(passages)
    common = sorted(counts, key=lambda token: (-counts[token], token))[:MOST_WORDS]
    kept = [token for token in common if counts[token] > 1 and len(token) <= LONGEST_TOKEN]
    return WordVocabulary.of(kept)


def rare_words_of(passages: Iterable[str], vocabulary: WordVocabulary) -> frozenset[str]:
    """The words of a text that are not in a vocabulary."""
    return _rare_words(_counts(passages), vocabulary)


def _rare_words(tokens: Iterable[str], vocabulary: WordVocabulary) -> frozenset[str]:
    return frozenset(
        token
        for token in tokens
        if is_word(token) and token not in vocabulary.index and len(token) <= LONGEST_TOKEN
    )


def _counts(passages: Iterable[str]) -> Counter[str]:
    return Counter(token for passage in passages for token in tokenise(passage))
