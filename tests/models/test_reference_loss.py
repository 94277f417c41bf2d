"""The reference loss: from the card, or derived from its corpus."""

from pathlib import Path
from typing import Any

import pytest

from models.tasks import TASKS, task_of
from models.weights import WeightsError, load_shipped, read_card
from tests.models.tiny import card


def test_shipped_weights() -> None:
    for kind in TASKS:
        shipped = load_shipped(kind).card
        assert task_of(kind).reference_loss(shipped) == shipped.validation is not None


NAMES = task_of("names")


@pytest.mark.parametrize(
    ("changes", "loss"),
    [
        ({}, None),  # of another corpus
        ({"reference_loss": 1.5}, 1.5),
        ({"corpus_sha256": NAMES.shipped_card.corpus_sha256}, 1.6),
        ({"corpus_sha256": NAMES.shipped_card.corpus_sha256, "recipe": "notebook"}, None),
        ({"corpus_sha256": NAMES.shipped_card.corpus_sha256, "reads_all": True}, None),
    ],
)
def test_other_weights(changes: dict[str, Any], loss: float | None) -> None:
    assert NAMES.reference_loss(card("names", **changes)) == loss


def test_missing_card(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\0\0\0\0{}", b"\xff" * 30):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="no model card"):
            read_card(path)
    with pytest.raises(WeightsError, match="Cannot read"):
        read_card(tmp_path / "missing")
