"""The previous weights."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from models.fingerprints import NOTHING
from models.verse.poem import SonnetRequest
from models.weights import Trained, WeightsError, save_weights
from tests.models.tiny import LETTERS, card, lstm, namer
from tools.evaluation import previous
from tools.evaluation.previous import PreviousWeights, previous_poems, previous_weights
from tools.evaluation.verse import MeasuredPoem


def saved(path: Path, trained: Trained) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = card("names", LETTERS)
    save_weights(path, trained.network.arrays(), facts, NOTHING)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with weights, but without git history."""
    monkeypatch.setattr(previous, "SHIPPED", tmp_path / "models" / "weights")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def commit(checkout: Path) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *command], cwd=checkout, check=True, capture_output=True)


def test_previous_weights_from_git(checkout: Path) -> None:
    file = checkout / "models" / "weights" / "names.safetensors"
    ours, old, older = (namer(lstm(LETTERS, seed=seed)) for seed in (1, 2, 3))
    for trained in (older, old, ours):
        saved(file, trained)
        commit(checkout)
    found = previous_weights(ours, None)
    assert found.network is not None
    np.testing.assert_array_equal(found.network.arrays()["Wy"], old.network.arrays()["Wy"])


def test_previous_weights_missing(checkout: Path) -> None:
    ours = namer(lstm(LETTERS, seed=1))
    assert "no git history" in previous_weights(ours, None).missing
    saved(checkout / "models" / "weights" / "names.safetensors", ours)
    commit(checkout)
    assert "no other weights" in previous_weights(ours, None).missing


def test_previous_weights_from_a_file(tmp_path: Path) -> None:
    saved(tmp_path / "mine.safetensors", namer(lstm(LETTERS, seed=5)))
    assert "(default, " in previous_weights(namer(), tmp_path / "mine.safetensors").name
    assert "Cannot read" in previous_weights(namer(), tmp_path / "none.safetensors").missing


# Poems

REQUESTS = [SonnetRequest(opening, 7 + i) for i, opening in enumerate(("O", "And", "O", "O"))]
ECHO = """
import json, sys
opening, n, seed = sys.argv[2], int(sys.argv[4]), int(sys.argv[6])
for i in range(n):
    print(json.dumps({"lines": [opening, f"seed {seed + i}"], "opening_length": len(opening)}))
"""


def poems_of_the_code(checkout: Path, code: str) -> list[MeasuredPoem]:
    """Poems of previous weights that were shipped with a certain `bot/generate.py`."""
    for folder in ("bot", "models", "data"):
        (checkout / folder).mkdir(exist_ok=True)
        (checkout / folder / "__init__.py").touch()
    (checkout / "bot" / "generate.py").write_text(code)
    ours = namer(lstm(LETTERS, seed=1))
    saved(checkout / "models" / "weights" / "names.safetensors", namer(lstm(LETTERS, seed=2)))
    commit(checkout)
    (checkout / "bot" / "generate.py").write_text("raise SystemExit(1)")
    return previous_poems(previous_weights(ours, None), REQUESTS, lambda _: True, lambda _: None)


def test_poems_are_written_by_the_code_of_their_weights(checkout: Path) -> None:
    poems = poems_of_the_code(checkout, ECHO)
    assert [poem.text for poem in poems] == ["O\nseed 7", "O\nseed 8", "O\nseed 9", "And\nseed 10"]
    assert [poem.given for poem in poems] == [1, 1, 1, 3]


def test_code_that_fails(checkout: Path) -> None:
    with pytest.raises(WeightsError, match="they were shipped with fails: No weights"):
        poems_of_the_code(checkout, "raise SystemExit('No weights')")


def test_poems_of_missing_weights() -> None:
    missing = PreviousWeights("the previous weights", None, "there is no git history")
    with pytest.raises(WeightsError, match="no git history"):
        previous_poems(missing, REQUESTS, lambda _: True, lambda _: None)
