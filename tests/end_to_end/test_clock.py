"""The clock of the local page."""

import re
from datetime import datetime, timedelta

import aiohttp
import pytest

from simulators.both import server
from simulators.both.server import SideBySide
from simulators.common.clock import MOST_MOVED, MovableClock
from simulators.common.page import CSRF_HEADER
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack


async def move(page: SideBySide, hours: str, *, is_page: bool = True) -> int:
    """Move the clock on, as the script of the page does. Returns the status of the answer."""
    async with aiohttp.ClientSession(page.url) as session:
        async with session.get("/") as answer:
            found = re.search(r'name="csrf" content="([^"]+)"', await answer.text())
        assert found is not None
        headers = {CSRF_HEADER: found[1] if is_page else "another"}
        async with session.post("/clock", params={"hours": hours}, headers=headers) as answer:
            return answer.status


@pytest.mark.parametrize("hours", ["", "an hour", "0", "-1", "1.5", "9601", "9" * 30])
async def test_bad_moves_are_refused(hours: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STEP_S", 0)
    clock = MovableClock()
    async with SideBySide(LocalDiscord(), LocalSlack(), clock) as page:
        assert await move(page, hours) == 400
        assert await move(page, "1", is_page=False) == 403
        assert not clock.moved
        assert await move(page, "9600") == 200
        assert await move(page, "1") == 400  # 400 days in all
    assert clock.moved == MOST_MOVED


async def test_day_stops_where_something_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STEP_S", 0)
    clock = MovableClock()
    first = clock.now() + timedelta(hours=3)

    async def next_stops() -> list[tuple[datetime, str]]:
        return [(first, "A poll is about to close.")] if clock.now() < first else []

    async with SideBySide(LocalDiscord(), LocalSlack(), clock) as page:
        page.next_stops = next_stops
        for hours, least in (("24", 2.99), ("1", 3.99), ("24", 27.99)):
            assert await move(page, hours) == 200
            assert clock.moved >= timedelta(hours=least)
            assert clock.moved < timedelta(hours=least + 0.02)
