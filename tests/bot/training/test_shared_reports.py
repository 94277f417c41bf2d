from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from bot.store.schema import FIRST_SURROGATE
from bot.training.results import Event
from bot.training.shared_reports import SharedReports
from bot.training.training_queries import TrainingRecord
from models.training.events import Failed
from tests.bot.training.processes import FakeReports

END = Failed("no more letters")


def record(channel_id: int | None) -> TrainingRecord:
    now = datetime(2025, 1, 1, tzinfo=UTC)
    return TrainingRecord(
        "shared", "names", "default", 1, now, channel_id=channel_id, id=3, state="queued"
    )


async def events(seen: list[str]) -> AsyncGenerator[Event, None]:
    yield END
    seen.append("end")


@pytest.mark.parametrize(
    ("channel_id", "platform"), [(5, "discord"), (FIRST_SURROGATE + 5, "slack")]
)
async def test_each_platform_shows_its_own(channel_id: int, platform: str) -> None:
    shared, reports = SharedReports(), {"discord": FakeReports(), "slack": FakeReports()}
    for name, each in reports.items():
        shared.add(name, each)
    await shared.update(record(channel_id))
    await shared.follow(record(channel_id), events([]))
    assert {name for name, each in reports.items() if each.updates} == {platform}
    assert {name for name, each in reports.items() if each.seen} == {platform}


async def test_training_without_platform_runs_to_its_end() -> None:
    """Slack's token was removed, and somebody there had asked for it."""
    shared, discord = SharedReports(), FakeReports()
    shared.add("discord", discord)
    seen: list[str] = []
    await shared.update(record(FIRST_SURROGATE))
    await shared.follow(record(FIRST_SURROGATE), events(seen))
    assert seen == ["end"]
    assert discord.updates == []
