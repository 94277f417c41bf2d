"""`Simulator`: what the simulators of all platforms have in common.

`Address` is where one or several of them listen; `Changes` wakes those who wait for something.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
UPLOAD_BYTES = 100 * 1024 * 1024
"""Size of a request, with all its files."""
WAIT_S = 60.0
"""Seconds to wait for the bot."""


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
        self, condition: Callable[[], object], *, timeout_s: float = WAIT_S, what: str = ""
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


class Address:
    """A port that only this machine reaches. Requests of other sites are rejected there.

    port: 0 is any free one.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._authorities: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def open(self, app: web.Application) -> str:
        """Serve an application. Returns the address, "http://127.0.0.1:8080/".

        Raises OSError if the port is in use.
        """
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self.close()
            raise
        port = self._runner.addresses[0][1]
        self._authorities = {f"{HOST}:{port}", f"localhost:{port}"}
        return f"http://{HOST}:{port}/"

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Reject requests of other sites."""
        if reason := self._foreign(request):
            _log.warning("Rejected a request: %s", reason)
            return web.json_response({"message": reason, "error": reason}, status=403)
        return await handler(request)

    def _foreign(self, request: web.Request) -> str:
        """Why a request of another site is rejected, or "" if it is none.

        Other sites can make a browser send requests to this address, by DNS rebinding even under
        their own name. The headers Host, Origin and Sec-Fetch-Site reveal them. To the page itself
        other sites may link.
        """
        headers = request.headers
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site", "none")
        if headers.get("Host") not in self._authorities:
            return "The Host header is not the address of this server."
        if origin is not None and origin.removeprefix("http://") not in self._authorities:
            return "Requests from other origins are not allowed."
        if site not in ("same-origin", "none") and request.path != "/":
            return "Requests from other sites are not allowed."
        return ""


class Simulator(ABC):
    """A simulator of a platform. Inside of `async with` it listens at an address of its own.

    `simulators.both` serves several at one address.
    """

    def __init__(self, port: int) -> None:
        """`port` is as for `Address`."""
        self._address = Address(port)
        self.url = ""
        """The address of the page, "http://127.0.0.1:8080/"; empty before the start."""

    @abstractmethod
    def application(self, *outer: Middleware) -> web.Application:
        """Everything that the simulator serves. `outer`: what requests pass first."""

    @abstractmethod
    def move_to(self, url: str) -> None:
        """Take `url` as the address, which requests of the bot and of the page use from now on."""

    @abstractmethod
    async def close(self) -> None:
        """End the connections of the bot and of open pages."""

    async def __aenter__(self) -> Self:
        self.move_to(await self._address.open(self.application(self._address.guard)))
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()
        await self._address.close()


def socket_address(url: str, path: str) -> str:
    """The address of a WebSocket at a path of `url`: "ws://127.0.0.1:8080/gateway"."""
    return url.replace("http://", "ws://", 1) + path
