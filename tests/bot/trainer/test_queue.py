"""One queue for all processes: who may wait in it, and how a training is stopped."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.trainer.events import CustomModelTrained, EndReason
from bot.trainer.queries import CUSTOM, CustomModels
from bot.trainer.service import (
    LONGEST_QUEUE,
    MOST_OF_A_COMMUNITY,
    AlreadyTraining,
    CoolingDown,
    TooManyTrainings,
)
from models.training.events import Failed, Stopped
from tests.bot.trainer.processes import (
    COOLDOWN,
    DONE,
    NOW,
    ON_SQLITE,
    PAUSE,
    REQUEST,
    Bots,
    launched,
    paused,
    until,
)


async def test_one_training_at_a_time_in_all_processes(bots: Bots) -> None:
    one, other = bots.process(PAUSE, bots.trained()), bots.process(PAUSE, bots.trained())
    requests = [replace(await bots.request(name), seed=k) for k, name in enumerate("abc")]
    numbers = [await one.service.enqueue(request) for request in requests]
    await until(lambda: one.trainers or other.trainers)
    await asyncio.sleep(0.1)
    assert len(one.trainers + other.trainers) == 1
    await until(lambda: (numbers[2], "queued") in one.reports.updates)
    for count in (1, 2, 3):
        trainers = await launched(count, one, other)
        assert len(trainers) == count
        await paused(trainers[-1])
        trainers[-1].go_on()
    await until(lambda: len({**one.reports.seen, **other.reports.seen}) == 3)
    ends = one.reports.seen | other.reports.seen
    await until(lambda: all(isinstance(ends[n][-1], CustomModelTrained) for n in numbers))


async def test_stop(bots: Bots) -> None:
    """The reason is not stored, as it names a member: other processes do not know it."""
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    other = bots.process()
    assert await other.service.stop(number, "Ada pressed Stop.")
    await until(lambda: one.last(number) == Stopped(EndReason.BUTTON))
    assert await one.state(number) == "stopped"
    assert not await other.service.stop(number, "Ada pressed Stop.")
    await other.service.close()
    one.now += COOLDOWN
    number = await one.service.enqueue(REQUEST)
    await until(lambda: len(one.trainers) == 2)
    await one.service.stop(number, "Ada pressed Stop.")
    await until(lambda: one.last(number) == Stopped("Ada pressed Stop."))
    assert (await one.record(number)).message == EndReason.BUTTON


async def test_deleted_custom_model_ends_its_training(bots: Bots) -> None:
    one = bots.process(PAUSE, bots.trained())
    request = await bots.request()
    number = await one.service.enqueue(request)
    await until(lambda: one.trainers)
    await bots.store[CustomModels].delete(request.custom_model_id or 0)
    await until(lambda: one.last(number) == Stopped(EndReason.DELETED))


@ON_SQLITE
async def test_clock_steps_back(bots: Bots) -> None:
    """Neither a cooldown nor a process that has died lasts for a day."""
    one = bots.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    one.now -= timedelta(days=1)
    await one.service.enqueue(REQUEST)


async def test_cooldown_survives_a_restart(bots: Bots) -> None:
    one = bots.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    other = bots.process(Failed("no"))
    with pytest.raises(CoolingDown) as caught:
        await other.service.enqueue(REQUEST)
    assert caught.value.until == NOW + COOLDOWN
    other.now += COOLDOWN
    await other.service.enqueue(REQUEST)


@ON_SQLITE
async def test_queue_has_limits(bots: Bots) -> None:
    """No community takes all places."""
    one = bots.process(PAUSE, bots.trained())
    for number in range(MOST_OF_A_COMMUNITY):
        await one.service.enqueue(await bots.request(str(number)))
    with pytest.raises(TooManyTrainings):
        await one.service.check(CUSTOM, community_id=1)
    for number in range(MOST_OF_A_COMMUNITY, LONGEST_QUEUE):
        await one.service.check(CUSTOM, community_id=number)
        await one.service.enqueue(await bots.request(str(number), community_id=number))
    with pytest.raises(TooManyTrainings):
        await one.service.enqueue(await bots.request("late", community_id=99))


@ON_SQLITE
async def test_model_trains_once_at_a_time(bots: Bots) -> None:
    """Each custom model; of the shared ones only one."""
    one = bots.process(PAUSE, bots.trained())
    request = await bots.request()
    enqueued = (one.service.enqueue(request) for _ in range(2))
    results = await asyncio.gather(*enqueued, return_exceptions=True)
    assert [type(result) for result in results] == [int, AlreadyTraining]
    await one.service.enqueue(REQUEST)
    with pytest.raises(AlreadyTraining):
        await one.service.enqueue(replace(REQUEST, task="sonnets"))
