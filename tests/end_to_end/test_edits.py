"""Messages that Discord does not let the bot edit, or only in some way."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.app import utc_now
from bot.chat.message import Message
from bot.chat.turn import (
    AnswerRef,
    DeletedMeanwhile,
    Forbidden,
    Limited,
    MessageRef,
    Refused,
    Unreachable,
)
from bot.features.jobs import Jobs
from bot.monitoring.invalid_requests import InvalidRequests
from bot.platforms.discord import platform
from bot.platforms.discord.platform import DiscordPlatform
from bot.text.spans import text
from simulators.common.faults import FaultKind, RestFault
from simulators.discord import records
from simulators.discord.channel import OLD_EDITS, OLD_S
from simulators.discord.guild import MANAGE_THREADS, ChannelKind
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import mangosaurus
from tests.end_to_end.test_simulator import call
from tests.end_to_end.toy_bot import ToyBot
from tests.texts import written


def has_poll(card: records.Message) -> bool:
    return any((each.custom_id or "").startswith("vote:") for each in card.buttons)


@pytest.mark.parametrize(
    ("is_archived", "is_locked", "manages_threads", "closes"),
    [
        (True, False, False, True),
        (True, True, False, False),
        (False, True, False, False),
        (True, True, True, True),
    ],
    ids=["archived", "locked", "locked-while-open", "locked-and-managed"],
)
async def test_poll_closes_in_archived_thread(
    local: LocalDiscord,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    is_archived: bool,
    is_locked: bool,
    manages_threads: bool,
    closes: bool,
) -> None:
    """Where the bot may not open it, the log says why."""
    caplog.set_level("INFO")
    guild = local.state.guild
    guild.channel.kind = ChannelKind.THREAD
    guild.bot = replace(
        guild.bot, permissions=guild.bot.permissions | manages_threads * MANAGE_THREADS
    )
    async with mangosaurus(local, tmp_path) as bot:
        card = (await local.run_command("dinoname")).message
        guild.channel.archived, guild.channel.locked = is_archived, is_locked
        await cast("Jobs", bot.jobs).polls.close_due(utc_now() + timedelta(hours=1))
    assert has_poll(card) is not closes
    assert ("Manage Threads if it is locked" in caplog.text) is not closes
    assert guild.channel.locked is is_locked


async def test_answer_is_removed_in_archived_thread(local: LocalDiscord, tmp_path: Path) -> None:
    guild = local.state.guild
    guild.channel.kind = ChannelKind.THREAD
    async with mangosaurus(local, tmp_path):
        card = (await local.run_command("sonnet")).message
        link = f"https://discord.com/channels/{guild.id}/{local.channel_id}/{card.id}"
        asked = await local.run_command("moderate message", {"message": link}, by=local.admin)
        guild.channel.archived = True
        await local.press(asked.message, "Remove it", by=local.admin)
    assert card.content == "*A moderator removed this.*"


@pytest.mark.parametrize("is_expired", [False, True])
async def test_deferred_answer_is_closed(
    local: LocalDiscord, toy: ToyBot, is_expired: bool
) -> None:
    """By its token, which ends "thinking…"; once that has expired, by an ordinary edit."""
    asked = await local.run_command("silent", until="sent")
    local.state.answer(asked.id, asked.token, {"type": int(records.Reply.DEFERRED_MESSAGE)})
    assert asked.original is not None
    assert asked.original.loading
    if is_expired:
        local.state.expire(asked)
    ref = AnswerRef(local.channel_id, int(asked.original.id), asked.token)
    await DiscordPlatform(toy, InvalidRequests()).close_answer(ref, Message(text(written("Over."))))
    assert asked.original.content == "Over."
    assert asked.original.loading is is_expired


async def test_simulated_limit_of_old_messages(local: LocalDiscord) -> None:
    message = local.state.channel.post({"content": "old"})
    message.created_at -= OLD_S + 1
    path = f"api/v10/channels/{local.channel_id}/messages/{message.id}"
    answers = [
        await call(local, "PATCH", path, json={"content": "x"}) for _ in range(OLD_EDITS + 1)
    ]
    assert [status for status, _ in answers] == [200] * OLD_EDITS + [429]
    assert answers[-1][1]["code"] == 30046


@pytest.mark.parametrize("kind", [FaultKind.BLOCKED, FaultKind.BLOCKED_AS_PAGE])
async def test_block_by_cloudflare(local: LocalDiscord, toy: ToyBot, kind: FaultKind) -> None:
    local.faults.rest = RestFault(kind, paths="POST .*/channels/")
    with pytest.raises(Refused):
        await DiscordPlatform(toy, InvalidRequests()).send(
            MessageRef(local.channel_id, 0), Message(text(written("Hello.")))
        )
    assert not local.messages


async def test_limit_of_one_channel(
    local: LocalDiscord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py waits for a channel that takes no more edits. It is told from a Discord that is
    away, and from a limit of everything."""
    shown = local.state.channel.post({"content": "old"})
    shown.created_at -= OLD_S + 1
    ref, message = MessageRef(local.channel_id, int(shown.id)), Message(text(written("New.")))
    async with mangosaurus(local, tmp_path) as bot:
        for _ in range(OLD_EDITS):
            await bot.platform.edit(ref, message)
        monkeypatch.setattr(platform, "REQUEST_S", 0.3)
        with pytest.raises(Limited):
            await bot.platform.edit(ref, message)
        local.faults.rest = RestFault(FaultKind.GLOBAL_LIMIT, paths="PATCH .*/channels/")
        with pytest.raises(Unreachable) as caught:
            await bot.platform.edit(ref, message)
        local.faults.rest = None
        monkeypatch.setattr(platform, "REQUEST_S", 10.0)
        other = local.state.channel.post({"content": "old"})
        await bot.platform.edit(MessageRef(local.channel_id, int(other.id)), message)
    assert type(caught.value) is Unreachable
    assert other.content == "New."


async def test_nonce_of_a_deleted_message(local: LocalDiscord, toy: ToyBot) -> None:
    ref, message = MessageRef(local.channel_id, 0), Message(text(written("Hello.")))
    bot = DiscordPlatform(toy, InvalidRequests())
    number = await bot.send(ref, message, nonce=1)
    assert await bot.send(ref, message, nonce=1) == number
    local.state.channel.remove(local.state.channel.messages[str(number)])
    with pytest.raises(DeletedMeanwhile):
        await bot.send(ref, message, nonce=1)
    assert not local.messages


async def test_bot_that_is_timed_out(local: LocalDiscord, toy: ToyBot) -> None:
    """Its server is tried again later, and delays no other."""
    ref, message = MessageRef(local.channel_id, 0, local.guild_id), Message(text(written("Hi.")))
    bot, guild = DiscordPlatform(toy, InvalidRequests()), toy.get_guild(local.guild_id)
    shown = await bot.send(ref, message)
    assert guild is not None
    local.state.guild.timed_out_until = "2999-01-01T00:00:00+00:00"
    with pytest.raises(Forbidden):  # as it would be without a right
        await bot.send(ref, message)
    guild.me.timed_out_until = datetime(2999, 1, 1, tzinfo=UTC)
    with pytest.raises(Limited):
        await bot.send(ref, message)
    with pytest.raises(Limited):
        await bot.edit(replace(ref, message_id=shown), message)
