"""Suggestions while a member types."""

import pytest

from bot.chat.commands import Choice, within_limits
from bot.names import autocomplete
from bot.platforms.discord.platform import LIMITS
from data.phrases import NOTHING
from tests.bot.chats.protocol import Chat
from tests.texts import written


async def suggested(chat: Chat, option: str, typed: str) -> list[tuple[str, str]]:
    """Labels and values of suggestions while a member types."""
    choices = await chat.alice.suggestions("dinoname", option, typed)
    return [(choice.label, choice.value) for choice in choices]


@pytest.mark.both
async def test_suggestions_match_typed(chat: Chat) -> None:
    """The typed text is a choice itself."""
    raptor = ("-raptor · thief", "raptor")
    assert await suggested(chat, "ends_with", "") == [raptor, ("-saurus · lizard", "saurus")]
    assert await suggested(chat, "ends_with", "Rap") == [("-rap", "rap"), raptor]
    draco = ("draco- · dragon", "draco")
    assert await suggested(chat, "starts_with", "dr") == [("dr-", "dr"), draco]
    assert await suggested(chat, "contains", "mango") == [("mango", "mango")]
    parts = [value for _, value in await suggested(chat, "contains", "")]
    assert parts == ["raptor", "saurus", "draco"]


async def test_vile_names_are_not_suggested(chat: Chat) -> None:
    assert autocomplete.whole_names("f", ("fukuiraptor", "fuckosaurus"), chat.app.word_filter) == [
        Choice(written("F"), "f"),
        Choice(written("Fukuiraptor"), "fukuiraptor"),
    ]


@pytest.mark.parametrize("typed", ["fuck", "z" * 100, "z" * 6000, "日本", "?"])
async def test_invalid_letters_are_not_suggested(chat: Chat, typed: str) -> None:
    assert all(typed not in value for _, value in await suggested(chat, "contains", typed))


def test_suggestions_keep_limits() -> None:
    """Labels are shortened; choices with long values are left out."""
    choices = [Choice(written("x" * 200), str(n)) for n in range(40)]
    kept = within_limits([Choice(NOTHING, "y" * 101), *choices], LIMITS)
    assert [choice.value for choice in kept] == [str(n) for n in range(25)]
    assert {len(choice.label) for choice in kept} == {100}
