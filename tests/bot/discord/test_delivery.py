"""Answers on a network that comes and goes."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from bot.discord.training_report import Report

from bot.commands.message import Message, text
from bot.discord.client import deliver

REPLY = Message(text("Half done."))


def refused(code: int, status: int = 404) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="")
    return discord.NotFound(response, {"code": code, "message": "no"})


class Line:
    """Something to send on; fails as often as it has errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.sent = 0
        self.edited: list[Any] = []
        self.channel = self

    async def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent += 1

    async def edit(self, **options: object) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.edited.append(options)

    async def send(self, **_: object) -> "Line":
        await self()
        return self


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []

    async def sleep(duration: float) -> None:
        seconds.append(duration)

    monkeypatch.setattr("bot.discord.client.asyncio.sleep", sleep)
    return seconds


async def test_what_the_network_swallows_is_sent_again_after_longer_and_longer(
    slept: list[float],
) -> None:
    line = Line(aiohttp.ClientError(), TimeoutError(), ConnectionResetError())
    assert await deliver(line, tries=5)
    assert line.sent == 1
    assert slept == [1, 2, 4]


async def test_after_the_last_try_it_is_given_up(slept: list[float]) -> None:
    line = Line(*[OSError()] * 3)
    assert not await deliver(line, tries=3)
    assert line.sent == 0


async def test_what_discord_refuses_is_raised_at_once(slept: list[float]) -> None:
    with pytest.raises(discord.NotFound):
        await deliver(Line(refused(10062)), tries=5)
    assert slept == []


async def test_a_report_that_was_deleted_is_sent_once_more() -> None:
    line: Any = Line(refused(10008))
    report = Report(line)
    assert await report.show(REPLY)
    assert line.sent == 1
    line.errors.append(refused(10008))
    assert await report.show(REPLY)
    assert line.sent == 1


async def test_a_report_goes_on_when_the_network_is_back() -> None:
    line: Any = Line(aiohttp.ClientError())
    report = Report(line)
    assert not await report.show(REPLY)
    assert await report.show(REPLY)
    assert len(line.edited) == 1
