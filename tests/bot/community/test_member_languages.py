"""The language of servers that cannot choose a locale: that of the first members who ask."""

from collections.abc import Callable
from typing import Any

import pytest
import simcord.interactions
from sqlalchemy import select

from bot.chat.languages import Languages
from bot.store import Store
from bot.store.languages import CommunityLanguage, CommunityLanguages
from bot.store.schema import Community
from tests.bot.chats.on_discord import DiscordActor, DiscordChat

GERMAN, FRENCH, AMERICAN = "de", "fr", "en-US"
PLACE, OTHER = 5, 6

Speak = Callable[[DiscordActor, str], None]


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch) -> Speak:
    """Chooses the language of a member, for which simcord has no setting.

    It says en-US for a server, as Discord does for one that has not chosen.
    """
    locales: dict[int, str] = {}
    payload = simcord.interactions.base_payload

    def with_locale(backend: Any, **about: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401
        record, made = payload(backend, **about)
        return record, made | {"locale": locales.get(about["user_id"], AMERICAN)}

    monkeypatch.setattr("simcord.interactions.base_payload", with_locale)
    return lambda who, locale: locales.update({who.id: locale})


async def ask(chat: DiscordChat, speak: Speak, *locales: str) -> list[str]:
    """Let a new member of each locale ask. Returns what the whole server sees."""
    said = []
    for number, locale in enumerate(locales):
        member = await chat.add_member(f"member {number} {locale.lower()}")
        speak(member, locale)
        said.append((await member.use("champion")).words)
    return said


def language_in(words: str) -> str:
    found = {"Zurzeit": "de", "Pas de": "fr", "champion": "en"}
    return next((tag for begin, tag in found.items() if begin in words), words)


async def later(chat: DiscordChat) -> str:
    """The language of what nobody asks for."""
    return (await chat.platform.language_of(chat.community_id)).tag


async def test_language_of_most(discord_chat: DiscordChat, speak: Speak) -> None:
    """Before, each gets answers in their own; feet and pounds only where most are Americans."""
    chat = discord_chat
    assert await later(chat) == "en"
    said = await ask(chat, speak, FRENCH, GERMAN, GERMAN, AMERICAN)
    assert [*map(language_in, said)] == [FRENCH, GERMAN, GERMAN, "en"]
    assert await later(chat) == GERMAN
    said = await ask(chat, speak, GERMAN, FRENCH, AMERICAN)
    assert [*map(language_in, said)] == [GERMAN] * 3
    await chat.restart()
    assert [*map(language_in, await ask(chat, speak, FRENCH))] == [GERMAN]


async def test_same_member_counts_once(discord_chat: DiscordChat, speak: Speak) -> None:
    chat = discord_chat
    speak(chat.alice, GERMAN)
    for _time in range(6):
        await chat.alice.use("champion")
    assert [*map(language_in, await ask(chat, speak, FRENCH))] == [FRENCH]
    assert (await chat.app.languages.of(chat.community_id)).asked == (GERMAN, FRENCH)


async def test_vote_keeps_the_language_of_a_poll(discord_chat: DiscordChat, speak: Speak) -> None:
    chat, voter = discord_chat, await discord_chat.add_member("bob")
    speak(chat.alice, GERMAN)
    speak(voter, FRENCH)
    await chat.alice.use("dinoname", count=2)
    (poll,) = chat.history()
    await voter.press(poll, poll.buttons[0])
    await chat.settle()
    (voted,) = chat.history()
    assert "Abstimmung" in poll.words
    assert "Abstimmung" in voted.words
    assert voted.words != poll.words


async def test_blocked_member_does_not_count(discord_chat: DiscordChat, speak: Speak) -> None:
    chat = discord_chat
    moderator = await chat.add_moderator()
    await moderator.use("moderate block", member=chat.alice)
    speak(chat.alice, GERMAN)
    await chat.alice.use("champion")
    assert (await chat.app.languages.of(chat.community_id)).asked == ("en-US",)


async def test_managers_choose(discord_chat: DiscordChat, speak: Speak) -> None:
    """*Set up* offers the language; what they choose stays, and without a choice it is back."""
    chat = discord_chat
    await ask(chat, speak, *[GERMAN] * 5)
    manager = await chat.add_manager()
    form = await manager.use("settings")
    assert "Keep Deutsch" in form.buttons
    form = await manager.choose(form, "Channel", chat.channel)  # which has a button of its own
    form = await manager.press(form, "Keep Deutsch")
    assert "Keep Deutsch" not in form.buttons
    assert (await chat.app.languages.of(chat.community_id)).chosen == GERMAN
    await manager.use("settings", language="fr")
    assert [*map(language_in, await ask(chat, speak, AMERICAN))] == [FRENCH]
    await manager.use("settings", language="default")
    assert [*map(language_in, await ask(chat, speak, AMERICAN))] == [GERMAN]


async def test_units(discord_chat: DiscordChat, speak: Speak) -> None:
    chat = discord_chat
    await ask(chat, speak, AMERICAN, "en-GB", "en-GB", AMERICAN, "en-GB")
    assert not (await chat.platform.language_of(chat.community_id)).is_imperial


def test_tie() -> None:
    """The language that came first wins; fewer than five leave the member's own."""
    assert CommunityLanguage(None, ("fr", "de", "de", "fr", "en")).usual("en") == "fr"
    assert CommunityLanguage(None, ("fr", "de", "de", "de")).usual("en") == "en"
    assert CommunityLanguage(None, ("fr", "de", "de", "de")).usual() == "de"
    assert CommunityLanguage().usual() == ""


async def test_stored_without_members(store: Store) -> None:
    """Another process counts on where the first one ended; more than five change nothing."""
    first, second = (Languages(store[CommunityLanguages]) for _process in range(2))
    for member in (1, 2, 1, 3):
        await first.note_asker(PLACE, member, GERMAN)
    await first.note_asker(OTHER, 1, FRENCH)
    for member in (4, 5, 6, 7):
        await second.note_asker(PLACE, member, AMERICAN)
    assert (await store[CommunityLanguages].of(PLACE)).asked == ("de", "de", "de", "en-US", "en-US")
    assert (await store[CommunityLanguages].of(OTHER)).asked == ("fr",)
    assert not second._askers
    for _member in range(9):  # at the same moment
        await store[CommunityLanguages].note(PLACE, FRENCH)
    async with store.database.reading() as session:
        stored = select(Community.asked_in).where(Community.id == PLACE)
        assert await session.scalar(stored) == "de de de en-US en-US"
