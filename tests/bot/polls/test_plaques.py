"""The words and the alternative text of plaques."""

from datetime import date

import pytest

from bot.chat.message import plain
from bot.chat.translation import ENGLISH
from bot.polls.hall_of_fame import PLAQUE, meaning_of, plaque_file

DAY = date(2026, 11, 5)
NO_FONT_HAS_IT = "\U000f0000"


async def test_file() -> None:
    file = await plaque_file("Mangosaurus", "mango lizard", "Ada", DAY, 1, ENGLISH)
    assert file.name == PLAQUE
    assert file.content.startswith(b"\x89PNG")
    assert file.description == "A plaque: Mangosaurus, “mango lizard”, 1 vote, 5 November 2026"


@pytest.mark.parametrize(
    ("name", "meaning", "sentence"),
    [
        ("Microraptor", "small thief", "It may mean small thief."),
        ("Zyxwoxeraptor", "… thief", "Part of it may mean thief."),
        ("Zyx", "", ""),
    ],
)
def test_meaning(name: str, meaning: str, sentence: str) -> None:
    on_plaque, said = meaning_of(name)
    assert (on_plaque, plain(said)) == (meaning, sentence)


async def test_discoverer_is_on_the_picture() -> None:
    """The alternative text leaves the discoverer out, who is named beside the picture."""
    ada, nobody = [await plaque_file("Rex", None, name, DAY, 2, ENGLISH) for name in ("Ada", None)]
    assert ada.content != nobody.content
    assert ada.description == nobody.description == "A plaque: Rex, 2 votes, 5 November 2026"


@pytest.mark.parametrize("discoverer", ["", NO_FONT_HAS_IT, "\u202e\x00"])
async def test_undrawable_discoverer_is_left_out(discoverer: str) -> None:
    nobody = await plaque_file("Rex", None, None, DAY, 2, ENGLISH)
    assert await plaque_file("Rex", None, discoverer, DAY, 2, ENGLISH) == nobody
