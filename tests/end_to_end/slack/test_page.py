"""The Slack page in a browser: what a member sees, types and presses."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.local.limits import JSON
from bot.local.slack.limits import DEFAULT_SCOPES
from bot.local.slack.server import LocalSlack
from tests.end_to_end.slack.conftest import Listener, connected
from tests.end_to_end.slack.test_members import OPTIONS, plain, question, row
from tests.end_to_end.toy_bot import png

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's

MODAL: JSON = {
    "type": "modal",
    "title": plain("Names"),
    "submit": plain("Write"),
    "blocks": [
        question("start", "external_select", optional=True, min_query_length=0),
        question("count", "number_input", is_decimal_allowed=False, min_value="1", max_value="5"),
        question("style", "static_select", options=OPTIONS, initial_option=OPTIONS[0]),
        question("list", "file_input", optional=True, filetypes=["txt"], max_files=1),
    ],
}


def rich(*elements: JSON) -> JSON:
    section = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [section]}


@dataclass
class Toy(Listener):
    """A bot with a command, buttons, a modal and a home tab."""

    web: AsyncWebClient = field(default_factory=AsyncWebClient)

    async def __call__(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self.requests.append(request)
        payload = request.payload
        answer: JSON | None = None
        if payload.get("type") == "block_suggestion":
            answer = {"options": OPTIONS}
        elif payload.get("type") == "view_submission":
            counts = payload["view"]["state"]["values"]["count"]["count"]
            if counts["value"] == "5":
                errors = {"count": "That is too many."}
                answer = {"response_action": "errors", "errors": errors}
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))
        await self.handle(request.type, payload)

    async def handle(self, kind: str, payload: JSON) -> None:
        if kind == "slash_commands" and payload["text"] == "?":
            await self.web.views_open(trigger_id=payload["trigger_id"], view=MODAL)
        elif kind == "slash_commands":
            who = {"type": "user", "user_id": payload["user_id"]}
            words = {"type": "text", "text": f" {payload['text']} <b>", "style": {"bold": True}}
            blocks = [rich(who, words), row("Again", "Vote")]
            await self.web.chat_postMessage(
                channel=payload["channel_id"], text="names", blocks=blocks
            )
        elif payload.get("type") == "block_actions" and "channel" in payload:
            await self.web.chat_update(
                channel=payload["channel"]["id"],
                ts=payload["container"]["message_ts"],
                text="voted",
                blocks=[rich({"type": "text", "text": payload["actions"][0]["value"]})],
            )
        elif kind == "events_api":
            home = {"type": "home", "blocks": [row("Write names")]}
            await self.web.views_publish(user_id=payload["event"]["user"], view=home)


@pytest_asyncio.fixture(loop_scope="session")
async def local() -> AsyncIterator[LocalSlack]:
    commands = [{"command": "/dinoname", "description": "Name dinosaurs", "usage_hint": "count:3"}]
    events = {"event_subscriptions": {"bot_events": ["app_home_opened"]}}
    manifest = {
        "features": {"slash_commands": commands},
        "oauth_config": {"scopes": {"bot": list(DEFAULT_SCOPES)}},
        "settings": events,
    }
    async with LocalSlack(port=0, manifest=manifest) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def toy(local: LocalSlack) -> AsyncIterator[Toy]:
    bot = Toy(web=AsyncWebClient(local.bot_token, base_url=local.api_url))
    async with connected(local, bot):
        yield bot


@contextlib.asynccontextmanager
async def visiting(local: LocalSlack, browser: Browser) -> AsyncIterator[Page]:
    """The page; script errors and blocked resources fail the test."""
    problems: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if line.type == "error":
            problems.append(line.text)

    async with await browser.new_page() as opened:
        opened.on("pageerror", lambda error: problems.append(str(error)))
        opened.on("console", hear)
        await opened.goto(local.url)
        await expect(opened.get_by_role("heading", name="# mangosaurus")).to_be_visible()
        yield opened
    assert problems == []


@pytest_asyncio.fixture(loop_scope="session")
async def page(local: LocalSlack, toy: Toy, browser: Browser) -> AsyncIterator[Page]:
    async with visiting(local, browser) as opened:
        yield opened


async def write(page: Page, text: str) -> None:
    await page.get_by_role("combobox", name="Message").fill(text)
    await page.keyboard.press("Enter")


def messages(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("listitem")


async def test_command_and_button(local: LocalSlack, page: Page) -> None:
    await write(page, "/dinoname count:3")
    await expect(messages(page)).to_contain_text(["@Mary count:3 <b>"])
    await page.get_by_role("button", name="Vote").click()
    await expect(messages(page)).to_contain_text(["vote(edited)"])
    await expect(page.get_by_role("combobox", name="Message")).to_have_value("")
    (message,) = local.messages
    assert message.mentions == []


async def test_commands(page: Page) -> None:
    option = page.locator("#commands option")
    await expect(option).to_have_text(["count:3 · Name dinosaurs"])
    await write(page, "/dino")
    await expect(page.get_by_role("alert")).to_contain_text("/dino is not in the manifest")


async def test_member_and_channel(local: LocalSlack, page: Page) -> None:
    await page.get_by_label("You are").select_option(label="Gus (guest)")
    await page.get_by_role("button", name="# general").click()
    await expect(page.get_by_text("Mangosaurus is not in this channel.")).to_be_visible()
    await write(page, "hello")
    await expect(messages(page)).to_contain_text(["hello"])
    assert local.messages[-1].author is local.guest
    assert local.messages[-1].channel is local.elsewhere


async def test_private_messages(local: LocalSlack, page: Page) -> None:
    for member in (local.member, local.admin):
        bot = AsyncWebClient(local.bot_token, base_url=local.api_url)
        text = f"psst, {member.name}"
        await bot.chat_postEphemeral(channel=local.channel.id, user=member.id, text=text)
    await expect(messages(page)).to_have_count(1)
    await expect(messages(page)).to_contain_text(["Only visible to youMangosaurusAPP"])
    await expect(messages(page)).to_contain_text(["psst, Mary"])


async def test_picture(local: LocalSlack, toy: Toy, page: Page) -> None:
    await toy.web.files_upload_v2(
        channel=local.channel.id, filename="plaque.png", content=png(64, 32), alt_txt="A plaque"
    )
    image = page.get_by_role("img", name="A plaque")
    await expect(image).to_be_visible()
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 64


async def test_modal(local: LocalSlack, toy: Toy, page: Page) -> None:
    await write(page, "/dinoname ?")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name="Names")).to_be_visible()
    await dialog.get_by_role("button", name="Write").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("complete this required field")
    await dialog.get_by_label("Count").fill("5")
    await dialog.get_by_role("button", name="Write").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Count: That is too many.")
    await dialog.get_by_label("Count").fill("4")
    await dialog.get_by_label("Start").focus()
    await expect(dialog.locator("datalist option")).to_have_count(1)
    await dialog.get_by_label("Start").fill("Draco")
    file = {"name": "list.txt", "mimeType": "text/plain", "buffer": b"Bilbo"}
    await dialog.get_by_label("List").set_input_files(file)  # type: ignore[arg-type]
    await dialog.get_by_role("button", name="Write").click()
    await expect(dialog).to_have_count(0)
    state = toy.payload["view"]["state"]["values"]
    assert state["count"]["count"]["value"] == "4"
    assert state["start"]["start"]["selected_option"] == OPTIONS[0]
    assert state["list"]["list"]["files"][0]["name"] == "list.txt"


async def test_modal_is_closed(local: LocalSlack, page: Page) -> None:
    await write(page, "/dinoname ?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert local.modal(local.member) is None


async def test_home(local: LocalSlack, toy: Toy, page: Page) -> None:
    await page.get_by_role("button", name="Mangosaurus: home").click()
    button = page.get_by_role("button", name="Write names")
    await expect(page.get_by_role("textbox")).to_have_count(0)
    await button.click()
    await local.wait_for(lambda: toy.requests[-1].type == "interactive")
    assert toy.payload["view"]["type"] == "home"


async def test_no_connection(local: LocalSlack, browser: Browser) -> None:
    async with visiting(local, browser) as page:
        await expect(page.get_by_role("status")).to_contain_text("is not connected")
        await write(page, "/dinoname")
        await expect(messages(page)).to_contain_text(["failed with the error “dispatch_failed”"])


async def test_secret_is_required(local: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{local.url}local/state?csrf=wrong") as answer:
            assert answer.status == 403
        async with session.post(f"{local.url}local/act", data={"payload": "{}"}) as answer:
            assert answer.status == 403
