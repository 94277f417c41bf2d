"""Pictures of creatures for messages."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.pictures.creature_pictures import MOST_KEPT, CreaturePictures
from bot.pictures.renderer import Renderer
from data.phrases import ENGLISH
from tests.bot.fakes import FakeRenderer
from tests.bot.pictures.profiles import PLAIN
from tests.clock import Clock
from tests.texts import written

SHOWN = written(PLAIN.name), PLAIN


async def test_plate() -> None:
    renderer = Renderer(deadline_s=60, patience_s=120)
    pictures = CreaturePictures(renderer)
    drawn = await pictures.plate(PLAIN)
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG")
    await renderer.close()


async def test_latest_are_kept() -> None:
    renderer = FakeRenderer()
    pictures = CreaturePictures(renderer)
    for number in (*range(MOST_KEPT), 0, MOST_KEPT, 0, 1):
        await pictures.plate(replace(PLAIN, name=f"Name{number}"))
    assert len(renderer.drawn) == MOST_KEPT + 2
    await renderer.close()


async def test_slow_plate_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Slow(FakeRenderer):
        async def draw(self, make: Callable[..., str], *arguments: object) -> bytes:
            await asyncio.Event().wait()
            return b""

    renderer = Slow()
    renderer._patience_s = 0.01
    pictures = CreaturePictures(renderer)
    assert await pictures.plate(PLAIN) is None
    assert "could not be drawn: TimeoutError" in caplog.text
    await renderer.close()


async def test_strips_take_a_fifth_of_the_time() -> None:
    clock = Clock()

    class Slow(FakeRenderer):
        async def draw(self, make: Callable[..., str], *arguments: object) -> bytes:
            clock.now += 0.2
            return await super().draw(make, *arguments)

    renderer = Slow()
    renderer.is_busy = False
    pictures = CreaturePictures(renderer, clock=clock)
    for _ in range(100):
        await pictures.strip([SHOWN])
        clock.now += 0.1
    assert 0.15 < len(renderer.drawn) * 0.2 / clock.now <= 0.2
    clock.now += 1
    renderer.is_busy = True  # with a plate
    assert await pictures.strip([SHOWN]) is None
    renderer.is_busy, renderer.fails = False, True
    assert pictures.has_time
    assert await pictures.strip([SHOWN]) is None
    assert not pictures.has_time
    await renderer.close()


async def test_pictures_of_one_profile_are_kept_apart() -> None:
    renderer = FakeRenderer()
    pictures = CreaturePictures(renderer)
    for _ in range(2):
        await pictures.plate(PLAIN)
        await pictures.hatchling(PLAIN)
        await pictures.nest([PLAIN])
        await pictures.museum([SHOWN])
        assert await pictures.album(SHOWN[0], [PLAIN], ENGLISH) is not None
    assert len(renderer.drawn) == 5
    await renderer.close()
