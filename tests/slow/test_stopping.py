"""The process stops in time, whatever hangs."""

import os
import signal
import sys
from pathlib import Path

import pytest

from bot import startup
from bot.startup import Exit
from tests.slow.processes import CHECKOUT, ended, started

HANGING = """
import asyncio, sys, time
from bot import __main__, startup
from bot.platforms.discord.client import Mangosaurus
from bot.store import Database

startup.STOP_S = 1.0
set_up = Mangosaurus.setup_hook

async def hang(bot):
    await set_up(bot)
    bot.left = [{hang}]

def doze():
    print("It hangs", flush=True)
    time.sleep(600)

def spin():
    print("It hangs", flush=True)
    while True:
        pass

Mangosaurus.setup_hook = hang
sys.exit(__main__.main(["--local"]))
"""
SLOW_IMPORT = """
import importlib.abc, sys, time

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_others):
        if name == "bot.operate.serving.process":
            print("It starts", flush=True)
            time.sleep(600)

sys.meta_path.insert(0, Slow())
"""
SLOW_START = """
import asyncio, time
from bot.operate.serving import platforms

async def build_app(_settings, **_options):
    print("It starts", flush=True)
    await asyncio.to_thread(time.sleep, 600)

platforms.build_app = build_app
"""
LOST = """
import sys, threading, time
from bot import __main__, health, startup
from bot.writing import Inference

startup.STOP_S, health.LOOK_S = 0.5, 3.0  # when it has started
Inference.blocked_for = property(lambda _: health.BLOCKED_S)
threading.Thread(target=time.sleep, args=[600]).start()
sys.exit(__main__.main(["--local"]))
"""
MAIN = """
import sys
from bot.__main__ import main

sys.exit(main(["--local"]))
"""


@pytest.fixture
def environment(tmp_path: Path, unused_tcp_port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "STATE_DIR": str(tmp_path),
        "LOCAL_PORT": str(unused_tcp_port),
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(
    ("start", "number"),
    [
        (SLOW_IMPORT, signal.SIGTERM),
        (SLOW_IMPORT, signal.SIGINT),
        (SLOW_START, signal.SIGTERM),
    ],
    ids=["imports", "Ctrl-C", "database"],
)
def test_stop_while_starting(
    environment: dict[str, str], start: str, number: signal.Signals
) -> None:
    """Even as the first process of a container, which ignores signals that nobody handles."""
    before = [(each, signal.signal(each, signal.SIG_IGN)) for each in startup.STOP_SIGNALS]
    with started([sys.executable, "-c", start + MAIN], CHECKOUT, environment) as process:
        for each, handler in before:  # a process inherits what is ignored
            signal.signal(each, handler)
        assert process.stdout is not None
        assert process.stdout.readline() == "It starts\n"
        process.send_signal(number)
        assert process.wait(60) == Exit.OK


def test_hanging_networks_end_the_process(environment: dict[str, str]) -> None:
    """With an exit code of its own, whatever hangs, so that a supervisor starts it again."""
    done = ended([sys.executable, "-c", LOST], CHECKOUT, environment)
    assert done.returncode == Exit.HUNG, done.stderr
    assert "Only a restart helps: 0 threads of the networks do not end." in done.stderr
    assert "has not stopped within 0.5 s" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "hang",
    [
        "asyncio.create_task(asyncio.to_thread(doze))",
        "asyncio.get_running_loop().call_later(0.1, spin)",
    ],
    ids=["thread", "event loop"],
)
def test_hanging_process_stops(environment: dict[str, str], hang: str) -> None:
    command = [sys.executable, "-c", HANGING.format(hang=hang)]
    with started(command, CHECKOUT, environment) as process:
        assert process.stdout is not None
        assert "It hangs\n" in process.stdout
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    assert process.returncode == Exit.STOPPED_LATE
    assert "has not stopped within 1 s and is ended now" in log
