"""`/privacy`: data of members and servers, and how it is deleted."""

import json
import threading
from collections.abc import Collection
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from bot.chat.app import App
from bot.chat.cooldowns import TooSoon
from bot.chat.message import Message
from bot.chat.turn import Platform, User
from bot.community.queries import Action, Record, RecordEntry
from bot.fleet.membership import Fleet
from bot.polls.hall_queries import HallOfFame, HallScope
from bot.polls.queries import Polls
from bot.privacy import privacy as module
from bot.privacy.privacy import GRACE, CommunitySweeper
from bot.privacy.queries import Privacy
from bot.store import Database, Store
from tests.bot.champions import crown
from tests.bot.chats.on_discord import DiscordChat
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import unavailable
from tests.bot.opened_polls import a_poll
from tests.bot.polls.test_queries import NOW
from tests.bot.turns import FakePlatform, FakeTurn, press_on


async def kept(chat: Chat) -> str:
    """The sentence about stored data of a member."""
    result = await chat.alice.use("privacy")
    assert result.is_private
    return result.lines[0]


async def test_counts(chat: Chat) -> None:
    for _ in range(2):
        message = await a_poll(chat)
    await chat.alice.press(message, "Bravosaurus")
    poem = await chat.alice.use("sonnet")
    await chat.alice.press(poem, "Keep")
    counts = "1 vote, 2 polls, 1 poem and 1 saved button"
    assert await kept(chat) == f"The bot stores this about you: {counts}."
    result = await chat.alice.use("privacy")
    assert "Buttons store what they need to work later" in result.lines[-1]


@pytest.mark.both
async def test_show_everything(chat: Chat) -> None:
    await chat.alice.press(await a_poll(chat), "Bravosaurus")
    shown = await chat.alice.press(await chat.alice.use("privacy"), "Show everything")
    assert shown.is_private
    (attachment,) = shown.files
    rows = json.loads(await attachment.read())
    assert [vote["position"] for vote in rows["votes"]] == [1]
    assert [card["discoverer"] for card in rows["polls"]] == ["alice"]


async def test_cooldowns(chat: Chat) -> None:
    """Everything can be shown right after the overview, but neither of them twice in a row."""
    await chat.restart(cooldown_seconds=10)
    await a_poll(chat)
    overview = await chat.alice.use("privacy")
    assert "too fast" in (await chat.alice.use("privacy")).text
    shown = await chat.alice.press(overview, "Show everything")
    assert shown.files
    again = await chat.alice.press(overview, "Show everything")
    assert "too fast" in again.text


async def test_cooldown_of_deleting(chat: Chat) -> None:
    await chat.restart(cooldown_seconds=10)
    await a_poll(chat)
    turn = press_on(FakeTurn(FakePlatform({1: Message()}), User(chat.alice.id, "alice")), 1)
    await module.press(chat.app, turn, "yes")
    assert not await chat.app.store[Privacy].of(chat.alice.id)
    with pytest.raises(TooSoon):
        await module.press(chat.app, turn, "yes")


