"""Baselines, and plain sampling from them."""

import numpy as np

from models.names.constraints import LONGEST_NAME
from models.networks.ngram import NGram, choose_discount
from tests.models.tiny import LETTERS, lstm
from tools.evaluation.baselines import kneser_ney, sample_names

TRAINING = ["mangosaurus\n", "triceratops\n", "allosaurus\n", "brachiosaurus\n"]
VALIDATION = ["apatosaurus\n", "camarasaurus\n"]


def test_kneser_ney() -> None:
    models = dict(kneser_ney(TRAINING, VALIDATION, LETTERS, lambda _: None))
    assert [model.order for model in models.values()] == [1, 2, 3, 4, 5, 6, 7, 8]
    for name, model in models.items():
        assert model.discount == choose_discount(TRAINING, VALIDATION, LETTERS, model.order)
        assert model.counts.sum() == len("".join(TRAINING + VALIDATION))
        assert name == f"Kneser-Ney, order {model.order} (discount {model.discount:.2f})"


def test_sampled_names_follow_the_probabilities() -> None:
    counted = NGram.fit(["rex\n", "rexy\n"], LETTERS, 5, 0.01)
    names, again = (sample_names(counted, 300, np.random.default_rng(0)) for _ in range(2))
    assert names == again
    assert len(names) == 300
    assert 0.4 < names.count("rexy") / 300 < 0.6
    assert names.count("rex") + names.count("rexy") > 280


def test_endless_name_is_cut() -> None:
    arrays = lstm(LETTERS).arrays()
    arrays["by"] = arrays["by"] - 100 * (np.arange(len(LETTERS)) == LETTERS.end)
    endless = type(lstm(LETTERS)).from_arrays(LETTERS.symbols, arrays)
    names = sample_names(endless, 3, np.random.default_rng(0))
    assert {len(name) for name in names} == {LONGEST_NAME + 1}
