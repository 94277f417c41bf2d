"""Calls of the store: how long they may take, and writes that share a transaction.

Somebody waits for the answer of each call. A database that does not answer in time is not waited
for: the call is given up, which rolls its transaction back unless that is being committed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

RESUMED = 8
"""Callers of a batch that go on in one round of the event loop."""


class StoreError(Exception):
    """The database cannot be used. The message is a sentence for the operator."""


class Unavailable(StoreError):  # noqa: N818 (a state rather than an error)
    """The database cannot be reached or does not answer. This may pass. Nothing was changed."""

    file: Path | None = None
    """The SQLite file that cannot be used."""


class OutcomeUnknown(Unavailable):
    """The database did not answer in time. What was to be written may still be."""


@dataclass
class Call:
    """A call of the store, while it runs."""

    is_given_up: bool = False
    """Whether nobody waits for it anymore. Then it must not change anything."""
    may_be_written: bool = False
    """Whether the call may have changed something."""

    def check(self) -> None:
        """Raise `Unavailable` if the call was given up."""
        if self.is_given_up:
            raise Unavailable

    def commit(self) -> None:
        """Announce that a transaction is about to be committed. Raises like `check`."""
        self.check()
        self.may_be_written = True


_current: ContextVar[Call | None] = ContextVar("current_call", default=None)


def current_call() -> Call:
    """The call that runs now; outside of one, a call that nobody gives up."""
    return _current.get() or Call()


def is_in_call() -> bool:
    """Whether a call runs now, whose limit holds."""
    return _current.get() is not None


async def run_call(seconds: float, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run a call of the store. Raises `TimeoutError` or `OutcomeUnknown` after some seconds.

    The query itself is not cancelled: that can leave a thread that never ends.
    """
    call, context = Call(), copy_context()
    context.run(_current.set, call)
    task = asyncio.create_task(work, context=context)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        if not task.done():
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
    if task.done():
        return task.result()
    call.is_given_up = True
    reason = f"it took longer than {seconds:g} s"
    raise OutcomeUnknown(reason) if call.may_be_written else TimeoutError(reason)


@dataclass(eq=False, frozen=True)
class _Entry(Generic[Item, Outcome]):
    """An item that waits for its batch."""

    item: Item
    call: Call
    outcome: asyncio.Future[Outcome]


class Batches(Generic[Item, Outcome]):
    """Writes items in batches: those that arrive during a transaction share the next one."""

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome | Exception]]],
        largest: int,
    ) -> None:
        """`write` writes up to `largest` items, and returns an outcome or an error for each."""
        self._write = write
        self._largest = largest
        self._pending: list[_Entry[Item, Outcome]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Outcome:
        """Write an item. When this returns, it is on disk."""
        entry = _Entry(item, current_call(), asyncio.get_running_loop().create_future())
        self._pending.append(entry)
        if self._writer is None or self._writer.done():
            # In a context of its own: it writes for many calls.
            self._writer = asyncio.create_task(self._write_pending(), context=Context())
        # An item is written even if its caller is cancelled.
        return await asyncio.shield(entry.outcome)

    async def _write_pending(self) -> None:
        alone = 0  # items that are written one by one
        while self._pending:
            size = 1 if alone else self._largest
            batch: list[_Entry[Item, Outcome]] = []
            for entry in self._pending[:size]:
                if entry.call.is_given_up:
                    entry.outcome.cancel()
                if not entry.outcome.done():
                    entry.call.may_be_written = True
                    batch.append(entry)
            self._pending = self._pending[size:]
            alone = max(0, alone - 1)
            if not batch:
                continue
            try:
                outcomes = await self._write([entry.item for entry in batch])
            except Exception as error:  # noqa: BLE001 (raised from `put`)
                if len(batch) > 1 and not isinstance(error, StoreError):
                    # One that cannot be written must not stop the others.
                    self._pending, alone = batch + self._pending, len(batch)
                    continue
                for entry in batch:
                    entry.outcome.set_exception(error)
                continue
            for number, (entry, outcome) in enumerate(zip(batch, outcomes, strict=True), 1):
                if isinstance(outcome, Exception):
                    entry.outcome.set_exception(outcome)
                else:
                    entry.outcome.set_result(outcome)
                if number % RESUMED == 0:  # those who waited go on, some at a time
                    await asyncio.sleep(0)
