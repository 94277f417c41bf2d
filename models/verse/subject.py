"""The subject of a poem: what keeps its lines about the same thing.

The subject is a direction in the space of word vectors (`Topics`): the mean of the vectors of a few
words, those of the opening or of a subject that is drawn. While a line is written, the logit of
each word w grows with the cosine of its vector v_w and the subject s:

    bias(w) = β max(0, cos(v_w, s))

Words that are not near the subject, and function words, which have no vector, keep their logits.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.parts_of_speech import Part, load_parts_of_speech
from data.text import fold, words_of
from models.networks.words import SUBJECT_WORDS, UNKNOWN, WordVocabulary
from models.serving.low_rank import BlockMatrix, times
from models.serving.quantization import Matrix
from models.verse.grammar import NOUNS
from models.verse.mentions import DETERMINERS, Mention, mentions_of, thing

Array = NDArray[np.float32]
TABLE = Path(__file__).parents[2] / "data" / "subjects.txt"
MOST_WORDS = 8
"""Words of an opening that its subject is made of, the rarest ones."""
NEAR = 1.0
"""Cosine from which a word is as near to a subject as any: there are many ways to say a thing."""
COMMON_WORDS = 250
"""The most common words, which are not what an opening is about if it has others."""
SECOND = 0.6
"""Weight of the listed subject that is nearest to an opening."""
_ENDINGS = ("'s", "s", "es", "ed", "d", "ing", "er", "ers", "ly", "y", "ness", "ful", "less", "or")
"""Endings that are removed from unknown words."""
_NOT_NOUNS = ("ed", "ing", "ly", "'d")
"""Endings of words that are not shown as subjects."""
SHORTEST_PART = 3
"""Letters of a word that is looked for in a compound."""


@dataclass(frozen=True, eq=False)
class Subject:
    """The subject of a poem."""

    words: tuple[str, ...]
    """The subject in words for readers: *the sea*, *time*."""
    vector: Array = field(repr=False)
    """Direction of unit length, `(D,)`; zeros for no subject."""
    tokens: tuple[int, ...] = ()
    """The words of the vocabulary that it was found by, for a network that reads a subject."""
    mentions: tuple[Mention, ...] = ()
    """Ways to name it, of a subject in the member's words; the last one is its own word."""

    known: tuple[str, ...] = ()
    """Words for what is known of it, each of which the poem should have once."""


NO_SUBJECT = Subject((), np.zeros(0, np.float32))


def bias_towards(subjects: Sequence[Subject], vectors: BlockMatrix, strength: float) -> Array:
    """The bias on the logits of some words for each subject, `(subjects, words)`.

    vectors: of the words, `(D, words)`.
    """
    none = np.zeros(vectors.shape[0], np.float32)
    directions = np.stack([s.vector if s.vector.size else none for s in subjects])
    cosines = times(directions, vectors)
    bias: Array = np.clip(cosines, 0, NEAR, out=cosines)
    bias *= np.float32(strength)
    return bias


