"""Tells systemd that the event loop runs, so that it restarts a bot that hangs (`WatchdogSec=`)."""

import asyncio
import os
import socket
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any


async def watched(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, and tell systemd about it if that wants to know."""
    telling = asyncio.create_task(tell_systemd())
    try:
        await work
    finally:
        telling.cancel()


async def tell_systemd(environment: Mapping[str, str] = os.environ) -> None:
    """Send `WATCHDOG=1`, three times as often as systemd asks for. Returns if it does not ask.

    The protocol is that of sd_notify(3).
    """
    address, limit = environment.get("NOTIFY_SOCKET", ""), environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", "") or str(os.getpid())
    if not address or not limit.isdecimal() or meant != str(os.getpid()):
        return
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        while True:
            with suppress(OSError):  # a full queue, or systemd restarts itself
                sender.sendto(b"WATCHDOG=1", address)
            await asyncio.sleep(int(limit) / 1e6 / 3)
