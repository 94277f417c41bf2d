"""The page in a browser: what a member sees, types and presses."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from simulators.discord.limits import ATTACHMENT_BYTES
from simulators.discord.records import Interaction
from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import box_of, fill_in, hold, last, running, visiting, width_of
from tests.end_to_end.toy_bot import ToyBot

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's


@pytest_asyncio.fixture(loop_scope="session")
async def toy(local: LocalDiscord) -> AsyncIterator[ToyBot]:
    async with running(ToyBot, local) as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="session")
async def page(local: LocalDiscord, toy: ToyBot, browser: Browser) -> AsyncIterator[Page]:
    """The page of a running bot."""
    async with visiting(local, browser) as opened:
        yield opened


def newest(local: LocalDiscord) -> Interaction:
    return list(local.state.interactions.values())[-1]


async def run(page: Page, name: str) -> None:
    """Run a command without options."""
    await fill_in(page, name)
    await page.keyboard.press("Enter")


async def enter(page: Page, line: str) -> None:
    """Type a line, and send it."""
    await page.keyboard.type(line)
    await page.keyboard.press("Enter")


def alert(page: Page) -> Locator:
    return page.get_by_role("alert")


def written(page: Page) -> Locator:
    """The field for messages and commands."""
    return page.get_by_role("combobox", name="Message")


async def test_fill_in_a_command_with_the_keyboard(page: Page) -> None:
    await page.keyboard.type("/")
    options = page.get_by_role("option")
    await expect(options.first).to_contain_text("/dig")
    await page.keyboard.type("s")
    await expect(options).to_contain_text(["/secret", "/silent", "/styles"])
    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await page.keyboard.press("Backspace")
    await page.keyboard.type("quick")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("count")).to_be_focused()
    await page.keyboard.type("3")
    await page.keyboard.press("Tab")
    await enter(page, "Ada")
    await expect(last(page)).to_contain_text("Mary used /quick")
    await expect(last(page)).to_contain_text("3 for Ada at 0.5")
    await expect(written(page)).to_be_focused()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("/quick cuont:3", "/quick has no option cuont. Did you mean count?"),
        ("/quick name:Ada rat:1", "/quick has no option rat. Did you mean rate?"),
        ("/quick colour:red", "/quick has no option colour. Options of /quick: count, name, rate."),
        ("/quick count:3 count:4", "/quick has the option count twice. Use it once."),
        ("/quick three", "Write options as name:value. Options of /quick: count, name, rate."),
        ("/dig deeper:yes", "/dig has no option deeper. /dig has no options."),
        ("/quik count:3", "No command /quik for Mary. Did you mean /quick?"),
        ("/admin shake how:7", "No command /admin for Mary."),
    ],
)
async def test_typed_command_with_a_problem(
    page: Page, local: LocalDiscord, line: str, problem: str
) -> None:
    """The line stays, so that it can be corrected, and the problem is shown below it."""
    await enter(page, line)
    await expect(alert(page)).to_have_text(problem)
    await expect(written(page)).to_have_value(line)
    above, below = await box_of(written(page)), await box_of(alert(page))
    assert above["y"] + above["height"] <= below["y"]
    assert local.messages == []
    await page.keyboard.press("End")
    await page.keyboard.type(" ")
    await expect(alert(page)).to_be_hidden()


async def test_screen_readers_and_keyboards(page: Page) -> None:
    """The log is a list of messages, and a link skips to the field."""
    await enter(page, "hello")
    shown = page.get_by_role("log").get_by_role("list").get_by_role("listitem")
    await expect(shown).to_have_count(1)
    skip = page.get_by_role("link", name="Skip to the message field")
    await skip.focus()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(written(page)).to_be_focused()
    await expect(skip).not_to_be_in_viewport()
    await fill_in(page, "quick")
    await skip.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("count")).to_be_focused()


async def test_upload_and_picture(page: Page) -> None:
    await fill_in(page, "weigh")
    await page.get_by_role("button", name="Send").click()
    await expect(alert(page)).to_have_text("file: choose a file.")
    heavy = FilePayload(name="heavy.txt", mimeType="text/plain", buffer=bytes(ATTACHMENT_BYTES + 1))
    await page.get_by_label("file").set_input_files(heavy)
    await page.get_by_role("button", name="Send").click()
    await expect(alert(page)).to_contain_text("choose a file of at most 10.0 MB")
    bones = FilePayload(name="bones.txt", mimeType="text/plain", buffer=b"four")
    await page.get_by_label("file").set_input_files(bones)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".embed")).to_contain_text("4 bytes")
    assert await width_of(page.locator(".embed img")) == 320
    await expect(page.locator(".embed img")).to_have_attribute("alt", "A curve")
    await expect(page.get_by_role("link", name="copy-bones.txt")).to_be_visible()


async def test_press_while_the_message_changes(page: Page, local: LocalDiscord) -> None:
    await run(page, "election")
    await expect(page.get_by_role("img", name="A map")).to_be_visible()
    await local.press(local.messages[-1], "4. Trilobite", by=local.admin)
    await expect(last(page)).to_contain_text("Ada chose 4")
    await hold(page, page.get_by_role("button", name="11. Belemnite"))
    await local.press(local.messages[-1], "2. Ichthyosaur", by=local.admin)
    await expect(last(page)).to_contain_text("Ada chose 2")
    await page.mouse.up()
    await expect(last(page)).to_contain_text("Mary chose 11")


async def test_plain_message(page: Page, local: LocalDiscord) -> None:
    """Mentions are shown by name, also of members who have said nothing."""
    guild = local.state.guild
    await enter(page, f"<b>Where</b> is *now* <@{guild.admin.id}>? In <#{guild.channel_id}>?")
    await expect(last(page)).to_contain_text("<b>Where</b> is now @Ada? In #mangosaurus?")
    await expect(last(page).locator("b")).to_have_count(0)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("count", "11", "count: enter at most 10."),
        ("count", "2.5", "count: enter a whole number."),
        ("name", "x" * 41, "name: enter at most 40 characters, not 41."),
        ("rate", "much", "rate: enter a number."),
    ],
)
async def test_invalid_value_is_not_sent(
    page: Page, local: LocalDiscord, field: str, typed: str, sentence: str
) -> None:
    await fill_in(page, "quick")
    await page.get_by_label(field).fill(typed)
    await page.keyboard.press("Enter")
    await expect(alert(page)).to_have_text(sentence)
    await expect(page.get_by_label(field)).to_be_focused()
    assert local.messages == []


async def test_markdown(page: Page) -> None:
    await run(page, "styles")
    message = last(page)
    for tag, text in {
        "h4": "A heading",
        "strong": "bold",
        "em": "italic",
        "u": "under",
        "s": "gone",
        "blockquote": "quoted",
        "pre code": "print('code block')",
        "li": ["first", "second"],
    }.items():
        await expect(message.locator(f".content {tag}")).to_have_text(text)
    await expect(message).to_contain_text("**plain**")
    await expect(message.locator("time.stamp")).to_contain_text("years ago")
    await expect(message).to_contain_text("<script>alert(1)</script>")
    await expect(message.locator("script")).to_have_count(0)


async def test_unanswered_command(page: Page, local: LocalDiscord) -> None:
    await run(page, "silent")
    await expect(last(page)).to_contain_text("Sending command…")
    local.state.give_up(newest(local))  # as after three seconds
    await expect(last(page)).to_contain_text("The application did not respond")
    await page.get_by_role("button", name="Dismiss message").click()
    await expect(page.locator(".message")).to_have_count(0)


async def test_page_reconnects(browser: Browser) -> None:
    page = await browser.new_page()
    async with LocalDiscord(port=0) as local:
        port = int(local.url.rstrip("/").rsplit(":", 1)[1])
        await page.goto(local.url)
        banner = page.locator("#banner")
        await expect(banner).to_contain_text("Mangosaurus is not connected")
        async with running(ToyBot, local):
            await expect(banner).to_be_hidden()
    await expect(banner).to_contain_text("The connection to the bot is lost")
    async with LocalDiscord(port=port) as local, running(ToyBot, local):
        await expect(banner).to_be_hidden(timeout=15_000)
        await written(page).fill("back again")
        await page.keyboard.press("Enter")
        await expect(last(page)).to_contain_text("back again")
