import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from bot.chat.errors import explain
from bot.chat.message import File
from bot.chat.turn import Deleted, DeliveryError, Forbidden, Gone, Refused, Unreachable
from bot.monitoring.monitor import Monitor
from bot.platforms.slack.network import api as api_module
from bot.platforms.slack.network.api import SlackApi, code_of
from bot.platforms.slack.network.edit_budget import EDIT_S
from bot.platforms.slack.network.errors import LostAnswer
from bot.platforms.slack.platform import TERMS
from bot.text.spans import plain
from bot.text.technical import technical
from tests.bot.platforms.slack.network.server import Answer, Clock, SlackServer, limited, refusal
from tests.texts import written

PART = {"text": "Hello", "blocks": [{"type": "divider"}]}
Call = Callable[[SlackApi], Coroutine[Any, Any, object]]
INERT = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


@pytest.fixture
async def api(slack: SlackServer, clock: Clock) -> AsyncIterator[SlackApi]:
    made = SlackApi("xoxb-1", monitor=Monitor(), base_url=slack.url, clock=clock, sleep=clock.sleep)
    yield made
    await made.close()


async def test_post(api: SlackApi, slack: SlackServer) -> None:
    """Words are not parsed."""
    slack.answers["chat.postMessage"] = [Answer({"ts": "1.000002"})]
    assert await api.post("C1", PART) == "1.000002"
    as_they_are = {"channel": "C1", **PART, "parse": "none", "link_names": False}
    assert slack.of("chat.postMessage") == [as_they_are | INERT]
    assert slack.headers[0]["Authorization"] == "Bearer xoxb-1"
    await api.update("C1", "1.000002", PART)  # has no such arguments, and notifies nobody
    assert slack.of("chat.update") == [as_they_are | {"ts": "1.000002"}]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("message_not_found", Deleted),
        ("is_archived", Gone),
        ("expired_trigger_id", Gone),
        ("not_in_channel", Forbidden),
        ("channel_not_found", Forbidden),
        ("missing_scope", Refused),
        ("internal_error", LostAnswer),
        ("rate_limited", Unreachable),
        ("invalid_blocks", DeliveryError),
        ("invalid_auth", Refused),
        ("ekm_access_denied", Refused),
        ("request_timeout", Unreachable),
        ("something_new", DeliveryError),
    ],
)
async def test_errors(
    api: SlackApi, slack: SlackServer, code: str, kind: type[DeliveryError]
) -> None:
    """Slack may say what is wrong where."""
    metadata = {"messages": ["[ERROR] must be less than 151 characters [json-pointer:/blocks/0]"]}
    slack.answers["chat.postMessage"] = [refusal(code, response_metadata=metadata)]
    with pytest.raises(DeliveryError, match=f"{code} .*json-pointer:/blocks/0") as raised:
        await api.post("C1", PART)
    assert type(raised.value) is kind
    assert code_of(raised.value) == code


@pytest.mark.parametrize(
    "answer",
    [
        Answer("<html>Bad gateway</html>", 502, {"Content-Type": "text/html"}),
        Answer("upstream connect error", 503, {"Content-Type": "text/plain"}),
        Answer("<html>Forbidden</html>", 403, {"Content-Type": "text/html"}),
        Answer("<html>Not found</html>", 404, {"Content-Type": "text/html"}),
        Answer("Zugang gesperrt für heute", 200, {"Content-Type": "text/plain"}),
        Answer("{", 200, {"Content-Type": "application/json"}),
        Answer("[]", 200, {"Content-Type": "application/json"}),
    ],
    ids=["html", "text", "403", "404", "latin-1", "broken", "list"],
)
async def test_nonsense_is_no_fault_of_ours(
    api: SlackApi, slack: SlackServer, answer: Answer
) -> None:
    slack.answers["chat.postMessage"] = [answer]
    with pytest.raises(Unreachable):
        await api.post("C1", PART)


async def test_no_server() -> None:
    api = SlackApi("xoxb-1", monitor=Monitor(), base_url="http://127.0.0.1:9/api/")
    with pytest.raises(Unreachable):
        await api.post("C1", PART)
    await api.close()


