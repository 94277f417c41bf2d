"""`/privacy`: data of members and servers, and how it is deleted."""

import asyncio
import json
import threading
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from bot.commands import privacy as module
from bot.commands.core.app import App
from bot.commands.core.message import Message, UserError
from bot.commands.core.turn import Platform, User
from bot.commands.privacy import GRACE, CommunitySweeper
from bot.store import Store, Unavailable
from bot.store.ballots import Ballot
from bot.store.hall_of_fame import Scope
from bot.store.moderation.tables import Action, Entry
from tests.bot.champions import crown
from tests.bot.conftest import Home
from tests.bot.polls_discord import TEN_MINUTES, a_poll, first_message, members
from tests.bot.replies import buttons, embed, labels, lines, sentence
from tests.bot.store.test_polls import NOW, POLL, opened
from tests.bot.turns import FakePlatform, FakeTurn, press_on


async def kept(home: Home) -> str:
    """The sentence about stored data of a member."""
    result = await home.alice.slash(home.channel, "privacy")
    assert result.ephemeral
    return lines(result)[0]


async def forget(home: Home) -> None:
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    await home.alice.click(result.response, label="Delete my data")
    await home.alice.click(result.response, label="Yes, delete my data")
    assert sentence(result) == "Done. The bot no longer stores anything about you."


async def sweep(home: Home) -> None:
    """Run the hourly job."""
    await home.bot.jobs.communities.sweep()


async def test_nothing_stored(home: Home) -> None:
    result = await home.alice.slash(home.channel, "privacy")
    assert lines(result)[0] == "The bot stores nothing about you."
    assert buttons(result) == []


async def test_counts(home: Home) -> None:
    for _ in range(2):
        message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    poem = await home.alice.slash(home.channel, "sonnet")
    assert poem.response is not None
    await home.alice.click(poem.response, label="Keep")
    assert (
        await kept(home)
        == "The bot stores data of yours: 1 vote, 2 polls, 1 poem and 1 button state."
    )
    result = await home.alice.slash(home.channel, "privacy")
    assert "A button state is what a button needs to work later" in lines(result)[-1]


