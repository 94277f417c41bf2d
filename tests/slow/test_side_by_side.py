"""Both platforms at one address: what `python -m bot --local` serves."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.manifest import manifest
from bot.startup import Exit
from simulators.both.server import SideBySide
from simulators.common.clock import MovableClock
from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack
from tests.bot.platforms.slack.commands import NAMES
from tests.end_to_end.conftest import beside, mangosaurus, opened, running
from tests.end_to_end.toy_bot import ToyBot
from tests.slow.processes import environment_of, started, wait_until_logged

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's

WITHOUT_SLACK = (
    "import sys; sys.modules['slack_sdk'] = None; from bot.__main__ import main; "
    "sys.exit(main(['--local']))"
)


@pytest.fixture(autouse=True)
def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def _served(folder: Path) -> AsyncIterator[SideBySide]:
    """What `python -m bot --local` runs, with a short time between edits on Slack."""
    clock = MovableClock()
    server = LocalDiscord(clock=clock.seconds)
    workspace = LocalSlack(clock=clock.seconds, manifest=manifest(NAMES))
    async with (
        SideBySide(server, workspace, clock) as local,
        mangosaurus(server, folder, now=clock.now) as bot,
        beside(bot, workspace) as slack,
    ):
        clock.listeners += [bot.jobs.wake, slack.jobs.wake]
        yield local


@pytest_asyncio.fixture(loop_scope="session")
async def served(tmp_path: Path, _without_proxy: None) -> AsyncIterator[SideBySide]:
    async with _served(tmp_path) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def page(served: SideBySide, browser: Browser) -> AsyncIterator[Page]:
    async with opened(served.url, browser) as shown:
        await shown.set_viewport_size({"width": 1280, "height": 800})
        yield shown


async def write(pane: FrameLocator, line: str) -> None:
    text = pane.get_by_role("combobox", name="Message")
    await text.fill(line)
    await text.press("Enter")


async def elect(pane: FrameLocator, buttons: Locator) -> str:
    """Let Mary and Ada vote for the first of two names. Returns it."""
    await pane.get_by_role("radio", name="Mary").check()
    await write(pane, "/dinoname count:2")
    name = await buttons.first.inner_text()
    await buttons.first.click()
    await expect(buttons.first).to_have_text(f"{name} · 1")
    await pane.get_by_role("radio", name="Ada").check()
    await buttons.first.click()
    await expect(buttons.first).to_have_text(f"{name} · 2")
    return name


async def test_votes_on_both_reach_the_hall_of_fame(page: Page) -> None:
    """That of all communities, which both platforms show."""
    server, workspace = page.frame_locator("#discord"), page.frame_locator("#slack")
    await expect(server.locator("#topic")).not_to_be_empty()
    names = {
        await elect(server, server.locator(".message").first.locator(".row button")),
        await elect(workspace, workspace.locator(".message").first.locator(".actions button")),
    }
    await page.get_by_role("button", name="1 hour").click()
    await expect(workspace.get_by_role("img", name="A plaque: ")).to_be_visible()
    await expect(server.get_by_role("img", name="A plaque: ")).to_be_visible()
    await write(server, "/halloffame scope:all")
    await write(workspace, "/halloffame scope:all workspaces")
    for pane in (server, workspace):
        fame = pane.locator(".message").filter(has_text="Best names")
        for name in names:
            await expect(fame).to_contain_text(f"{name} · 2 votes")


TOO_WIDE = """(chips) => {
  const context = document.createElement("canvas").getContext("2d");
  const text = document.getElementById("text"), style = getComputedStyle(text);
  context.font = style.font;
  const room = text.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const isCut = (node) => node.getBoundingClientRect().right > innerWidth - 8;
  const cut = [...document.querySelectorAll(chips)].filter(isCut).map((node) => node.textContent);
  const placeholder = context.measureText(text.placeholder).width;
  return text.checkVisibility() && placeholder > room ? [...cut, text.placeholder] : cut;
}"""


async def test_phone(page: Page) -> None:
    """Nothing that a member has to read is cut off."""
    await page.set_viewport_size({"width": 390, "height": 780})
    server, slack = page.frames[1:]
    await server.get_by_role("radio", name="Gideon").check()
    for line, shown in (("/", "#popup .title span"), ("/settings", ".option")):
        await server.get_by_role("combobox", name="Message").fill(line)
        if shown == ".option":
            await page.keyboard.press("Enter")
        await expect(server.locator(shown).first).to_be_visible()
        assert await server.evaluate(TOO_WIDE, shown) == []
    await page.get_by_label("Slack", exact=True).check()
    people = slack.locator("#who label")
    await expect(people).to_have_text(["Mary member", "Ada admin", "Gus guest", "Gideon owner"])
    assert await slack.evaluate(TOO_WIDE, "#who label, #first button") == []


async def test_each_has_a_path_of_one_address() -> None:
    server, slack = LocalDiscord(), LocalSlack()
    async with SideBySide(server, slack, MovableClock(), port=0) as local:
        assert server.url == f"{local.url}discord/"
        assert slack.url == f"{local.url}slack/"
        async with running(ToyBot, server):
            asked = await server.run_command("quick", {"count": 2})
            assert "2 for Mary" in asked.message.content
        bot = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        assert (await bot.auth_test())["team_id"] == slack.workspace.id


async def test_other_sites_are_rejected() -> None:
    headers = {"Origin": "https://evil.example"}
    async with (
        SideBySide(LocalDiscord(), LocalSlack(), MovableClock(), port=0) as local,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        for path in ("", "discord/", "slack/", "slack/local/act", "discord/api/v10/gateway"):
            async with session.get(local.url + path) as answer:
                assert answer.status == 403, path


async def test_page_begins_with_the_welcome(
    browser: Browser, tmp_path: Path, unused_tcp_port: int
) -> None:
    """With its picture, at each start, since the page forgets its messages."""
    environment = environment_of(tmp_path, LOCAL_PORT=str(unused_tcp_port))
    for _start in range(2):
        with started([sys.executable, "-m", "bot", "--local"], tmp_path, environment) as process:
            wait_until_logged(process, "Ready as Mangosaurus")
            page = await browser.new_page()
            await page.goto(f"http://127.0.0.1:{unused_tcp_port}/")
            for frame in ("#discord", "#slack"):
                shown = page.frame_locator(frame).locator(".message")
                await expect(shown).to_have_count(1)
                await expect(shown.get_by_role("img", name="Mangosaurus (small")).to_be_visible()
            await page.close()
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == Exit.OK


async def test_local_process_without_slack(tmp_path: Path, unused_tcp_port: int) -> None:
    """It runs Discord alone, and says how to add Slack."""
    environment = environment_of(tmp_path, LOCAL_PORT=str(unused_tcp_port))
    with started([sys.executable, "-c", WITHOUT_SLACK], tmp_path, environment) as process:
        wait_until_logged(process, "Ready as Mangosaurus")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == Exit.OK
        assert process.stdout is not None
        said = process.stdout.read()
    assert f"http://127.0.0.1:{unused_tcp_port}/" in said
    assert "-r requirements-slack.txt" in said
