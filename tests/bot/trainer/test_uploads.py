"""Lists that members have uploaded: who can read them, and when they are deleted."""

import errno
import os
import time
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from bot.privacy.queries import Privacy
from bot.trainer import service
from bot.trainer.events import EndReason
from bot.trainer.queries import Trainings
from bot.trainer.trainer import RunFolder
from tests.bot.trainer.processes import (
    DONE,
    ON_SQLITE,
    PAUSE,
    REQUEST,
    Bots,
    launched,
    paused,
    until,
)


@ON_SQLITE
async def test_forgotten_member_does_not_come_back(bots: Bots) -> None:
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(replace(REQUEST, member_id=7))
    trainer = await one.paused()
    await bots.store[Privacy].forget_member(7)
    trainer.go_on()
    await until(lambda: one.registry.added)
    assert one.registry.added == [("names", False, number)]
    assert not await bots.store[Privacy].of(7)


@ON_SQLITE
async def test_folder_of_a_killed_process_is_deleted(bots: Bots) -> None:
    """Once no other process may still report it."""
    folder = RunFolder(bots.folder / "training", 999)
    old = time.time() - 2 * service.SWEEP_AGE_S
    folder.prepare(replace(REQUEST, title="list.txt", corpus=b"secret"))
    one = bots.process()
    await until(lambda: one.service._is_tidy)
    assert folder.path.exists()
    os.utime(folder.path, (old, old))
    await one.service.recover()
    assert not folder.path.exists()


async def test_forgotten_member_takes_lists_along(bots: Bots) -> None:
    """Both of a training that runs and of one that waits; another member's list stays."""
    one = bots.process(PAUSE)
    requests = [
        replace(await bots.request(name), member_id=member)
        for name, member in (("a", 7), ("b", 7), ("c", 8))
    ]
    running, waiting, of_another = [await one.service.enqueue(request) for request in requests]
    (trainer,) = await launched(1, one)
    await paused(trainer)
    folder = RunFolder(one.service.folder, running).path
    assert folder.exists()
    await one.service.forget_member(7)
    await until(lambda: not folder.exists())
    assert (await one.record(waiting)).message == EndReason.FORGOTTEN
    assert await one.state(running) == "stopped"
    assert [await bots.store[Trainings].corpus(number) for number in (running, waiting)] == [
        None
    ] * 2
    assert await bots.store[Trainings].corpus(of_another) is not None
    assert (waiting, "stopped") in one.reports.updates


def test_errors_do_not_name_uploads(tmp_path: Path) -> None:
    """The log has the stack trace, without words of members."""
    request = replace(REQUEST, corpus=b"grond", title="Galadriel.txt")
    folder = RunFolder(tmp_path, 1)
    path = folder.corpus(request)
    assert path is not None
    path.mkdir(parents=True)  # in the way
    with pytest.raises(IsADirectoryError) as caught:
        folder.prepare(request)
    logged = "".join(traceback.format_exception(caught.value))
    assert f"{os.strerror(errno.EISDIR)}: '{path.parent}'" in logged
    assert "Galadriel" not in logged