async def test_show_everything(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    shown = await home.alice.click(result.response, label="Show everything")
    assert shown.ephemeral
    assert shown.response is not None
    (attachment,) = shown.response.attachments
    rows = json.loads(await attachment.read())
    assert [vote["position"] for vote in rows["votes"]] == [1]
    assert [card["discoverer"] for card in rows["polls"]] == ["alice"]
    assert buttons(result) == ["Show everything", "Delete my data"]


async def test_cooldowns(home: Home) -> None:
    """Everything can be shown right after the overview, but neither of them twice in a row."""
    await home.restart(cooldown_seconds=10)
    await a_poll(home)
    overview = await home.alice.slash(home.channel, "privacy")
    assert "too fast" in sentence(await home.alice.slash(home.channel, "privacy"))
    assert overview.response is not None
    shown = await home.alice.click(overview.response, label="Show everything")
    assert shown.response is not None
    assert shown.response.attachments
    again = await home.alice.click(overview.response, label="Show everything")
    assert "too fast" in sentence(again)


async def test_cooldown_of_deleting(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await a_poll(home)
    turn = press_on(FakeTurn(FakePlatform({1: Message()}), User(home.alice.id, "alice")), 1)
    await module.press(home.app, turn, "yes")
    assert not await home.app.store.privacy.of(home.alice.id)
    with pytest.raises(UserError, match="too fast"):
        await module.press(home.app, turn, "yes")


async def test_rows_become_text_in_a_thread(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member's rows are without limit, and other members' answers would wait."""
    threads: list[int] = []

    def as_json(_rows: object) -> bytes:
        threads.append(threading.get_ident())
        return b"{}"

    monkeypatch.setattr(module, "_as_json", as_json)
    await a_poll(home)
    overview = await home.alice.slash(home.channel, "privacy")
    assert overview.response is not None
    await home.alice.click(overview.response, label="Show everything")
    assert len(threads) == 1
    assert threads != [threading.get_ident()]


async def test_delete_asks_first(home: Home) -> None:
    await a_poll(home)
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    assert buttons(result) == ["Show everything", "Delete my data"]
    await home.alice.click(result.response, label="Delete my data")
    assert "some buttons under your poems and names will stop working" in sentence(result)
    assert "can't be undone" in sentence(result)
    assert buttons(result) == ["Yes, delete my data", "Cancel"]
    assert await kept(home) == "The bot stores data of yours: 1 poll."
    await home.alice.click(result.response, label="Yes, delete my data")
    assert sentence(result) == "Done. The bot no longer stores anything about you."
    assert buttons(result) == []
    assert await kept(home) == "The bot stores nothing about you."


async def test_other_members_keep_data(home: Home) -> None:
    message = await a_poll(home)
    (bob,) = members(home, 1)
    await bob.click(message, label="Bravosaurus")
    await forget(home)
    assert (await home.app.store.privacy.of(bob.id)).votes == 1


async def test_buttons_stop_working(home: Home) -> None:
    poem = await home.alice.slash(home.channel, "sonnet")
    assert poem.response is not None
    await forget(home)
    pressed = await home.alice.click(poem.response, label="Keep")
    assert sentence(pressed) == "This button no longer works; use the command instead."
    assert await kept(home) == "The bot stores nothing about you."


async def test_open_poll_loses_vote(home: Home) -> None:
    await a_poll(home)
    bob, carol = members(home, 2)
    await home.alice.click(first_message(home), label="Bravosaurus")
    await bob.click(first_message(home), label="Bravosaurus · 1")
    await forget(home)
    await carol.click(first_message(home), label="Kilosaurus")
    assert labels(first_message(home))[:3] == ["Mangosaurus", "Bravosaurus · 1", "Kilosaurus · 1"]


async def test_winner_stays_without_discoverer(home: Home) -> None:
    await crown(
        home.app.store,
        "Bravosaurus",
        3,
        at=home.env.now(),
        community_id=home.guild.id,
        member_id=home.alice.id,
        discoverer="alice",
    )
    await forget(home)
    hall = await home.alice.slash(home.channel, "halloffame")
    assert lines(hall) == ["🥇 **Bravosaurus** · 3 votes"]


async def test_open_poll_loses_discoverer(home: Home) -> None:
    message = await a_poll(home)
    (bob,) = members(home, 1)
    await bob.click(message, label="Bravosaurus")
    await forget(home)
    await home.pass_time(TEN_MINUTES + 60)
    *_, crowning = home.channel.history()
    (shown,) = crowning.embeds
    assert "**Bravosaurus** won with 1 vote." in (shown.description or "")
    assert "Discovered" not in (shown.description or "")


async def test_direct_messages(home: Home) -> None:
    result = await home.env.create_user("diana").slash("privacy")
    assert embed(result).title == "🔏 Your data"


async def test_invalid_state(home: Home) -> None:
    await a_poll(home)
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    home.rewrite_button(result.response.id, "Show everything", "privacy:really")
    pressed = await home.alice.click(result.response, label="Show everything")
    assert "use /privacy instead" in sentence(pressed)


async def test_cancel(home: Home) -> None:
    await a_poll(home)
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    await home.alice.click(result.response, label="Delete my data")
    await home.alice.click(result.response, label="Cancel")
    assert buttons(result) == ["Show everything", "Delete my data"]
    assert await kept(home) == "The bot stores data of yours: 1 poll."


async def leave(home: Home) -> None:
    guild = home.bot.get_guild(home.guild.id)
    assert guild is not None
    await guild.leave()
    await home.env.settle()


async def test_former_server_is_deleted(home: Home) -> None:
    await crown(home.app.store, "Homesaurus", at=home.env.now(), community_id=home.guild.id)
    await leave(home)
    await sweep(home)
    assert await count_of(home) == 1
    await home.app.store.privacy.left(home.guild.id, home.env.now() - GRACE - timedelta(seconds=1))
    await sweep(home)
    assert await count_of(home) == 0


async def count_of(home: Home) -> int:
    """Crowned names of a server that are still kept."""
    return await home.app.store.hall_of_fame.count(Scope(home.guild.id))


async def test_returning_server_is_kept(store: Store) -> None:
    await crown(store, "Homesaurus", at=NOW, community_id=7)
    await store.privacy.left(7, NOW - GRACE * 2)
    await store.privacy.joined(7)
    assert await store.privacy.forget_communities(NOW) == []


async def test_server_left_while_offline(
    home: Home,
) -> None:
    store, now = home.app.store, home.env.now()
    await crown(store, "Homesaurus", at=now, community_id=home.guild.id)
    await crown(store, "Farsaurus", at=now, community_id=12)
    await store.privacy.left(home.guild.id, now - GRACE * 2)  # and it has come back meanwhile
    await store.privacy.seen([home.guild.id], now)
    assert await store.privacy.forget_communities(now) == []
    assert await store.privacy.forget_communities(now + timedelta(seconds=1)) == [12]
    assert await count_of(home) == 1


async def test_servers_noted_at_start(home: Home) -> None:
    await home.app.store.privacy.left(home.guild.id, home.env.now() - GRACE * 2)
    await home.restart()
    await home.env.settle()
    assert await home.app.store.privacy.forget_communities(home.env.now()) == []


async def test_server_noted_simultaneously(store: Store) -> None:
    await asyncio.gather(
        *(store.privacy.joined(7) for _ in range(5)),
        *(store.polls.set_minutes(7, 30) for _ in range(5)),
    )
    assert await store.polls.minutes(7) == 30


async def test_deleted_while_voting(store: Store) -> None:
    for turn in range(5):
        cards = [replace(POLL, id=10 * turn + number, member_id=5) for number in range(3)]
        for each in cards:
            await opened(store, each)
            await store.polls.cast(Ballot(each.id, 5, 0), NOW)
        await asyncio.gather(
            *(store.polls.cast(Ballot(each.id, 5, 1), NOW) for each in cards),
            store.privacy.forget_member(5),
        )
    await store.privacy.forget_member(5)
    assert not await store.privacy.of(5)


def sweeper(store: Store, *, sees_all: bool = True) -> CommunitySweeper:
    """Deletes data of former servers; the bot is in none."""
    app = SimpleNamespace(store=store, now=lambda: NOW)
    platform = SimpleNamespace(name="discord", communities=[], sees_all_communities=sees_all)
    return CommunitySweeper(cast(App, app), cast(Platform, platform))


@pytest.mark.parametrize(("sees_all", "gone"), [(True, [12]), (False, [])])
async def test_some_shards_take_no_server_for_left(
    store: Store, sees_all: bool, gone: list[int]
) -> None:
    """A process with some of the shards does not see all servers."""
    await crown(store, "Farsaurus", at=NOW, community_id=12)
    await sweeper(store, sees_all=sees_all).sweep()
    assert await store.privacy.forget_communities(NOW + GRACE) == gone


async def test_failed_first_sweep_is_repeated(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await crown(store, "Farsaurus", at=NOW, community_id=12)
    communities = sweeper(store)
    with monkeypatch.context() as patched:

        async def away(*_: object) -> None:
            raise Unavailable("gone")

        patched.setattr(store.privacy, "seen", away)
        await communities.sweep()
    await communities.sweep()
    assert await store.privacy.forget_communities(NOW + GRACE) == [12]


async def test_blocks_outlast_forgetting(home: Home) -> None:
    """Or a member would undo them. The replies say so."""
    mo = home.moderator()
    await mo.slash(home.channel, "moderate block", member=home.alice)
    shown = await home.alice.user.slash("privacy")
    assert lines(shown)[0] == "The bot stores data of yours: 1 block and 1 act of moderation."
    assert "deleting your data doesn't delete blocks" in lines(shown)[-1]
    assert shown.response is not None
    await home.alice.user.click(shown.response, label="Delete my data")
    await home.alice.user.click(shown.response, label="Yes, delete my data")
    assert sentence(shown).startswith("Done. To keep servers safe, the bot still stores")
    refused = await home.alice.slash(home.channel, "about")
    assert "have blocked you" in sentence(refused)


async def test_record_is_pruned_after_a_year(home: Home) -> None:
    moderation, now = home.app.store.moderation, home.env.now()
    entries = [
        Entry(Action.BLOCK, 9, now - timedelta(days=days), home.guild.id, 3) for days in (364, 366)
    ]
    for entry in entries:
        await moderation.record(entry)
    await sweep(home)
    assert await moderation.recorded(home.guild.id) == entries[:1]
