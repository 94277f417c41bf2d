"""`SideBySide`: the simulators of Discord and Slack at one address, with a page that shows both.

discord, slack = LocalDiscord(), LocalSlack()
async with SideBySide(discord, slack, port=8080) as local:
    print(local.url, discord.url, slack.url)
"""

from pathlib import Path
from typing import Self

from aiohttp import web

from bot.platforms.local.common.page import WebPage
from bot.platforms.local.common.simulator import UPLOAD_BYTES, Address, Simulator
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.server import LocalSlack

WEB = Path(__file__).with_name("web")
TITLE = "Mangosaurus on Discord and Slack"


class SideBySide:
    """The page at "/", the simulators at "/discord/" and "/slack/". Their own ports stay closed.

    port: as for `Address`. OSError is raised at the start if the port is in use.
    """

    def __init__(self, discord: LocalDiscord, slack: LocalSlack, port: int = 0) -> None:
        self._simulators: dict[str, Simulator] = {"discord": discord, "slack": slack}
        self._address = Address(port)
        self._page = WebPage(WEB, TITLE, ("main",), shared=("elements",), frames=True)
        self.url = ""
        """The address of the page, "http://127.0.0.1:8080/"; empty before the start."""

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._address.guard], client_max_size=UPLOAD_BYTES)
        app.router.add_get("/", self._page.index)
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
