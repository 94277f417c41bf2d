import asyncio
from unittest.mock import AsyncMock, Mock

import pytest

from bot.platforms.slack.identities import SlackIdentities, is_external, message_id, timestamp_of
from bot.privacy.queries import Privacy
from bot.store import Store, Unavailable
from bot.store.identities import Identities, Identity


@pytest.fixture
def identities(store: Store) -> SlackIdentities:
    return SlackIdentities(store[Identities], most=2)


async def test_there_and_back(identities: SlackIdentities) -> None:
    numbers = {
        "community": await identities.community("T1"),
        "channel": await identities.channel("T1", "C1"),
        "user": await identities.user("T1", "U1"),
    }
    assert len(set(numbers.values())) == 3
    for kind, external in [("community", "T1"), ("channel", "C1"), ("user", "U1")]:
        number = numbers[kind]
        assert await identities.find(number) == Identity(number, "slack", kind, "T1", external)
        assert await identities.external(number, kind) == external
    assert await identities.external(numbers["user"], "channel") is None
    assert await identities.find(81384788765712384) is None


async def test_other_platforms_are_unknown(identities: SlackIdentities, store: Store) -> None:
    number = await store[Identities].resolve("matrix", "user", "T1", "U1")
    assert await identities.find(number) is None
    assert await identities.user("T1", "U1") != number


async def test_channels_are_remembered(
    identities: SlackIdentities, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = Mock(wraps=store[Identities].resolve)
    monkeypatch.setattr(store[Identities], "resolve", resolve)
    for channel in ("C1", "C1", "C2", "C1", "C3", "C2"):  # C2 has been dropped for C3
        await identities.channel("T1", channel)
    assert [each.args[3] for each in resolve.call_args_list] == ["C1", "C2", "C3", "C2"]


async def test_forgotten_user_is_new(
    identities: SlackIdentities, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may have deleted the member's data a moment ago."""
    before = await identities.user("T1", "U1")
    assert await identities.external(before, "user") == "U1"
    await store[Privacy].forget_member(before)
    assert await identities.external(before, "user") is None
    new = await identities.user("T1", "U1")
    assert new != before
    await store[Privacy].forget_member(new)
    assert await identities.find(new) is None
    monkeypatch.setattr(store[Identities], "resolve", AsyncMock(side_effect=Unavailable))
    with pytest.raises(Unavailable):
        await identities.user("T1", "U1")


async def test_users_are_remembered_for_a_silent_database(
    identities: SlackIdentities, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [await identities.user("T1", user) for user in ("U1", "U2", "U3")]
    channel = await identities.channel("T1", "C1")
    identities.forget_channels()
    for name in ("resolve", "find"):
        monkeypatch.setattr(store[Identities], name, AsyncMock(side_effect=Unavailable))
    assert [await identities.user("T1", user) for user in ("U2", "U3")] == numbers[1:]
    with pytest.raises(Unavailable):  # only two are remembered
        await identities.user("T1", "U1")
    assert await identities.channel("T1", "C1") == channel
    assert await identities.external(channel, "channel") == "C1"
    assert await identities.external(numbers[2], "user") == "U3"


def test_timestamps() -> None:
    assert message_id("1700000000.123456") == 1700000000123456
    assert timestamp_of(1700000000123456) == "1700000000.123456"
    assert timestamp_of(1700000000000001) == "1700000000.000001"
    for odd in ("", "1700000000", "1700000000.1", "-1.000000", "1.0000000", "x"):
        assert message_id(odd) is None


@pytest.mark.parametrize("odd", ["", "U", "u123", "U1/../x", "U1\n", "U" * 33, "Ü12"])
def test_odd_ids(odd: str) -> None:
    assert not is_external(odd)
    assert is_external("U024BE7LH")


async def test_known_user_does_not_wait_for_a_hung_database(
    identities: SlackIdentities, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await identities.user("T1", "U1")
    monkeypatch.setattr("bot.platforms.slack.identities.KNOWN_S", 0.01)
    monkeypatch.setattr(store[Identities], "resolve", lambda *_: asyncio.Event().wait())
    async with asyncio.timeout(5):
        assert await identities.user("T1", "U1") == known
