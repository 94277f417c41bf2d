"""Weight files of namers: as large as can be imported, and a small one."""

import string
import tempfile
from pathlib import Path

import numpy as np

from models.fingerprints import Fingerprints
from models.model_card import ModelCard
from models.names.constrained.shape import LIST_RECIPE
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.weights import save_weights

ORDER = 5
GREEK = "αβγδεζηθικλμνξοπρστυφχψω"
CYRILLIC = "бвгджзийклмнптфцчшщыэюя"
SYLLABLES = ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov", "wen", "zar")
SIZES = (500_000, 400_000, 300_000, 200_000, 140_000, 100_000, 60_000, 30_000, 10_000)
"""Numbers of n-grams to try: the largest has more than a file can hold."""


def namer(seed: int, size: int = 0) -> bytes:
    """A weight file with n-grams of made-up names, and so many random ones."""
    random = np.random.default_rng(seed)
    names = sorted({"".join(random.choice(SYLLABLES, 3)) for _ in range(150)})
    symbols = string.ascii_lowercase + (GREEK + CYRILLIC if size else "")
    vocabulary = Vocabulary.of([symbols])
    base = len(vocabulary)
    fitted = NGram.fit([name + END for name in names], vocabulary, ORDER, 0.75)
    # A random context and what follows it, so that no two orders share their contexts.
    codes = random.integers(base**ORDER, size=size)
    grams = np.union1d(fitted.grams, codes)
    counts = np.ones(len(grams), np.int64)
    counts[np.searchsorted(grams, fitted.grams)] = 1000 * fitted.counts.clip(max=1000)
    model = NGram(vocabulary, ORDER, 0.75, grams, counts)
    card = ModelCard(
        task="names",
        architecture="ngram",
        recipe=LIST_RECIPE,
        corpus="elves",
        corpus_sha256="0" * 64,
        seed=seed,
        updates=1,
        created="2026-01-02",
        symbols=vocabulary.symbols,
        validation=1.5,
        kneser_ney=1.6,
        measured=len(names),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "namer.safetensors"
        save_weights(path, model.arrays(), card, Fingerprints.of(names), words=names)
        return path.read_bytes()