async def test_slow_call_is_given_up(
    api: SlackApi, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_module, "REQUEST_S", 0.05)
    slack.hanging.add("chat.postMessage")
    with pytest.raises(Unreachable, match="TimeoutError"):
        await api.post("C1", PART)


async def test_long_pause_is_not_waited_for(
    api: SlackApi, slack: SlackServer, clock: Clock
) -> None:
    slack.answers["chat.postMessage"] = [limited(60)]
    for _attempt in range(2):  # the second is not even sent
        with pytest.raises(Unreachable):
            await api.post("C1", PART)
    assert len(slack.calls) == 1
    assert clock.slept == []
    await api.post("C2", PART)  # another channel is not limited
    clock.now += 60
    await api.post("C1", PART)


async def test_limited_response(api: SlackApi, slack: SlackServer, clock: Clock) -> None:
    """Answers through a `response_url` wait, too: nothing else would send them again."""
    slack.answers["respond"] = [limited(4), Answer("ok")]
    await api.respond(f"{slack.url}respond", PART)
    assert clock.slept == [4]
    assert len(slack.of("respond")) == 2


async def test_calls_go_on_one_by_one_after_a_pause(
    api: SlackApi, slack: SlackServer, clock: Clock
) -> None:
    """Of a rush in one channel, Slack would refuse all but one again."""
    slack.answers["chat.postMessage"] = [limited(4), Answer({"ts": "1.000002"})]
    assert await api.post("C1", PART) == "1.000002"
    assert clock.slept == [4]
    going_on: list[float] = []

    async def call() -> None:
        if await api._may_call("chat.postMessage C1", until=108.0):
            going_on.append(clock.now)

    await asyncio.gather(*(call() for _ in range(5)))
    assert going_on == [105, 106, 107]
    clock.now += 60
    await asyncio.gather(*(api.post("C1", PART) for _ in range(5)))
    assert clock.slept == [4, 1, 1, 1]


async def test_calls_after_the_end(api: SlackApi, slack: SlackServer) -> None:
    """What comes too late ends without a traceback."""
    await api.close()
    for late in (
        api.post("C1", PART),
        api.respond(f"{slack.url}respond", PART),
        api.download(f"{slack.url}file", 9),
    ):
        with pytest.raises(Unreachable):
            await late


