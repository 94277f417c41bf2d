"""How good a custom model is, in words."""

import pytest

from bot.chat.message import plain
from bot.training.custom_model_messages import judgement
from bot.training.namer import lines_of
from tests.bot.fakes import card

FEW = "A list of 150 names is too small to learn much from"
NO_GAIN = "It has learned no more than letter frequencies."


@pytest.mark.parametrize(
    ("entries", "figures", "said"),
    [
        (1500, (1.3, 1.5, 150), "It predicts new names of the list better than"),
        (1500, (1.5, 1.5, 150), NO_GAIN),
        (1500, (1.4999, 1.5001, 150), NO_GAIN),
        (1500, (1.6, 1.5, 150), NO_GAIN),
        (250, (1.3, 1.5, 25), "The losses mean little: only 25 names could be set aside"),
        (150, (1.3, 1.5, 15), FEW),
        (150, (1.6, 1.5, 40), NO_GAIN),
        (150, (None, None, None), FEW),
        (1500, (1.3, None, None), "Its quality was not measured."),
    ],
)
def test_judgement(
    entries: int, figures: tuple[float | None, float | None, int | None], said: str
) -> None:
    validation, kneser_ney, measured = figures
    shown = card("names", validation=validation, kneser_ney=kneser_ney, measured=measured)
    sentence = plain(judgement(shown, entries))
    assert said in sentence
    assert ("better" in sentence) == (figures == (1.3, 1.5, 150))


def test_typed_names_are_separated() -> None:
    """By commas, semicolons or lines."""
    assert lines_of(" Ann, Bo;Cy\n\nDee ,,") == b"Ann\nBo\nCy\nDee"
