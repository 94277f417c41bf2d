"""The second simulator of Slack: independent of the bot, and strict where the documentation is."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.end_to_end.slack import second
from tests.end_to_end.slack.second import SecondSlack
from tests.end_to_end.slack.second.block_kit import problems_of, view_problems

SOURCES = sorted(Path(second.__file__).parent.glob("*.py"))
TEXT = {"type": "plain_text", "text": "Go"}
BUTTON = {"type": "button", "text": TEXT, "action_id": "go", "value": "1"}
SECTION = {"type": "section", "text": TEXT}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_shares_nothing_with_the_bot(path: Path) -> None:
    """It imports only the standard library, aiohttp and itself."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not [name for name in imported if name.split(".")[0] in ("bot", "models", "slack_sdk")]
    ours = {name for name in imported if name.startswith("tests")}
    assert all(name.startswith("tests.end_to_end.slack.second") for name in ours)


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "header", "text": TEXT | {"text": "x" * 151}}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "actions", "elements": [BUTTON | {"text": TEXT | {"text": "x" * 76}}]}],
        [{"type": "actions", "elements": [BUTTON | {"value": "x" * 2001}]}],
        [{"type": "actions", "elements": [BUTTON, BUTTON]}],
        [{"type": "actions", "elements": []}],
        [{"type": "image", "image_url": "https://example.org/x.png"}],
        [{"type": "rich_text", "elements": [{"type": "text", "text": "bare"}]}],
        [{"type": "poem"}],
        [SECTION | {"colour": "green"}],
        [SECTION] * 51,
    ],
)
def test_blocks_that_slack_refuses(blocks: list[object]) -> None:
    assert problems_of(blocks, "message")


def test_view_needs_a_button_for_inputs() -> None:
    field = {"type": "input", "label": TEXT, "element": {"type": "plain_text_input"}}
    view = {"type": "modal", "title": TEXT, "blocks": [field]}
    assert view_problems(view)
    assert not view_problems(view | {"submit": TEXT})


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SecondSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with SecondSlack() as started:
        yield started


async def test_errors_as_documented(slack: SecondSlack) -> None:
    """The unmodified library gets Slack's codes."""

    async def code(call: object) -> str:
        with pytest.raises(SlackApiError) as raised:
            await call  # type: ignore[misc]
        return str(raised.value.response["error"])

    web = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    place, other = slack.channel.id, slack.elsewhere.id
    assert (
        await code(AsyncWebClient("xoxb-x", base_url=slack.api_url).auth_test()) == "invalid_auth"
    )
    assert await code(web.chat_postMessage(channel="C0", text="x")) == "channel_not_found"
    assert await code(web.chat_postMessage(channel=other, text="x")) == "not_in_channel"
    assert await code(web.chat_postMessage(channel=place, blocks=[])) == "no_text"
    assert (
        await code(web.chat_update(channel=place, ts="1.000001", text="x")) == "message_not_found"
    )
    assert await code(web.users_info(user="U0")) == "user_not_found"
    assert await code(web.views_open(trigger_id="1.2", view={})) == "invalid_trigger_id"
    upload = web.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="x" * 1001)
    assert await code(upload) == "alt_txt_too_large"


async def test_same_message_twice(slack: SecondSlack) -> None:
    """A message whose id Slack has seen is not posted again."""
    web = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
    place = slack.channel.id
    sent = [await web.chat_postMessage(channel=place, text="x", client_msg_id="1") for _ in "12"]
    assert sent[0]["ts"] == sent[1]["ts"]
    assert len(slack.messages) == 1
