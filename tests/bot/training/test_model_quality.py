"""How good a custom model is, in words."""

import pytest

from bot.text.spans import plain
from bot.training.custom_model_messages import judgement
from bot.training.namer import lines_of
from tests.bot.fakes import card

GOOD = "It has learned the style of the list."
NO_GAIN = "It has learned which letters follow each other, but no more."
UNKNOWN = "How good it is could not be measured."
FEW = (
    " With 150 names on the list, most new names will be shuffles of them. A longer list gives "
    "more variety."
)
ROUGH = " That is a rough guess: it was tried on only 25 names that it had not read."


@pytest.mark.parametrize(
    ("entries", "figures", "said"),
    [
        (1500, (1.3, 1.5, 150), GOOD),
        (1500, (1.5, 1.5, 150), NO_GAIN),
        (1500, (1.4999, 1.5001, 150), NO_GAIN),
        (1500, (1.6, 1.5, 150), NO_GAIN),
        (250, (1.3, 1.5, 25), GOOD + ROUGH),
        (150, (1.3, 1.5, 15), GOOD + FEW),
        (150, (1.6, 1.5, 40), NO_GAIN + FEW),
        (150, (None, None, None), UNKNOWN + FEW),
        (1500, (None, None, 0), UNKNOWN),
        (1500, (1.3, None, None), UNKNOWN),
    ],
)
def test_judgement(
    entries: int, figures: tuple[float | None, float | None, int | None], said: str
) -> None:
    validation, kneser_ney, measured = figures
    shown = card("names", validation=validation, kneser_ney=kneser_ney, measured=measured)
    assert plain(judgement(shown, entries)) == said


def test_typed_names_are_separated() -> None:
    """By commas, semicolons or lines."""
    assert lines_of(" Ann, Bo;Cy\n\nDee ,,") == b"Ann\nBo\nCy\nDee"
