"""The renderer and its process."""

import asyncio
import os
import time

import pytest

from bot.pictures.renderer import DrawingFailed, Renderer, png_of_svg
from bot.pictures.svg import svg_of
from bot.pictures.text import FontStyle, text_element

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"'
PNG = b"\x89PNG"


def disc(radius: int) -> str:
    return f'{HEAD}><circle cx="4" cy="4" r="{radius}"/></svg>'


def hang() -> str:
    time.sleep(60)
    return ""


def end() -> str:
    os._exit(1)


def fail() -> str:
    raise RuntimeError("no ink")


async def test_one_process_draws_everything() -> None:
    renderer = Renderer()
    pictures = await asyncio.gather(*(renderer.draw(disc, radius) for radius in (1, 2, 3, 1)))
    assert renderer._process
    first = renderer._process.pid
    assert all(picture.startswith(PNG) for picture in pictures)
    assert pictures[0] == pictures[3] != pictures[1]
    await renderer.draw(disc, 3)
    assert renderer._process.pid == first
    assert renderer.waiting == 0
    await renderer.close()
    assert renderer._process is None


async def test_failures_are_told_and_survived() -> None:
    renderer = Renderer()
    for make, reason, deadline in ((fail, "no ink", 60), (end, "ended", 60), (hang, "within", 1)):
        renderer._deadline_s = deadline
        with pytest.raises(DrawingFailed, match=reason):
            await renderer.draw(make)
    renderer._deadline_s = 60
    assert (await renderer.draw(disc, 2)).startswith(PNG)
    await renderer.close()


async def test_idle_process_ends() -> None:
    renderer = Renderer(idle_s=0.05)
    await renderer.draw(disc, 2)
    process = renderer._process
    assert process
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == 0
    assert (await renderer.draw(disc, 2)).startswith(PNG)
    await renderer.close()


@pytest.mark.parametrize(
    "svg",
    [
        f'{HEAD}><image href="/etc/hostname"/></svg>',
        f'{HEAD}><use xlink:HREF="#a"/></svg>',
        f'{HEAD}><rect fill="url(#a)"/></svg>',
        f'{HEAD}><image href="data:image/svg+xml;base64,AA"/></svg>',
        f"{HEAD}><style>a</style></svg>",
        "<!DOCTYPE svg>" + disc(1),
        disc(1).replace('width="8" height="8"', 'width="9000" height="9000"'),
        disc(1).replace('width="8"', 'width="20000"'),
        "<svg/>",
    ],
)
def test_refused(svg: str) -> None:
    with pytest.raises(ValueError, match="picture"):
        png_of_svg(svg)


@pytest.mark.parametrize("name", ['href="/etc/hostname"', "url(#a)", "<image/>", "</text>", "&a;"])
def test_names_are_text(name: str) -> None:
    svg = svg_of(8, 8, text_element(0, 8, name, FontStyle.SANS, 8))
    assert png_of_svg(svg).startswith(PNG)
