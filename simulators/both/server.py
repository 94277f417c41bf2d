"""`SideBySide`: the simulators of Discord and Slack at one address, with a page that shows both.

clock = MovableClock()
discord, slack = LocalDiscord(clock=clock.seconds), LocalSlack(clock=clock.seconds)
async with SideBySide(discord, slack, clock, port=8080) as local:
    print(local.url, discord.url, slack.url)
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from aiohttp import web

from simulators.common.clock import MovableClock
from simulators.common.page import STRICT, WebPage
from simulators.common.simulator import UPLOAD_BYTES, Address, Simulator
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack

WEB = Path(__file__).with_name("web")
TITLE = "Mangosaurus on Discord and Slack"
HOUR, LEAST, MOST_STEPS, STEP_S = timedelta(hours=1), timedelta(milliseconds=1), 24, 0.25
"""The clock moves on in steps, with pauses in seconds in which the bot does what is due."""


class SideBySide:
    """The page at "/", the simulators at "/discord/" and "/slack/". Their own ports stay closed.

    clock: that of both simulators, which the page can move on.
    port: as for `Address`. OSError is raised at the start if the port is in use.
    """

    def __init__(
        self, discord: LocalDiscord, slack: LocalSlack, clock: MovableClock, port: int = 0
    ) -> None:
        self._simulators: dict[str, Simulator] = {"discord": discord, "slack": slack}
        self._clock = clock
        self.next_stops: Callable[[], Awaitable[Sequence[tuple[datetime, str]]]] | None = None
        """Finds moments at which a move of more than an hour stops, each with the reason."""
        clock.listeners += [discord.changes.notify, slack.changes.notify]
        discord.state.channel.old_s = math.inf  # else a move makes all messages slow to edit
        self._address = Address(port)
        self._page = WebPage(WEB, TITLE, ("main",), shared=("elements",), frames=True)
        self.url = ""
        """The address of the page, "http://127.0.0.1:8080/"; empty before the start."""

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._address.guard], client_max_size=UPLOAD_BYTES)
        app.router.add_get("/", self._page.index)
        app.router.add_get("/clock", self._answer_clock)
        app.router.add_post("/clock", self._move_clock)
        for path, simulator in self._simulators.items():
            app.add_subapp(f"/{path}/", simulator.application())
        self.url = await self._address.open(app)
        for path, simulator in self._simulators.items():
            simulator.move_to(f"{self.url}{path}/")
        return self

    async def __aexit__(self, *_error: object) -> None:
        for simulator in self._simulators.values():
            await simulator.close()
        await self._address.close()

    async def _answer_clock(self, request: web.Request) -> web.Response:
        """The time, and whether it was moved."""
        self._page.check(request)
        return self._clock_response()

    def _clock_response(self, reason: str = "") -> web.Response:
        """`reason`: why the clock has stopped."""
        moved = bool(self._clock.moved)
        answer = {"now": self._clock.seconds(), "is_moved": moved, "reason": reason}
        return web.json_response(answer, headers=STRICT)

    async def _move_clock(self, request: web.Request) -> web.Response:
        """Move the clock on by the `hours` of the query."""
        self._page.check(request)
        try:
            by = timedelta(hours=int(request.query.get("hours", "")))
            self._clock.check(by)
            steps = min(math.ceil(by / HOUR), MOST_STEPS)
            for _step in range(steps):
                now, step = self._clock.now(), by / steps
                stops = await self.next_stops() if self.next_stops and steps > 1 else ()
                stop, reason = min(stops, default=(now + step, ""))
                self._clock.advance(max(min(stop - now, step), LEAST))
                await asyncio.sleep(STEP_S)
                if reason and stop <= now + step:
                    return self._clock_response(reason)
        except (ValueError, OverflowError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return await self._answer_clock(request)
