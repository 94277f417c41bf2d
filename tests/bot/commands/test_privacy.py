"""What is kept about a member and a server, and how it is forgotten."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.commands.message import UserError
from bot.commands.privacy import press
from bot.discord.client import Mangosaurus
from bot.discord.cogs.privacy import GRACE, Privacy
from bot.store import Store, Unavailable
from bot.store.hall_of_fame import Scope
from bot.store.polls import Ballot
from tests.bot.champions import crown
from tests.bot.commands.test_hall_of_fame import (
    buttons,
    embed,
    lines,
    sentence,
)
from tests.bot.commands.test_votes import (
    TEN_MINUTES,
    a_card,
    card,
    members,
)
from tests.bot.conftest import Home, labels
from tests.bot.store.test_polls import NOW, POLL, opened


async def kept(home: Home) -> str:
    """What is said to be kept about a member."""
    result = await home.alice.slash(home.channel, "privacy")
    assert result.ephemeral
    return lines(result)[0]


async def forget(home: Home) -> None:
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    await home.alice.click(result.response, label="Forget me")
    await home.alice.click(result.response, label="Yes, forget me")
    assert sentence(result) == "Done: I keep nothing about you any more."


async def sweep(home: Home) -> None:
    """What happens every hour."""
    cog: Any = home.bot.get_cog("Privacy")
    await cog.forget_communities()


async def test_a_stranger_is_told_that_nothing_is_kept(home: Home) -> None:
    result = await home.alice.slash(home.channel, "privacy")
    assert lines(result)[0] == "I keep nothing about you."
    assert buttons(result) == []


async def test_everything_that_is_kept_is_told(home: Home) -> None:
    for _ in range(2):
        message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    poem = await home.alice.slash(home.channel, "sonnet")
    assert poem.response is not None
    await home.alice.click(poem.response, label="Keep")
    assert await kept(home) == "Of yours I keep 1 vote, 2 cards of names and 1 poem."


async def test_every_row_that_is_kept_can_be_had_as_a_file(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    shown = await home.alice.click(result.response, label="Show me all of it")
    assert shown.ephemeral
    assert shown.response is not None
    (attachment,) = shown.response.attachments
    rows = json.loads(await attachment.read())
    assert [vote["position"] for vote in rows["votes"]] == [1]
    assert [card["discoverer"] for card in rows["polls"]] == ["alice"]
    assert buttons(result) == ["Show me all of it", "Forget me"]


async def test_forgetting_is_asked_for_twice(home: Home) -> None:
    await a_card(home)
    result = await home.alice.slash(home.channel, "privacy")
    assert result.response is not None
    assert buttons(result) == ["Show me all of it", "Forget me"]
    await home.alice.click(result.response, label="Forget me")
    assert "cannot be undone" in sentence(result)
    assert buttons(result) == ["Yes, forget me"]
    assert await kept(home) == "Of yours I keep 1 card of names."
    await home.alice.click(result.response, label="Yes, forget me")
    assert sentence(result) == "Done: I keep nothing about you any more."
    assert buttons(result) == []
    assert await kept(home) == "I keep nothing about you."


async def test_only_who_asks_is_forgotten(home: Home) -> None:
    message = await a_card(home)
    (bob,) = members(home, 1)
    await bob.click(message, label="Bravosaurus")
    await forget(home)
    assert (await home.app.store.privacy.of(bob.id)).votes == 1


async def test_the_tally_of_an_open_card_falls(home: Home) -> None:
    await a_card(home)
    bob, carol = members(home, 2)
    await home.alice.click(card(home), label="Bravosaurus")
    await bob.click(card(home), label="Bravosaurus · 1")
    await forget(home)
    await carol.click(card(home), label="Kilosaurus")
    assert labels(card(home))[:3] == ["Mangosaurus", "Bravosaurus · 1", "Kilosaurus · 1"]


async def test_a_crowned_name_stays_in_the_hall_without_its_discoverer(home: Home) -> None:
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


async def test_the_plaque_of_a_card_that_was_open_has_no_discoverer(home: Home) -> None:
    message = await a_card(home)
    (bob,) = members(home, 1)
    await bob.click(message, label="Bravosaurus")
    await forget(home)
    await home.env.advance_time(TEN_MINUTES + 60)
    *_, crowning = home.channel.history()
    (shown,) = crowning.embeds
    assert "**Bravosaurus** won with 1 vote." in (shown.description or "")
    assert "Discovered" not in (shown.description or "")


async def test_privacy_is_there_in_direct_messages(home: Home) -> None:
    result = await home.env.create_user("diana").slash("privacy")
    assert embed(result).title == "🔏 What I keep about you"


async def test_a_button_of_another_version_is_refused(store: Store) -> None:
    with pytest.raises(UserError, match="use /privacy instead"):
        await press("really", 1, store.privacy)


async def leave(home: Home) -> None:
    guild = home.bot.get_guild(home.guild.id)
    assert guild is not None
    await guild.leave()
    await home.env.settle()


async def test_a_server_that_removes_the_bot_is_forgotten_after_a_month(home: Home) -> None:
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


async def test_a_server_that_takes_the_bot_back_in_time_is_kept(store: Store) -> None:
    await crown(store, "Homesaurus", at=NOW, community_id=7)
    await store.privacy.left(7, NOW - GRACE * 2)
    await store.privacy.joined(7)
    assert await store.privacy.forget_communities(NOW) == []


async def test_a_server_that_was_left_while_the_bot_was_away_is_noticed_at_its_start(
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


async def test_the_bot_notes_at_its_start_in_which_servers_it_is(home: Home) -> None:
    await home.app.store.privacy.left(home.guild.id, home.env.now() - GRACE * 2)
    await home.restart()
    await home.env.settle()
    assert await home.app.store.privacy.forget_communities(home.env.now()) == []


async def test_a_server_can_be_noted_twice_at_once(store: Store) -> None:
    await asyncio.gather(
        *(store.privacy.joined(7) for _ in range(5)),
        *(store.polls.set_minutes(7, 30) for _ in range(5)),
    )
    assert await store.polls.minutes(7) == 30


async def test_a_member_is_forgotten_while_she_votes_on_her_own_cards(store: Store) -> None:
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


@pytest.mark.parametrize(("shards", "gone"), [(None, [12]), ([0], [])])
async def test_a_process_with_some_of_the_shards_takes_no_server_for_left(
    store: Store, shards: list[int] | None, gone: list[int]
) -> None:
    await crown(store, "Farsaurus", at=NOW, community_id=12)
    bot = SimpleNamespace(handlers={}, store=store, shard_ids=shards, guilds=[])
    cog = Privacy(cast(Mangosaurus, bot))
    await cog._sweep()
    assert await store.privacy.forget_communities(discord.utils.utcnow() + GRACE) == gone


async def test_a_first_look_at_the_servers_that_fails_is_tried_again(store: Store) -> None:
    await crown(store, "Farsaurus", at=NOW, community_id=12)
    bot = SimpleNamespace(handlers={}, store=store, shard_ids=None, guilds=[])
    cog = Privacy(cast(Mangosaurus, bot))
    with pytest.MonkeyPatch.context() as patched:

        async def away(*_: object) -> None:
            raise Unavailable("gone")

        patched.setattr(store.privacy, "seen", away)
        await cog._sweep()
    await cog._sweep()
    assert await store.privacy.forget_communities(discord.utils.utcnow() + GRACE) == [12]
