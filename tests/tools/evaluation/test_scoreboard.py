"""The page of the scoreboard."""

import re
from dataclasses import replace
from pathlib import Path

from bot.help.headline import Figure
from data.errors import Sentence
from tools.evaluation.readings import understood_table
from tools.evaluation.scoreboard import Board, QualityTarget, Table, markdown, publish

CHECKOUT = Path(__file__).parents[3]
BOARD = Board(
    task="names",
    facts=(("weights", "recipe `best`"),),
    targets=(
        QualityTarget.at_most("held-out nats/char", 1.5, 1.4871, ".3f"),
        QualityTarget.at_least("distinct names", 0.99, 0.5, ".1%"),
    ),
    tables=(Table("Held-out text", "A note.", ("system", "nats/char"), (("o|urs", "1.487"),)),),
    samples_title="The first names",
    samples=("Mangosaurus, Rex", "Mei"),
    headline=(Figure("Rhyming pairs", 0.98, Sentence("Shakespeare 77%")),),
)
POEMS = replace(BOARD, task="sonnets", samples=())


def test_target_bounds() -> None:
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    assert at_most("x", 1.5, 1.5, ".2f") == QualityTarget("x", "at most 1.50", "1.50", True)
    assert not at_most("x", 1.5, 1.5001, ".2f").met
    assert at_least("x", 0.97, 0.97, ".0%") == QualityTarget("x", "at least 97%", "97%", True)
    assert not at_least("x", 0.97, 0.9699, ".0%").met


def test_decision_has_the_figures_of_the_scoreboard() -> None:
    names = (CHECKOUT / "docs" / "scoreboard.md").read_text().partition("## Sonnets")[0]
    rows = re.findall(r"^\| ([^|]+) \| (\d\.\d{4}) \|", names, re.MULTILINE)
    found = {system: float(loss) for system, loss in rows}
    kneser_ney = min(loss for name, loss in found.items() if name.startswith("Kneser-Ney"))
    page = (CHECKOUT / "docs" / "decisions" / "models.md").read_text()
    said = " ".join(page.split())
    notebook = found["the notebook's recipe"]
    assert f"RNN {notebook:.3f}, Kneser-Ney of the best order {kneser_ney:.3f}," in said
    assert f"**{next(iter(found.values())):.3f}** since its LSTMs" in said


def test_part_of_the_page() -> None:
    text = markdown(BOARD)
    for part in (
        "- weights: recipe `best`",
        "| ✓ | held-out nats/char | at most 1.500 | 1.487 |",
        "| ✗ | distinct names | at least 99.0% | 50.0% |",
        "A note.\n\n| system | nats/char |\n| --- | --- |\n| o\\|urs | 1.487 |",
        "### The first names\n\n```text\nMangosaurus, Rex\nMei\n```",
    ):
        assert part in text
    assert "```" not in markdown(POEMS)


def test_tasks_are_published_independently(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.md"
    publish(POEMS, path)
    first = replace(BOARD, facts=(("weights", "the old ones"),))
    publish(first, path)
    publish(BOARD, path)
    text = path.read_text()
    assert text.startswith("# Scoreboard\n")
    assert text.endswith("\n\n" + markdown(BOARD) + "\n" + markdown(POEMS))
    publish(POEMS, path)
    assert path.read_text() == text


# The table of blind readings


def test_table() -> None:
    table = understood_table()
    assert table.rows[0] == ("poets of four centuries", "4.00", "100%", "95%", "39", "3")
    assert {len(row) for row in table.rows} == {len(table.columns)}
