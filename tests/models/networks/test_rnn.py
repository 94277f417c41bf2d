"""The notebook's network: the figures that the notebook prints, and the mathematics."""

import numpy as np
import pytest
from numpy.random import RandomState

from models.networks.network import cross_entropy
from models.networks.rnn import (
    RNN,
    Array,
    Gradients,
    Parameters,
    clip,
    get_initial_loss,
    initialize_parameters,
    one_hot,
    optimize,
    rnn_backward,
    rnn_forward,
    sample,
    smooth,
    softmax,
    update_parameters,
)
from models.networks.vocabulary import END
from tests.models.tiny import LETTERS

CHAR_TO_IX = {symbol: ix for ix, symbol in enumerate(LETTERS.symbols)}


def drawn_parameters(rng: RandomState, n_a: int, n_x: int) -> Parameters:
    """Parameters drawn in the order of the notebook's test cells."""
    shapes = {
        "Wax": (n_a, n_x),
        "Waa": (n_a, n_a),
        "Wya": (n_x, n_a),
        "b": (n_a, 1),
        "by": (n_x, 1),
    }
    return {name: rng.randn(*shape) for name, shape in shapes.items()}


def notebook_gradients() -> Gradients:
    rng = RandomState(3)
    shapes = {"dWax": (5, 3), "dWaa": (5, 5), "dWya": (2, 5), "db": (5, 1), "dby": (2, 1)}
    return {name: rng.randn(*shape) * 10 for name, shape in shapes.items()}


@pytest.mark.parametrize(("limit", "waa", "wax", "dby"), [(10, 10, -10, 8.45833407), (5, 5, -5, 5)])
def test_clip_matches_notebook(limit: float, waa: float, wax: float, dby: float) -> None:
    gradients = clip(notebook_gradients(), limit)
    assert gradients["dWaa"][1][2] == waa
    assert gradients["dWax"][3][1] == wax
    assert gradients["dWya"][1][2] == pytest.approx(0.2971381536101662, rel=1e-15)
    assert gradients["db"][4] == limit
    assert gradients["dby"][1] == pytest.approx(dby, rel=1e-9)


def test_optimize_matches_notebook() -> None:
    rng = RandomState(1)
    a_prev = rng.randn(100, 1)
    parameters = drawn_parameters(rng, 100, 27)
    loss, gradients, a_last = optimize(
        [12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26], a_prev, parameters, learning_rate=0.01
    )
    assert loss == pytest.approx(126.50397572165389, rel=1e-12)
    assert gradients["dWaa"][1][2] == pytest.approx(0.19470931534713587, rel=1e-9)
    assert np.argmax(gradients["dWax"]) == 93
    assert gradients["dWya"][1][2] == pytest.approx(-0.007773876032002162, rel=1e-9)
    assert gradients["db"][4] == pytest.approx(-0.06809825, rel=1e-6)
    assert gradients["dby"][1] == pytest.approx(0.01538192, rel=1e-6)
    assert a_last[4] == pytest.approx(-1)


def test_sample_matches_notebook() -> None:
    rng = RandomState(2)
    rng.randn(100, 1)  # its cell draws an a0 that it does not use
    indices = sample(drawn_parameters(rng, 100, 27), CHAR_TO_IX, 0)
    assert indices == [18, 2, 26, 0]
    assert LETTERS.decode(indices) == "rbz\n"


def test_sample_matches_course_version_3() -> None:
    indices = sample(drawn_parameters(RandomState(2), 100, 27), CHAR_TO_IX, 0)
    # fmt: off
    assert indices[:40] == [  # the rest changes with the rounding of the machine
        12, 17, 24, 14, 13, 9, 10, 22, 24, 6, 13, 11, 12, 6, 21, 15, 21, 14, 3, 2,
        1, 21, 18, 24, 7, 25, 6, 25, 18, 10, 16, 2, 3, 8, 15, 12, 11, 7, 1, 12,
    ]
    # fmt: on


def test_sample_matches_tensorflow_version() -> None:
    assert sample(drawn_parameters(RandomState(24), 100, 27), CHAR_TO_IX, 0) == [
        *(23, 16, 26, 26, 24, 3, 21, 1, 7, 24, 15, 3, 25, 20, 6, 13, 10, 8, 20, 12, 2, 0)
    ]


