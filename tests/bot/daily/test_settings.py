"""The dinosaur of the day in `/settings`."""

from unittest.mock import AsyncMock

import pytest

from bot.chat.message import UserError
from bot.chat.turn import Refused
from bot.community.daily import checked_zone
from tests.bot.chats.protocol import Chat
from tests.bot.daily.closed import forbidden

OFF = "There's no dinosaur of the day here."

INTRODUCTION = (
    "The bot posts five new names here every day, and the winner becomes the dinosaur of the day."
)


@pytest.mark.both
async def test_set_and_switched_off(chat: Chat) -> None:
    boss = await chat.add_manager()
    reply = await boss.use("settings", daily_channel=chat.channel)
    sentence = "The dinosaur of the day is chosen in #{}: five new names every day at {} to vote."
    assert reply.is_private
    assert reply.text.startswith(sentence.format(chat.channel.name, "9:00 (UTC), with 10 hours"))
    (told,) = chat.history()
    assert told.words == INTRODUCTION
    reply = await boss.use(
        "settings", daily_hour=23, daily_zone="america/new york", daily_hours=1, strips=True
    )
    first, second = reply.text.split("\n")
    assert first.startswith(
        sentence.format(chat.channel.name, "23:00 (America/New_York), with 1 hour")
    )
    assert second.startswith("New dinosaurs come with a picture")
    overview = (await boss.use("settings")).text.split("\n")
    assert overview[1] == f"• {first}"
    assert (await boss.use("settings", daily=False)).text == OFF
    assert len(chat.history()) == 1
    assert OFF in (await boss.use("settings")).text
    assert (await boss.use("settings", daily=True)).text == first
    assert len(chat.history()) == 2
    assert not chat.notified()


async def test_next_names(chat: Chat) -> None:
    boss = await chat.add_manager()
    await boss.use("settings", daily_channel=chat.channel)
    for zone, following in (
        ("UTC", "[2026-01-01 09:00]"),
        ("Asia/Tokyo", "[2026-01-02 00:00]"),  # it is nine there now
        ("Pacific/Kiritimati", "[2026-01-01 19:00]"),
    ):
        assert following in (await boss.use("settings", daily_zone=zone)).text


@pytest.mark.both
async def test_refusals(chat: Chat) -> None:
    boss = await chat.add_manager()
    refused = await boss.use("settings", daily=True)
    assert refused.text == "Which channel? Choose one, for example with /settings."
    hour = await boss.use("settings", daily_hour=9)
    assert hour.text == f"{OFF} Pick a channel to start it."
    refused = await boss.use("settings", daily_zone="Middle/Earth")
    assert refused.text.startswith("“Middle/Earth” isn't a time zone. Type a large city")
    assert "for example Europe/Berlin" in refused.text
    refused = await boss.use("settings", daily_zone="GMT+2")  # which is two hours behind
    assert refused.text.startswith("“GMT+2” isn't a time zone")
    for options in ({"daily_hour": 24}, {"daily_hours": 0}, {"daily_hours": 24}):
        assert await boss.is_refused("settings", **options)
    assert OFF in (await boss.use("settings")).text


@pytest.mark.parametrize("typed", ["", "nowhere", "x" * 5000, "../etc/localtime", "Europe"])
async def test_unknown_zones(typed: str) -> None:
    with pytest.raises(UserError, match="isn't a time zone"):
        await checked_zone(typed)


async def test_gmt_is_a_zone() -> None:
    assert await checked_zone("gmt") == "GMT"


@pytest.mark.both
async def test_zones_are_suggested(chat: Chat) -> None:
    boss = await chat.add_manager()

    async def suggested(typed: str) -> list[str]:
        found = await boss.suggestions("settings", "daily_zone", typed)
        return [choice.value for choice in found]

    assert (await suggested("berl"))[0] == "Europe/Berlin"
    assert (await suggested("new york"))[0] == "America/New_York"
    assert (await suggested("york"))[0] == "America/New_York"
    assert (await suggested("utc"))[0] == "UTC"
    assert await suggested("middle earth") == []
    assert 1 < len(await suggested("")) <= chat.platform.limits.choices


async def test_channel_that_is_closed_is_refused(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = await chat.add_manager()
    monkeypatch.setattr(chat.platform, "send", forbidden)
    refused = await boss.use("settings", daily_channel=chat.channel)
    assert refused.text.startswith(f"The bot can't post in #{chat.channel.name}. Invite the bot")
    monkeypatch.setattr(chat.platform, "send", AsyncMock(side_effect=Refused("for a while")))
    away = await boss.use("settings", daily_channel=chat.channel)
    assert away.text == "Slack isn't answering; try again in a minute."
    assert OFF in (await boss.use("settings")).text
