"""The page of `python -m bot --local` in a browser, with the shipped weights."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from bot.pictures.plaque import WIDTH as PLAQUE_WIDTH
from bot.platforms.discord.client import Mangosaurus
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import fill_in, last, mangosaurus, visiting, width_of

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's


@pytest_asyncio.fixture(loop_scope="session")
async def bot(local: LocalDiscord, tmp_path: Path) -> AsyncIterator[Mangosaurus]:
    async with mangosaurus(local, tmp_path) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def page(local: LocalDiscord, bot: Mangosaurus, browser: Browser) -> AsyncIterator[Page]:
    async with visiting(local, browser) as opened:
        yield opened


def body(page: Page) -> Locator:
    """The newest message below its title: names or verse."""
    return last(page).locator(".embed > .content")


async def test_first_screen(page: Page) -> None:
    """It offers three things to press, to somebody who has typed nothing yet."""
    first = page.locator("#first").get_by_role("button")
    await expect(first).to_have_text(["🦖 Name dinosaurs", "📜 Write a sonnet", "💡 What else?"])
    await first.nth(0).click()
    await expect(last(page)).to_contain_text("5 new dinosaurs")
    await first.nth(2).click()
    await expect(last(page)).to_contain_text("What you can do here")
    await (
        last(page)
        .get_by_role("combobox")
        .select_option(label="📜 Sonnets, limericks and other poems")
    )
    await expect(last(page)).to_contain_text("/sonnet opening:Shall I compare thee")


async def test_owner_of_the_bot(page: Page) -> None:
    """Gideon may use what Ada, an administrator, may not."""
    for who, answer in (("Ada", "Only the owners of the bot"), ("Gideon", "Local server")):
        await page.get_by_role("radio", name=who).check()
        await fill_in(page, "owner servers")
        await page.keyboard.press("Enter")
        await expect(last(page)).to_contain_text(answer)


async def test_retrain_is_hidden_from_members(page: Page) -> None:
    await page.keyboard.type("/retrain")
    offered = page.get_by_role("listbox")
    await expect(offered).to_contain_text("/namer retrain")  # who may is checked when it is sent
    await expect(offered).not_to_contain_text("/retrain")


async def test_poll_poem_and_privacy(page: Page) -> None:
    await page.get_by_role("radio", name="Ada").check()
    await run(page, "settings", vote_minutes="1")
    await expect(last(page)).to_contain_text("New polls here stay open for 1 minute")
    await page.get_by_role("radio", name="Mary").check()
    await expect(page.locator(".message")).to_have_count(0)  # that was for Ada only

    await run(page, "dinoname", count="3")
    await expect(last(page)).to_contain_text("Which is the coolest? Voting ends in")
    name, *_ = (await body(page).inner_text()).split()
    vote = page.locator(".message", has_text=name).first
    await vote.get_by_role("button", name=name, exact=True).click()
    await expect(last(page)).to_contain_text(f"You voted for {name}.")
    await expect(vote.locator(".embed > .content")).to_contain_text(f"{name} · ▰ 1")
    await page.get_by_role("radio", name="Ada").check()  # a winner needs a vote of somebody else
    await vote.get_by_role("button", name=f"{name} · 1").click()
    await expect(vote.get_by_role("button", name=f"{name} · 2")).to_be_visible()
    await page.get_by_role("radio", name="Mary").check()

    won = f"The poll is closed: {name} won."
    await expect(vote).to_contain_text(won, timeout=180_000)  # it closes after a minute
    await expect(vote.get_by_role("button")).to_have_text(["🥚More", "🔬Dissect", "📋Details"])
    await expect(last(page)).to_contain_text(f"{name} won with 2 votes.")
    await see_plaque_of(name, page)
    await last(page).get_by_role("button", name="A poem about it").click()
    poem = page.locator(".message", has_text=f"About {name}")
    await expect(poem).to_be_visible()  # and it grows while others answer

    await run(page, "halloffame")
    await expect(last(page)).to_contain_text(f"🥇 {name} · 2 votes · Mary")
    await run(page, "champion")
    await expect(last(page)).to_contain_text("Today's champion")
    await see_plaque_of(name, page)

    await poem.get_by_role("button", name="Keep").click()
    written = await poem.locator(".embed > .content").inner_text()
    assert name in await poem.inner_text()
    await expect(last(page)).to_contain_text("Kept. You have 1 poem")
    await run(page, "poems")
    await expect(body(page)).to_have_text(written, use_inner_text=True)
    await run(page, "export")
    async with page.expect_download() as download:
        await last(page).get_by_role("link", name="poems.txt").click()
    assert written in (await (await download.value).path()).read_text()

    await run(page, "privacy")
    stored = "The bot stores this about you: 1 vote, 1 poll, 1 discovery, 1 poem"
    await expect(last(page)).to_contain_text(stored)
    await last(page).get_by_role("button", name="Delete my data").click()
    await last(page).get_by_role("button", name="Yes, delete my data").click()
    await expect(last(page)).to_contain_text("Done. The bot no longer stores anything about you.")
    await run(page, "halloffame")
    await expect(body(page)).to_have_text(f"🥇 {name} · 2 votes")


async def run(page: Page, command: str, **options: str) -> None:
    """Send a command, and wait until it has been taken."""
    before = await page.locator(".message").count()
    await fill_in(page, command)
    for option, value in options.items():
        await page.get_by_label(option).fill(value)
    await page.keyboard.press("Enter")
    await expect(page.locator(".message")).to_have_count(before + 1)


async def see_plaque_of(name: str, page: Page) -> None:
    plaque = last(page).get_by_role("img", name=f"A plaque: {name}, ")
    await expect(plaque).to_be_visible()
    assert await width_of(plaque) == PLAQUE_WIDTH
