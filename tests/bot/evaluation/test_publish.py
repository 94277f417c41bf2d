"""The page, its figures and its plots."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.evaluation.report.page import page
from bot.evaluation.report.publish import publish
from bot.evaluation.results.board import (
    Board,
    Plot,
    ScoreboardError,
    Target,
)
from tests.bot.evaluation.boards import board


def test_target_bounds() -> None:
    assert Target.at_most("x", 1.5, 1.5, ".2f") == Target("x", "at most 1.50", "1.50", True)
    assert not Target.at_most("x", 1.5, 1.5001, ".2f").met
    assert Target.at_least("x", 0.97, 0.97, ".0%") == Target("x", "at least 97%", "97%", True)
    assert not Target.at_least("x", 0.97, 0.9699, ".0%").met
    assert Target.between("x", 5.3, 5.6, 5.3, ".1f") == Target("x", "5.3 to 5.6", "5.3", True)
    assert not Target.between("x", 5.3, 5.6, 5.2, ".1f").met
    assert not Target.between("x", 5.3, 5.6, 5.7, ".1f").met


def test_scoreboard_json_round_trip() -> None:
    assert Board.from_json(board().to_json()) == board()


def test_page() -> None:
    text = page({"names": board()}, "scoreboard")
    assert "| ✓ | held-out nats/char | at most 1.500 | 1.487 |" in text
    assert "| ✗ | distinct names | at least 99.0% | 50.0% |" in text
    assert "| o\\|urs | 1.487 |" in text
    assert "![Loss by update](scoreboard/names-loss.png)" in text
    assert "```text\nMangosaurus, Rex\n```" in text


def test_samples_on_the_page() -> None:
    poems = board("sonnets", samples=("one\ntwo", "three\nfour"))
    assert "one\ntwo\n\nthree\nfour\n```" in page({"sonnets": poems}, "x")
    rows = board(samples=("a, b", "c, d"))
    assert "a, b\nc, d\n```" in page({"names": rows}, "x")


def test_tasks_are_published_independently(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.md"
    publish(board("sonnets"), {}, path)
    first = replace(board(), facts=(("weights", "the old ones"),))
    publish(first, {Plot("names-loss.png", "Loss", ""): b"PNG"}, path)
    publish(board(), {}, path)
    text = path.read_text()
    assert text.index("## Names") < text.index("## Sonnets")
    assert "the old ones" not in text
    assert (tmp_path / "scoreboard" / "names-loss.png").read_bytes() == b"PNG"
    figures = json.loads((tmp_path / "scoreboard" / "sonnets.json").read_text())
    assert figures["figures"] == {"held_out": {"ours": 1.4871}}


def test_outdated_figures_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.md"
    publish(board("sonnets"), {}, path)
    (tmp_path / "scoreboard" / "sonnets.json").write_text('{"kind": "sonnets"}')
    with pytest.raises(ScoreboardError, match=r"run python -m bot\.evaluate sonnets again"):
        publish(board(), {}, path)
    assert not (tmp_path / "scoreboard" / "names.json").exists()
    publish(board("sonnets"), {}, path)
    publish(board(), {}, path)
