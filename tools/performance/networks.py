"""One step of the networks of verse, in several ways: the same weights, the same result.

The network that spells is a stacked LSTM over characters (36 → 320 → 320 → 36), that which chooses
words one over words (256 → 512 → 256), whose matrices are approximated for serving. Shapes: B
texts, u units, V characters.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM, Layer
from models.serving.words import FastWordLSTM, FastWordsAndCharacters
from models.weights import load_shipped

WINDOW = 40
"""Characters that the notebook's `predict` reads for each one that it writes."""
CHARACTER = np.zeros(1, np.int64)
"""The first one of the vocabulary."""
Step = Callable[[], object]
Array = NDArray[np.float32]


def shipped() -> LSTM:
    """The network that is measured."""
    network = load_shipped("sonnets").network
    assert isinstance(network, FastWordsAndCharacters)  # noqa: S101
    return network.characters.unrounded()


def operations(network: LSTM) -> int:
    """Operations in the matrix products of a step; a product and a sum are two."""
    return 2 * sum(matrix.size for matrix in _matrices(network))


def numpy_step(network: LSTM) -> Step:
    """The project's."""
    state = network.initial_state(1)
    return lambda: network.step(CHARACTER, state)


def products(network: LSTM) -> Step:
    """Nothing but the matrix products of a step, written into arrays that are there."""
    random = np.random.default_rng(0)
    pairs = [
        (random.standard_normal((1, len(matrix)), np.float32), matrix)
        for matrix in _matrices(network)
    ]
    outs = [np.empty((1, matrix.shape[1]), np.float32) for _, matrix in pairs]

    def step() -> None:
        for (rows, matrix), out in zip(pairs, outs, strict=True):
            np.matmul(rows, matrix, out=out)

    return step


def keras_predict(network: LSTM) -> Step:
    """The notebook's way: `predict` reads a window for each character."""
    model = _keras_model(network)
    window = np.zeros((1, WINDOW), np.int64)
    return lambda: model.predict(window, verbose=0)


def keras_compiled(network: LSTM) -> Step:
    """Keras' cells in a compiled function with states."""
    import keras
    import tensorflow as tf

    cells = [keras.layers.LSTMCell(network.units) for _ in network.layers]
    width = len(network.vocabulary)
    for cell, layer in zip(cells, network.layers, strict=True):
        cell.build((None, len(layer.Wx)))
        cell.set_weights([layer.Wx, layer.Wh, layer.b])
    wy, by = tf.constant(network.Wy), tf.constant(network.by)

    @tf.function(jit_compile=False, autograph=False)  # type: ignore[untyped-decorator]
    def step(x: Any, states: Any) -> Any:  # noqa: ANN401
        h, new = tf.one_hot(x, width), []
        for cell, state in zip(cells, states, strict=True):
            h, state = cell(h, state)
            new.append(state)
        return h @ wy + by, new

    x = tf.constant(CHARACTER)
    states = [[tf.zeros((1, network.units))] * 2 for _ in network.layers]
    return lambda: step(x, states)


def word_network() -> FastWordLSTM:
    """The network that chooses the words of verse, exact: 512 + 256 units."""
    network = load_shipped("sonnets").network
    assert isinstance(network, FastWordsAndCharacters)  # noqa: S101
    return network.words


def word_operations(network: FastWordLSTM, batch: int) -> int:
    """Operations in the matrix products of a step of the exact network."""
    d = network.E.shape[1]  # the rows of Wx for the last word of a line are added once a line
    first, *others = dense(network)
    sizes = [d * first.Wx.shape[1], math.prod(first.Wh.shape)]
    sizes += [math.prod(matrix.shape) for layer in others for matrix in (layer.Wx, layer.Wh)]
    return 2 * batch * int(sum(sizes))


def word_step(network: FastWordLSTM, batch: int) -> Step:
    """The project's."""
    tokens = np.arange(batch, dtype=np.int64)
    towards, state = network.towards(tokens), network.initial_state(batch)
    return lambda: network.step(tokens, tokens % 10, towards, state)


def dense(network: FastWordLSTM) -> list[Layer]:
    """The layers in single precision: large matrices are kept in 8 bits."""
    return [Layer(np.asarray(layer.Wx), np.asarray(layer.Wh), layer.b) for layer in network.layers]


def _keras_model(network: LSTM) -> Any:  # noqa: ANN401
    """The notebook's kind of model: a window of characters → the distribution of the next one."""
    import keras

    layers = keras.layers
    inputs = keras.Input((WINDOW,), dtype="int64")
    width = len(network.vocabulary)
    h = keras.ops.one_hot(inputs, width)
    made = [
        layers.LSTM(network.units, return_sequences=k < len(network.layers) - 1)
        for k in range(len(network.layers))
    ]
    for layer in made:
        h = layer(h)
    output = layers.Dense(width, activation="softmax")
    model = keras.Model(inputs, output(h))
    for layer, weights in zip(made, network.layers, strict=True):
        layer.set_weights([weights.Wx, weights.Wh, weights.b])
    output.set_weights([network.Wy, network.by])
    return model


def _matrices(network: LSTM) -> list[Array]:
    """Matrices in the products of a step: x of the first layer is a row of Wx, no product."""
    first, *others = network.layers
    found = [first.Wh, network.Wy, *(w for layer in others for w in (layer.Wx, layer.Wh))]
    return [np.asarray(matrix) for matrix in found]
