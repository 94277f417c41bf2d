"""Weight files of namers: as large as can be imported, and a small one."""

import string
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.fingerprints import Fingerprints
from models.names.constraints import LIST_RECIPE
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.weights import ModelCard, save_weights

ORDER = 5
GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
CYRILLIC = "бвгджзийклмнптфцчшщыэюя"
SYLLABLES = ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov", "wen", "zar")
CONTEXTS = 100_000
SCALES = (
    8.0,
    7.0,
    6.0,
    5.0,
    4.0,
    3.5,
    3.0,
    2.5,
    2.0,
    1.7,
    1.4,
    1.2,
    1.1,
    1.0,
    0.9,
    0.8,
    0.7,
    0.6,
    0.5,
    0.4,
    0.3,
    0.25,
    0.2,
    0.15,
    0.1,
    0.05,
)
"""Sizes to try, in `CONTEXTS`: the largest has more than a file can hold."""


def namer(seed: int, scale: float = 0.0) -> bytes:
    """A weight file with n-grams of made-up names, and random ones up to a size.

    scale: number of n-grams, in `CONTEXTS`.
    """
    random = np.random.default_rng(seed)
    names = sorted({"".join(random.choice(SYLLABLES, 3)) for _ in range(150)})
    symbols = string.ascii_lowercase + (GREEK + CYRILLIC if scale else "")
    vocabulary = Vocabulary.of([symbols])
    base = len(vocabulary)
    count = int(scale * CONTEXTS)
    fitted = NGram.fit([name + END for name in names], vocabulary, ORDER, 0.75)
    # A random context and what follows it, so that no two orders share their contexts.
    codes = random.integers(base**ORDER, size=count)
    grams = np.union1d(fitted.grams, codes)
    counts = np.ones(len(grams), np.int64)
    counts[np.searchsorted(grams, fitted.grams)] = 1000 * fitted.counts.clip(max=1000)
    model = NGram(vocabulary, ORDER, 0.75, grams, counts)
    return weight_file(model, "ngram", names, seed)


def weight_file(
    network: Network, architecture: str, names: Sequence[str], seed: int, *, reads_all: bool = False
) -> bytes:
    """The weight file of a namer for a list, with losses that nobody has measured."""
    card = ModelCard(
        task="names",
        architecture=architecture,
        recipe=LIST_RECIPE,
        corpus="elves",
        corpus_sha256="0" * 64,
        seed=seed,
        updates=1,
        created="2026-01-02",
        symbols=network.vocabulary.symbols,
        validation=1.5,
        kneser_ney=1.6,
        measured=min(500, len(names)),
        reads_all=reads_all,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "namer.safetensors"
        save_weights(path, network.arrays(), card, Fingerprints.of(names), words=names)
        return path.read_bytes()
