"""Waiting for a condition, without polling."""

import asyncio
from collections.abc import Callable


class Changes:
    """Wakes those who wait for a condition, whenever something has changed."""

    def __init__(self) -> None:
        self.count = 0
        """Number of changes so far."""
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something has changed: the conditions are checked again."""
        self.count += 1
        for change in self._waiting:
            if not change.done():
                change.set_result(None)

    async def wait_for(
        self, condition: Callable[[], object], *, timeout_s: float = 10.0, what: str = ""
    ) -> None:
        """Wait until `condition()` holds; it is checked after each change. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    change: asyncio.Future[None] = loop.create_future()
                    self._waiting.add(change)
                    try:
                        await change
                    finally:
                        self._waiting.discard(change)
        except TimeoutError:
            happened = what or "The condition"
            raise TimeoutError(f"{happened} did not happen within {timeout_s} s.") from None
