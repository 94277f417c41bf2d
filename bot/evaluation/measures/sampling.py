"""Plain sampling: each character is drawn from the model's distribution, with nothing rejected.

The baseline for measuring what decoding adds.
"""

from collections.abc import Callable, Sequence

import numpy as np

from models.names.constraints import LONGEST_NAME
from models.networks.network import Network
from models.networks.sampling import sample
from models.networks.vocabulary import END

BATCH = 250
"""Names in one batch."""


def sample_names(network: Network, count: int, rng: np.random.Generator) -> list[str]:
    """Names without end symbols. A name without an end is cut one letter above the limit."""
    names: list[str] = []
    while len(names) < count:
        batch = min(BATCH, count - len(names))
        texts = _sample(network, [""] * batch, rng, 1.0, _is_whole_name)
        names += [text.removesuffix(END) for text in texts]
    return names


def sample_verse(
    network: Network,
    openings: Sequence[str],
    rng: np.random.Generator,
    *,
    temperature: float,
    is_whole: Callable[[str], bool],
) -> list[str]:
    """Continue each opening until `is_whole(text)`; poems include their folded openings.

    The empty line that ends a poem is never drawn.
    """
    prefixes = [network.vocabulary.fold(opening) for opening in openings]
    return _sample(network, prefixes, rng, temperature, is_whole, no_empty_line=True)


def _is_whole_name(text: str) -> bool:
    return text.endswith(END) or len(text) > LONGEST_NAME


def _sample(
    network: Network,
    prefixes: Sequence[str],
    rng: np.random.Generator,
    temperature: float,
    is_whole: Callable[[str], bool],
    *,
    no_empty_line: bool = False,
) -> list[str]:
    """Continue each text until `is_whole(text)`, in one batch."""
    vocabulary = network.vocabulary
    given = [vocabulary.encode(prefix) for prefix in prefixes]
    texts = [""] * len(prefixes)
    state, x = network.initial_state(len(texts)), np.full(len(texts), vocabulary.end)
    waiting = set(range(len(texts)))
    while waiting:
        logits, state = network.step(x, state)
        if no_empty_line:
            logits = logits.copy()
            logits[[not text or text.endswith(END) for text in texts], vocabulary.end] = -np.inf
        x = sample(logits, rng, temperature)
        for row in sorted(waiting):
            position = len(texts[row])
            if position < len(given[row]):
                x[row] = given[row][position]
            texts[row] += vocabulary.symbols[x[row]]
            if position + 1 >= len(given[row]) and is_whole(texts[row]):
                waiting.remove(row)
    return texts
