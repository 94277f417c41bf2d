"""Comparison of orders and discounts, against the models themselves."""

import numpy as np
import pytest

from data.corpora import load_names
from models.names.trainers import MAX_ORDER, compare_orders
from models.networks.ngram import DISCOUNTS, NGram
from models.networks.vocabulary import END, Vocabulary
from models.training.numpy_lstm import LETTERS, vocabulary_of
from tests.models.lists import KANA, PAINTERS, VILLAGES

DINOSAURS = [name + END for name in load_names().training[:300]]


@pytest.mark.parametrize("names", [VILLAGES, PAINTERS, KANA, DINOSAURS])
def test_candidates_match_their_models(names: tuple[str, ...]) -> None:
    texts = [name.removesuffix(END).lower() + END for name in names]
    training, measured = texts[::2], texts[1::2]
    vocabulary = vocabulary_of(texts)
    found = compare_orders(training, measured, vocabulary)
    assert [candidate.order for candidate in found] == [*range(1, MAX_ORDER + 1)]
    for candidate in found:
        model = NGram.fit(training, vocabulary, candidate.order, candidate.discount)
        mean = model.losses(measured).sum() / sum(map(len, measured))
        assert candidate.nats_per_character == pytest.approx(mean, rel=1e-5)
        assert candidate.table_size == model._table.log_p.size
        assert candidate.grams == len(model.grams)


def test_discount_is_best() -> None:
    training, measured = DINOSAURS[:200], DINOSAURS[200:]
    candidate = compare_orders(training, measured, LETTERS)[3]
    losses = [NGram.fit(training, LETTERS, 4, d).losses(measured).sum() for d in DISCOUNTS]
    assert candidate.discount == DISCOUNTS[int(np.argmin(losses))]


def test_large_vocabulary_has_fewer_orders() -> None:
    signs = Vocabulary(END + "".join(chr(0x4E00 + n) for n in range(200)))
    found = compare_orders([signs.symbols[1:] + END], ["一\n"], signs)
    assert [candidate.order for candidate in found] == [*range(1, 8)]


@pytest.mark.parametrize(("training", "measured"), [([], ["a\n"]), (["a\n"], [""])])
def test_comparison_needs_texts(training: list[str], measured: list[str]) -> None:
    with pytest.raises(ValueError, match="no text"):
        compare_orders(training, measured, LETTERS)
