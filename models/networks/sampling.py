"""From logits to a character: temperature, top-k and nucleus sampling.

Every choice takes one number from a generator that is passed in. A text with a generator of its own
is therefore the same text again from the same seed, whatever else shares its batch.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Generators = np.random.Generator | Sequence[np.random.Generator]


def probabilities(
    logits: NDArray[np.floating],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> NDArray[np.float64]:
    """The probabilities p to draw from, along the last axis: `(..., vocabulary)` → the same shape.

    - `temperature` T > 0: p = softmax(logits / T). Below 1 the likely becomes likelier, above 1
      everything becomes more alike.
    - `top_k` ≥ 1: only the k likeliest keep a probability (Fan et al., 2018).
    - `top_p` in (0, 1]: only the nucleus does, the smallest set of the likeliest that together
      reach `top_p` (Holtzman et al., 2020), measured after `top_k`.

    Of equally likely characters the first come first. What is left sums to one. Computed in double
    precision. Raises `ValueError` for an option out of its range.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}, expected more than 0, for example 0.8")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}, expected 1 or more, for example 5")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}, expected more than 0 and at most 1, for example 0.9")
    scaled = np.asarray(logits, np.float64)
    scaled = (scaled - scaled.max(axis=-1, keepdims=True)) / temperature
    p = _normalised(np.exp(scaled))
    if top_k is None and top_p is None:
        return p

    order = np.argsort(-p, axis=-1, kind="stable")
    falling = np.take_along_axis(p, order, axis=-1)
    if top_k is not None:
        falling[..., top_k:] = 0
        falling = _normalised(falling)
    if top_p is not None:
        reached = falling.cumsum(axis=-1)[..., :-1] >= top_p
        falling[..., 1:][reached] = 0
    np.put_along_axis(p, order, falling, axis=-1)
    return _normalised(p)


def sample(
    logits: NDArray[np.floating],
    rngs: Generators,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> NDArray[np.int64]:
    """Draw a character for each row: logits `(batch, vocabulary)` → indices `(batch,)`.

    `rngs` is one generator a row, or one for all rows. The options are those of `probabilities`.
    """
    p = probabilities(logits, temperature, top_k, top_p)
    if isinstance(rngs, np.random.Generator):
        return draw(p, rngs.random(len(p)))
    return draw(p, np.array([rng.random() for rng, _ in zip(rngs, p, strict=True)]))


def draw(p: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.int64]:
    """Invert the distribution of each row, `(batch, vocabulary)`, at `u` in [0, 1), `(batch,)`."""
    cumulative = p.cumsum(axis=-1)
    threshold = u[:, np.newaxis] * cumulative[:, -1:]  # the sum of p is 1 but for its rounding
    choice: NDArray[np.int64] = (cumulative <= threshold).sum(axis=-1)
    return choice


def _normalised(p: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = p / p.sum(axis=-1, keepdims=True)
    return result
