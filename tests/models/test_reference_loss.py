"""The yardstick: what the card says, or what can be concluded from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.reference_loss import reference_loss_of
from models.weights import KINDS, Kind, WeightsError, load_shipped, read_card
from tests.models.tiny import card


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_weights_are_measured_by_their_validation_part(kind: Kind) -> None:
    shipped = load_shipped(kind).card
    assert reference_loss_of(shipped) == shipped.validation
    assert shipped.validation is not None


def test_a_card_has_the_last_word() -> None:
    assert reference_loss_of(card("names", yardstick=1.5)) == 1.5


def test_of_another_corpus_nobody_knows() -> None:
    assert reference_loss_of(card("names")) is None


@pytest.mark.parametrize("changes", [{"recipe": "notebook"}, {"reads_all": True}])
def test_a_network_that_read_the_validation_part_has_none(changes: dict[str, object]) -> None:
    project = load_shipped("names").card.corpus_sha256
    assert reference_loss_of(card("names", corpus_sha256=project)) == 1.6
    facts = replace(card("names", corpus_sha256=project), **changes)  # type: ignore[arg-type]
    assert reference_loss_of(facts) is None


def test_a_file_without_a_card_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"\2\0\0\0\0\0\0\0[]", b"\2\0\0\0\0\0\0\0{}", b"\xff" * 30):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match="no model card"):
            read_card(path)
    with pytest.raises(WeightsError, match="Cannot read"):
        read_card(tmp_path / "missing")
