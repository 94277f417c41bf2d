"""The figures that `/about` shows."""

from pathlib import Path

import pytest

from bot.help.headline import Figure, read_headline, write_headline
from data.errors import Sentence

FIGURE = Figure("Iambic lines", 0.98, Sentence("Shakespeare {share:.0%}", {"share": 0.88}))


def test_figures_of_the_measured_weights(tmp_path: Path) -> None:
    path = tmp_path / "scoreboard.json"
    write_headline("sonnets", "def", [FIGURE], path)
    write_headline("names", "old", [FIGURE], path)
    write_headline("names", "abc", [FIGURE, FIGURE], path)
    assert read_headline("sonnets", "def", path) == (FIGURE,)
    assert read_headline("names", "abc", path) == (FIGURE, FIGURE)
    assert read_headline("names", "old", path) == read_headline("sonnets", "abc", path) == ()


@pytest.mark.parametrize(
    "content",
    [None, "", "[]", "{}", '{"names": 3}', '{"names": {"weights": "abc", "figures": [{"x": 1}]}}'],
)
def test_invalid_file_is_ignored(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "scoreboard.json"
    if content is not None:
        path.write_text(content)
    assert read_headline("names", "abc", path) == ()
