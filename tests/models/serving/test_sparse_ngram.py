"""SparseNGram, against NGram."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.fingerprints import NOTHING
from models.networks.lstm import LSTM
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.serving import sparse_ngram
from models.serving.memory import resident_bytes
from models.serving.mixture import ParallelMixture
from models.serving.sparse_ngram import SparseNGram, read_ngram
from models.training.numpy_lstm import LETTERS
from models.weights import WeightsError, load_weights, save_weights
from tests.models.tiny import card, lstm

NAMES = [f"{name}\n" for name in load_names().training[:60]]


@pytest.mark.parametrize("order", [1, 2, 4, 8])
@given(text=st.text("\nabmngosu", max_size=12), other=st.sampled_from(NAMES))
def test_sparse_predictions_match_table(order: int, text: str, other: str) -> None:
    with_table, without = (kind.fit(NAMES, LETTERS, order, 0.75) for kind in (NGram, SparseNGram))
    state, same_state = with_table.initial_state(2), without.initial_state(2)
    for pair in zip(text, other, strict=False):
        x = LETTERS.encode("".join(pair))
        log_p, state = with_table.step(x, state)
        same_log_p, same_state = without.step(x, same_state)
        np.testing.assert_allclose(same_log_p, log_p, rtol=1e-5)


def test_sparse_round_trip_in_mixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sparse = SparseNGram.fit(NAMES, LETTERS, 7, 0.75)
    mixture = ParallelMixture((lstm(LETTERS), sparse), np.array([0.25, 0.75], np.float32))
    path = tmp_path / "names.safetensors"
    save_weights(path, mixture.arrays(), card("names", LETTERS, architecture="mixture"), NOTHING)
    network = load_weights(path).network
    assert isinstance(network, ParallelMixture)
    assert [type(member) for member in network.members] == [LSTM, SparseNGram]
    np.testing.assert_allclose(network.members[1].losses(NAMES), sparse.losses(NAMES))  # type: ignore[union-attr]
    monkeypatch.setattr(sparse_ngram, "MAX_NGRAMS", 100)
    with pytest.raises(WeightsError, match="more than 100 n-grams; try a lower order"):
        load_weights(path)


def test_large_table_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    with_table = NGram.fit(NAMES, LETTERS, 5, 0.9)
    assert type(read_ngram(LETTERS.symbols, with_table.arrays())) is NGram
    monkeypatch.setattr(sparse_ngram, "MAX_TABLE", 1_000)
    sparse = read_ngram(LETTERS.symbols, with_table.arrays())
    assert isinstance(sparse, SparseNGram)
    np.testing.assert_allclose(sparse.losses(NAMES), with_table.losses(NAMES), rtol=1e-5)


def test_memory_of_orders_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse = SparseNGram.fit(NAMES, LETTERS, 6, 0.9)
    sparse.check_size()
    monkeypatch.setattr(sparse_ngram, "MAX_BYTES", resident_bytes(sparse))
    sparse.check_size()
    monkeypatch.setattr(sparse_ngram, "MAX_BYTES", resident_bytes(sparse) // 2)
    with pytest.raises(ValueError, match="need more than"):
        SparseNGram.fit(NAMES, LETTERS, 6, 0.9).check_size()


def test_memory_per_ngram() -> None:
    """Of all orders together: the code takes up to eight bytes, and a count one or two."""
    sparse = SparseNGram.fit(NAMES, LETTERS, 8, 0.9)
    sparse.check_size()
    grams = sum(grams for _, grams in sparse.sizes())
    assert resident_bytes(sparse) < 10 * grams + 1_000


def test_high_order_of_many_ngrams_is_refused_early() -> None:
    """A small file: two letters, random texts, and so many orders."""
    vocabulary = Vocabulary(f"{END}ab")
    grams = np.unique(np.random.default_rng(1).integers(0, 3**30, 250_000))
    model = SparseNGram(vocabulary, 30, 0.5, grams, np.ones_like(grams))
    with pytest.raises(ValueError, match="more than 32 MiB of memory"):
        read_ngram(vocabulary.symbols, model.arrays())
