import asyncio
from datetime import timedelta

from sqlalchemy import select

from bot.community.queries import Communities
from bot.platforms.slack.queries import Uploads
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import PollRecord, Polls
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.identities import Identities, Identity, is_id_of
from bot.store.schema import FIRST_SURROGATE, Poll, SlackUpload, WinnerAnswer
from tests.releases.rows import NOW
from tests.texts import named

ADA = ("slack", "user", "T1", "U1")


async def test_resolve_is_stable(store: Store) -> None:
    """To look one up assigns none."""
    identities = store[Identities]
    assert await identities.look_up(*ADA) is None
    ada = await identities.resolve(*ADA)
    assert FIRST_SURROGATE <= ada < 2**63
    assert await identities.resolve(*ADA) == await identities.look_up(*ADA) == ada
    assert await identities.find(ada) == Identity(ada, *ADA)
    assert await identities.find(ada + 1) is None
    for number, platform in ((ada, "slack"), (81384788765712384, "discord")):
        others = {"slack", "discord"} - {platform}
        assert is_id_of(platform, number)
        assert not any(is_id_of(other, number) for other in others)


async def test_each_part_counts(store: Store) -> None:
    others = [("matrix", *ADA[1:]), ("slack", "channel", "T1", "U1"), ("slack", "user", "T2", "U1")]
    ids = [await store[Identities].resolve(*parts) for parts in (ADA, *others)]
    assert len(set(ids)) == 4
    assert ids == sorted(ids)


async def test_concurrent_resolves_agree(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    people = [("slack", "user", "T1", f"U{number}") for number in range(5)]
    calls = [(s, parts) for parts in people * 4 for s in (store, other)]
    ids = await asyncio.gather(*(s[Identities].resolve(*parts) for s, parts in calls))
    await other.close()
    found = {parts: number for (_, parts), number in zip(calls, ids, strict=True)}
    assert ids == [found[parts] for _, parts in calls]
    assert len(set(ids)) == len(people)


async def test_surrogates_are_not_reused(store: Store) -> None:
    """Nor kept for a member who is forgotten."""
    identities = store[Identities]
    bob = await identities.resolve("slack", "user", "T1", "U2")
    for forget in (identities.forget, store[Privacy].forget_member):
        ada = await identities.resolve(*ADA)
        await forget(ada)
        assert await identities.find(ada) is None
        assert await identities.resolve(*ADA) > ada
    assert await identities.find(bob) is not None


async def test_channel_moves(store: Store) -> None:
    """What is stored of it stays, with what requests stored before Slack told that it moved."""
    identities, hall = store[Identities], store[HallOfFame]
    old, elsewhere = [
        await identities.resolve("slack", "channel", "T1", each) for each in ("G1", "C9")
    ]
    await store[Communities].change(7, daily_channel_id=old, log_channel_id=elsewhere)
    await store[Uploads].begin("T1", ["F1", "F2", "F3"], NOW)
    for file, place in {"F1": "G1 17.1", "F2": "C9 17.1"}.items():
        await store[Uploads].place([file], place)
    new = await identities.resolve("slack", "channel", "T1", "C1")
    for poll, channel in enumerate((old, new), start=1):
        record = PollRecord(
            poll, 7, channel, 9, None, None, named("Mangopelta"), NOW, NOW + timedelta(hours=1)
        )
        await store[Polls].open(record)
    for channel in (old, new):
        await hall.note_shown(7, channel, 5, [1], now=NOW)
    for _time in range(2):
        await identities.move_channel("slack", "T1", "G1", "C1")
    await identities.move_channel("slack", "T1", "C7", "C8")
    assert await identities.find(old) == Identity(old, "slack", "channel", "T1", "C1")
    assert await identities.find(new) is None
    assert await identities.look_up("slack", "channel", "T1", "C8") is None
    settings = await store[Communities].settings(7)
    assert (settings.daily.channel_id, settings.log_channel_id) == (old, elsewhere)
    async with store.database.reading() as session:
        assert {*await session.scalars(select(Poll.channel_id))} == {old}
        assert [*await session.scalars(select(WinnerAnswer.channel_id))] == [old]
        places = await session.scalars(select(SlackUpload.place).order_by(SlackUpload.file))
        assert [*places] == ["C1 17.1", "C9 17.1", None]
