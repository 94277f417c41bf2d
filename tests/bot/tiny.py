"""Networks of a few units with random weights: they babble, in no time."""

import string
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from bot.services.legacy_weights import retrained_path
from data.lists import normalise_entry
from data.text import VERSE_SYMBOLS
from models.fingerprints import Fingerprints
from models.names.shape import LIST_RECIPE
from models.networks.vocabulary import Vocabulary
from models.tasks import TASKS
from models.weights import save_weights
from tests.bot.fakes import GENERA, card

UNITS = 8


def write_tiny_weights(state_dir: Path, **changes: object) -> None:
    """Put babbling networks where those of version 0.2.0 are looked for, and taken over."""
    symbols = {
        "names": Vocabulary.of([string.ascii_lowercase]).symbols,
        "sonnets": Vocabulary.of(["".join(VERSE_SYMBOLS)]).symbols,
    }
    for kind in TASKS:
        facts = card(kind, symbols=symbols[kind], **changes)
        words = GENERA if kind == "names" else ()
        path = retrained_path(state_dir, kind)
        save_weights(path, _arrays(len(symbols[kind])), facts, Fingerprints.of(words), words=words)


def tiny_namer(
    names: Sequence[str], *, kind: str = "names", layers: int = 1, **facts: object
) -> bytes:
    """The weight file of a babbling network that has read some names of any alphabet."""
    read = sorted(map(normalise_entry, names))
    symbols = Vocabulary.of(read).symbols
    facts = {
        "recipe": LIST_RECIPE,
        "symbols": symbols,
        "validation": 1.5,
        "kneser_ney": 1.6,
        "measured": 40,
    } | facts
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tiny.safetensors"
        save_weights(
            path,
            _arrays(len(symbols), layers),
            card(kind, **facts),
            Fingerprints.of(read),
            words=read,
        )
        return path.read_bytes()


def _arrays(width: int, layers: int = 1) -> dict[str, NDArray[np.float32]]:
    shapes: dict[str, tuple[int, ...]] = {"Wy": (UNITS, width), "by": (width,)}
    for k in range(layers):
        shapes |= {
            f"Wx{k}": (UNITS if k else width, 4 * UNITS),
            f"Wh{k}": (UNITS, 4 * UNITS),
            f"b{k}": (4 * UNITS,),
        }
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
