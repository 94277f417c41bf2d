"""Sampling a character from logits: temperature and nucleus (top-p).

Every draw takes one number from a generator that is passed in. A text with its own generator is
therefore reproducible from its seed, whatever else is in its batch.
"""

import numpy as np
from numpy.typing import NDArray


def probabilities(
    logits: NDArray[np.floating], temperature: float = 1.0, top_p: float | None = None
) -> NDArray[np.float64]:
    """Probabilities to sample from, along the last axis: `(..., vocabulary)` → the same shape.

    - `temperature` T > 0: p = softmax(logits / T). Below 1 the distribution gets sharper, above 1
      flatter.
    - `top_p` in (0, 1]: keep only the nucleus, the smallest set of most likely characters whose
      probabilities add up to `top_p` or more (Holtzman et al., 2020).

    Ties go to the lower index. The result sums to one, in double precision. Raises `ValueError` for
    an option out of its range.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}, expected more than 0, for example 0.8")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}, expected more than 0 and at most 1, for example 0.9")
    p = softmax(np.asarray(logits, np.float64) / temperature)  # (..., V)
    if top_p is None:
        return p

    order = np.argsort(-p, axis=-1, kind="stable")  # most likely first
    descending = np.take_along_axis(p, order, axis=-1)
    # A character is dropped if those before it reach top_p; the first one always stays.
    reached = descending.cumsum(axis=-1)[..., :-1] >= top_p  # (..., V − 1)
    descending[..., 1:][reached] = 0
    np.put_along_axis(p, order, descending, axis=-1)  # back to the order of the vocabulary
    p /= p.sum(axis=-1, keepdims=True)
    return p


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """p from logits along the last axis: `(..., vocabulary)` → the same shape."""
    # The maximum becomes 0, so that exp cannot overflow.
    p: NDArray[np.float64] = logits - logits.max(axis=-1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=-1, keepdims=True)
    return p


def sample(
    logits: NDArray[np.floating], rng: np.random.Generator, temperature: float = 1.0
) -> NDArray[np.int64]:
    """Draw one character per row: logits `(batch, vocabulary)` → indices `(batch,)`."""
    return draw(probabilities(logits, temperature), rng.random(len(logits)))


def draw(p: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.int64]:
    """Inverse transform sampling: p `(batch, vocabulary)`, u in [0, 1) `(batch,)` → `(batch,)`."""
    cumulative = p.cumsum(axis=-1)  # (batch, V)
    # The last sum is 1 up to rounding. Scaling u by it keeps the index within the vocabulary.
    threshold = u[:, np.newaxis] * cumulative[:, -1:]  # (batch, 1)
    # The index is the number of characters whose cumulative probability u has passed.
    choice: NDArray[np.int64] = (cumulative <= threshold).sum(axis=-1)
    return choice
