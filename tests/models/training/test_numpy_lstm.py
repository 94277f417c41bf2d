"""Training of one LSTM on names."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from data.corpora import load_names
from models.networks.lstm import Batch
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from models.training.numpy_lstm import LETTERS, Fit, FitSettings

NAMES = [name + "\n" for name in load_names().training[:30]]
SMALL = FitSettings(units=8, batch=10, learning_rate=0.05, warm_up=1)


def fit(seed: int = 0, settings: FitSettings = SMALL) -> Fit:
    return Fit(NAMES, (seed,), settings)


@pytest.mark.parametrize("batch", [10, 30, 7, 100])
def test_every_name_is_read_equally_often(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Counter[str]()
    pack = Batch.of

    def noting(texts: list[str], vocabulary: Vocabulary) -> Batch:
        read.update(texts)
        return pack(texts, vocabulary)

    monkeypatch.setattr(Batch, "of", noting)
    fitting = fit(settings=replace(SMALL, batch=batch))
    while read.total() < len(NAMES) or read.total() % len(NAMES):
        fitting.update()
    assert set(read) == set(NAMES)
    assert len(set(read.values())) == 1


def test_update_returns_loss_and_characters() -> None:
    loss, characters = fit(settings=replace(SMALL, batch=len(NAMES))).update()
    assert loss == pytest.approx(np.log(len(LETTERS)), abs=0.3)
    assert characters == len("".join(NAMES))


def test_fit_lowers_loss() -> None:
    fitting = fit(settings=replace(SMALL, recurrent_dropout=0.1, output_dropout=0.1))
    before = cross_entropy(fitting.network(), NAMES)
    for _ in range(100):
        fitting.update()
    assert cross_entropy(fitting.network(), NAMES) < before - 1


def test_learning_rate_warms_up() -> None:
    warm, cold = fit(), fit(settings=replace(SMALL, warm_up=50))
    initial = fit().parameters["Wx0"]
    for fitting in (warm, cold):
        fitting.update()
    far, near = (np.abs(f.parameters["Wx0"] - initial).max() for f in (warm, cold))
    assert 0 < near < far / 40


def test_network_is_a_copy() -> None:
    fitting = fit()
    network = fitting.network()
    before = cross_entropy(network, NAMES)
    for _ in range(5):
        fitting.update()
    assert cross_entropy(network, NAMES) == before
    assert cross_entropy(fitting.network(), NAMES) != before


def test_fit_depends_on_seed_and_settings() -> None:
    losses = [[fitting.update() for _ in range(4)] for fitting in (fit(1), fit(1), fit(2))]
    assert losses[0] == losses[1] != losses[2]
    assert fit(settings=replace(SMALL, weight_decay=0.25)).optimizer.weight_decay == 0.25


def test_fit_continues_from_a_network() -> None:
    base = fit(seed=1).network()
    continuing = Fit(NAMES, (0,), SMALL, begin=base)
    assert cross_entropy(continuing.network(), NAMES) == cross_entropy(base, NAMES)
    continuing.update()
    assert cross_entropy(continuing.network(), NAMES) != cross_entropy(base, NAMES)
    np.testing.assert_array_equal(base.arrays()["by"], fit(seed=1).parameters["by"])
