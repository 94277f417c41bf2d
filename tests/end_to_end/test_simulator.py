"""The simulator behaves like Discord: an unmodified client over real sockets."""

import io
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import discord
import pytest

from simulators.common.faults import FaultKind, RestFault
from simulators.common.payloads import Upload
from simulators.discord.limits import ApiError
from simulators.discord.server import LocalDiscord
from tests.end_to_end.toy_bot import ToyBot, png


async def call(
    local: LocalDiscord,
    method: str,
    path: str,
    *,
    token: str = "",
    headers: Mapping[str, str] | None = None,
    **options: Any,  # noqa: ANN401 (of aiohttp)
) -> tuple[int, Any]:
    """The status and the body of a response, also where discord.py hides it."""
    sent = {"Authorization": f"Bot {token or local.token}"} | dict(headers or {})
    url = path if path.startswith("http") else local.url + path
    async with (
        aiohttp.ClientSession(headers=sent) as session,
        session.request(method, url, **options) as answer,
    ):
        body = await answer.read()
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, json.loads(body) if is_json else body


# Commands


async def test_ephemeral_answer(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("secret")
    assert asked.message.ephemeral
    assert asked.message.only_for == local.state.guild.member.id
    channel = toy.get_partial_messageable(local.channel_id)
    with pytest.raises(discord.NotFound, match="10008"):
        await channel.get_partial_message(int(asked.message.id)).edit(content="x")


async def test_allowed_mentions(local: LocalDiscord, toy: ToyBot) -> None:
    channel = toy.get_partial_messageable(local.channel_id)
    mary = f"<@{local.state.guild.member.id}>"
    quiet = await channel.send(f"@everyone {mary}")
    loud = await channel.send(f"@everyone {mary}", allowed_mentions=discord.AllowedMentions.all())
    assert not quiet.mention_everyone
    assert quiet.mentions == []
    assert loud.mention_everyone
    assert [user.name for user in loud.mentions] == ["mary"]


@pytest.mark.parametrize("is_redirected", [False, True])
async def test_files(local: LocalDiscord, toy: ToyBot, is_redirected: bool) -> None:
    if is_redirected:
        local.faults.rest = RestFault(FaultKind.REDIRECT, paths="GET .*/attachments/")
    asked = await local.run_command("weigh", {"file": Upload("bones.txt", b"four")})
    await local.wait_for(lambda: asked.followups)
    assert asked.original is not None
    assert asked.original.embed["description"] == "4 bytes"
    assert asked.original.attachments == []  # the embed shows it
    assert await call(local, "GET", asked.original.embed["image"]["url"]) == (200, png())
    (copy,) = asked.followups[0].attachments
    assert await call(local, "GET", copy.url) == (200, b"four")
    assert bool(local.faults.made[FaultKind.REDIRECT]) == is_redirected
    local.state.channel.remove(asked.followups[0])
    assert (await call(local, "GET", copy.url))[0] == 404


async def test_largest_file(local: LocalDiscord, toy: ToyBot) -> None:
    huge = bytes(10 * 1024 * 1024 + 1)
    with pytest.raises(ApiError, match="Request entity too large"):
        await local.run_command("weigh", {"file": Upload("huge.txt", huge)})
    channel = toy.get_partial_messageable(local.channel_id)
    with pytest.raises(discord.HTTPException, match="40005"):
        await channel.send(file=discord.File(io.BytesIO(huge), "huge.txt"))


# Messages and rate limits


async def test_rate_limit(local: LocalDiscord, toy: ToyBot) -> None:
    """Of a channel; of answers, each by itself."""
    asked = [await local.run_command("dig") for _ in range(3)]
    channel = f"api/v10/channels/{local.channel_id}/messages"
    in_channel = [f"{channel}/{each.message.id}" for each in asked] * 2
    limited: Any = {}

    async def statuses(paths: list[str]) -> list[int]:
        nonlocal limited
        answers = [await call(local, "PATCH", path, json={"content": path}) for path in paths]
        limited = answers[-1][1]
        return [status for status, _ in answers]

    assert await statuses(in_channel) == [200] * 5 + [429]
    assert 0 < limited["retry_after"] <= 5
    assert limited["global"] is False
    assert [each.message.content for each in asked] == in_channel[:3]
    assert local.refused == {"PATCH /channels/{channel}/messages/{message}": 1}


# Access


async def test_wrong_token(local: LocalDiscord) -> None:
    assert (await call(local, "GET", "api/v10/users/@me", token="stolen"))[0] == 401  # noqa: S106
    with local.pointing_clients_here(), pytest.raises(discord.LoginFailure):
        async with ToyBot() as bot:
            await bot.login("stolen")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_sites_are_rejected(local: LocalDiscord, headers: dict[str, str]) -> None:
    for path in ("api/v10/users/@me", "local/state", "gateway"):
        assert (await call(local, "GET", path, headers=headers))[0] == 403


async def test_csrf(local: LocalDiscord) -> None:
    said = {"payload": '{"do": "say", "content": "x"}'}
    assert (await call(local, "GET", "local/state", params={"csrf": "guess"}))[0] == 403
    assert (await call(local, "POST", "local/act", data=said))[0] == 403
    assert local.messages == []


async def test_headers_of_the_page(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("weigh", {"file": Upload("bones.txt", b"four")})
    await local.wait_for(lambda: asked.followups)
    async with aiohttp.ClientSession() as session:
        async with session.get(local.url) as answer:
            policy = answer.headers["Content-Security-Policy"]
        async with session.get(asked.followups[0].attachments[0].url) as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
