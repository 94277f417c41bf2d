"""`/sonnet about:`: poems on names, and which names are suggested."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.message import UserError
from bot.polls.hall_queries import HallOfFame
from bot.verse.queries import Poems
from bot.verse.sonnet import SonnetOptions, checked
from models.verse.poem import SonnetRequest
from tests.bot.champions import crown
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import unavailable
from tests.bot.verse.test_sonnet import stanzas_of


@pytest.mark.both
async def test_about_has_single_spaces(chat: Chat) -> None:
    result = await chat.alice.use("sonnet", about="  Great   Mangosaurus ")
    assert stanzas_of(result)[0][0] == "Great Mangosaurus, line 1 of the poem,"


async def test_about_any_name(chat: Chat, subtests: pytest.Subtests) -> None:
    """It is shown whole."""
    hostile = "*[x](https://a.b)_@everyone_" * 2
    for about in ["さくら", "Ωsaurus", "Mango", "“Quoted”", "a” b“", "o“", hostile]:
        with subtests.test(about):
            chat.writer.sonnets_asked.clear()
            result = await chat.alice.use("sonnet", about=about)
            assert stanzas_of(result)[0][0].startswith(about)
            assert result.title in {f"📜 A sonnet on {about}", f"📜 A sonnet on “{about}”"}
            assert not chat.notified()
            await chat.alice.press(result, "Another")
            asked = [(each.about, each.opening) for each in chat.writer.sonnets_asked]
            assert asked == [(about, "")] * 2


async def test_title_has_subject(chat: Chat, subtests: pytest.Subtests) -> None:
    for options, title in [
        ({"about": "the sea"}, "📜 A sonnet on the sea"),
        ({"about": "Rex"}, "📜 A sonnet on Rex"),
        ({"about": "our moderator Steve"}, "📜 A sonnet on our moderator Steve"),
        ({"about": "love"}, "📜 A sonnet on love"),
        ({"about": "old friends."}, "📜 A sonnet on old friends"),
        ({"about": "🦕"}, "📜 A sonnet on 🦕"),
        ({"about": "server"}, "📜 A sonnet on “server”"),
        ({"about": "france and once"}, "📜 A sonnet on “france and once”"),
        ({"about": "I'm late!"}, "📜 A sonnet on “I'm late!”"),
        ({"about": "a"}, "📜 A sonnet on “a”"),
        ({"about": "愛"}, "📜 A sonnet on “愛”"),
        ({"opening": "Of time and love ", "about": "Rex"}, "📜 A sonnet on Rex"),
        ({"opening": "Of time and love "}, "📜 A sonnet"),
    ]:
        with subtests.test(str(options)):
            result = await chat.alice.use("sonnet", **options)
            assert result.title == title
            await chat.alice.press(result, "Keep")
            newest, *_ = await chat.app.store[Poems].of(chat.alice.id)
            assert newest.title == title


async def test_about_with_opening(chat: Chat) -> None:
    """The poem begins with the opening, and another one has both again."""
    result = await chat.alice.use("sonnet", about="Rex", opening="Shall I ")
    assert stanzas_of(result)[0][0] == "Shall I line 1 of the poem,"
    await chat.restart()
    await chat.alice.press(result, "Another")
    asked, again = chat.writer.sonnets_asked
    assert (asked.opening, asked.about) == ("Shall I ", "Rex")
    assert again == replace(asked, seed=again.seed)


async def test_about_and_vile_opening(chat: Chat, subtests: pytest.Subtests) -> None:
    for about, opening in [
        ("Cu", "na"),
        ("Cu", "nt"),
        ("c u n t", "Shall I"),
        ("Rex", "Thou art a c u n t"),
    ]:
        with subtests.test(about, opening=opening):
            chat.writer.sonnets_asked.clear()
            options = {"about": about, "opening": opening}
            result = await chat.alice.use("sonnet", **options)
            vile = "cunt" in (about + opening).replace(" ", "").lower()
            assert ("won't write about that" in result.text) == (about == "c u n t")
            assert ("won't begin a poem" in result.text) == (vile and about != "c u n t")
            assert bool(chat.writer.sonnets_asked) != vile


async def suggested(chat: Chat, typed: str) -> list[str]:
    choices = await chat.alice.suggestions("sonnet", "about", typed)
    assert all(choice.label == choice.value for choice in choices)
    return [choice.label for choice in choices]


@pytest.mark.both
async def test_suggest_champion_then_best(chat: Chat) -> None:
    for name, votes, days in (("Bestsaurus", 3, 5), ("Goodsaurus", 2, 9), ("Todaysaurus", 1, 0)):
        at = chat.now() - timedelta(days=days)
        await crown(chat.app.store, name, votes, at=at, community_id=chat.community_id)
    await crown(chat.app.store, "Farsaurus", at=chat.now(), community_id=1)
    assert await suggested(chat, "") == ["Todaysaurus", "Bestsaurus", "Goodsaurus"]
    assert await suggested(chat, " GOOD ") == ["GOOD", "Goodsaurus"]
    assert await suggested(chat, "Rex") == ["Rex"]


async def test_vile_names_are_not_suggested(chat: Chat) -> None:
    await crown(chat.app.store, "Mudsaurus", at=chat.now(), community_id=chat.community_id)
    await chat.restart(blocked_words=frozenset({"*mud*"}))
    assert await suggested(chat, "mud") == []
    assert await suggested(chat, "") == []


async def test_suggestions_without_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are there any for what is too long for a name."""
    assert await suggested(chat, "mango" * 1200) == []
    monkeypatch.setattr(chat.app.store[HallOfFame], "best", unavailable)
    assert await suggested(chat, "Rex") == []


@pytest.mark.parametrize("name", ["m" * 65, "mango " * 1000])
def test_about_too_long(name: str) -> None:
    with pytest.raises(UserError, match="at most 64 characters"):
        checked(SonnetOptions(SonnetRequest(about=name)))


def test_about_is_cleaned() -> None:
    """Spaces count once, and characters that change the direction of text are dropped."""
    request = SonnetRequest("Oh ", about="  Great \n \u202eRex ")
    assert checked(SonnetOptions(request)).request == replace(request, about="Great Rex")
    checked(SonnetOptions(SonnetRequest(about="m" * 32 + " " * 60 + "m" * 31)))
