"""The page, its figures and its plots."""

import json
from dataclasses import replace
from pathlib import Path

from bot.evaluation.headline import Figure
from bot.evaluation.scoreboard import Board, Plot, QualityTarget, Table, markdown, publish

BOARD = Board(
    task="names",
    weights="abc",
    facts=(("weights", "recipe `best`"),),
    targets=(
        QualityTarget.at_most("held-out nats/char", 1.5, 1.4871, ".3f"),
        QualityTarget.at_least("distinct names", 0.99, 0.5, ".1%"),
    ),
    tables=(Table("Held-out text", "A note.", ("system", "nats/char"), (("o|urs", "1.487"),)),),
    samples_title="The first names",
    samples=("Mangosaurus, Rex", "Mei"),
    plots=(Plot("names-loss.png", "Loss by update", "Falling."),),
    headline=(Figure("Held-out names", "1.487 nats/char", "Kneser-Ney 1.563"),),
    figures={"held_out": {"ours": 1.4871}},
)
POEMS = replace(BOARD, task="sonnets", samples=("one\ntwo", "three\nfour"))


def test_target_bounds() -> None:
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    assert at_most("x", 1.5, 1.5, ".2f") == QualityTarget("x", "at most 1.50", "1.50", True)
    assert not at_most("x", 1.5, 1.5001, ".2f").met
    assert at_least("x", 0.97, 0.97, ".0%") == QualityTarget("x", "at least 97%", "97%", True)
    assert not at_least("x", 0.97, 0.9699, ".0%").met
    found = [QualityTarget.between("x", 5.3, 5.6, x, ".1f") for x in (5.2, 5.3, 5.6, 5.7)]
    assert found[1] == QualityTarget("x", "5.3 to 5.6", "5.3", True)
    assert [target.met for target in found] == [False, True, True, False]


def test_part_of_the_page() -> None:
    text = markdown(BOARD, "scoreboard")
    for part in (
        "- weights: recipe `best`",
        "| ✓ | held-out nats/char | at most 1.500 | 1.487 |",
        "| ✗ | distinct names | at least 99.0% | 50.0% |",
        "A note.\n\n| system | nats/char |\n| --- | --- |\n| o\\|urs | 1.487 |",
        "Falling.\n\n![Loss by update](scoreboard/names-loss.png)",
        "### The first names\n\n```text\nMangosaurus, Rex\nMei\n```",
    ):
        assert part in text
    assert "```text\none\ntwo\n\nthree\nfour\n```" in markdown(POEMS, "x")


def test_tasks_are_published_independently(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.md"
    publish(POEMS, {}, path)
    first = replace(BOARD, facts=(("weights", "the old ones"),))
    publish(first, {Plot("names-loss.png", "Loss", ""): b"PNG"}, path)
    publish(BOARD, {}, path)
    text = path.read_text()
    assert text.startswith("# Scoreboard\n")
    assert text.endswith(
        "\n\n" + markdown(BOARD, "scoreboard") + "\n" + markdown(POEMS, "scoreboard")
    )
    assert (tmp_path / "scoreboard" / "names-loss.png").read_bytes() == b"PNG"
    figures = json.loads((tmp_path / "scoreboard" / "sonnets.json").read_text())
    assert figures["kind"] == "sonnets"
    assert figures["figures"] == {"held_out": {"ours": 1.4871}}
    publish(POEMS, {}, path)
    assert path.read_text() == text
