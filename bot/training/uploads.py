"""Checking uploaded files: one at a time, in a thread that lets others work."""

import asyncio
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Uploads:
    """Runs the checks of uploads, which take seconds for the longest lists."""

    def __init__(self) -> None:
        self._checking = asyncio.Lock()

    async def check(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a thread when no other upload is being checked."""
        async with self._checking:
            return await asyncio.to_thread(function, *args, **kwargs)


def politely(accept: Callable[[str], bool]) -> Callable[[str], bool]:
    """A filter for thousands of words that lets other threads run before each of them.

    Otherwise they wait for the interpreter's switch interval again and again, and names take
    several times as long.
    """

    def polite(text: str) -> bool:
        time.sleep(0)
        return accept(text)

    return polite
