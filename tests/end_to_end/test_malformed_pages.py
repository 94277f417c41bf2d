"""Malformed payloads to the pages of the simulators, with the valid token of a page."""

import json
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simulators.discord.server import LocalDiscord
from simulators.slack.server import LocalSlack

DOES = ("write", "home", "press", "suggest", "submit", "close", "shortcut", "run", "complete")
WORDS = st.sampled_from([*DOES, "choose", "say", "/dinoname x", "\ud800", "C0LOCAL0008", ""])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner), max_leaves=6
)
FIELDS = st.sampled_from(
    ["do", "as", "text", "values", "options", "source", "name", "value", "channel", "locale"]
)
PAYLOADS = st.dictionaries(FIELDS, VALUES).map(json.dumps) | VALUES.map(json.dumps) | st.text()


@pytest.fixture(params=[LocalSlack, LocalDiscord])
async def page(request: pytest.FixtureRequest) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with the token."""
    async with request.param(port=0) as local, aiohttp.ClientSession(local.url) as session:
        async with session.get("") as answer:
            found = re.search(r'name="csrf" content="([^"]+)"', await answer.text())
        assert found is not None
        session.headers["X-Local-Csrf"] = found[1]
        yield session


@settings(max_examples=100, deadline=None, suppress_health_check=[*HealthCheck])
@given(payload=PAYLOADS)
@example(payload="[]")
@example(payload="{")
@example(payload='{"values": 1}')
@example(payload='{"do": "run", "name": "x", "options": [1]}')
async def test_malformed_payload(page: aiohttp.ClientSession, payload: str) -> None:
    """It is refused, or something happens that the page can still show."""
    async with page.post("local/act", data={"payload": payload}) as answer:
        assert answer.status in (200, 400)
    async with page.get("local/state") as answer:
        assert answer.status == 200
