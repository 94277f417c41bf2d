"""The figures that `/about` shows."""

from pathlib import Path

import pytest

from bot.evaluation.results.headline import Figure, read_headline, write_headline

FIGURE = Figure("Held-out text", "1.487 nats/char", "Kneser-Ney 1.563")


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("names", "abc", [FIGURE], path)
    assert read_headline("names", "abc", path) == (FIGURE,)


def test_other_weights_have_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("names", "abc", [FIGURE], path)
    assert read_headline("names", "def", path) == ()
    assert read_headline("sonnets", "abc", path) == ()


def test_tasks_are_independent(tmp_path: Path) -> None:
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
def test_invalid_file_is_ignored(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scoreboard.json"
    assert read_headline("names", "abc", path) == ()
    path.write_text(content)
    assert read_headline("names", "abc", path) == ()
