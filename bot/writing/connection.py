"""A connection to a Dask scheduler, and actors on its workers. Every wait has a bound."""

import asyncio
import logging
import uuid
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

from bot.concurrency import observed
from bot.startup import missing_extra
from bot.writing import limits

log = logging.getLogger(__name__)

SCHEMES = {"dask": "tcp", "dask+tls": "tls"}
"""Address schemes: those that the setting allows, with those of Dask."""


class ClusterUnreachable(Exception):  # noqa: N818 (a state)
    """A scheduler or a worker does not answer. The message completes "It ..."."""


def scheduler_address(inference: str) -> str:
    """The address of the scheduler, as Dask writes it: `dask://host:8786` → `tcp://host:8786`.

    Raises `StartupError` if the library is not installed.
    """
    if find_spec("distributed") is None:
        raise missing_extra("INFERENCE", "distributed", "requirements-cluster.txt")
    scheme, _, rest = inference.partition("://")
    return f"{SCHEMES[scheme]}://{rest}"


class SchedulerConnection:
    """A client of a Dask scheduler."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 (distributed has no types for it)
        self._client = client

    @classmethod
    async def open(cls, address: str) -> "SchedulerConnection":
        """Connect to a scheduler, such as `tcp://host:8786`. Raises `ClusterUnreachable`."""
        distributed = await asyncio.to_thread(_import_distributed)
        try:
            # TLS certificates are those of Dask's configuration.
            client = distributed.Client(
                address,
                asynchronous=True,
                set_as_default=False,
                direct_to_workers=True,
                timeout=limits.CONNECT_S,
            )
        except (OSError, TypeError, ValueError) as error:  # certificates that are missing
            raise ClusterUnreachable(f"can't be connected to: {error}") from error
        connection = cls(client)
        try:
            await asyncio.wait_for(observed(client), 2 * limits.CONNECT_S)
        except asyncio.CancelledError:
            await connection.close()
            raise
        except Exception as error:
            await connection.close()
            reason = _reason(error)
            if isinstance(error, MemoryError):  # the first bytes of text, read as a length
                reason = "what listens there is no Dask scheduler, perhaps its dashboard"
            elif isinstance(error, TypeError) and "ssl_context" in reason:
                reason = "TLS needs a certificate, and Dask's configuration names none"
            raise ClusterUnreachable(f"does not answer ({reason})") from error
        return connection

    async def workers(self) -> Mapping[str, int]:
        """The workers' addresses, with their numbers of threads. Raises `ClusterUnreachable`."""
        if self._client.status != "running":
            raise ClusterUnreachable("has closed the connection")
        try:
            found = await asyncio.wait_for(observed(self._client.nthreads()), limits.ANSWER_S)
        except Exception as error:
            raise ClusterUnreachable(f"does not answer ({_reason(error)})") from error
        return dict(found)

    async def evaluate(self, expression: str, address: str, *, within: float) -> Any:  # noqa: ANN401
        """The value of an expression on a worker.

        Raises `ClusterUnreachable`, and what the expression raises.

        Nothing of it has to be unpickled there: a worker that lacks a module of a task ends.
        """
        _, value = await self._submit(eval, expression, address=address, within=within)
        return value

    async def create(self, actor: type, address: str, *args: object, within: float) -> "Actor":
        """Create an actor on a worker, which must have its module.

        Raises `ClusterUnreachable`, and what its constructor raises.
        """
        future, _ = await self._submit(actor, *args, address=address, within=within, actor=True)
        return Actor(self._client, future, address)

    async def _submit(
        self,
        function: Callable[..., object],
        *args: object,
        address: str,
        within: float,
        actor: bool = False,
    ) -> tuple[Any, Any]:
        """A future of distributed that is done, and its result."""
        try:
            future = self._client.submit(
                function,
                *args,
                key=f"{function.__name__}-{uuid.uuid4().hex}",
                workers=[address],
                actor=actor,
                pure=False,
            )
            return future, await asyncio.wait_for(observed(future), within)
        except TimeoutError as error:
            raise ClusterUnreachable(f"is not ready within {within:g} s") from error
        except (OSError, RuntimeError, CancelledError) as error:
            raise ClusterUnreachable(f"is gone ({_reason(error)})") from error

    async def close(self) -> None:
        """Close the connection. Raises nothing."""
        try:
            with suppress(Exception):
                await self._client.close(timeout=limits.CLOSE_S)
        finally:
            self._client.status = "closed"  # also if it was not, or else its deletion tries again


class Actor:
    """An object on a worker, which lives for as long as this handle and its connection."""

    def __init__(self, client: Any, future: Any, address: str) -> None:  # noqa: ANN401
        self._client = client
        self._future = future
        self._address = address

    async def call(self, method: str, *args: object, within: float) -> Any:  # noqa: ANN401
        """Call a method. Raises `ClusterUnreachable`, and what the method raises.

        Like `distributed.Actor`, but a call can be cancelled, and ends if the actor is gone.
        """
        from distributed.protocol.serialize import to_serialize

        try:
            execution = self._client.rpc(self._address).actor_execute(
                function=method,
                actor=self._future.key,
                args=[to_serialize(arg) for arg in args],  # type: ignore[no-untyped-call]
                kwargs={},
            )
            answer = await asyncio.wait_for(observed(execution), within)
        except TimeoutError as error:
            raise ClusterUnreachable(f"does not answer within {within:g} s") from error
        except (OSError, KeyError, RuntimeError) as error:
            # Another process at the same address has no such key; this connection may be closed.
            raise ClusterUnreachable(f"is gone ({_reason(error)})") from error
        if answer["status"] != "OK":
            raise answer["exception"]
        return answer["result"]

    def release(self) -> None:
        """Delete the object on the worker, without waiting for it."""
        with suppress(Exception):
            self._future.release()


def _reason(error: BaseException) -> str:
    """The first line of an error, without the description of the connection before it."""
    lines = str(error).splitlines()
    return lines[0].rpartition(">: ")[2] if lines else type(error).__name__


def _import_distributed() -> Any:  # noqa: ANN401
    """Import the library, and make its log entries part of the bot's log. Takes half a second."""
    import dask
    import distributed

    dask.config.set({"distributed.comm.timeouts.connect": limits.CONNECT_S})
    # The bot compares the versions itself, and says the rest, too.
    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)
    for name in ("distributed", "distributed.client"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.CRITICAL)
    return distributed
