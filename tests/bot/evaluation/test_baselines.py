"""Baselines."""

from pathlib import Path

from bot.evaluation.measures.baselines import kneser_ney, notebook_sonnets
from models.networks.ngram import choose_discount
from tests.models.tiny import LETTERS

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


def test_notebook_sonnets_missing(tmp_path: Path) -> None:
    assert notebook_sonnets(tmp_path / "x.safetensors").missing == "x.safetensors is missing"
    (tmp_path / "x.safetensors").write_text("nothing")
    assert "is not a whole safetensors file" in notebook_sonnets(tmp_path / "x.safetensors").missing
