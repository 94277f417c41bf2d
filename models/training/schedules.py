"""Schedules: how much a network trains, how fast, and how regularized. Does not import Keras.

Shapes: B windows in a batch, T characters or tokens in a window, K candidates of a sampled softmax.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Amount of training, learning rate, regularization and batch size."""

    passes: float
    """How often each character is read, on average."""
    learning_rate: float
    """Peak. The rate rises linearly over the first twentieth of the updates, then falls to zero
    along a cosine."""
    dropout: float
    """Fraction of each layer's outputs that is dropped."""
    batch: int
    """Batch size B."""
    length: int
    """Maximum T: back-propagation through time is truncated at the start of a window."""


@dataclass(frozen=True)
class WordSchedule:
    """Amount of training, learning rate, regularization and batch size."""

    updates: int
    learning_rate: float
    """Peak. It rises linearly over the first twentieth of the updates, then falls to zero along a
    cosine."""
    dropout: float
    """Fraction of the inputs and of each layer's outputs that is dropped."""
    batch: int
    """Batch size B."""
    length: int
    """Length T of a window."""
    candidates: int
    """K: words besides the targets in the softmax (sampled softmax: Jean et al., 2015); 0 for all
    words."""
    weight_decay: float = 0.01
    interval: int = 100
    """Updates between two validations."""
    cooldown: float = 0.0
    """Share of the updates, at the end, in which the rate falls to zero along a line. Before, it is
    constant after 200 updates of warm-up, so that the number of updates can still change. With 0,
    the rate has another schedule."""
    kept: float = 0.0
    """Share of the parameters that the network began with in the mean that is kept. The mean of a
    fine-tuned network and its base knows what both know (Wortsman et al., 2022)."""
    half: bool = False
    """Whether matrices are multiplied in 16 bits (bfloat16), for processors that do so faster."""


PRETRAINING = Schedule(passes=7, learning_rate=3e-3, dropout=0.1, batch=48, length=200)
"""Schedule for the plays: they have more text than the network has parameters, and need little
regularization."""

UNITS = 320
"""Default width of both layers of the character network."""

FINETUNING = Schedule(passes=8, learning_rate=5e-4, dropout=0.15, batch=8, length=700)
"""Schedule for the sonnets, which the network would soon memorize. A window holds a whole poem."""

LONG_EMBEDDING, LONG_UNITS = 512, (1024, 512)
LONG_TRAINING = WordSchedule(
    updates=45_000,
    learning_rate=2e-3,
    dropout=0.1,
    batch=64,
    length=128,
    candidates=2_048,
    interval=250,
    cooldown=0.25,
    half=True,
)
"""Schedule for large corpora of verse and prose: 300 million tokens, days on two cores. A window
holds most of a sonnet."""

FINETUNING_WORDS = WordSchedule(
    updates=160,
    learning_rate=7e-4,
    dropout=0.4,
    batch=8,
    length=170,
    candidates=0,
    interval=20,
    kept=0.68,
)
"""Schedule of the word network for the sonnets. A window holds a whole poem."""
