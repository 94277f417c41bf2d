"""The words and the alternative text of plaques."""

from datetime import date

import pytest

from bot.chat.translation import ENGLISH
from bot.polls.plaques import PLAQUE, meaning_of, plaque_file
from bot.text.spans import plain
from bot.words import WordFilter
from tests.bot.chats.protocol import Chat
from tests.texts import written

DAY = date(2026, 11, 5)


async def test_file(chat: Chat) -> None:
    """The alternative text leaves the discoverer out, who is named beside the picture."""
    name, meaning, discoverer = map(written, ("Mangosaurus", "mango lizard", "Ada"))
    file = await plaque_file(chat.app, name, meaning, discoverer, DAY, 1, ENGLISH)
    assert file is not None
    assert file.name == PLAQUE
    assert file.content.startswith(b"\x89PNG")
    assert file.description == "A plaque: Mangosaurus, “mango lizard”, 1 vote, 5 November 2026"


@pytest.mark.parametrize(
    ("name", "meaning", "sentence"),
    [
        ("Zyxwoxeraptor", "… thief", "Part of it may mean thief: raptor (Latin raptor: thief)."),
        ("Minmi", "", ""),
    ],
)
def test_meaning(name: str, meaning: str, sentence: str) -> None:
    on_plaque, said = meaning_of(name, WordFilter(), ENGLISH)
    assert (on_plaque, plain(said)) == (meaning, sentence)
    assert meaning_of(name, WordFilter(["thief"]), ENGLISH) == ("", ())
