"""Stacked LSTM: formulas, state, parameters."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from models.networks.lstm import LSTM, Batch, Dropout, Parameters, loss_and_gradients
from models.networks.network import cross_entropy
from models.networks.vocabulary import Vocabulary
from tests.models.tiny import LETTERS, VERSE, lstm, lstm_arrays

Array = NDArray[np.float64]


def sigma(z: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-z))
    return result


def step_by_the_book(network: LSTM, index: int, state: Array) -> tuple[Array, list[list[Array]]]:
    """The formulas for one text in double precision: logits `(vocabulary,)` and the new state."""
    x: Array = np.eye(len(network.vocabulary))[index]
    new_state = []
    gates = [slice(k * network.units, (k + 1) * network.units) for k in range(4)]
    for layer, (h, c) in zip(network.layers, state[:, :, 0], strict=True):
        z = x @ np.asarray(layer.Wx) + h @ np.asarray(layer.Wh) + layer.b
        z_i, z_f, z_g, z_o = (z[k] for k in gates)
        i, f, g, o = sigma(z_i), sigma(z_f), np.tanh(z_g), sigma(z_o)
        new_c = f * c + i * g
        x = o * np.tanh(new_c)
        new_state.append([x, new_c])
    return x @ network.Wy + network.by, new_state


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_step_follows_formulas(layers: int) -> None:
    network = lstm(LETTERS, units=3, layers=layers)
    state = network.initial_state(1)
    for index in LETTERS.encode("\nmango"):
        logits, new_state = step_by_the_book(network, int(index), state.astype(np.float64))
        actual, state = network.step(np.array([index]), state)
        np.testing.assert_allclose(actual[0], logits, atol=1e-5)
        np.testing.assert_allclose(state[:, :, 0], new_state, atol=1e-6)


def test_large_parameters_do_not_overflow() -> None:
    arrays = {name: 1e4 * array for name, array in lstm_arrays().items()}
    network = LSTM.from_arrays(VERSE.symbols, arrays)
    with np.errstate(all="raise", under="ignore"):
        initial = network.initial_state(2)
        logits, state = network.step(np.array([3, 4]), initial)
    assert (initial.shape, initial.dtype.name) == ((2, 2, 2, 16), "float32")
    assert not initial.any()
    assert np.isfinite(logits).all()
    assert np.isfinite(state).all()


def test_arrays_round_trip() -> None:
    network = lstm(layers=3)
    again = LSTM.from_arrays(VERSE.symbols, network.arrays())
    x, state = np.array([1, 2]), network.initial_state(2)
    np.testing.assert_array_equal(again.step(x, state)[0], network.step(x, state)[0])


@pytest.mark.parametrize("name", lstm_arrays().keys())
def test_missing_parameter_is_named(name: str) -> None:
    arrays = {other: array for other, array in lstm_arrays().items() if other != name}
    with pytest.raises(ValueError, match=f"parameter '{name}' is missing|does not belong"):
        LSTM.from_arrays(VERSE.symbols, arrays)


def test_other_parameters_raise() -> None:
    surplus = {"Wx7": np.zeros((1, 1), np.float32)}
    for symbols, arrays, reason in (
        (VERSE.symbols, lstm_arrays() | surplus, "Wx7 does not belong to any layer"),
        (VERSE.symbols, lstm_arrays(layers=0), "no layers"),
        (VERSE.symbols + "#", lstm_arrays(), "Wx0 has shape"),
    ):
        with pytest.raises(ValueError, match=reason):
            LSTM.from_arrays(symbols, arrays)


# LSTM gradient, against finite differences and the serving network


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