async def test_rows_become_text_in_a_thread(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member's rows are without limit, and other members' answers would wait."""
    threads: list[int] = []

    def as_json(_rows: object) -> bytes:
        threads.append(threading.get_ident())
        return b"{}"

    monkeypatch.setattr(module, "_as_json", as_json)
    await a_poll(chat)
    overview = await chat.alice.use("privacy")
    await chat.alice.press(overview, "Show everything")
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


@pytest.mark.both
async def test_delete_asks_first(chat: Chat) -> None:
    await a_poll(chat)
    result = await chat.alice.use("privacy")
    for label in ("Delete my data", "Cancel", "Delete my data"):
        assert await kept(chat) == "The bot stores this about you: 1 poll."
        assert label == "Cancel" or [*result.buttons] == ["Show everything", "Delete my data"]
        result = await chat.alice.press(result, label)
    assert "some buttons under your poems and names will stop working" in result.text
    assert "can't be undone" in result.text
    assert [*result.buttons] == ["Yes, delete my data", "Cancel"]
    result = await chat.alice.press(result, "Yes, delete my data")
    assert result.text == "Done. The bot no longer stores anything about you."
    assert [*result.buttons] == []
    result = await chat.alice.use("privacy")
    assert result.lines[0] == "The bot stores nothing about you."
    assert [*result.buttons] == []


async def test_buttons_stop_working(chat: Chat) -> None:
    poem = await chat.alice.use("sonnet")
    await chat.app.store[Privacy].forget_member(chat.alice.id)
    pressed = await chat.alice.press(poem, "Keep")
    assert pressed.text.startswith("This poem can't be kept any more,")
    assert await kept(chat) == "The bot stores nothing about you."


async def test_invalid_state(chat: Chat) -> None:
    await a_poll(chat)
    result = await chat.alice.use("privacy")
    chat.rewrite_button(result, "Show everything", "privacy:really")
    pressed = await chat.alice.press(result, "Show everything")
    assert "use /privacy instead" in pressed.text


async def test_former_server_is_deleted(discord_chat: DiscordChat) -> None:
    chat, store = discord_chat, discord_chat.app.store
    await crown(store, "Homesaurus", at=chat.now(), community_id=chat.community_id)
    guild = chat.home.bot.get_guild(chat.community_id)
    assert guild is not None
    await guild.leave()
    await chat.settle()
    for left_for, count in ((None, 1), (GRACE + timedelta(seconds=1), 0)):
        if left_for is not None:
            await store[Privacy].left(chat.community_id, chat.now() - left_for)
        await chat.jobs.communities.sweep()
        assert await store[HallOfFame].count(HallScope(chat.community_id)) == count


async def test_servers_noted_at_start(chat: Chat) -> None:
    await chat.app.store[Privacy].left(chat.community_id, chat.now() - GRACE * 2)
    await chat.restart()
    await chat.settle()
    assert await chat.app.store[Privacy].forget_communities(chat.now()) == []


def sweeper(store: Store, shards: Collection[int] = (0, 1)) -> CommunitySweeper:
    """Deletes data of former servers; the bot is in none. Some of two shards run here."""
    app = SimpleNamespace(store=store, now=lambda: NOW, fleet=Fleet())
    platform = SimpleNamespace(
        name="discord", communities=[], serves_community=lambda number: (number >> 22) % 2 in shards
    )
    return CommunitySweeper(cast(App, app), cast(Platform, platform))


@pytest.mark.parametrize(("shards", "gone"), [((0, 1), [12, 1 << 22]), ((0,), [12]), ((), [])])
async def test_servers_of_other_shards_are_not_left(
    store: Store, shards: tuple[int, ...], gone: list[int]
) -> None:
    """A process with some of the shards does not see all servers, and judges only its own."""
    for community_id in (12, 1 << 22):
        await crown(store, "Farsaurus", at=NOW, community_id=community_id)
    await sweeper(store, shards).sweep()
    assert sorted(await store[Privacy].forget_communities(NOW + GRACE)) == gone


async def test_failed_first_sweep_is_repeated(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crown(store, "Farsaurus", at=NOW, community_id=12)
    communities = sweeper(store)
    with monkeypatch.context() as patched:
        patched.setattr(store[Privacy], "seen", unavailable)
        await communities.sweep()
    await communities.sweep()
    assert await store[Privacy].forget_communities(NOW + GRACE) == [12]


async def test_polls_without_winner_are_pruned_after_30_days(chat: Chat) -> None:
    """And `/privacy` says so."""
    store, now, place = chat.app.store, chat.now(), chat.community_id
    polls = [
        await crown(store, "Minmi", votes, at=now - timedelta(days=days), community_id=place)
        for votes, days in ((0, 29), (0, 31), (1, 31))
    ]
    await chat.jobs.communities.sweep()
    kept_ones = [await store[Polls].find(poll.id) is not None for poll in polls]
    assert kept_ones == [True, False, True]
    await a_poll(chat)
    assert (await chat.alice.use("privacy")).lines[-1] == (
        "A poll without a winner is deleted, along with its votes, 30 days after it closes."
    )


async def test_record_is_pruned_after_a_year(chat: Chat) -> None:
    record, now = chat.app.store[Record], chat.now()
    entries = [
        RecordEntry(Action.BLOCK, 9, now - timedelta(days=days), chat.community_id, 3)
        for days in (364, 366)
    ]
    for entry in entries:
        await record.add(entry)
    await chat.jobs.communities.sweep()
    assert await record.entries(chat.community_id) == entries[:1]


async def test_deletions_in_other_processes(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process learns of them at once, so that it serves the member again."""
    monkeypatch.setattr(Fleet, "is_shared", True)
    ours = chat.app.store.database
    other = Store(Database(ours.url))
    await other[Privacy].forget_member(chat.alice.id)
    await other.close()
    await chat.jobs.communities.follow_deletions()
    assert ours.last_deletion == other.database.last_deletion > 0
