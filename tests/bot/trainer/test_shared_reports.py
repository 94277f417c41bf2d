"""Each training is reported on the platform on which it was started."""

from dataclasses import replace

import pytest

from bot.store.schema import FIRST_SURROGATE
from models.training.events import Failed
from tests.bot.trainer.processes import ON_SQLITE, REQUEST, Bots, FakeReports, until

END = Failed("no more letters")


@ON_SQLITE
@pytest.mark.parametrize(
    ("channel_id", "platforms"),
    [(5, ["discord"]), (FIRST_SURROGATE + 5, ["slack"]), (FIRST_SURROGATE + 5, [])],
)
async def test_platform_of_a_report(bots: Bots, channel_id: int, platforms: list[str]) -> None:
    """Without its platform, a training runs to its end: Slack's token was removed, say."""
    one, slack = bots.process(END), FakeReports()
    if platforms:
        one.service.report_to("slack", slack)
    number = await one.service.enqueue(replace(REQUEST, channel_id=channel_id))
    await until(lambda: one.service.finished["failed"])
    seen = {"discord": one.reports.seen, "slack": slack.seen}
    assert [name for name, each in seen.items() if each.get(number) == [END]] == platforms
    report = one.service.report_of(await one.record(number))
    assert (report is not None) == bool(platforms)
    for each in (one.reports, slack):
        each.updates.clear()
    if report is not None:
        await report.update()
    updated = {"discord": one.reports.updates, "slack": slack.updates}
    assert [name for name, each in updated.items() if each] == platforms
