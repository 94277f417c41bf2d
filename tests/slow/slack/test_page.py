"""The Slack page in a browser: what a member sees, types and presses."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from simulators.common.payloads import JSON
from simulators.slack.limits import DEFAULT_SCOPES
from simulators.slack.server import LocalSlack
from tests.end_to_end.conftest import hold, opened
from tests.end_to_end.slack.conftest import MODAL, OPTIONS, Listener, connected, rich, row
from tests.end_to_end.toy_bot import png

pytestmark = pytest.mark.asyncio(loop_scope="session")  # the browser's


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
    shortcut = {
        "name": "Write a sonnet from this",
        "type": "message",
        "callback_id": "sonnet_from_message",
        "description": "Writes a sonnet.",
    }
    manifest = {
        "features": {"slash_commands": commands, "shortcuts": [shortcut]},
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
    async with opened(local.url, browser) as page:
        await expect(page.get_by_role("heading", name="# mangosaurus", level=1)).to_be_visible()
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def page(local: LocalSlack, toy: Toy, browser: Browser) -> AsyncIterator[Page]:
    async with visiting(local, browser) as opened_page:
        yield opened_page


async def write(page: Page, text: str) -> None:
    await page.get_by_role("combobox", name="Message").fill(text)
    await page.keyboard.press("Enter")


def messages(page: Page) -> Locator:
    return page.get_by_role("log").get_by_role("listitem")


async def test_command_and_button(local: LocalSlack, page: Page) -> None:
    await write(page, "/dinoname count:3")
    await expect(messages(page)).to_contain_text(["@Mary count:3 <b>"])
    await page.get_by_role("button", name="Vote").click()
    await expect(messages(page)).to_contain_text(["vote (edited)"])
    await expect(page.get_by_role("combobox", name="Message")).to_have_value("")
    (message,) = local.messages
    assert message.mentions == []


async def test_first_screen(local: LocalSlack, page: Page) -> None:
    """It offers what can be done here: a channel without the bot can only be given it."""
    first = page.locator("#first").get_by_role("button")
    await expect(first).to_have_text(["🦖 Name dinosaurs"])  # this bot has no other command
    await first.click()
    await expect(messages(page)).to_contain_text(["@Mary"])
    await page.get_by_role("button", name="general").click()
    await expect(first).to_have_text(["Add Mangosaurus"])
    await first.click()
    await expect(messages(page)).to_contain_text(["was added to #general by Mary."])
    assert local.elsewhere.is_joined
    await expect(first).to_have_text(["🦖 Name dinosaurs"])
    await page.get_by_role("radio", name="Gus").check()
    await expect(first).to_have_count(0)  # it takes the networks' time, which guests may not use


async def test_suggestions(page: Page) -> None:
    text, options = page.get_by_role("combobox", name="Message"), page.get_by_role("option")
    await page.keyboard.type("/")
    await expect(options).to_contain_text(["/dinonamecount:3Name dinosaurs", "/invite", "/remove"])
    await page.keyboard.type("din")
    await expect(options).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(text).to_have_value("/dinoname ")
    await expect(page.get_by_role("listbox")).to_have_text("/dinoname count:3")
    await page.keyboard.type("count:2")
    await page.keyboard.press("Enter")
    await expect(messages(page)).to_contain_text(["@Mary count:2 <b>"])


async def test_shortcut_of_a_message(local: LocalSlack, toy: Toy, page: Page) -> None:
    message = local.say(local.admin, "Shall I compare thee")
    await messages(page).hover()
    await page.get_by_role("button", name="More actions").click()
    item = page.get_by_role("menuitem", name="Write a sonnet from this")
    await expect(item).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(item).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await local.wait_for(lambda: toy.requests)
    assert toy.payload["callback_id"] == "sonnet_from_message"
    assert toy.payload["message"]["ts"] == message.ts
    assert toy.payload["user"]["id"] == local.member.id


async def test_thread(local: LocalSlack, toy: Toy, page: Page) -> None:
    posted = await toy.web.chat_postMessage(channel=local.channel.id, text="Training names")
    thread = str(posted["ts"])
    await toy.web.files_upload_v2(
        channel=local.channel.id,
        filename="loss.png",
        content=png(64, 32),
        alt_txt="A curve",
        thread_ts=thread,
    )
    await expect(messages(page)).to_have_count(1)
    await page.get_by_role("button", name="1 reply").click()
    beside = page.get_by_role("complementary", name="Thread")
    await expect(beside.get_by_role("listitem")).to_contain_text(["Training names", "loss.png"])
    await expect(beside.get_by_role("img", name="A curve")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(beside).to_be_hidden()


async def test_direct_message_is_announced(local: LocalSlack, toy: Toy, page: Page) -> None:
    app = page.get_by_role("navigation").get_by_role("button", name="Mangosaurus", exact=True)
    await expect(app).not_to_have_class("unread")
    direct = local.workspace.direct(local.member)
    await toy.web.files_upload_v2(channel=direct.id, filename="elves.txt", content="Bilbo")
    await expect(app).to_have_class("unread")
    await app.click()
    async with page.expect_download() as started:
        await page.get_by_role("link", name="elves.txt").click()
    assert (await (await started.value).path()).read_text() == "Bilbo"
    await expect(app).not_to_have_class("unread")


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
    await dialog.get_by_label("Start").fill("dra")
    await expect(dialog.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_label("Start")).to_have_value("Draco")
    file = {"name": "list.txt", "mimeType": "text/plain", "buffer": b"Bilbo"}
    await dialog.get_by_label("List").set_input_files(file)  # type: ignore[arg-type]
    submit = dialog.get_by_role("button", name="Write")
    await submit.evaluate("button => { button.click(); button.click(); }")
    await expect(dialog).to_have_count(0)
    submitted = [r for r in toy.requests if r.payload.get("type") == "view_submission"]
    assert len(submitted) == 2  # one of them had an error
    state = toy.payload["view"]["state"]["values"]
    assert state["count"]["count"]["value"] == "4"
    assert state["start"]["start"]["selected_option"] == OPTIONS[0]
    assert state["list"]["list"]["files"][0]["name"] == "list.txt"


async def test_home(local: LocalSlack, toy: Toy, page: Page) -> None:
    app = page.get_by_role("navigation").get_by_role("button", name="Mangosaurus", exact=True)
    await app.click()
    button = page.get_by_role("button", name="Write names")
    await expect(page.get_by_role("combobox", name="Message")).to_have_count(0)
    await button.click()
    await local.wait_for(lambda: toy.requests[-1].type == "interactive")
    assert toy.payload["view"]["type"] == "home"
    await page.get_by_role("radio", name="Ada").check()
    await expect(page.get_by_role("heading", name="# mangosaurus", level=1)).to_be_visible()
    await app.click()  # that of Ada, not of Mary
    await expect(page.get_by_role("heading", name="Mangosaurus", level=1)).to_be_visible()
    await local.wait_for(lambda: local.home(local.admin) is not None)


async def test_press_while_the_message_changes(local: LocalSlack, toy: Toy, page: Page) -> None:
    """The button stays the same, and keeps the focus."""
    await write(page, "/dinoname count:3")
    again = page.get_by_role("button", name="Again")
    await again.focus()
    await hold(page, again)
    (message,) = local.messages
    heading = rich({"type": "text", "text": "2 votes"})
    await toy.web.chat_update(
        channel=local.channel.id,
        ts=message.ts,
        text="names",
        blocks=[heading, row("Again", "Vote")],
    )
    await expect(messages(page)).to_contain_text(["2 votes"])
    await page.mouse.up()
    await expect(messages(page)).to_contain_text(["again (edited)"])
