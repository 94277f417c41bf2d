"""Blind readings: what readers understood, as a table of the scoreboard."""

import tomllib
from pathlib import Path

from tools.evaluation.scoreboard import Table

FILE = Path(__file__).with_name("readings.toml")
"""The results, kept by hand."""
UNDERSTOOD = (
    "Quatrains of several sources, each of another poem, are mixed and unlabelled, in lower case. "
    "A reader who knows neither the code nor the sources rates each: how many of its four lines "
    "could stand in a grammatical sentence with the lines around them (*grammatical*), whether one "
    "plain sentence can say what it says (*paraphrase*), and whether it leaves a picture or a "
    "thought (*image*). Lines with words of a member's opening are left out. A reading counts only "
    "if it gives real quatrains at least 3.8 grammatical lines and shuffled ones at most 0.5. "
    "Means of the readers; nothing was trained on their ratings."
)


def understood_table(path: Path = FILE) -> Table:
    """The results by system."""
    rows = tuple(
        (
            reading["system"],
            f"{reading['grammatical']:.2f}",
            f"{reading['paraphrase']:.0%}",
            f"{reading['image']:.0%}",
            f"{reading['quatrains']}",
            f"{reading['readers']}",
        )
        for reading in tomllib.loads(path.read_text(encoding="utf-8"))["reading"]
    )
    columns = ("", "grammatical, of 4", "paraphrase", "image", "quatrains", "readers")
    return Table("Understood", UNDERSTOOD, columns, rows)
