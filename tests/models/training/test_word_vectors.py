"""Word vectors: words of one subject are near each other."""

import numpy as np
import pytest

from data.tokens import tokenise
from models.networks.words import SPECIAL, WordVocabulary
from models.training import word_vectors
from models.training.word_lines import PackedLines
from models.training.word_vectors import DIMENSIONS, WeightedText, fit_word_vectors

SEA = ["sea", "ship", "wave", "sail"]
WAR = ["sword", "army", "king", "blood"]
COMMON = [f"the{'x' * i}" for i in range(word_vectors.COMMONEST)]


def passages(words: list[str], seed: int, count: int = 60) -> list[str]:
    """Lines that mix words of one subject with the commonest words."""
    rng = np.random.default_rng(seed)
    return [
        " ".join([*rng.choice(words, 6), *rng.choice(COMMON, 30), *rng.choice(words, 6)]) + "\n\n"
        for _ in range(count)
    ]


TEXTS = [*passages(SEA, 0), *passages(WAR, 1), *[" ".join(COMMON * 8)] * 90, "sea rare army,\n"]
VOCABULARY = WordVocabulary.of(sorted({token for text in TEXTS for token in tokenise(text)}))


def fitted(*texts: tuple[list[str], float]) -> word_vectors.Array:
    read = [WeightedText(PackedLines.read(text, VOCABULARY), weight) for text, weight in texts]
    return fit_word_vectors(read, VOCABULARY)


@pytest.fixture(scope="module")
def vectors() -> word_vectors.Array:
    return fitted((TEXTS, 1))


def cosine(vectors: word_vectors.Array, a: str, b: str) -> float:
    return float(vectors[VOCABULARY.index[a]] @ vectors[VOCABULARY.index[b]])


def test_unit_length_or_zero(vectors: word_vectors.Array) -> None:
    assert vectors.shape == (len(VOCABULARY), DIMENSIONS)
    lengths = np.linalg.norm(vectors, axis=1)
    has_vector = {VOCABULARY.tokens[i] for i in np.flatnonzero(lengths)}
    assert has_vector == {*SEA, *WAR}  # not the commonest, rare ones, marks
    np.testing.assert_allclose(lengths[lengths > 0], 1, atol=1e-5)
    assert not vectors[: len(SPECIAL)].any()


def test_words_of_one_subject_are_near(vectors: word_vectors.Array) -> None:
    near = [cosine(vectors, a, b) for words in (SEA, WAR) for a in words for b in words if a < b]
    far = [cosine(vectors, a, b) for a in SEA for b in WAR]
    assert min(near) > max(far)


def test_deterministic(vectors: word_vectors.Array) -> None:
    np.testing.assert_array_equal(fitted((TEXTS, 1)), vectors)


def test_weights() -> None:
    """A text of weight 2 counts as if it were read twice."""
    sea, war = TEXTS[:60], TEXTS[60:]  # the common words are in the latter
    weighted, twice = fitted((sea, 2), (war, 1)), fitted(([*sea, *sea], 1), (war, 1))
    np.testing.assert_allclose(weighted, twice, atol=0.01)


def test_in_blocks(monkeypatch: pytest.MonkeyPatch, vectors: word_vectors.Array) -> None:
    """Pairs are counted, and M is multiplied, in parts."""
    monkeypatch.setattr(word_vectors, "_BLOCK", 3)
    monkeypatch.setattr(word_vectors, "_UNCOUNTED", 50)
    blocks = fitted((TEXTS, 1))
    # A dimension may have the other sign, on which nothing depends: products of words are used.
    np.testing.assert_allclose(np.abs(blocks), np.abs(vectors), atol=0.01)
    np.testing.assert_allclose(blocks @ blocks.T, vectors @ vectors.T, atol=0.01)


def test_text_without_vectors() -> None:
    assert not fitted((["the sea\n"], 1)).any()
    assert not fitted().any()
