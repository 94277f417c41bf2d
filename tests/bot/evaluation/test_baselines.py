"""Baselines."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from bot.evaluation.measures import baselines
from bot.evaluation.measures.baselines import kneser_ney, notebook_sonnets, previous_weights
from models.fingerprints import NOTHING
from models.networks.ngram import choose_discount
from models.weights import Trained, save_weights
from tests.models.tiny import LETTERS, card, lstm, namer

TRAINING = ["mangosaurus\n", "triceratops\n", "allosaurus\n", "brachiosaurus\n"]
VALIDATION = ["apatosaurus\n", "camarasaurus\n"]


def nobody(_: str) -> None:
    """A status callback that does nothing."""


def test_kneser_ney() -> None:
    models = list(kneser_ney(TRAINING, VALIDATION, LETTERS, nobody))
    assert [model.order for model in models] == [1, 2, 3, 4, 5, 6, 7, 8]
    for model in models:
        chosen = choose_discount(TRAINING, VALIDATION, LETTERS, model.order)
        assert model.discount == chosen
        assert model.counts.sum() == len("".join(TRAINING + VALIDATION))


def saved(path: Path, trained: Trained) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = card("names", LETTERS)
    save_weights(path, trained.network.arrays(), facts, NOTHING)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with weights, but without git history."""
    monkeypatch.setattr(baselines, "SHIPPED", tmp_path / "models" / "weights")
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
    found = previous_weights(namer(), tmp_path / "mine.safetensors")
    assert found.network is not None
    assert "(default, " in found.name
    assert "Cannot read" in previous_weights(namer(), tmp_path / "none.safetensors").missing


def test_notebook_sonnets_missing(tmp_path: Path) -> None:
    assert notebook_sonnets(tmp_path / "x.safetensors").missing == "x.safetensors is missing"
    (tmp_path / "x.safetensors").write_text("nothing")
    assert "is not a whole safetensors file" in notebook_sonnets(tmp_path / "x.safetensors").missing
