"""Arbitrary payloads: forged, incomplete, of wrong types, huge, or about another workspace."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Coroutine, Iterable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.features import REGISTRY
from bot.platforms.slack import client
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.names import MENU, SHORTCUT
from bot.platforms.slack.network.connection import _Client
from bot.platforms.slack.views.home import FORM
from tests.bot.conftest import World
from tests.bot.platforms.slack.payloads import METADATA, PAYLOADS, Offline

LONGEST_S = 60.0
"""Seconds after which a payload has brought the bot to a halt."""


@pytest.fixture
async def bot(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackBot]:
    """The bot, which is not connected."""
    monkeypatch.setattr(client, "SlackApi", lambda *_arguments, **_options: Offline())
    made = SlackBot(world.make_app(cooldown_seconds=0), "xoxb-1", "xapp-1", is_home=True)
    await made.platform.identify()
    yield made
    await made.close()
    await made.app.inference.close()


def calls_of(bot: SlackBot) -> list[str]:
    assert isinstance(bot.api, Offline)
    return bot.api.calls


NAMES = [each.name for each in REGISTRY.every_command()]
FORMS = [*(f"command:{name}" for name in NAMES), "group:namer", "group:models"]

WORDS = st.sampled_from(
    [
        *(f"/{name}" for name in NAMES),
        *(f"{action}:1:0" for action in REGISTRY.buttons),
        *REGISTRY.buttons,
        *FORMS,
        *(f"{FORM}:sonnet", f"{MENU}0", f"{MENU}{10**30}", SHORTCUT, METADATA, "?", "T2", "C2"),
        *("create ?", "count:99999999999999999999", "block <@U1|mary>", '"', "b0", "b99999"),
        *("block_actions", "view_submission", "block_suggestion", "message_action", "shortcut"),
        *("tokens_revoked", "1700000000.000001", "\ud800", "\x00", "<!channel>", "x" * 50_000),
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def places_in(value: object) -> list[tuple[str | int, ...]]:
    """The paths of all values in a payload."""
    listed = enumerate(value if isinstance(value, list) else ())
    children: Iterable[Any] = value.items() if isinstance(value, dict) else listed
    return [(key, *rest) for key, child in children for rest in [(), *places_in(child)]]


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A payload of which some values are replaced or missing."""
    kind, payload = draw(st.sampled_from(PAYLOADS))
    payload = deepcopy(payload)
    for _change in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from(places_in(payload) or [("type",)]))
        parent: Any = payload
        for key in path:
            parent = parent[key]
        if draw(st.booleans()):
            parent[last] = draw(JSON)
        elif isinstance(parent, dict):
            del parent[last]
    return kind, payload


def arbitrary() -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """A payload that resembles nothing."""
    kinds = st.sampled_from(["slash_commands", "interactive", "events_api", "hello", ""])
    return st.tuples(kinds, st.dictionaries(WORDS | st.text(max_size=8), JSON, max_size=6))


async def received(bot: SlackBot, kind: str, payload: dict[str, Any]) -> None:
    """Hand a payload to the bot, and wait for all that follows."""
    async with asyncio.timeout(LONGEST_S):
        reply = await bot.requests.receive(kind, payload)
        if isinstance(reply, Coroutine):
            await reply
        else:
            json.dumps(reply)


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.exc_info]


many = settings(
    max_examples=int(os.environ.get("MANGOSAURUS_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize(("kind", "payload"), PAYLOADS, ids=lambda each: str(each)[:20])
async def test_payload_as_slack_sends_it(bot: SlackBot, kind: str, payload: dict[str, Any]) -> None:
    """The others are changed from these, which must reach the bot for that to mean anything."""
    calls_of(bot).clear()
    await received(bot, kind, payload)
    assert calls_of(bot) or payload["type"] == "block_suggestion"


@many
@given(sent=changed() | arbitrary())
async def test_no_payload_leaves_a_traceback(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, sent: tuple[str, dict[str, Any]]
) -> None:
    caplog.clear()
    await received(bot, *sent)
    assert tracebacks(caplog) == []


@many
@given(sent=changed())
async def test_another_workspace_gets_no_answer(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, sent: tuple[str, dict[str, Any]]
) -> None:
    """Nor does anything that it sends change what is stored."""
    kind, payload = sent
    payload |= {"team_id": "T2", "team": {"id": "T2"}, "authorizations": [{"team_id": "T2"}]}
    payload.pop("view", None)
    calls_of(bot).clear()
    assert await bot.requests.receive(kind, payload) is None
    assert calls_of(bot) == []


@pytest.mark.parametrize("address", ["https://hooks.slack.com.example.org/", "0", "", None])
async def test_forged_address_gets_no_answer(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, address: object
) -> None:
    """The member gets it in the direct message."""
    kind, payload = PAYLOADS[0]
    calls_of(bot).clear()
    await received(bot, kind, payload | {"text": "count:9999", "response_url": address})
    assert "response_url" not in calls_of(bot)
    assert calls_of(bot)[-2:] == ["conversations.open", "chat.postMessage"]
    assert tracebacks(caplog) == []


async def test_huge_payload(bot: SlackBot, caplog: pytest.LogCaptureFixture) -> None:
    """Slack limits them; what is too long is read as if it were missing."""
    deep: Any = "x"
    for _level in range(500):
        deep = {"state": deep, "values": [deep] if isinstance(deep, str) else []}
    for kind, payload in PAYLOADS:
        huge = {**payload, "view": deep, "actions": [{"value": "x" * 10**6}] * 1_000}
        await received(bot, kind, huge | {"text": "x" * 10**6, "message": {"text": "y" * 10**6}})
    assert tracebacks(caplog) == []


TYPED = "Kwijibosaurus"
ENVELOPES = [
    {"envelope_id": "e", "type": kind, "payload": payload, "accepts_response_payload": True}
    for kind, payload in PAYLOADS
]


@st.composite
def mangled(draw: st.DrawFn) -> dict[str, Any]:
    """An envelope of which some values, with its own, are replaced by others with typed words."""
    envelope = deepcopy(draw(st.sampled_from(ENVELOPES)))
    for _change in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(places_in(envelope)))
        parent: Any = envelope
        for key in path:
            parent = parent[key]
        parent[last] = draw(JSON | st.sampled_from([TYPED, [TYPED], {TYPED: TYPED}]))
    return envelope


@many
@given(envelope=mangled())
@example(ENVELOPES[0] | {"type": [TYPED]})
@example(ENVELOPES[0] | {"type": TYPED})
@example(ENVELOPES[1] | {"payload": {"type": {TYPED: TYPED}}})
@example(ENVELOPES[1] | {"payload": {"type": [TYPED]}})
async def test_every_envelope_is_acknowledged(
    bot: SlackBot, caplog: pytest.LogCaptureFixture, envelope: dict[str, Any]
) -> None:
    """Whatever it has; without an id that is a text there is nothing to acknowledge."""
    caplog.clear()
    caplog.set_level("INFO")
    sent: list[dict[str, Any]] = []
    acknowledge = AsyncMock(side_effect=sent.append)
    client = SimpleNamespace(pending=0, send_socket_mode_response=acknowledge)
    identifier = envelope["envelope_id"] = envelope["envelope_id"] and str(uuid4())
    bot.socket._take(cast(_Client, client), envelope)
    raised = await asyncio.gather(*bot.socket._tasks, return_exceptions=True)
    assert not [each for each in raised if each is not None]
    assert [each["envelope_id"] for each in sent] == [identifier] * bool(identifier)
    assert tracebacks(caplog) == []
    assert TYPED not in caplog.text
