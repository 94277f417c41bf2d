"""Networks of a few units with random weights: they babble, in no time."""

import string
from pathlib import Path

import numpy as np

from bot.versions import retrained_path
from data.text import VERSE_SYMBOLS
from models.known import Known
from models.vocabulary import Vocabulary
from models.weights import KINDS, save_weights
from tests.bot.fakes import GENERA, card

UNITS = 8


def write_tiny_weights(state_dir: Path, **changes: object) -> None:
    """Put babbling networks where those of version 0.2.0 are looked for, and taken over."""
    symbols = {
        "names": Vocabulary.of([string.ascii_lowercase]).symbols,
        "sonnets": Vocabulary.of(["".join(VERSE_SYMBOLS)]).symbols,
    }
    rng = np.random.default_rng(1)
    for kind in KINDS:
        width = len(symbols[kind])
        shapes = {
            "Wy": (UNITS, width),
            "by": (width,),
            "Wx0": (width, 4 * UNITS),
            "Wh0": (UNITS, 4 * UNITS),
            "b0": (4 * UNITS,),
        }
        arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
        facts = card(kind, symbols=symbols[kind], **changes)
        words = GENERA if kind == "names" else ()
        path = retrained_path(state_dir, kind)
        save_weights(path, arrays, facts, Known.of(words), words=words)
