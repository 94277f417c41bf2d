"""The Discord simulator, and how to run a bot on it.

    async def test_a_name_is_given(local: LocalDiscord) -> None:
        async with running(MyBot, local) as bot:
            asked = await local.run_command("dinoname", {"count": 3})
            assert asked.message.embed["title"]

Helpers to import: `running`, `mangosaurus`, `beside`, and for the page `visiting`,
`fill_in`, `last`.
"""

import asyncio
import contextlib
import dataclasses
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import discord
import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    async_playwright,
    expect,
)

from bot.app import build_app, utc_now
from bot.launch import Tokens
from bot.operate.serving.platforms import slack_beside
from bot.platforms.discord.client import Mangosaurus
from bot.platforms.slack.client import SlackBot
from bot.settings import Settings
from bot.store.database import FILE
from models import weights
from models.weights import Trained
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack
from tests.databases import migrated
from tests.end_to_end.toy_bot import ToyBot
from tests.optional import missing

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_S = 60.0
PATIENCE_MS = 60_000
"""For what a page shows: a busy machine takes its time, and a test that passes waits for none."""
ELVES = "\n".join(
    first + last
    for i, first in enumerate(
        ("bel", "dor", "fen", "gal", "hir", "kum", "lys", "mar", "nim", "tov")
    )
    for j, last in enumerate(("adan", "ebor", "idel", "omir", "uwen", "ylan"))
    if (i + j) % 3  # some are left to be generated, none of them one letter away from the list
)
"""A list of names that takes seconds to train on."""

Bot = TypeVar("Bot", bound=discord.AutoShardedClient)


@pytest.fixture
def without_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let bots in subprocesses write in their own thread only, in tests of something else.

    The processes that would write for each of them, on a busy machine, take half a second.
    """
    monkeypatch.setenv("INFERENCE_PROCESSES", "0")


_load = cache(weights.load_shipped)


@pytest.fixture(autouse=True)
def _shared_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bots of a process share the shipped weights, with what is computed from them."""

    def load(stem: str, folder: Path | None = None) -> Trained:
        return _load(stem, folder or weights.SHIPPED)

    monkeypatch.setattr(weights, "load_shipped", load)


@contextlib.asynccontextmanager
async def running(make: Callable[[], Bot], local: LocalDiscord) -> AsyncIterator[Bot]:
    """A bot that is connected and ready; errors of its start are raised here."""
    with local.pointing_clients_here():
        bot = make()
        async with bot:
            start = asyncio.create_task(bot.start(local.token))
            ready = asyncio.create_task(_ready(bot, local))
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await asyncio.wait({start, ready}, return_when=asyncio.FIRST_COMPLETED)
                if start.done():
                    start.result()
                yield bot
            finally:
                ready.cancel()
                await bot.close()
                await asyncio.gather(start, return_exceptions=True)


async def _ready(bot: discord.AutoShardedClient, local: LocalDiscord) -> None:
    await local.wait_for(lambda: local.state.online, what="The bot's connection")
    await bot.wait_until_ready()


@contextlib.asynccontextmanager
async def mangosaurus(
    local: LocalDiscord,
    state_dir: Path,
    *,
    now: Callable[[], datetime] = utc_now,
    edit_interval: float = 1.0,
    **settings: Any,  # noqa: ANN401 (of various types)
) -> AsyncIterator[Mangosaurus]:
    """The bot as `python -m bot --local` builds it, without cooldowns.

    `settings` are values of `Settings`.
    """
    defaults: dict[str, Any] = {"cooldown_seconds": 0, "retrain_cooldown_minutes": 0}
    defaults |= {"home_guilds": frozenset({local.guild_id})}
    if "database_url" not in settings:
        _make_tables(state_dir)
    built = await build_app(Settings(state_dir=state_dir, **defaults | settings), now=now)
    app = dataclasses.replace(built, edit_interval=edit_interval)
    try:
        async with running(
            lambda: Mangosaurus(app, always_sync=True, guild_ready_timeout=0.1), local
        ) as bot:
            yield bot
    finally:
        await app.inference.close()


@contextlib.asynccontextmanager
async def beside(bot: Mangosaurus, workspace: LocalSlack) -> AsyncIterator[SlackBot]:
    """The bot on Slack in the process of the one on Discord, which is stopped with it."""
    tokens = Tokens("", workspace.bot_token, workspace.app_token)
    slack = slack_beside(bot, tokens, base_url=workspace.api_url, edit_s=0.1)
    running = asyncio.create_task(slack.run())
    try:
        await asyncio.wait_for(slack.ready.wait(), PATIENCE_S)
        yield slack
    finally:
        await bot.shut_down()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _make_tables(state_dir: Path) -> None:
    """Make the bot's SQLite file if it is missing, as the first start would."""
    if not (state_dir / FILE).exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        (state_dir / FILE).write_bytes(migrated())


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    """A simulator with Discord's rate limits. Its deadlines are tested on a clock of its own."""
    async with LocalDiscord(port=0, first_response_s=PATIENCE_S) as started:
        yield started


@pytest.fixture
async def toy(local: LocalDiscord) -> AsyncIterator[ToyBot]:
    """The toy bot, running on `local`."""
    async with running(ToyBot, local) as bot:
        yield bot


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium. Without it, tests are skipped, or fail if MANGOSAURUS_NO_SKIP=1.

    All tests share it, since it takes seconds to start, and must use its event loop:
    `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
    """
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing(f"no browser found: none of {', '.join(names)} is on the PATH")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        # In some locales Chromium saves names of other alphabets as "download".
        launched = await playwright.chromium.launch(
            executable_path=path, args=CHROMIUM_FLAGS, env={**os.environ, "LC_ALL": "C.UTF-8"}
        )
        yield launched
        await launched.close()


@contextlib.asynccontextmanager
async def opened(url: str, browser: Browser) -> AsyncIterator[Page]:
    """A page; script errors and blocked resources fail the test."""
    problems: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if line.type == "error":
            problems.append(line.text)

    async with await browser.new_page() as page:
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", hear)
        await page.goto(url)
        yield page
    assert problems == []


@contextlib.asynccontextmanager
async def visiting(local: LocalDiscord, browser: Browser) -> AsyncIterator[Page]:
    """The page of a running bot, as `opened`."""
    async with opened(local.url, browser) as page:
        await expect(page.get_by_role("combobox", name="Message")).to_be_focused()
        await expect(page.locator("#topic")).not_to_be_empty()
        yield page


async def fill_in(page: Page, name: str) -> None:
    """Open the form of a command with the keyboard."""
    await page.get_by_role("combobox", name="Message").focus()
    await page.keyboard.type(f"/{name}")
    await expect(page.get_by_role("option").first).to_contain_text(f"/{name}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("form")).to_be_visible()


async def width_of(image: Locator) -> int:
    """The width of a picture that is loaded, in its own pixels."""
    return int(await image.evaluate("image => image.decode().then(() => image.naturalWidth)"))


async def box_of(shown: Locator) -> FloatRect:
    """Where something is in the window."""
    box = await shown.bounding_box()
    assert box is not None
    return box


async def hold(page: Page, button: Locator) -> None:
    """Press the mouse on a button, without releasing it."""
    box = await box_of(button)
    await page.mouse.move(box["x"] + 5, box["y"] + 5)
    await page.mouse.down()


def last(page: Page) -> Locator:
    """The newest message."""
    return page.locator(".message").last
