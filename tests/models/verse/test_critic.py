"""The critic of lines: its weights are found again in planted data."""

import numpy as np
import pytest

from models.networks.words import LINE_END, UNKNOWN, WordVocabulary
from models.training.word_lines import PackedLines, features_of
from models.verse.critic import LINES, auc, fitted, means_of, quatrains_of, report
from models.verse.word_lines import QUANTITIES
from tests.models.tiny import word_lstm

WORDS = ["the", "day", "night", "way", "light"]
VOCABULARY = WordVocabulary(WordVocabulary.of(["<", *WORDS]).tokens, features_of(WORDS))
STANZA = "the day\nthe night\nthe way\nthe light\n"
PASSAGES = [
    STANZA + "\n",
    STANZA + "the day\n\nthe day\nthe night\n\n",
    STANZA.replace("way", "sea"),
]
LINES_OF_THEM = PackedLines.read(PASSAGES, VOCABULARY)
QUATRAINS = [*quatrains_of(LINES_OF_THEM, 9, np.random.default_rng(0))]
NETWORK = word_lstm(VOCABULARY, units=(6, 5))


def test_quatrains() -> None:
    """One of the three has a word that the network does not know."""
    assert [[VOCABULARY.tokens[line.end] for line in lines] for lines in QUATRAINS] == [
        ["day", "night", "way", "light"]
    ] * 2
    assert len([*quatrains_of(LINES_OF_THEM, 1, np.random.default_rng(0))]) == 1
    assert all(UNKNOWN not in line.tokens for lines in QUATRAINS for line in lines)


def test_means_of_real_lines() -> None:
    found = means_of(NETWORK, QUATRAINS, None)
    assert found.shape == (2, LINES, len(QUANTITIES))
    rank = [*QUANTITIES].index("ln rank")
    of_line = [
        np.log1p([VOCABULARY.index["the"], VOCABULARY.index[w], LINE_END]) for w in WORDS[1:]
    ]
    means = [np.concatenate(of_line[: n + 1]).mean() for n in range(LINES)]
    np.testing.assert_allclose(found[:, :, rank], [means] * 2, rtol=1e-5)
    assert (found[:, :, 0] < 0).all()


def test_own_lines_end_in_the_words_of_the_real_ones() -> None:
    """Those that do not come to it in time have no mean."""
    many = QUATRAINS * 30
    found = means_of(NETWORK, many, np.random.default_rng(1))
    ended = ~np.isnan(found[..., 0])
    assert ended.any()
    assert (np.diff(ended.astype(int), axis=1) <= 0).all()
    real = means_of(NETWORK, many, None)
    assert not np.allclose(found[ended], real[ended])


@pytest.mark.parametrize("weights", [(1.0, -2.0, 0.5), (0.0, 1.0, 3.0)])
def test_planted_weights(weights: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 3)) * (1, 2, 0.5)
    is_real = rng.random(len(x)) < 1 / (1 + np.exp(-x @ weights))
    np.testing.assert_allclose(fitted(x[is_real], x[~is_real]), weights, atol=0.25)


def test_auc() -> None:
    assert auc(np.array([1.0, 2.0]), np.array([0.0, 0.5])) == 1
    assert auc(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0.5


def test_report() -> None:
    rng = np.random.default_rng(0)
    real, own = rng.normal(size=(2, 400, LINES, len(QUANTITIES)))
    real[..., 3] += 2
    *table, last = report(real, own).splitlines()
    rows = {row[:16].strip(): row[16:].split() for row in table}
    assert float(rows["ln rank"][2]) < 0.6
    assert float(last.rpartition(" ")[2]) > 0.85
