"""Waiting for what a test can only look at."""

import asyncio
from collections.abc import Callable


async def eventually(condition: Callable[[], object], within: float = 60.0) -> None:
    """Wait until something is the case that threads or processes do, which have no events."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
