"""Takes the pictures of the local Slack again that the documentation shows.

The bot runs in this process, on the simulators of both platforms and with the shipped weights, and
Chromium shows their page. Names and verse differ each time. Run with:
python -m benchmarks.screenshots
"""

import argparse
import asyncio
import io
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import discord
from PIL import Image
from playwright.async_api import FrameLocator, Page, async_playwright, expect
from rich.console import Console

from bot.chat.app import App
from bot.launch import Tokens
from bot.operate.serving.local import at_home
from bot.operate.serving.platforms import running_bot, slack_beside
from bot.pictures import creature_pictures
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.local.both.server import SideBySide
from bot.platforms.local.common.clock import MovableClock
from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.slack.records import Message
from bot.platforms.local.slack.server import LocalSlack
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.names import CommandNames
from bot.polls import plates
from bot.polls.queries import Ballot, Polls
from bot.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FOLDER = Path("docs/slack")
SIZE, TALL, WIDE, LARGE = (800, 640), (800, 1000), (1360, 720), (1360, 1080)
"""Width and height of pictures in pixels: of most, of App Home, of both platforms, and of both with
creatures."""
COLOURS = 128
MOST_BYTES = 160_000
WAIT_MS = 60_000
"""For what the networks write, and what a busy machine shows."""
DISCOVERED = (
    *("Mangosaurus", "Thunderotitan", "Lunaceratops", "Emberaptor", "Nightodon"),
    *("Frostostegus", "Velocinanus", "Brambledocus", "Pteridosaurus"),
)
"""Names in the museum, the newest first."""


class Photographer:
    """Acts as Mary on the page, and takes pictures of it."""

    def __init__(
        self, page: Page, local: SideBySide, server: LocalDiscord, slack: LocalSlack
    ) -> None:
        self._page = page
        self._local, self._server, self._slack = local, server, slack

    async def take_all(self, bot: Mangosaurus, slack: SlackBot) -> None:
        """All pictures."""
        await self._page.goto(self._slack.url)
        await self._take_names()
        await self._take_modal()
        await self._take_sonnet()
        later = discord.utils.utcnow() + timedelta(hours=1)
        await slack.jobs.polls.close_due(later)
        await self._take_plaque()
        await self._take_home()
        await self._take_both()
        for platform in (bot.platform, slack.platform):
            await fill_museum(bot.app, platform.name)
        await self._resize(LARGE)
        for name, line, picture in (
            ("dinosaur", "/dinosaur name:Therizinosaurus", "Drawing of Therizinosaurus"),
            ("museum", "/museum", "Drawings, in the order of the list"),
            ("collection", "/collection", "Drawings, in the order of the list"),
        ):
            await self._take_pictured(name, line, picture)
        await bot.jobs.polls.close_due(later)

    async def _take_names(self) -> None:
        await self._vote(self._page, "/dinoname starts_with:mango")
        await self._take("names")

    async def _take_modal(self) -> None:
        await self._ask(self._page, "/dinoname ?")
        dialog = self._page.get_by_role("dialog")
        await dialog.get_by_label("Count").fill("4")
        await dialog.get_by_label("Ends with").fill("rap")
        await expect(dialog.get_by_role("option", name="-raptor")).to_be_visible()
        await self._take("modal")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_be_hidden()

    async def _take_sonnet(self) -> None:
        await self._ask(self._page, "/sonnet O mighty lizard, how thy footsteps fall")
        another = self._page.get_by_role("button", name="Another")
        await expect(another).to_be_visible()
        await self._take("sonnet")

    async def _take_plaque(self) -> None:
        plaque = self._page.get_by_role("img", name="A plaque: ")
        await expect(plaque).to_be_visible()
        await plaque.evaluate("image => image.decode()")
        await self._take("plaque")

    async def _take_home(self) -> None:
        await self._resize(TALL)
        app = self._page.get_by_role("navigation").get_by_role("button", name="Mangosaurus")
        await app.last.click()
        await expect(self._page.get_by_role("heading", name="Today's champion")).to_be_visible()
        await self._take("home")

    async def _take_both(self) -> None:
        await self._resize(WIDE)
        await self._page.goto(self._local.url)
        server, slack = self._panes
        await expect(server.locator("#topic")).not_to_be_empty()
        await self._vote(slack, "/dinoname ends_with:raptor")
        await self._ask(server, "/dinoname starts_with:draco")
        await expect(server.locator(".row button").first).to_be_visible()
        names = self._server.messages[-1]
        await self._server.press(names, names.buttons[2].label, by=self._server.admin)
        await server.locator(".row button").nth(2).click()
        await expect(server.locator(".row button").nth(2)).to_contain_text("· 2")
        await self._wait_for_picture(server, "From left to right: ")
        await self._take("both")
        await self._take_thread("strip", "From left to right: ")

    async def _take_pictured(self, name: str, line: str, picture: str) -> None:
        """Use a command on both platforms whose answers have a picture."""
        server, slack = self._panes
        threads = await slack.locator("#log .replies").count()
        for pane in self._panes:
            await self._ask(pane, line)
        await self._wait_for_picture(server, picture)
        if name == "dinosaur":
            await self._wait_for_picture(slack, picture)
            await self._take(name)
        else:
            await self._take_thread(name, picture, threads)

    async def _take_thread(self, name: str, picture: str, number: int = -1) -> None:
        """Take a picture of both with a thread open, where Slack has this picture."""
        _server, slack = self._panes
        await slack.locator("#log .replies").nth(number).click()
        await self._wait_for_picture(slack, picture)
        await self._take(name)
        await slack.locator("#close-thread").click()

    async def _wait_for_picture(self, pane: FrameLocator, name: str) -> None:
        """Wait until the newest picture with this text is seen."""
        picture = pane.get_by_role("img", name=name).last
        await expect(picture).to_be_visible()
        await picture.evaluate("image => image.decode()")

    @property
    def _panes(self) -> tuple[FrameLocator, FrameLocator]:
        """Discord and Slack on the page of both."""
        return self._page.frame_locator("#discord"), self._page.frame_locator("#slack")

    async def _resize(self, size: tuple[int, int]) -> None:
        await self._page.set_viewport_size({"width": size[0], "height": size[1]})

    async def _ask(self, pane: Page | FrameLocator, line: str) -> None:
        """Type a command."""
        text = pane.get_by_role("combobox", name="Message")
        await text.fill(f"{line} ")  # the space ends the suggestions, of which Enter would take one
        await text.press("Enter")

    async def _vote(self, pane: Page | FrameLocator, line: str) -> None:
        """Ask for names on Slack, and let all three members vote."""
        before = len(self._slack.messages)
        await self._ask(pane, line)

        def polls() -> list[Message]:
            return [each for each in self._slack.messages[before:] if each.buttons]

        await self._slack.wait_for(lambda: bool(polls()), timeout_s=WAIT_MS / 1000)
        (message,) = polls()
        for member, place in ((self._slack.admin, 1), (self._slack.guest, 3)):
            self._slack.press(member, message, message.buttons[place]["action_id"])
        buttons = pane.locator(f"#log [data-ts='{message.ts}'] .actions button")
        await buttons.nth(1).click()
        await self._slack.wait_for(
            lambda: sum(each.is_ephemeral for each in self._slack.messages[before:]) == 3
        )
        await expect(buttons.nth(1)).to_contain_text("· 2")
        await expect(buttons.nth(3)).to_contain_text("· 1")

    async def _take(self, name: str) -> None:
        """Keep a picture of what the page shows. Raises ValueError if the file is too large."""
        await self._page.mouse.move(1, 1)  # messages show a menu below the mouse
        shown = Image.open(io.BytesIO(await self._page.screenshot(animations="disabled")))
        path = FOLDER / f"{name}.png"
        shown.convert("RGB").quantize(COLOURS).save(path, optimize=True)
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise ValueError(f"{path} has {size:,} bytes; at most {MOST_BYTES:,} are allowed.")
        Console().print(f"{path}: {size / 1000:.0f} kB")


