import asyncio

import pytest

from bot.platforms.slack.network.edit_budget import EditBudget
from tests.bot.platforms.slack.network.server import Clock


class Workspace:
    """Edits of messages, as they are granted."""

    def __init__(self) -> None:
        self.time = Clock()
        self.time.now = 0.0
        self.budget = EditBudget(1.0, clock=self.time, sleep=self.time.sleep)
        self.edits: list[tuple[float, str]] = []
        self.superseded: list[str] = []

    async def edit(self, channel: str, message: str, state: str = "") -> None:
        label = f"{channel}{message}{state}"
        if await self.budget.turn(channel, message):
            self.edits.append((self.time.now, label))
        else:
            self.superseded.append(label)

    @property
    def order(self) -> list[str]:
        return [label for _time, label in self.edits]


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


async def test_edits_are_spaced_over_all_channels(workspace: Workspace) -> None:
    await asyncio.gather(*(workspace.edit(channel, "1") for channel in "ABCD"))
    assert workspace.edits == [(0.0, "A1"), (1.0, "B1"), (2.0, "C1"), (3.0, "D1")]


async def test_channels_take_turns(workspace: Workspace) -> None:
    busy = [workspace.edit("A", str(number)) for number in range(4)]
    await asyncio.gather(*busy, workspace.edit("B", "0"), workspace.edit("C", "0"))
    assert workspace.order == ["A0", "B0", "C0", "A1", "A2", "A3"]


async def test_newer_edit_supersedes_one_that_waits(workspace: Workspace) -> None:
    await asyncio.gather(
        workspace.edit("B", "9"),
        workspace.edit("A", "1", "old"),
        workspace.edit("A", "2"),
        workspace.edit("A", "1", "new"),
    )
    assert workspace.superseded == ["A1old"]
    assert workspace.order == ["B9", "A1new", "A2"]


async def test_pause(workspace: Workspace) -> None:
    await workspace.edit("A", "1")
    waiting = asyncio.create_task(workspace.edit("A", "2"))
    await asyncio.sleep(0)
    workspace.budget.pause(5.0)
    workspace.budget.pause(1.0)  # of another call: the longer one holds
    await waiting
    assert workspace.edits == [(0.0, "A1"), (5.0, "A2")]


async def test_cancelled_edit_takes_no_turn(workspace: Workspace) -> None:
    await workspace.edit("A", "1")
    given_up = asyncio.create_task(workspace.edit("B", "1"))
    await asyncio.sleep(0)
    given_up.cancel()
    await workspace.edit("C", "1")
    assert workspace.edits == [(0.0, "A1"), (1.0, "C1")]
    assert not workspace.budget._waiting


async def test_nothing_waits_while_stopping(workspace: Workspace) -> None:
    edits = [asyncio.create_task(workspace.edit("A", str(number))) for number in range(5)]
    await asyncio.sleep(0)
    workspace.budget.hurry()
    await asyncio.gather(*edits)
    assert workspace.order == ["A0", "A1", "A2", "A3", "A4"]
    workspace.budget.share(2)  # changes nothing any more
    await asyncio.gather(*(workspace.edit("a", message) for message in "xyz"))
    assert workspace.time.now < 1.0


async def test_share_of_several_processes(workspace: Workspace) -> None:
    workspace.budget.share(3)
    await asyncio.gather(*(workspace.edit("a", message) for message in "xyz"))
    assert [at for at, _label in workspace.edits] == [0.0, 3.0, 6.0]
    workspace.budget.share(1)
    await workspace.edit("a", "x")
    await workspace.edit("a", "y")
    assert workspace.edits[-1][0] - workspace.edits[-2][0] == 1.0
