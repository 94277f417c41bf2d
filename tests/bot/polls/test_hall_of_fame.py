"""`/halloffame` and `/champion`."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from bot.chat.message import UserError
from bot.platforms.discord.rendering import LONGEST_ID
from bot.polls.hall_of_fame import (
    LONGEST_NAME,
    HallOfFameOptions,
    champion_message,
    page_of,
    suggest_names,
)
from bot.words import WordFilter
from tests.bot.champions import crown
from tests.bot.chats.protocol import Chat
from tests.bot.turns import FakePlatform, FakeTurn

DAYS_AGO = {"Today": 0, "Week": 3, "Month": 20, "Year": 200, "Old": 900}
OTHER_GUILD = 12


def name_in(line: str) -> str:
    """The name in a line of the hall of fame."""
    return line.split(" ")[1]


async def crown_here(
    chat: Chat,
    name: str,
    votes: int = 1,
    days_ago: int = 0,
    seconds_later: int = 0,
    **facts: Any,  # noqa: ANN401 (those of `crown`)
) -> None:
    at = chat.now() - timedelta(days=days_ago, seconds=-seconds_later)
    place = {"community_id": chat.community_id} | facts
    await crown(chat.app.store, name, votes, at=at, **place)


async def test_words_are_checked_in_a_thread(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred hostile names take a tenth of a second, in which nobody else would be answered."""
    for name in DAYS_AGO:
        await crown_here(chat, name)
    threads: set[threading.Thread] = set()

    def allows(_words: WordFilter, _text: str) -> bool:
        threads.add(threading.current_thread())
        return True

    monkeypatch.setattr(WordFilter, "allows", allows)
    turn = FakeTurn(FakePlatform(), community_id=chat.community_id)
    await page_of(chat.app, turn, HallOfFameOptions())
    await champion_message(chat.app, turn)
    assert await suggest_names(chat.app, turn, "")
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.both
async def test_best_names(chat: Chat) -> None:
    for votes, name in enumerate(["Fourth", "Third", "Second", "First"], start=1):
        await crown_here(chat, name, votes)
    result = await chat.alice.use("halloffame")
    assert result.title == f"🏛️ Best names: all time, this {chat.terms.community}"
    assert result.lines == [
        "🥇 First · 4 votes · Ada",
        "🥈 Second · 3 votes · Ada",
        "🥉 Third · 2 votes · Ada",
        "4. Fourth · 1 vote · Ada",
    ]
    assert [*result.buttons] == ["Show a dinosaur"]
    assert not result.is_private


async def test_periods(chat: Chat, subtests: pytest.Subtests) -> None:
    for name, days in DAYS_AGO.items():
        await crown_here(chat, name, days_ago=days)
    for period, count in [("day", 1), ("week", 2), ("month", 3), ("year", 4), ("ever", 5)]:
        with subtests.test(period):
            result = await chat.alice.use("halloffame", period=period)
            shown = {name_in(line) for line in result.lines}
            assert shown == set([*DAYS_AGO][:count])


async def test_pages(chat: Chat) -> None:
    for number in range(23):
        await crown_here(chat, f"Name{number:02}", seconds_later=number)
    shown = await chat.alice.use("halloffame")
    assert shown.card.footer == "page 1 of 3 · 23 names"
    assert [*shown.buttons] == ["More"]
    await chat.restart()
    shown = await chat.alice.press(shown, "More")
    assert shown.lines[0] == "11. Name10 · 1 vote · Ada"
    assert [*shown.buttons] == ["Back", "More"]
    # Names of a page can have lost their votes meanwhile: the last page is shown.
    chat.rewrite_button(shown, "More", "fame:ever:here:7:")
    shown = await chat.alice.press(shown, "More")
    assert [name_in(line) for line in shown.lines] == ["Name20", "Name21", "Name22"]
    assert [*shown.buttons] == ["Back"]
    shown = await chat.alice.press(shown, "Back")
    assert shown.card.footer == "page 2 of 3 · 23 names"
    assert len(chat.history()) == 1


@pytest.mark.both
async def test_dinosaurs_of_a_page(chat: Chat) -> None:
    """Those that have a creature, once each: not those of namers, and none that is blocked."""
    manager = await chat.add_manager()
    await manager.use("settings", blocked_words="mudsaurus")
    await crown_here(chat, "Elrond", 3, namer="elves")
    shown = await chat.alice.use("halloffame")
    assert [*shown.buttons] == []
    names = ("Firstsaurus", "Name 2", "Mudsaurus", "Lastsaurus", "Firstsaurus")
    for place, name in enumerate(names):
        await crown_here(chat, name, seconds_later=place)
    shown = await chat.alice.use("halloffame")
    await chat.restart()
    which = await chat.alice.press(shown, "Show a dinosaur")
    assert which.is_private
    assert [*which.buttons] == ["Firstsaurus", "Lastsaurus"]
    found = await chat.alice.press(which, "Lastsaurus")
    assert found.title == "🦕 Lastsaurus"
    assert not found.is_private