async def fill_museum(app: App, platform: str) -> None:
    """Let names have won on the days before, for the member and in the place of an open poll."""
    polls, now = app.store[Polls], app.now()
    (asked, *_others) = await polls.due(now + timedelta(hours=1), platform)
    for days, name in enumerate(DISCOVERED, 1):
        at = now - timedelta(days=days)
        poll = replace(
            asked, id=secrets.randbits(62), message_id=None, names=(name,), votes=(0,), opened_at=at
        )
        await polls.open(replace(poll, closes_at=at + timedelta(minutes=1)))
        for member_id in range(1, 1 + poll.votes_needed):
            await polls.cast(Ballot(poll.id, member_id, 0), at)
        await polls.close(poll.id, at)
        await polls.announced(poll.id, at)


@asynccontextmanager
async def serving(
    server: LocalDiscord, workspace: LocalSlack, folder: Path
) -> AsyncIterator[tuple[Mangosaurus, SlackBot]]:
    """The bot on both simulators, without cooldowns."""
    settings = Settings(state_dir=folder, cooldown_seconds=0)
    home = at_home(settings, server.guild_id, workspace.workspace.id)
    with server.pointing_clients_here():
        async with running_bot(home, always_sync=True) as bot:
            tokens = Tokens("", workspace.bot_token, workspace.app_token)
            slack = slack_beside(bot, tokens, base_url=workspace.api_url, edit_s=0.1)
            tasks = [asyncio.create_task(work) for work in (bot.start(server.token), slack.run())]
            try:
                await asyncio.wait_for(slack.ready.wait(), 30)
                await server.wait_for(lambda: server.state.online, timeout_s=30)
                await bot.wait_until_ready()
                yield bot, slack
            finally:
                await bot.shut_down()
                for task in tasks:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task


async def take_pictures() -> None:
    """Serve the bot, and take all pictures."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit(f"No browser found: none of {', '.join(BROWSERS)} is on the PATH.")
    server, workspace = LocalDiscord(), LocalSlack(manifest=manifest(CommandNames()))
    with tempfile.TemporaryDirectory() as state:
        async with (
            SideBySide(server, workspace, MovableClock(), port=0) as local,
            serving(server, workspace, Path(state)) as (bot, slack),
            async_playwright() as playwright,
        ):
            expect.set_options(timeout=WAIT_MS)
            plates.STRIP_S, creature_pictures.REST = WAIT_MS / 1000, 0.0  # all names have a strip
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            width, height = SIZE
            page = await browser.new_page(viewport={"width": width, "height": height})
            await Photographer(page, local, server, workspace).take_all(bot, slack)
            await browser.close()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    asyncio.run(take_pictures())
