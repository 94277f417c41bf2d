"""The figures that `/about` shows."""

from pathlib import Path

import pytest

from bot.evaluation.report.headline import Figure, read_headline, write_headline

FIGURE = Figure("Held-out text", "1.487 nats/char", "Kneser-Ney 1.563")


def test_figures_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("names", "abc", [FIGURE], path)
    assert read_headline("names", "abc", path) == (FIGURE,)


def test_other_weights_have_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("names", "abc", [FIGURE], path)
    assert read_headline("names", "def", path) == ()
    assert read_headline("sonnets", "abc", path) == ()


def test_one_kind_leaves_the_other_and_takes_its_own_place(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("sonnets", "def", [FIGURE], path)
    write_headline("names", "old", [FIGURE], path)
    write_headline("names", "abc", [FIGURE, FIGURE], path)
    assert read_headline("sonnets", "def", path) == (FIGURE,)
    assert read_headline("names", "old", path) == ()
    assert len(read_headline("names", "abc", path)) == 2


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"names": 3}', '{"names": {"weights": "abc", "figures": [{"x": 1}]}}'],
)
def test_a_file_that_says_nothing_shows_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scoreboard.json"
    assert read_headline("names", "abc", path) == ()
    path.write_text(content)
    assert read_headline("names", "abc", path) == ()
