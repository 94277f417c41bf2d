"""The founding notebook's own corpora, which are not part of the project.

Their figures are tested where `MANGOSAURUS_SEED` names a folder with `dinos.txt` and
`shakespeare.txt`, or where `shared/seed` lies beside the checkout.
"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("MANGOSAURUS_SEED") or Path(__file__).parents[2] / "shared" / "seed")
DINOS = FOLDER / "dinos.txt"
SHAKESPEARE = FOLDER / "shakespeare.txt"

needs_seed = pytest.mark.skipif(
    not (DINOS.is_file() and SHAKESPEARE.is_file()),
    reason="needs the founding notebook's corpora; set MANGOSAURUS_SEED to their folder",
)
