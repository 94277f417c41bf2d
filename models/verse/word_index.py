"""Index of the words that a network can write in metre and rhyme.

Built once per network from its vocabulary, as far as the pronunciation is known. The words and
marks that lines are made of are numbered anew: a column is one of them, and the network's logits
are computed for the columns only.

Shapes: C columns, K readings per word. A pattern is a string of stresses, such as `010`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.lexicon import load_lexicon
from data.parts_of_speech import CLOSED, Part, load_parts_of_speech
from data.pronunciation import CONTRACTIONS, Reading, is_archaic, with_fallbacks
from data.text import words_of
from data.tokens import is_word
from models.networks.words import WordLSTM, WordVocabulary
from models.serving.low_rank import BlockMatrix, low_rank, times
from models.verse.forms import Metre
from models.verse.grammar import TWICE, is_before_noun
from models.verse.story import is_present, is_spoken

PositionSets = NDArray[np.uint64]
"""Sets of positions in a metre, see `models.verse.forms`."""
Columns = NDArray[np.bool_]
"""A set of columns, `(C,)`."""

MAX_READINGS = 3
"""K: readings (pronunciations) of a word that are used, the most common ones."""
MIN_WORDS = 500
"""A network with fewer words of known pronunciation does not write English."""
MENTIONS = ("<mention 1>", "<mention 2>")
"""Columns that stand for mentions of a poem's subject (`models.verse.mentions`)."""
PUNCTUATION, HYPHEN = ",;:.?!", "-"
SMALL_WORDS = frozenset(
    re.findall(
        "[a-z']+",
        """about above after away back behind down even first forth half just last much next none
        now nothing off once only other out over own same still then three 'tis two up very well""",
    )
)
"""Words that say little, besides those of closed classes and adverbs."""
NEVER_STRESSED = frozenset(
    re.findall(
        "[a-z]+",
        """a an and as at but for from he her him his i if in it its me my nor of or our she than
        that the their them they to us we who with you your""",
    )
)
"""Words of a syllable that never carry the beat of a line."""
DIALECT = frozenset(
    words_of(
        """ain't dat de dem dey dis er ez fer git gwine hev hez massa nuther ob ole sah sez ter thet
        uv wid wuz yer"""
    )
)
"""Words of dialects that books of 1900 wrote, which are left out as archaic ones are."""
COMMON_WORDS = 6_000
"""The most common words, which count as rhyming words in `rhyme_count`."""
MAX_ENDING_RANK = 10_000
"""Rarer words do not end a line: for many, the dictionary has only a name spelt the same."""
_CACHED = dict.fromkeys(("positions", "endings", "after_ending"), 16)
_CACHED |= {"endings_after": 64, "inner": 600, "rhyme_of": 600}
"""Methods of an index that remember results, and how many."""
EXACT_COLUMNS, RANK = 1_000, 128
"""The columns of the most common words have exact logits; those of the others have this rank."""


