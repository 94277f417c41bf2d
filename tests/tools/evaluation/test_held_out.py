"""Cross-entropies and their intervals."""

from dataclasses import replace

import numpy as np
import pytest

from data.corpora import CorpusError, load_names, parse_corpus
from models.names.constraints import LONGEST_NAME
from models.networks.network import item_losses
from models.networks.ngram import NGram, choose_discount
from models.networks.vocabulary import Vocabulary
from models.training.losses import Losses, losses_of
from tests.models.tiny import LETTERS, lstm, namer
from tools.evaluation.baselines import kneser_ney, sample_names
from tools.evaluation.held_out import (
    HeldOutLosses,
    check_record,
    difference,
    interval,
    leak_warning,
)

NAMES = ["mangosaurus\n", "rex\n", "triceratops\n", "ornithomimus\n"]


def losses(*nats: float) -> Losses:
    """Losses of texts of ten characters each."""
    return Losses(np.array(nats), np.full(len(nats), 10.0))


def test_losses() -> None:
    """A mean over characters, of those that are in the vocabulary."""
    assert Losses(np.array([1.0, 9.0]), np.array([1.0, 4.0])).nats_per_character == 2.0
    model, network = NGram.fit(NAMES, LETTERS, 3, 0.9), lstm(LETTERS)
    np.testing.assert_allclose(losses_of(model, NAMES).nats, item_losses(model, NAMES), rtol=1e-5)
    np.testing.assert_allclose(losses_of(network, NAMES).nats, item_losses(network, NAMES))
    found = losses_of(lstm(Vocabulary("\nabcdefg")), ["fabled\n"])
    assert (found.sizes.tolist(), found.unknown) == ([6], 1)


def test_intervals() -> None:
    """Of equal items, of single ones, and of differences, which are paired."""
    assert interval(losses(12, 12, 12)) == pytest.approx((1.2, 1.2))
    assert interval(losses(12)) is None
    assert difference(losses(10), losses(20)) is None
    hard_and_easy = losses(30, 10, 20, 5)
    ends = interval(hard_and_easy)
    assert ends is not None
    assert np.ptp(ends) > 1
    found = difference(hard_and_easy, losses(31, 11, 21, 6))
    assert found == pytest.approx((-0.1, -0.1, -0.1))
    value, low, high = difference(losses(10, 20, 10, 20), losses(20, 10, 20, 10)) or (1.0, 0.0, 0.0)
    assert value == 0
    assert low < -0.5
    assert high > 0.5


def test_table() -> None:
    held_out = HeldOutLosses(NAMES)
    held_out.measure("ours", lstm(LETTERS))
    held_out.measure("Kneser-Ney, order 1", NGram.fit(NAMES, LETTERS, 1, 0.9))
    held_out.measure("Kneser-Ney, order 3", NGram.fit(NAMES, LETTERS, 3, 0.9))
    rows = {row[0]: row[1:] for row in held_out.table().rows}
    assert rows["ours"][0] == f"{held_out.ours.nats_per_character:.4f}"
    assert rows["ours"][-1] == ""
    assert rows["Kneser-Ney, order 3"][-1].startswith("+")


def test_leaks() -> None:
    """A loss on another corpus, or of weights that have read all of it, is no held-out loss."""
    corpus = parse_corpus("\n".join(load_names().training[:100]).encode(), "mine", "names")
    trained = namer()
    own = replace(trained, card=replace(trained.card, corpus_sha256=corpus.sha256))
    assert leak_warning(own, corpus) is None
    check_record(own, corpus)
    refitted = replace(own, card=replace(own.card, reads_all=True))
    for leaky, why in ((trained, "another corpus"), (refitted, "the held-out part too")):
        assert why in (leak_warning(leaky, corpus) or "")
        with pytest.raises(CorpusError):
            check_record(leaky, corpus)


# Baselines, and plain sampling from them


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