async def test_always_limited(api: SlackApi, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [limited(1)] * 9
    with pytest.raises(Unreachable, match="ratelimited"):
        await api.post("C1", PART)
    assert len(slack.calls) == 3


async def test_edits_keep_the_budget(api: SlackApi, slack: SlackServer, clock: Clock) -> None:
    await asyncio.gather(*(api.update(f"C{n}", "1.000002", PART) for n in range(4)))
    assert [call["channel"] for call in slack.of("chat.update")] == ["C0", "C1", "C2", "C3"]
    assert clock.now == pytest.approx(100 + 3 * EDIT_S)


async def test_superseded_edit_is_not_sent(api: SlackApi, slack: SlackServer) -> None:
    states = [{"text": str(number), "blocks": []} for number in range(5)]
    await asyncio.gather(*(api.update("C1", "1.000002", state) for state in states))
    assert slack.of("chat.update")[-1]["text"] == "4"
    assert len(slack.calls) <= 2


async def test_limited_edit_pauses_all(api: SlackApi, slack: SlackServer, clock: Clock) -> None:
    slack.answers["chat.update"] = [limited(5)]
    await api.update("C1", "1.000002", PART)
    before = clock.now
    await api.update("C2", "1.000002", PART)
    assert clock.now >= 105
    assert clock.now - before <= EDIT_S + 5


async def test_upload(api: SlackApi, slack: SlackServer) -> None:
    slack.takes_files()
    slack.answers["put"] = [Answer("OK - 3", 200, {"Content-Type": "text/plain"})]
    sent = await api.upload(
        "C1", [File(technical("plaque.png"), b"png", written("A plaque"))], thread="1.2"
    )
    assert sent == ["F1"]
    (asked,) = slack.of("files.getUploadURLExternal")
    assert (asked["filename"], asked["length"], asked["alt_txt"]) == ("plaque.png", "3", "A plaque")
    assert slack.of("put") == [{"body": b"png"}]
    (done,) = slack.of("files.completeUploadExternal")
    assert (done["channel_id"], done["thread_ts"]) == ("C1", "1.2")


async def test_download(api: SlackApi, slack: SlackServer) -> None:
    slack.answers["file"] = [Answer("names", 200, {"Content-Type": "text/plain"})]
    assert await api.download(f"{slack.url}file", most=3) == b"nam"
    assert slack.headers[0]["Authorization"] == "Bearer xoxb-1"


SIGN_IN = Answer("<html>", 200, {"Content-Type": "text/html"})


@pytest.mark.parametrize(("redirects", "is_read"), [(1, True), (3, True), (4, False)])
async def test_redirected_download(
    api: SlackApi, slack: SlackServer, redirects: int, is_read: bool
) -> None:
    """On Enterprise Grid the address of a file leads to another one, which needs the token too."""
    names = Answer("names", 200, {"Content-Type": "text/plain"})
    slack.answers["file"] = [Answer("", 302, {"Location": "file"})] * redirects + [names]
    if is_read:
        assert await api.download(f"{slack.url}file", most=9) == b"names"
    else:
        with pytest.raises(DeliveryError, match="does not give"):
            await api.download(f"{slack.url}file", most=9)
    assert {headers["Authorization"] for headers in slack.headers} == {"Bearer xoxb-1"}


@pytest.mark.parametrize(
    ("answer", "scopes", "expected"),
    [
        (SIGN_IN, {"chat:write"}, "it doesn't have the scope files:read"),
        (SIGN_IN, {"chat:write", "files:read"}, "Slack won't let the bot read this file"),
        (Answer("", 302, {"Location": "https://slack-files.com/T1-F1"}), set(), "won't let"),
        (Answer("", 302, {"Location": "http://127.0.0.1:1/file"}), set(), "won't let"),
        (Answer("", 302, {"Location": "https://[files"}), set(), "won't let"),
    ],
)
async def test_refused_download(
    api: SlackApi, slack: SlackServer, answer: Answer, scopes: set[str], expected: str
) -> None:
    """The token stays with Slack, and the member hears what is missing."""
    api.scopes = frozenset(scopes)
    slack.answers["file"] = [answer]
    with pytest.raises(Forbidden) as raised:
        await api.download(f"{slack.url}file", most=100)
    assert expected in plain(explain(raised.value, TERMS) or ())
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    "address",
    ["https://slack.com.example.org/f", "http://files.slack.com/f", "file:///passwd", "", "//["],
)
async def test_token_and_answers_stay_with_slack(api: SlackApi, address: str) -> None:
    with pytest.raises(DeliveryError, match="not on Slack"):
        await api.download(address, most=100)
    with pytest.raises(DeliveryError, match="not on Slack"):
        await api.respond(address, PART)


async def test_respond(api: SlackApi, slack: SlackServer) -> None:
    await api.respond(f"{slack.url}respond", PART | {"replace_original": False})
    assert slack.calls == [("respond", {**PART, "replace_original": False, **INERT})]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer("used_url", 404), Gone),
        (Answer("no_team", 404), DeliveryError),
        (Answer("<html>", 404), Gone),
        (refusal("expired_url", 404), Gone),
        (Answer("", 500), LostAnswer),
        (Answer("invalid_blocks", 400), DeliveryError),
    ],
)
async def test_respond_fails(
    api: SlackApi, slack: SlackServer, answer: Answer, kind: type[DeliveryError]
) -> None:
    slack.answers["respond"] = [answer]
    with pytest.raises(DeliveryError) as raised:
        await api.respond(f"{slack.url}respond", PART)
    assert type(raised.value) is kind
    assert slack.url not in str(raised.value)