@dataclass(frozen=True, eq=False)
class Topics:
    """Word vectors of a network's vocabulary."""

    vocabulary: WordVocabulary
    vectors: Matrix
    """Vectors of unit length, or zeros for words without one, `(V, D)`."""

    def subject_of(self, text: str) -> Subject | None:
        """The subject of a member's words; `None` if none of them says what they are about."""
        found: dict[int, str] = {}
        for word in words_of(fold(text)):
            for known in self._vector_tokens(word):
                found.setdefault(known, word)
        # The vocabulary has the most common words first: rare ones say more.
        tokens = sorted(found, reverse=True)[:MOST_WORDS]
        tokens = [token for token in tokens if token >= COMMON_WORDS] or tokens
        if not tokens:
            return None
        words = dict.fromkeys(found[token] for token in tokens if token >= COMMON_WORDS)
        nouns = [word for word in words if not word.endswith(_NOT_NOUNS)]
        return Subject(tuple(nouns[:2]), self._mean(tokens), tuple(tokens))

    def of_opening(self, text: str) -> Subject | None:
        """The subject of an opening, of which the poem names one thing again near its end."""
        found = self.subject_of(text)
        if found is None:
            return None
        nouns = sorted(filter(self._can_be_noun, found.words), key=_is_often_another)
        # A capital at the beginning does not make a name.
        typed = {fold(word): word for word in text.split()[1:]}
        mentions: tuple[Mention, ...] = ()
        if nouns:
            named = typed.get(nouns[0], nouns[0])
            counted = rf"\b({'|'.join(DETERMINERS)}) (\w+ )?{re.escape(nouns[0])}\b"
            named = f"the {named}" if re.search(counted, fold(text)) else named
            mentions = mentions_of(named, self.vocabulary)
        if not self._subjects:
            return replace(found, mentions=mentions)
        # Words of today say little to the network: a listed subject near them says more.
        near = max(self._subjects, key=lambda title: float(self._subjects[title] @ found.vector))
        return replace(
            found,
            vector=_unit(found.vector + SECOND * self._subjects[near]),
            tokens=tuple(dict.fromkeys((*found.tokens, self.vocabulary.index[_noun(near)]))),
            mentions=mentions,
        )

    def _can_be_noun(self, word: str) -> bool:
        """Whether a word can be a noun, as words of today can that the table lacks."""
        if word.endswith("'s"):
            return False
        part = load_parts_of_speech().get(word)
        return word not in self.vocabulary.index if part is None else bool(part & NOUNS)

    def about(self, text: str, rng: np.random.Generator) -> Subject:
        """The subject in a member's words, which the poem names.

        A name has no vector. A poem about it has a second subject, which is drawn.
        """
        found, mentions = self.subject_of(text), mentions_of(text, self.vocabulary)
        found = found or self.draw(rng)
        tokens = tuple(mention.token for mention in mentions[-1:] if mention.token != UNKNOWN)
        tokens = tuple(dict.fromkeys((*tokens, *found.tokens)))
        return Subject((" ".join(text.split()),), found.vector, tokens, mentions)

    def knowing(self, subject: Subject, words: Sequence[str]) -> Subject:
        """A subject of which something is known, in words of which the first say most."""
        first = [token for word in words[:SUBJECT_WORDS] for token in self._exact(word)]
        if not first:
            return subject
        tokens = (*subject.tokens[:1], *first)
        return replace(subject, vector=self._mean(first), tokens=tokens, known=tuple(words))

    def draw(self, rng: np.random.Generator, some: Sequence[str] = ()) -> Subject:
        """One of some subjects, which the poem names; of the list if none of them is known."""
        if known := [title for title in some if list(self._exact(_noun(title)))]:
            return self.about(known[int(rng.integers(len(known)))], rng)
        if not self._subjects:
            return NO_SUBJECT
        titles = [*self._subjects]
        title = titles[int(rng.integers(len(titles)))]
        return Subject((title,), self._subjects[title], (self.vocabulary.index[_noun(title)],))

    @cached_property
    def _subjects(self) -> Mapping[str, Array]:
        """Vectors of the listed subjects whose words have one."""
        vectors = {}
        for title in listed_subjects():
            tokens = list(self._exact(_noun(title)))
            if tokens:
                vectors[title] = self._mean(tokens)
        return vectors

    def _mean(self, tokens: Sequence[int]) -> Array:
        # Rarer words count more: the rank grows as 1 / p (Zipf).
        weights = np.log2(2 + np.array(tokens, np.float32))
        return _unit(weights @ self.vectors[list(tokens)])

    def _vector_tokens(self, word: str) -> Iterator[int]:
        """Tokens with a vector for a word: itself, or what it is spelt from."""
        if word in self.vocabulary.index:
            yield from self._exact(word)
            return
        if (stand_in := thing(word)) and list(self._exact(stand_in)):
            yield from self._exact(stand_in)
            return
        stems = [word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)]
        for stem in stems:
            for spelling in (stem, stem + "e", re.sub(r"(.)\1$", r"\1", stem)):
                if len(spelling) >= SHORTEST_PART and list(self._exact(spelling)):
                    yield from self._exact(spelling)
                    return
        for cut in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1):  # a compound
            parts = [token for part in (word[:cut], word[cut:]) for token in self._exact(part)]
            if len(parts) == 2:
                yield from parts
                return

    def _exact(self, word: str) -> Iterator[int]:
        token = self.vocabulary.index.get(word)
        if token is not None and self.vectors[[token]].any():
            yield token


def _is_often_another(word: str) -> bool:
    """Whether a noun is an adjective, too, or a form of a verb that is no noun: *nine*, *burnt*."""
    return bool(load_parts_of_speech().get(word, Part(0)) & ~(NOUNS | Part.BASE | Part.THIRD))


@cache
def listed_subjects() -> tuple[str, ...]:
    """Subjects for poems whose member gives none: *the sea*, *time*."""
    return tuple(line.strip() for line in TABLE.read_text().splitlines() if line.strip())


def _noun(title: str) -> str:
    """The noun of a subject: *sea* of *the sea*."""
    return title.split()[-1]


def _unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length else vector.astype(np.float32)
