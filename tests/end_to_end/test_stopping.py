"""The process stops in time, whatever hangs."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.startup import Exit

CHECKOUT = Path(__file__).parents[2]
HANGING = """
import asyncio, sys, time
from bot import __main__, startup
from bot.discord.client import Mangosaurus
from bot.store import Database

startup.STOP_S = 1.0
set_up = Mangosaurus.setup_hook

async def hang(bot):
    await set_up(bot)
    bot.left = [{hang}]
    sys.stdout.write("It hangs\\n")
    sys.stdout.flush()

Mangosaurus.setup_hook = hang
sys.exit(__main__.main(["--local"]))
"""


@pytest.mark.parametrize(
    "hang",
    [
        "asyncio.create_task(asyncio.to_thread(time.sleep, 60))",
        "asyncio.get_running_loop().call_later(0.1, lambda: [None for _ in iter(int, 1)])",
    ],
    ids=["thread", "event loop"],
)
async def test_hanging_process_stops(tmp_path: Path, unused_tcp_port: int, hang: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HANGING.format(hang=hang),
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "STATE_DIR": str(tmp_path),
            "LOCAL_PORT": str(unused_tcp_port),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            if line == b"It hangs\n":
                break
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            _, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == Exit.STOPPED_LATE
    assert b"has not stopped within 1 s and is ended now" in log