async def test_dinosaurs_of_another_page(chat: Chat) -> None:
    await crown_here(chat, "Firstsaurus", 2, member_id=chat.alice.id)
    shown = await chat.alice.use("halloffame", scope="mine")
    bob = await chat.add_member("bob")
    refused = await bob.press(shown, "Show a dinosaur")
    assert refused.text.startswith("These are someone else's names")
    for state, reason in (
        ("@fame:ever:here:9:", "names are gone"),
        ("@fame:", "/halloffame"),
        ("@fame", "letters from A to Z"),
        ("", "Which dinosaur?"),
    ):
        chat.rewrite_button(shown, "Show a dinosaur", f"dinosaur:{state}")
        refused = await chat.alice.press(shown, "Show a dinosaur")
        assert refused.is_private
        assert reason in refused.text


async def test_pages_of_another_member(chat: Chat) -> None:
    mine = {"community_id": OTHER_GUILD, "member_id": chat.alice.id}
    for number in range(11):
        await crown_here(chat, f"Name{number:02}", 2, seconds_later=number, **mine)
    shown = await chat.alice.use("halloffame", scope="mine")
    bob = await chat.add_member("bob")
    refused = await bob.press(shown, "More")
    assert refused.text.startswith("These are someone else's names")
    assert refused.is_private
    shown = await chat.alice.press(shown, "More")
    assert shown.lines == ["11. Name10 · 2 votes"]


@pytest.mark.parametrize(
    "state",
    [
        *("", "ever", "ever:here:-1:", "never:here:0:", "ever:moon:0:", "ever:mine:0:"),
        *("ever:all:0:1", "ever:all:0:x", "ever:here:0:xyz"),
        *(f"ever:here:{'9' * 30}:", f"ever:mine:0:{'9' * 30}"),
    ],
)
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="use /halloffame instead"):
        HallOfFameOptions.from_state(state)


async def test_empty_hall(chat: Chat) -> None:
    result = await chat.alice.use("halloffame", period="day", scope="all")
    where = f"today, all {chat.terms.communities}"
    assert result.text == f"There are no winning names ({where}). Get some with /dinoname!"
    result = await chat.alice.use("champion")
    assert result.text.startswith("There's no champion at the moment.")


async def test_name_blocked_by_now(chat: Chat) -> None:
    await crown_here(chat, "Mudsaurus", 3)
    await crown_here(chat, "Goodsaurus", 2)
    await chat.restart(blocked_words=frozenset({"*mud*", "ada"}))
    result = await chat.alice.use("halloffame")
    assert result.lines == [
        "🥇 a name blocked by the word filter · 3 votes",
        "🥈 Goodsaurus · 2 votes",
    ]
    result = await chat.alice.use("champion")
    assert result.body == "Goodsaurus"


@pytest.mark.both
async def test_champion(chat: Chat) -> None:
    await crown_here(chat, "Oldsaurus", 5, days_ago=4)
    await crown_here(chat, "Newersaurus", 1, days_ago=2)
    latest = await chat.alice.use("champion")
    assert (latest.title, latest.body) == ("👑 The latest champion (none today)", "Newersaurus")
    await crown_here(chat, "Almostsaurus", 2)
    await crown_here(chat, "Bravosaurus", 3)
    champion = await chat.alice.use("champion")
    assert (champion.title, champion.body) == ("👑 Today's champion", "Bravosaurus")
    (picture,) = champion.files
    assert picture.description.startswith("Drawing of Bravosaurus, ")
    assert " A plaque: Bravosaurus, “arm lizard”, 3 votes, " in picture.description
    await chat.restart()
    poem = await chat.alice.press(champion, "A poem about it")
    assert poem.lines[0] == "Bravosaurus, line 1 of the poem,"
    (asked,) = chat.writer.sonnets_asked
    assert (asked.about, asked.opening) == ("Bravosaurus", "")


async def test_champion_of_namer(chat: Chat) -> None:
    """Names of custom models have no creature."""
    await crown_here(chat, "Elrond", namer="elves")
    champion = await chat.alice.use("champion")
    assert [*champion.buttons] == ["A poem about it"]
    assert [file.name for file in champion.files] == ["plaque.png"]


async def test_longest_name(chat: Chat) -> None:
    name = ("*_@everyone_* " * 9)[: LONGEST_NAME - 1] + "!"
    await crown_here(chat, name)
    champion = await chat.alice.use("champion")
    assert champion.body == name
    await chat.alice.press(champion, "A poem about it")
    assert chat.writer.sonnets_asked[0].about == name
    assert len(f"about:{name}") <= LONGEST_ID


async def test_direct_messages(chat: Chat) -> None:
    await crown_here(chat, "Homesaurus", 2)
    user = await chat.add_member("diana")
    hall = await user.use_directly("halloffame")
    assert hall.card.title == f"🏛️ Best names: all time, all {chat.terms.communities}"
    assert hall.lines == ["🥇 Homesaurus · 2 votes"]
    champion = await user.use_directly("champion")
    assert champion.body == "Homesaurus"
