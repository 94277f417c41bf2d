"""systemd's watchdog is told that the event loop runs."""

import asyncio
import socket
import sys
import tempfile

import pytest

from bot.operate.serving.lifetime import tell_systemd


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is for Linux")
async def test_watchdog_is_told_while_the_loop_runs() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,  # addresses are short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
    ):
        supervisor.bind(address := f"{folder}/notify")
        supervisor.setblocking(False)
        asked = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000"}
        telling = asyncio.create_task(tell_systemd(asked))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            for _ in range(2):
                assert await loop.sock_recv(supervisor, 100) == b"WATCHDOG=1"
        telling.cancel()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": "/nowhere"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"},
    ],
)
async def test_nobody_watches(environment: dict[str, str]) -> None:
    async with asyncio.timeout(10):
        await tell_systemd(environment)


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is for Linux")
async def test_absent_supervisor() -> None:
    """systemd may restart itself: that keeps nobody from an answer."""
    telling = asyncio.create_task(
        tell_systemd({"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "3000"})
    )
    await asyncio.sleep(0.01)
    assert not telling.done()
    telling.cancel()
