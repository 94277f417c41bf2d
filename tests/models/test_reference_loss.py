"""The reference loss: from the card, or derived from its corpus."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.reference_loss import reference_loss_of
from models.tasks import TASKS, task_of
from models.weights import WeightsError, load_shipped, read_card
from tests.models.tiny import card


@pytest.mark.parametrize("kind", TASKS)
def test_shipped_weights(kind: str) -> None:
    shipped = load_shipped(kind).card
    assert task_of(kind).reference_loss(shipped) == shipped.validation
    assert shipped.validation is not None


def test_card_takes_precedence() -> None:
    assert reference_loss_of(card("names", reference_loss=1.5), "") == 1.5


def test_other_corpus() -> None:
    assert reference_loss_of(card("names"), "other") is None


@pytest.mark.parametrize("changes", [{"recipe": "notebook"}, {"reads_all": True}])
def test_validation_part_was_trained_on(changes: dict[str, object]) -> None:
    project = load_shipped("names").card.corpus_sha256
    assert reference_loss_of(card("names", corpus_sha256=project), project) == 1.6
    facts = replace(card("names", corpus_sha256=project), **changes)  # type: ignore[arg-type]
    assert reference_loss_of(facts, project) is None


def test_missing_card(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\0\0\0\0{}", b"\xff" * 30):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="no model card"):
            read_card(path)
    with pytest.raises(WeightsError, match="Cannot read"):
        read_card(tmp_path / "missing")
