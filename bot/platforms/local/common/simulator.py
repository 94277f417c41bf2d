"""`Simulator`: what the simulators of all platforms have in common.

`Address` is where one or several of them listen; `Changes` wakes those who wait for something.
"""

import asyncio
import ipaddress
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import ClassVar, Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_log = logging.getLogger(__name__)

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
    """A port of loopback. Requests of other sites are rejected there.

    host: a loopback address (127.0.0.1, ::1, localhost); others raise ValueError.
    port: 0 to 65535; 0 is any free port.
    simulator: whose it is, for the message of that error.
    """

    def __init__(self, host: str, port: int, simulator: str) -> None:
        self._host, self._port = loopback_host(host, simulator), valid_port(port)
        self._authorities: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def open(self, app: web.Application) -> str:
        """Serve an application. Returns the address, "http://127.0.0.1:8080/".

        Raises OSError if the port is in use.
        """
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise OSError(
                error.errno,
                f"Cannot listen on {self._host}:{self._port}: {os.strerror(error.errno or 0)}. "
                "Stop the program that uses the port, or choose another port, for example 8081.",
            ) from error
        self._runner = runner
        port = runner.addresses[0][1]
        authority = f"[{self._host}]:{port}" if ":" in self._host else f"{self._host}:{port}"
        self._authorities = {authority, f"localhost:{port}"}
        return f"http://{authority}/"

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Reject requests of other sites."""
        is_page = request.path == "/"
        if reason := foreign_request(request.headers, self._authorities, is_page=is_page):
            _log.warning("Rejected a request: %s", reason)
            return web.json_response({"message": reason, "error": reason}, status=403)
        return await handler(request)


def loopback_host(host: str, simulator: str) -> str:
    """The host as an address. Raises ValueError if others than this machine can reach it."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        if ipaddress.ip_address(address).is_loopback:
            return address
    except ValueError:
        pass
    raise ValueError(
        f"The {simulator} simulator can't listen on {host!r}, because everyone who can reach it "
        "can act as an administrator. Use 127.0.0.1 or ::1."
    )


def valid_port(port: int) -> int:
    """The port; 0 is any free one. Raises ValueError."""
    if 0 <= port <= 65535:
        return port
    raise ValueError(
        f"{port} is not a port. Use 1 to 65535, for example 8080, or 0 for any free port."
    )


def foreign_request(
    headers: Mapping[str, str], authorities: Collection[str], *, is_page: bool = False
) -> str:
    """Why a request of another site is rejected, or "" if it is none.

    Other sites can make a browser send requests to this address, by DNS rebinding even under
    their own name. The headers Host, Origin and Sec-Fetch-Site reveal them.

    authorities: hosts with the port that are this server, "127.0.0.1:8080".
    is_page: whether the page itself is requested, to which other sites may link.
    """
    origin = headers.get("Origin")
    if headers.get("Host") not in authorities:
        return "The Host header is not the address of this server."
    if origin is not None and origin.removeprefix("http://") not in authorities:
        return "Requests from other origins are not allowed."
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none") and not is_page:
        return "Requests from other sites are not allowed."
    return ""


class Simulator(ABC):
    """A simulator of a platform. Inside of `async with` it listens at an address of its own.

    `bot.platforms.local.both` serves several at one address.
    """

    platform: ClassVar[str]
    """Its name, "Discord"."""

    def __init__(self, host: str, port: int) -> None:
        """As for `Address`."""
        self._address = Address(host, port, self.platform)
        self.url = ""
        """The address of the page, "http://127.0.0.1:8080/"; empty before the start."""

    @abstractmethod
    def application(self, *outer: Middleware) -> web.Application:
        """Everything that it serves. `outer`: what requests pass first."""

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
