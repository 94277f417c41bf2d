"""Renderer: SVG as PNG, in a process beside the bot's own.

resvg holds Python's lock while it draws, and the SVG of a picture takes milliseconds to write, so
both happen in the process. It starts with the first drawing, and ends when it has had nothing to
draw for a while. What hangs is killed.
"""

import asyncio
import logging
import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVarTuple

from bot.pictures.svg import rendered

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""Seconds for which an answer waits for its picture, with those that are drawn before it."""
START_S = 30.0
"""A process may take so long to start on a busy machine."""
DEADLINE_S = 9.0
IDLE_S = 120.0
MOST_PIXELS = 10_000_000
"""20,000 by 20,000 would take 1.5 GB."""
NICENESS = 5
"""As that of the processes that write: below them, a picture waits as long as they are busy."""

_SIZE = re.compile(r'<svg xmlns="[^"]*" width="(\d{1,4})" height="(\d{1,4})"')
_WORDS = re.compile(">[^<]+<")
"""Between elements: whatever names say there, it is text."""
_REFUSED = re.compile(
    r'href(?!="data:image/png;base64,)|url\(|<(?:style|script|foreignObject|!|\?)', re.IGNORECASE
)
"""resvg would read local files."""


_Drawn = TypeVarTuple("_Drawn")
"""The parameters of a function that draws: what may be shown."""


class DrawingFailed(Exception):  # noqa: N818 (it says what happened)
    """A picture could not be drawn: it took too long, or its process ended."""


class Renderer:
    """Draws one picture after the other. Its process is started when needed."""

    def __init__(
        self,
        *,
        patience_s: float = PATIENCE_S,
        deadline_s: float = DEADLINE_S,
        idle_s: float = IDLE_S,
    ) -> None:
        """`deadline_s`: for a picture; `idle_s`: the process ends after so long without one."""
        self._patience_s = patience_s
        self._deadline_s = deadline_s
        self._idle_s = idle_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="renderer")
        self._process: SpawnProcess | None = None
        self._orders: Connection | None = None
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Number of pictures that are not drawn yet."""
        return self._waiting

    async def draw(self, make: Callable[[*_Drawn], str], *arguments: *_Drawn) -> bytes:
        """The PNG of the SVG that a function returns, which is called in the process.

        The function and its arguments can be pickled. Raises `DrawingFailed`.
        """
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._thread, self._drawn, (make, arguments))
        finally:
            self._waiting -= 1

    async def picture(self, make: Callable[[*_Drawn], str], *arguments: *_Drawn) -> bytes | None:
        """Draw like `draw`. Returns `None` if it took too long, which is logged."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self.draw(make, *arguments)
        except (DrawingFailed, TimeoutError) as error:
            log.warning("A picture (%s) could not be drawn: %r", make.__name__, error)
            return None

    async def close(self) -> None:
        """Draw nothing more, and end the process."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        if self._process is not None:
            self._process.kill()  # by which a drawing in progress fails
        await asyncio.to_thread(self._thread.shutdown)
        self._end()

    def _drawn(self, order: tuple[Callable[..., str], tuple[object, ...]]) -> bytes:
        is_new = self._process is None
        try:
            answer = self._answer(order)
        except (EOFError, OSError):  # it had been idle for too long, or was killed
            self._end()
            if is_new:
                raise DrawingFailed("the drawing process ended") from None
            return self._drawn(order)
        if isinstance(answer, bytes):
            return answer
        raise DrawingFailed(str(answer))

    def _answer(self, order: object) -> object:
        if self._orders is None:
            self._start()
        assert self._orders is not None  # noqa: S101 (it has been started)
        self._orders.send(order)
        if not self._orders.poll(self._deadline_s):
            self._end()
            raise DrawingFailed(f"not drawn within {self._deadline_s:g} s")
        return self._orders.recv()

    def _start(self) -> None:
        self._orders, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=draw_orders,
            args=(theirs, self._idle_s),
            name="mangosaurus renderer",
            daemon=True,
        )
        process.start()
        self._process = process  # now `close` can kill it
        theirs.close()  # so that each side notices the end of the other
        if not self._orders.poll(START_S):
            raise EOFError
        self._orders.recv()

    def _end(self) -> None:
        if self._orders is not None:
            self._orders.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
            with suppress(ValueError):  # it is still there
                self._process.close()
        self._orders = self._process = None


def draw_orders(orders: Connection, idle_s: float) -> None:
    """Draw until there is nothing to do, or the bot is gone: the work of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is sent to the whole group
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(AttributeError, OSError):  # Windows has no such thing, or it is not allowed
        os.nice(NICENESS)
    with suppress(EOFError, OSError):  # the bot is gone
        orders.send(os.getpid())
        while orders.poll(idle_s):
            make, arguments = orders.recv()
            answer: Any
            try:
                answer = png_of_svg(make(*arguments))
            except Exception as error:  # noqa: BLE001 (the bot is told; later pictures are drawn)
                answer = repr(error)
            orders.send(answer)


def png_of_svg(svg: str) -> bytes:
    """The PNG of an SVG of fixed size without references. Raises `ValueError`."""
    size = _SIZE.match(svg)
    if size is None or int(size[1]) * int(size[2]) > MOST_PIXELS:
        raise ValueError("the picture has no size, or too large a one")
    if found := _REFUSED.search(_WORDS.sub("><", svg)):
        raise ValueError(f"a picture may not contain {found[0]!r}")
    return rendered(svg)
