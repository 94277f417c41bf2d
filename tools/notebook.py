"""The loops of the founding notebook's training, to compare with the recipe `notebook`."""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray

from data.corpora import Corpus


def loops_of_the_notebook(corpus: Corpus) -> Iterator[float]:
    """The notebook's training as it stands there, one time step and one column at a time."""
    symbols = sorted(set(corpus.plain.lower()) | {"\n"})
    size, units = len(symbols), 50
    examples = [line.strip() for line in corpus.plain.lower().split("\n")]
    RandomState(0).shuffle(examples)
    rng = RandomState(1)
    wax, waa, wya = (
        rng.randn(*shape) * 0.01 for shape in ((units, size), (units, units), (size, units))
    )
    b, by = np.zeros((units, 1)), np.zeros((size, 1))
    a_before = np.zeros((units, 1))
    smoothed = -np.log(1 / size) * 7
    for example in itertools.cycle(examples):
        target = [symbols.index(character) for character in example + "\n"]
        x: list[NDArray[np.float64]] = []
        a = [a_before]
        p: list[NDArray[np.float64]] = []
        loss = 0.0
        for t, index in enumerate(target):
            x.append(np.zeros((size, 1)))
            if t:
                x[t][target[t - 1]] = 1
            a.append(np.tanh(wax @ x[t] + waa @ a[t] + b))
            z = wya @ a[t + 1] + by
            p.append(np.exp(z) / np.exp(z).sum())
            loss -= float(np.log(p[t][index, 0]))
        gradients = [np.zeros_like(weights) for weights in (wax, waa, wya, b, by)]
        dwax, dwaa, dwya, db, dby = gradients
        from_next = np.zeros((units, 1))
        for t in reversed(range(len(target))):
            dz = p[t].copy()
            dz[target[t]] -= 1
            inside = (1 - a[t + 1] ** 2) * (wya.T @ dz + from_next)
            dwya += dz @ a[t + 1].T
            dby += dz
            dwax += inside @ x[t].T
            dwaa += inside @ a[t].T
            db += inside
            from_next = waa.T @ inside
        for weights, gradient in zip((wax, waa, wya, b, by), gradients, strict=True):
            weights -= 0.01 * np.clip(gradient, -5, 5)
        a_before = a[-1]
        smoothed = smoothed * 0.999 + loss * 0.001
        yield smoothed