class WordIndex:
    """The words of a vocabulary with known pronunciation, by stresses and rhyme, and the marks."""

    def __init__(
        self,
        vocabulary: WordVocabulary,
        readings: Callable[[str], Sequence[Reading]],
        may_write: Callable[[str], bool] = bool,
        may_end: Callable[[str], bool] = bool,
        archaic: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Index the words that have `readings` and for which `may_write` is true.

        Only words for which `may_end` is true as well end a line. The vocabulary has the most
        common words first.
        """
        self._readings = readings
        spelt = [w for w in vocabulary.tokens if _is_plain(w, vocabulary.index) and may_write(w)]
        known = {word: found for word in spelt if (found := readings(word)[:MAX_READINGS])}
        marks = [mark for mark in PUNCTUATION + HYPHEN if mark in vocabulary.index]
        self.texts: tuple[str, ...] = ("\n", *marks, *MENTIONS, *known)
        """The text of each column."""
        self.tokens = vocabulary.encode(self.texts)
        """The index of each column in the vocabulary, `(C,)`."""
        self.column = {text: column for column, text in enumerate(self.texts)}
        self.archaic: Columns = np.array([archaic(text) for text in self.texts])
        """Words of early modern English only, `(C,)`."""
        self.present: Columns = np.array([is_present(text) for text in self.texts])
        """Verbs in the present, `(C,)`."""
        self.spoken: Columns = np.array([is_spoken(text) for text in self.texts])
        """Pronouns of the first and second person, `(C,)`."""
        self.before_noun: Columns = np.array([is_before_noun(text) for text in self.texts])
        """Determiners and adjectives, `(C,)`."""
        self.twice: Columns = np.array([t in TWICE or not is_word(t) for t in self.texts])
        """Columns of what can stand twice in a row as far as English is concerned, `(C,)`."""
        families: dict[str, int] = {}
        self.family = np.array(
            [
                families.setdefault(stem_of(t), len(families)) if is_content(t) else -1
                for t in self.texts
            ]
        )
        """A number for each content word and its inflections, the most common ones first; −1 for
        words that may come again and again: `(C,)`."""
        self.families = len(families)
        self.line_end = 0
        self.mentions = np.array([self.column[text] for text in MENTIONS])
        self.punctuation, self.hyphen = (self._marks(some) for some in (PUNCTUATION, HYPHEN))
        """Sets of marks."""
        self.marks = np.flatnonzero(self.punctuation | self.hyphen)
        """Columns of the marks that can follow a word within a line."""
        patterns = {"": 0}  # pattern 0 fits nowhere: for marks, and words with fewer readings
        self.patterns = np.zeros((len(self.texts), MAX_READINGS), np.int64)
        """The patterns of each word's readings, `(C, K)`."""
        rhymes: dict[str, int] = {}
        self.rhyme = np.full(len(self.texts), -1)
        """The rhyme of each word's first reading; −1 if it must not end a line: `(C,)`."""
        self._same_spelling: dict[str, list[int]] = {}
        for word, found in known.items():
            column = self.column[word]
            self._same_spelling.setdefault(word.replace("'", ""), []).append(column)
            for k, reading in enumerate(found):
                stresses = stresses_in_verse(word, reading.stresses)
                self.patterns[column, k] = patterns.setdefault(stresses, len(patterns))
            # A rhyme needs a stressed vowel.
            rank = vocabulary.index[word]
            if rank < MAX_ENDING_RANK and found[0].stresses.strip("0") and may_end(word):
                self.rhyme[column] = rhymes.setdefault(found[0].rhyme, len(rhymes))
        self._rhymes = rhymes
        self.stresses = tuple(patterns)
        self.syllables = np.array([len(stresses) for stresses in patterns], np.uint64)
        """Number of syllables of each pattern, `(patterns,)`."""
        self.counted = self.syllables[self.patterns[:, 0]].astype(np.int64)
        """Syllables of each column by its first reading, `(C,)`; 0 for marks."""
        common = (self.rhyme >= 0) & (self.tokens < COMMON_WORDS)
        size = np.bincount(self.rhyme[common], minlength=len(rhymes) + 1)  # (rhymes + 1,)
        self.rhyme_count = np.where(self.rhyme >= 0, size[self.rhyme], 0)
        """Common words that rhyme with each word, including itself: `(C,)`."""
        self._add_caches()

    def _add_caches(self) -> None:
        for name, size in _CACHED.items():
            setattr(self, name, lru_cache(maxsize=size)(getattr(self, name)))

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the caches, which cannot be pickled."""
        return {name: value for name, value in vars(self).items() if name not in _CACHED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Start with empty caches."""
        vars(self).update(state)
        self._add_caches()

    @property
    def words(self) -> int:
        """Number of words that can be written."""
        return len(self._same_spelling)

    def same_spelling(self, words: Iterable[str]) -> list[int]:
        """Columns of these words, and of words that differ from one only in an apostrophe.

        *Bears* and *bear's* are different words, but do not rhyme.
        """
        return [i for word in words for i in self._same_spelling.get(word.replace("'", ""), ())]

    def alike(self, words: Iterable[str]) -> Columns:
        """The content words among these words, and their inflections, `(C,)`."""
        families = {int(self.family[self.column[word]]) for word in words if word in self.column}
        columns: Columns = np.isin(self.family, [*families - {-1}])
        return columns

    def rhyme_of(self, word: str) -> int:
        """The rhyme of any word, known or not; −1 if it rhymes with no word that may end a line."""
        return next((self._rhymes.get(r.rhyme, -1) for r in self._readings(word)), -1)

    def rhyming(self, rhymes: Iterable[int]) -> Columns:
        """The words that have one of some rhymes, `(C,)`."""
        wanted = np.zeros(len(self._rhymes) + 1, np.bool_)
        wanted[[rhyme for rhyme in rhymes if rhyme >= 0]] = True
        columns: Columns = wanted[self.rhyme]  # −1 is the last one, which is not wanted
        return columns

    def stresses_of(self, word: str) -> tuple[str, ...]:
        """The distinct patterns of any word; empty if its pronunciation is unknown."""
        readings = self._readings(word)
        return tuple(dict.fromkeys(stresses_in_verse(word, r.stresses) for r in readings))

    def starting_with(self, letters: str) -> Columns:
        """The words that start with some letters, without the word of just these letters."""
        return np.array([t.startswith(letters) and t != letters for t in self.texts])

    def endings(self, metre: Metre) -> PositionSets:
        """Positions where each word has to start to end a line, `(C,)`; an empty set for others."""
        # Shifted back by its syllables, an end of the line is where the word has to start.
        at_end = self.positions(metre) & (np.uint64(metre.ends) >> self.syllables)  # (patterns,)
        sets = at_end[self.patterns[:, 0]]  # by the first reading, as for rhymes: (C,)
        sets[self.rhyme < 0] = 0
        return sets

    def endings_after(self, metre: Metre, positions: int) -> Columns:
        """The words that can end a line that has come to `positions`, `(C,)`."""
        sets, which = np.unique(self.endings(metre), return_inverse=True)
        reached = [bool(metre.positions_before(int(ending)) & positions) for ending in sets]
        columns: Columns = np.array(reached)[which]
        return columns

    def inner(self, metre: Metre, positions: int, ending: int) -> Columns:
        """The words that can come at `positions` so that the line can still get to `ending`.

        `ending`: the positions where the last word of the line can start.
        """
        viable = np.uint64(metre.positions_before(ending))
        after = (self.positions(metre) & np.uint64(positions)) << self.syllables  # (patterns,)
        fits: Columns = ((after & viable) != 0)[self.patterns].any(axis=1)  # (C, K) → (C,)
        return fits

    def after_ending(self, *, may_mark: bool, closing: str) -> Columns:
        """The columns that can come after the last word of a line, or after a mark behind it.

        closing: the marks of which one has to follow the word; empty if any may follow, or none.
        """
        columns = np.zeros(len(self.texts), np.bool_)
        if may_mark:
            columns |= self._marks(closing) if closing else self.punctuation
        columns[self.line_end] = not (closing and columns.any())
        return columns

    def _marks(self, some: str) -> Columns:
        """The columns of some marks, as far as the network knows them."""
        return np.array([len(text) == 1 and text in some for text in self.texts])

    def positions(self, metre: Metre) -> PositionSets:
        """Positions in a line where each pattern fits, `(patterns,)`."""
        return np.array([metre.positions_of(s) if s else 0 for s in self.stresses], np.uint64)

    def after(
        self,
        fits: PositionSets,
        metre: NDArray[np.int64],
        positions: PositionSets,
        columns: NDArray[np.int64],
    ) -> PositionSets:
        """The positions of some lines after one more word each; 0 if it does not fit: `(R,)`.

        fits: `self.positions` of some metres, `(metres, patterns)`; metre: which of them each line
        has, `(R,)`.
        """
        patterns = self.patterns[columns]  # (R, K)
        at = fits[metre[:, np.newaxis], patterns] & positions[:, np.newaxis]
        after: PositionSets = np.bitwise_or.reduce(at << self.syllables[patterns], axis=1)
        return after


class Output:
    """The output layer of a network for the columns of an index.

    The rows of rare words are approximated (`models.serving.low_rank`), which the validation loss
    does not notice.
    """

    def __init__(self, network: WordLSTM, index: WordIndex) -> None:
        weights = network.E[index.tokens].T  # (d, C)
        self._common = BlockMatrix.of(weights[:, :EXACT_COLUMNS])
        self._rare = [
            BlockMatrix.of(factor) for factor in low_rank(weights[:, EXACT_COLUMNS:], RANK)
        ]
        self.bias = network.by[index.tokens]
        """`(C,)`."""
        self.bias[index.mentions] = -np.inf  # each poem has its own
        self._network = network

    def logits(
        self, h: NDArray[np.float32], bias: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """`(B, d)` → `(B, C)`, with another bias `(B, C)` than the network's if one is given."""
        bias = self.bias if bias is None else bias
        logits = np.empty((len(h), bias.shape[-1]), np.float32)
        common, rare = (slice(EXACT_COLUMNS), slice(EXACT_COLUMNS, None))
        np.add(times(h, self._common), bias[..., common], out=logits[:, common])
        for factor in self._rare:
            h = times(h, factor)
        np.add(h, bias[..., rare], out=logits[:, rare])
        return logits

    def logits_of(self, h: NDArray[np.float32], tokens: NDArray[np.int64]) -> NDArray[np.float32]:
        """The logit of one token of the vocabulary for each row: `(B, d)`, `(B,)` → `(B,)`."""
        logits: NDArray[np.float32] = np.vecdot(h, self._network.E[tokens])
        return logits + self._network.by[tokens]


def is_content(text: str) -> bool:
    """Whether a column's text is a word that says something: *sun*, *sang*, not *she* or *now*."""
    part = load_parts_of_speech().get(text, Part.NOUN)
    grammatical = text in CLOSED or text in SMALL_WORDS or text in MENTIONS
    return is_word(text) and not grammatical and part != Part.ADVERB


def stresses_in_verse(word: str, stresses: str) -> str:
    """The stresses of a reading; of one syllable by the word: 0 *the*, 1 *man*, 2 *was* or *old*.

    Dictionaries stress all of these. Between other syllables in verse, only *man* must be stressed.
    """
    if len(stresses) > 1:
        return stresses
    if word in NEVER_STRESSED:
        return "0"
    part = load_parts_of_speech().get(word, Part.NOUN)
    describes = part & Part.ADJECTIVE and not part & (Part.BASE | Part.PAST)
    return "1" if is_content(word.split("'")[0]) and not describes else "2"


def stem_of(word: str) -> str:
    """What a word has in common with its inflections, more or less: *lov* of *loved*."""
    word = re.sub("ies$", "y", re.sub("'d$", "ed", word.removesuffix("'s")))
    stem = re.sub("(?<=...)(ings?|e?th|e?st|e[dsr]|s|y|ly|e)$", "", word)
    return re.sub(r"(?<=..)([^aeiouls])\1$", r"\1", stem)


def _is_plain(token: str, ranks: dict[str, int]) -> bool:
    """Whether a token is a word, and neither the name of a letter nor a word in quotation marks."""
    if not is_word(token) or (len(token) == 1 and token not in "aio"):
        return False
    bare = token.strip("'")
    # An apostrophe at an end belongs to the word if it is more common with it: *'tis*, *th'*.
    return bare == token or ranks.get(bare, len(ranks)) > ranks[token]


def english_index(
    vocabulary: WordVocabulary, may_write: Callable[[str], bool] = bool
) -> WordIndex | None:
    """The index of a vocabulary; `None` if it is not English. Takes half a second."""
    lexicon = load_lexicon()
    inflected = with_fallbacks(lexicon.entry, endings_only=True)

    def is_common(word: str) -> bool:
        """Whether readers of today know a word: old spellings (*dayes*, *shew*) are left out."""
        known = inflected(word) or word.strip("'") in CONTRACTIONS or word.endswith("st")
        return bool(known) and may_write(word)

    def may_end(word: str) -> bool:
        """Whether a word may end a line: it is in the dictionary, and needs none after it."""
        return bool(lexicon.entry(word)) and not word.endswith("'s") and words_of(word) == [word]

    def archaic(word: str) -> bool:
        return word in DIALECT or is_archaic(word, lexicon.entry)

    index = WordIndex(vocabulary, lexicon.readings, is_common, may_end, archaic)
    return index if index.words >= MIN_WORDS else None
