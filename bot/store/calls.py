"""Calls of the store: how long they may take, and writes that share a transaction.

Somebody waits for the answer of each call. A database that does not answer in time is not waited
for: the call is given up, which rolls its transaction back unless that is being committed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import Context, ContextVar
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
P = ParamSpec("P")
Topic = TypeVar("Topic", bound=type[object])


RESUMED = 8
"""Callers of a batch that go on in one round of the event loop."""


class StoreError(Exception):
    """The database cannot be used. The message is a sentence for the operator."""


class Unavailable(StoreError):  # noqa: N818 (a state rather than an error)
    """The database cannot be reached or does not answer. This may pass. Nothing was changed."""


class OutcomeUnknown(Unavailable):
    """The database did not answer in time. What was to be written may still be."""


class Call:
    """A call of the store, while it runs."""

    def __init__(self) -> None:
        self._is_given_up = False
        self._may_be_written = False
        self.withdraw: Callable[[], bool] = lambda: True
        """Takes back what waits for another task. Returns false if it may be written."""

    def give_up(self) -> bool:
        """Let the call change nothing anymore. Returns false if it may have changed something."""
        self._is_given_up = True
        return self.withdraw() and not self._may_be_written

    def check(self) -> None:
        """Raise `Unavailable` if the call was given up."""
        if self._is_given_up:
            raise Unavailable

    def commit(self) -> None:
        """Announce that a transaction is about to be committed. Raises like `check`."""
        self.check()
        self._may_be_written = True


_current: ContextVar[Call | None] = ContextVar("current_call", default=None)


def current_call() -> Call:
    """The call that runs now; outside of one, a call that nobody gives up."""
    return _current.get() or Call()


async def run_call(seconds: float, work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Run a call of the store. Raises `TimeoutError` or `OutcomeUnknown` after some seconds.

    The query itself is not cancelled: that can leave a thread that never ends.
    """
    call = Call()

    async def run() -> Outcome:
        _current.set(call)
        return await work

    task = asyncio.create_task(run())
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait([task], timeout=seconds)
    if task.done():
        return task.result()
    reason = f"it took longer than {seconds:g} s"
    if call.give_up():
        raise TimeoutError(reason)
    raise OutcomeUnknown(reason)


class Limited(Protocol):
    """Runs the calls of a topic of the store."""

    async def in_time(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Run a call. Raises `Unavailable` if it takes too long."""


def limited(topic: Topic) -> Topic:
    """Class decorator: the public methods of a topic of the store answer in time.

    The topic has a `Limited` as `_database`. Methods with `patient` are left as they are.
    """
    for name, method in list(vars(topic).items()):
        is_call = iscoroutinefunction(method) and not name.startswith("_")
        if is_call and not getattr(method, "is_patient", False):
            setattr(topic, name, _in_time(method))
    return topic


def patient(method: Callable[P, Outcome]) -> Callable[P, Outcome]:
    """Method decorator: it may take as long as the database lets it, for work in the background."""
    method.is_patient = True  # type: ignore[attr-defined]
    return method


def _in_time(method: Callable[..., Coroutine[Any, Any, Outcome]]) -> Callable[..., Any]:
    @wraps(method)
    async def call(topic: Any, *args: object, **options: object) -> Outcome:  # noqa: ANN401
        work = method(topic, *args, **options)
        if _current.get() is not None:  # called by another method, whose limit holds
            return await work
        database: Limited = topic._database
        return await database.in_time(work)

    call.is_limited = True  # type: ignore[attr-defined]
    return call


class Batches(Generic[Item, Outcome]):
    """Writes items in batches: those that arrive during a transaction share the next one."""

    def __init__(
        self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]], largest: int
    ) -> None:
        """`write` writes up to `largest` items, and returns an outcome for each."""
        self._write = write
        self._largest = largest
        self._pending: list[tuple[Item, asyncio.Future[Outcome]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, item: Item) -> Outcome:
        """Write an item. When this returns, it is on disk."""
        entry = item, asyncio.get_running_loop().create_future()
        self._pending.append(entry)
        current_call().withdraw = partial(self._withdraw, entry)
        if self._writer is None or self._writer.done():
            # In a context of its own: it writes for many calls.
            self._writer = asyncio.create_task(self._write_pending(), context=Context())
        # An item is written even if its caller is cancelled.
        return await asyncio.shield(entry[1])

    def _withdraw(self, entry: tuple[Item, asyncio.Future[Outcome]]) -> bool:
        if entry not in self._pending:
            return False
        self._pending.remove(entry)
        entry[1].cancel()
        return True

    async def _write_pending(self) -> None:
        while self._pending:
            batch = self._pending[: self._largest]
            self._pending = self._pending[self._largest :]
            try:
                outcomes = await self._write([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 (raised from `put`)
                if len(batch) > 1 and not isinstance(error, StoreError):
                    for entry in batch:  # one that cannot be written must not stop the others
                        await self._write_alone(*entry)
                    continue
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
                continue
            for number, (outcome, (_, written)) in enumerate(zip(outcomes, batch, strict=True), 1):
                if not written.done():
                    written.set_result(outcome)
                if number % RESUMED == 0:  # those who waited go on, some at a time
                    await asyncio.sleep(0)

    async def _write_alone(self, item: Item, written: asyncio.Future[Outcome]) -> None:
        try:
            (outcome,) = await self._write([item])
        except Exception as error:  # noqa: BLE001 (raised from `put`)
            if not written.done():
                written.set_exception(error)
            return
        if not written.done():
            written.set_result(outcome)
