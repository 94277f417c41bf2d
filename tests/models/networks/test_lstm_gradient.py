"""LSTM gradient, against finite differences and the serving network."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from models.networks.lstm import LSTM, Batch, Dropout, Parameters, loss_and_gradients
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary

VOCABULARY = Vocabulary("\nagmno")
TEXTS = ["mango\n", "man\n", "\n", "gam\n", "moa\n"]
UNITS = 4


@pytest.fixture
def parameters() -> Parameters:
    rng = np.random.default_rng(0)
    u, v = UNITS, len(VOCABULARY)
    shapes = {"Wx0": (v, 4 * u), "Wh0": (u, 4 * u), "b0": (4 * u,), "Wy": (u, v), "by": (v,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def half_dropped(batch: Batch) -> Dropout:
    rng = np.random.default_rng(1)
    recurrent = rng.integers(0, 2, (UNITS, 4 * UNITS)) * 2.0
    return Dropout(recurrent, rng.integers(0, 2, (len(batch.x), UNITS)) * 2.0)


def nothing_dropped(batch: Batch) -> Dropout:
    return Dropout(np.ones((UNITS, 4 * UNITS)), np.ones((len(batch.x), UNITS)))


def test_batch_is_packed_without_padding() -> None:
    vocabulary = Vocabulary("\nadilmnt")
    batch = Batch.of(["ti\n", "mand\n", "all\n"], vocabulary)
    columns = [vocabulary.decode(batch.y[step.now]) for step in batch.steps]
    assert columns == ["mat", "ali", "nl\n", "d\n", "\n"]
    columns = [vocabulary.decode(batch.x[step.now]) for step in batch.steps]
    assert columns == ["\n\n\n", "mat", "ali", "nl", "d"]


def test_steps_are_contiguous() -> None:
    steps = Batch.of(TEXTS, VOCABULARY).steps
    for earlier, later in pairwise(steps):
        assert later.before.start == earlier.after.start
        assert later.before.stop <= earlier.after.stop


@pytest.mark.parametrize("masks", [nothing_dropped, half_dropped])
@pytest.mark.parametrize("name", ["Wx0", "Wh0", "b0", "Wy", "by"])
def test_gradient_matches_finite_differences(
    parameters: Parameters, name: str, masks: Callable[[Batch], Dropout]
) -> None:
    batch = Batch.of(TEXTS, VOCABULARY)
    dropout = masks(batch)
    _, gradients = loss_and_gradients(parameters, batch, dropout)
    weights, step = parameters[name], 1e-5
    for place in np.ndindex(weights.shape):
        middle = weights[place]
        weights[place] = middle + step
        above, _ = loss_and_gradients(parameters, batch, dropout)
        weights[place] = middle - step
        below, _ = loss_and_gradients(parameters, batch, dropout)
        weights[place] = middle
        assert gradients[name][place] == pytest.approx((above - below) / (2 * step), abs=1e-8)


def test_loss_matches_serving_network(parameters: Parameters) -> None:
    batch = Batch.of(TEXTS, VOCABULARY)
    loss, _ = loss_and_gradients(parameters, batch, nothing_dropped(batch))
    single = {name: array.astype(np.float32) for name, array in parameters.items()}
    serving = LSTM.from_arrays(VOCABULARY.symbols, single)
    assert loss == pytest.approx(cross_entropy(serving, TEXTS), abs=1e-6)
