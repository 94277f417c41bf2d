"""The simulator behaves like Discord: an unmodified client over real sockets."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import discord
import pytest

from bot.platforms.local.limits import ApiError, Upload
from bot.platforms.local.server import LocalDiscord
from tests.end_to_end.conftest import running
from tests.end_to_end.toy_bot import ToyBot, png


@asynccontextmanager
async def client(
    local: LocalDiscord, token: str | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client, for responses that discord.py hides."""
    headers = {"Authorization": f"Bot {token or local.token}"}
    async with aiohttp.ClientSession(local.url, headers=headers) as session:
        yield session


# Commands


async def test_command(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("quick", {"count": 3, "name": "Ada"})
    assert asked.message.content == "3 for Ada at 0.5"
    assert asked.message.payload()["interaction_metadata"]["name"] == "quick"
    assert local.messages == [asked.message]


async def test_deferral(local: LocalDiscord, toy: ToyBot) -> None:
    toy.go.clear()
    asked = await local.run_command("slow", {"lines": 3}, until="acknowledged")
    assert asked.message.loading
    toy.go.set()
    await local.wait_for(lambda: "Line *3*" in asked.message.content)
    assert not asked.message.loading
    assert len(asked.message.edits) == 3
    assert asked.message.edited


async def test_ephemeral_answer(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("secret")
    assert asked.message.ephemeral
    assert asked.message.only_for == local.state.guild.member.id
    channel = toy.get_partial_messageable(local.channel_id)
    with pytest.raises(discord.NotFound, match="10008"):
        await channel.fetch_message(int(asked.message.id))


async def test_allowed_mentions(local: LocalDiscord, toy: ToyBot) -> None:
    channel = toy.get_partial_messageable(local.channel_id)
    mary = f"<@{local.state.guild.member.id}>"
    quiet = await channel.send(f"@everyone {mary}")
    loud = await channel.send(f"@everyone {mary}", allowed_mentions=discord.AllowedMentions.all())
    assert not quiet.mention_everyone
    assert quiet.mentions == []
    assert loud.mention_everyone
    assert [user.name for user in loud.mentions] == ["mary"]


async def test_autocomplete(local: LocalDiscord, toy: ToyBot) -> None:
    choices = await local.autocomplete("find", "kind", "i")
    assert choices == [{"name": "Ichthyosaur", "value": "ICHTHYOSAUR"}]


async def test_invalid_options_are_not_sent(local: LocalDiscord, toy: ToyBot) -> None:
    with pytest.raises(ApiError, match="Must be at most 10"):
        await local.run_command("quick", {"count": 11})
    with pytest.raises(ApiError, match="Unknown application command"):
        await local.run_command("nothing")


async def test_files(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("weigh", {"file": Upload("bones.txt", b"four")})
    await local.wait_for(lambda: asked.followups)
    assert asked.original is not None
    assert asked.original.embed["description"] == "4 bytes"
    assert asked.original.attachments == []  # the embed shows it
    async with client(local) as session:
        async with session.get(asked.original.embed["image"]["url"]) as picture:
            assert picture.content_type == "image/png"
            assert await picture.read() == png()
        async with session.get(asked.followups[0].attachments[0].url) as copy:
            assert copy.headers["Content-Disposition"].startswith("attachment")
            assert await copy.read() == b"four"


async def test_files_are_deleted_with_their_message(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("weigh", {"file": Upload("bones.txt", b"four")})
    await local.wait_for(lambda: asked.followups)
    followup = asked.followups[0]
    await toy.http.delete_message(local.channel_id, int(followup.id))
    async with client(local) as session, session.get(followup.attachments[0].url) as answer:
        assert answer.status == 404


async def test_largest_file(local: LocalDiscord, toy: ToyBot) -> None:
    huge = bytes(10 * 1024 * 1024 + 1)
    with pytest.raises(ApiError, match="Request entity too large"):
        await local.run_command("weigh", {"file": Upload("huge.txt", huge)})
    channel = toy.get_partial_messageable(local.channel_id)
    with pytest.raises(discord.HTTPException, match="40005"):
        await channel.send(file=discord.File(io.BytesIO(huge), "huge.txt"))


async def test_deleted_answer(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("forgetful", until="acknowledged")
    path = f"api/v10/webhooks/{local.application_id}/{asked.token}/messages/@original"
    async with client(local) as session:
        async with session.delete(path) as answer:
            assert answer.status == 204
        async with session.patch(path, json={"content": "again"}) as answer:
            assert (await answer.json())["code"] == 10008
    assert asked.settled
    assert local.messages == []


# Deadlines


async def test_early_followup(local: LocalDiscord, toy: ToyBot) -> None:
    asked = await local.run_command("silent", until="sent")
    path = f"api/v10/webhooks/{local.application_id}/{asked.token}"
    async with client(local) as session, session.post(path, json={"content": "x"}) as answer:
        assert (await answer.json())["code"] == 10015


# Buttons


async def test_button_edits_its_message(local: LocalDiscord, toy: ToyBot) -> None:
    card = (await local.run_command("dig")).message
    for depth in (2, 3):
        asked = await local.press(card, "Dig deeper")
        assert asked.message is card
        assert card.embed["description"] == f"{depth} m down."
    assert len(local.messages) == 1


async def test_button_after_restart(local: LocalDiscord) -> None:
    async with running(ToyBot, local):
        card = (await local.run_command("dig")).message
    async with running(ToyBot, local):
        await local.press(card, "dig:1")
    assert card.embed["description"] == "2 m down."


async def test_button_answers_privately_or_later(local: LocalDiscord, toy: ToyBot) -> None:
    card = (await local.run_command("dig")).message
    whisper = await local.press(card, "Whisper")
    assert whisper.message.ephemeral
    assert whisper.message.reply_to is card
    await local.press(card, "Later")
    assert card.content == "Later has come."


async def test_edits_keep_the_picture(local: LocalDiscord, toy: ToyBot) -> None:
    card = (await local.run_command("election")).message
    assert [len(row["components"]) for row in card.components] == [5, 5, 2]
    picture = card.embed["image"]["url"]
    grace = local.state.guild.add_member("Grace")
    await local.press(card, "choose:4")  # answered with the edit
    await local.press(card, "choose:7", by=grace, until="acknowledged")  # edited afterwards
    await local.wait_for(lambda: "Grace chose 7" in card.embed["description"])
    assert card.embed["description"] == "Grace chose 7\nMary chose 4"
    assert (card.embed["image"]["url"], len(card.buttons)) == (picture, 12)
    async with client(local) as session, session.get(picture) as answer:
        assert await answer.read() == png()


async def test_missing_and_disabled_buttons(local: LocalDiscord, toy: ToyBot) -> None:
    card = (await local.run_command("dig")).message
    with pytest.raises(LookupError, match="Its buttons: 'Dig deeper', 'Whisper'"):
        await local.press(card, "Nothing")
    with pytest.raises(ApiError, match="Missing Permissions"):
        await local.press(card, "Locked")


# Permissions


async def test_default_permissions(local: LocalDiscord, toy: ToyBot) -> None:
    def offered(as_admin: bool) -> list[str]:
        user = local.state.guild.admin if as_admin else local.state.guild.member
        return [line["name"] for line in local.state.commands.picker(user)]

    assert "admin shake" in offered(as_admin=True)
    assert "admin shake" not in offered(as_admin=False)
    with pytest.raises(ApiError, match="Missing Permissions"):
        await local.run_command("admin shake")


async def test_overridden_permissions(local: LocalDiscord, toy: ToyBot) -> None:
    refused = await local.run_command("admin shake", despite_permissions=True)
    assert refused.message.content == "Administrators only."
    granted = await local.run_command("admin shake", {"how": 9}, as_admin=True)
    assert granted.message.content == "The ground shakes at 9."


# Registration of commands


# Messages and rate limits


async def test_rate_limit(local: LocalDiscord, toy: ToyBot) -> None:
    message = local.state.channel.post(str(local.channel_id), {"content": "0"})
    path = f"api/v10/channels/{local.channel_id}/messages/{message.id}"
    statuses = []
    async with client(local) as session:
        for number in range(1, 7):
            async with session.patch(path, json={"content": f"{number}"}) as answer:
                statuses.append(answer.status)
                remaining = answer.headers["X-RateLimit-Remaining"]
                body = await answer.json()
    assert statuses == [200, 200, 200, 200, 200, 429]
    assert remaining == "0"
    assert 0 < body["retry_after"] <= 5
    assert body["global"] is False
    assert message.content == "5"
    assert local.refused == {"PATCH /channels/{channel}/messages/{message}": 1}


async def test_global_rate_limit(local: LocalDiscord) -> None:
    async with client(local) as session:
        answers = await asyncio.gather(*(session.get("api/v10/users/@me") for _ in range(60)))
        refused = [answer for answer in answers if answer.status == 429]
        assert refused
        assert (await refused[0].json())["global"] is True


# Access


async def test_unknown_route(local: LocalDiscord, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with client(local) as session:
            async with session.get("api/v10/voice/regions") as answer:
                assert answer.status == 404
                assert answer.headers["Content-Type"] == "application/json"
                message = (await answer.json())["message"]
            async with session.delete("api/v10/gateway/bot") as answer:
                assert answer.status == 404
    assert message.endswith("has no route GET /api/v10/voice/regions.")
    assert "has no route DELETE /api/v10/gateway/bot." in caplog.text


async def test_wrong_token(local: LocalDiscord) -> None:
    async with client(local, "stolen") as session, session.get("api/v10/users/@me") as answer:
        assert answer.status == 401
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
    async with client(local) as session:
        for path in ("api/v10/users/@me", "local/events", "gateway"):
            async with session.get(path, headers=headers) as answer:
                assert answer.status == 403


async def test_csrf(local: LocalDiscord) -> None:
    async with client(local) as session:
        async with session.get("local/events", params={"csrf": "guess"}) as answer:
            assert answer.status == 403
        async with session.post("local/say", data={"payload_json": '{"content": "x"}'}) as answer:
            assert answer.status == 403
    assert local.messages == []


async def test_content_security_policy(local: LocalDiscord) -> None:
    async with client(local) as session, session.get("") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", ""])  # noqa: S104
def test_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="can't listen on"):
        LocalDiscord(host=host)


@pytest.mark.parametrize("port", [-1, 65536])
def test_invalid_port(port: int) -> None:
    with pytest.raises(ValueError, match=rf"{port} is not a port\. Use 1 to 65535"):
        LocalDiscord(port=port)


async def test_pointing_clients_here(local: LocalDiscord) -> None:
    def address() -> str:
        return discord.http.Route("GET", "/users/@me").url

    outside = address()
    with local.pointing_clients_here():
        assert address() == f"{local.url}api/v10/users/@me"
    assert address() == outside


async def test_wait_for_timeout(local: LocalDiscord) -> None:
    with pytest.raises(TimeoutError, match=r"Rain did not happen within 0.01 s"):
        await local.wait_for(lambda: False, timeout_s=0.01, what="Rain")
