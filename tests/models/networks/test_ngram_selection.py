"""Orders and discounts of Kneser-Ney models, measured without the models, against the models."""

import numpy as np
import pytest

from data.corpora import load_names
from models.networks.ngram import DISCOUNTS, NGram
from models.networks.ngram_selection import HIGHEST_ORDER, choices
from models.networks.vocabulary import END, Vocabulary
from models.training.numpy_lstm import LETTERS, vocabulary_of
from tests.models.lists import KANA, PAINTERS, VILLAGES

DINOSAURS = [name + END for name in load_names().training[:300]]


@pytest.mark.parametrize("names", [VILLAGES, PAINTERS, KANA, DINOSAURS])
def test_each_order_is_measured_as_its_model_measures(names: tuple[str, ...]) -> None:
    texts = [name.removesuffix(END).lower() + END for name in names]
    training, measured = texts[::2], texts[1::2]
    vocabulary = vocabulary_of(texts)
    found = choices(training, measured, vocabulary)
    assert [choice.order for choice in found] == [*range(1, HIGHEST_ORDER + 1)]
    for choice in found:
        model = NGram.fit(training, vocabulary, choice.order, choice.discount)
        mean = model.losses(measured).sum() / sum(map(len, measured))
        assert choice.nats_per_character == pytest.approx(mean, rel=1e-5)
        assert choice.table == model._table.log_p.size
        assert choice.grams == len(model.grams)


def test_the_discount_is_the_best() -> None:
    training, measured = DINOSAURS[:200], DINOSAURS[200:]
    choice = choices(training, measured, LETTERS)[3]
    losses = [NGram.fit(training, LETTERS, 4, d).losses(measured).sum() for d in DISCOUNTS]
    assert choice.discount == DISCOUNTS[int(np.argmin(losses))]


def test_a_large_vocabulary_has_fewer_orders() -> None:
    signs = Vocabulary(END + "".join(chr(0x4E00 + n) for n in range(200)))
    assert [choice.order for choice in choices([signs.symbols[1:] + END], ["一\n"], signs)] == [
        *range(1, 8)
    ]


@pytest.mark.parametrize(("training", "measured"), [([], ["a\n"]), (["a\n"], [""])])
def test_without_texts_there_is_nothing_to_choose(training: list[str], measured: list[str]) -> None:
    with pytest.raises(ValueError, match="no text"):
        choices(training, measured, LETTERS)