def test_sample_stops_after_fifty_characters() -> None:
    parameters = drawn_parameters(RandomState(0), 4, 3)
    parameters["by"][0] = -100
    indices = sample(parameters, {END: 0, "a": 1, "b": 2}, 0)
    assert len(indices) == 51
    assert 0 not in indices[:-1]
    assert indices[-1] == 0


def test_softmax_and_one_hot() -> None:
    p = softmax(np.array([[1000.0, 0.0], [1000.0, np.log(3)]]))
    np.testing.assert_allclose(p, [[0.5, 0.25], [0.5, 0.75]])
    np.testing.assert_array_equal(one_hot([None, 2], 3), [[0, 0], [0, 0], [0, 1]])


def test_untrained_loss_is_uniform() -> None:
    parameters = initialize_parameters(50, 27, 27, RandomState(1))
    name = LETTERS.encode("mangosaurus").tolist()
    loss, _ = rnn_forward([None, *name], [*name, 0], np.zeros((50, 1)), parameters)
    assert loss == pytest.approx(12 * np.log(27), rel=1e-3)
    assert get_initial_loss(27, 7) == pytest.approx(7 * np.log(27))
    assert smooth(20.0, 30.0) == pytest.approx(20.01)


@pytest.fixture
def small() -> tuple[list[int | None], list[int], Array, Parameters]:
    rng = RandomState(5)
    parameters = drawn_parameters(rng, 4, 6)
    return [None, 3, 1, 1, 5], [3, 1, 1, 5, 0], rng.randn(4, 1), parameters


@pytest.mark.parametrize("name", ["Wax", "Waa", "Wya", "b", "by"])
def test_gradients_match_finite_differences(
    small: tuple[list[int | None], list[int], Array, Parameters], name: str
) -> None:
    X, Y, a_prev, parameters = small  # noqa: N806 (the notebook's symbols)
    _, cache = rnn_forward(X, Y, a_prev, parameters)
    gradient = rnn_backward(Y, parameters, cache)[f"d{name}"]
    weights, step = parameters[name], 1e-6
    for place in np.ndindex(weights.shape):
        middle = weights[place]
        weights[place] = middle + step
        above, _ = rnn_forward(X, Y, a_prev, parameters)
        weights[place] = middle - step
        below, _ = rnn_forward(X, Y, a_prev, parameters)
        weights[place] = middle
        assert gradient[place] == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_update_follows_negative_gradient() -> None:
    parameters = {"b": np.array([[1.0], [2.0]])}
    update_parameters(parameters, {"db": np.array([[10.0], [-10.0]])}, 0.01)
    np.testing.assert_allclose(parameters["b"], [[0.9], [2.1]])


def stored(parameters: Parameters) -> dict[str, np.ndarray]:
    return {name: array.astype(np.float32) for name, array in parameters.items()}


def test_rnn_matches_notebook_functions() -> None:
    parameters = drawn_parameters(RandomState(6), 5, 27)
    network = RNN.from_arrays(LETTERS.symbols, stored(parameters))
    names = ["mango", "iguanodon", "a"]
    losses = []
    for name in names:
        indices = LETTERS.encode(name).tolist()
        loss, _ = rnn_forward([None, *indices], [*indices, 0], np.zeros((5, 1)), parameters)
        losses.append(loss)
    characters = sum(len(name) + 1 for name in names)
    assert cross_entropy(network, [name + END for name in names]) == pytest.approx(
        sum(losses) / characters, rel=1e-5
    )


def test_mismatched_parameter_is_named() -> None:
    arrays = stored(drawn_parameters(RandomState(6), 5, 27))
    with pytest.raises(ValueError, match=r"parameter Wya has shape \(27, 4\), expected \(27, 5\)"):
        RNN.from_arrays(LETTERS.symbols, arrays | {"Wya": np.zeros((27, 4), np.float32)})
    del arrays["b"]
    with pytest.raises(ValueError, match="parameter b is missing"):
        RNN.from_arrays(LETTERS.symbols, arrays)
