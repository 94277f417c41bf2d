"""`python -m bot` as an operator starts it."""

import asyncio
import fnmatch
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot import startup
from bot.operate.healthcheck import HEALTHY, UNHEALTHY
from bot.startup import Exit
from bot.store import Database
from simulators.discord.rest import PREFIX
from simulators.discord.server import LocalDiscord
from tests.bot.tiny import write_tiny_weights
from tests.optional import missing
from tests.ports import free_port
from tests.slow.processes import (
    CHECKOUT,
    PATIENCE_S,
    ended,
    environment_of,
    started,
    wait_until_logged,
)
from tests.test_deploy import copied


@pytest.fixture
def watchdog() -> Iterator[tuple[socket.socket, str]]:
    """The socket of a systemd, and its address."""
    with (
        tempfile.TemporaryDirectory() as folder,  # addresses are short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
    ):
        address = f"{folder}/notify"
        supervisor.bind(address)
        supervisor.settimeout(PATIENCE_S)
        yield supervisor, address


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_local_bot(
    tmp_path: Path,
    watchdog: tuple[socket.socket, str],
    number: signal.Signals,
) -> None:
    """Its state is in STATE_DIR/local, apart from that of the bot on Discord."""
    supervisor, address = watchdog
    metrics_port = free_port()
    environment = environment_of(
        tmp_path,
        NOTIFY_SOCKET=address,
        WATCHDOG_USEC="3000000",
        LOCAL_PORT=str(free_port()),
        METRICS_PORT=str(metrics_port),
        DATABASE_URL="postgres://nowhere/db",
    )
    (tmp_path / "state" / "mangosaurus.db").unlink()
    command = [sys.executable, "-m", "bot", "--local"]
    with started(command, tmp_path, environment) as process:
        assert process.stdout is not None
        match = re.search(r"http://127\.0\.0\.1:\d+/?", process.stdout.readline())
        assert match is not None
        with urllib.request.urlopen(match[0]) as page:  # noqa: S310 (a page of our own)
            assert b"<html" in page.read()
        wait_until_logged(process, "Ready as", "Ready on Slack")
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as page:
            assert b'mangosaurus_ready{check="gateway"} 1.0' in page.read()
        assert supervisor.recv(100) == b"WATCHDOG=1"
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == Exit.OK
    databases = [path.relative_to(tmp_path) for path in tmp_path.rglob("mangosaurus.db")]
    assert databases == [Path("state/local/mangosaurus.db")]


def test_imports_when_serving() -> None:
    """Neither training libraries, nor what is optional, nor the simulator."""
    source = (
        "import sys, bot.operate.serving.process\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sentry_sdk', 'rich',\n"
        "'simulators.discord.server',\n"
        "'alembic', 'aiohttp.web', 'dask', 'distributed', 'resvg_py', 'slack_sdk',\n"
        "'sqlalchemy.dialects.postgresql', 'discord.ext.commands', 'numpy.ma'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = ended([sys.executable, "-c", source], CHECKOUT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("package", "operation", "requirements"),
    [
        ("safetensors", "", "requirements.txt"),
        ("yaml", "slack-manifest", "requirements-slack.txt"),
    ],
)
def test_missing_package(tmp_path: Path, package: str, operation: str, requirements: str) -> None:
    source = (
        "import sys\n"
        f"sys.modules['{package}'] = None\n"
        "from bot.__main__ import main\n"
        f"sys.exit(main({operation.split()}))\n"
    )
    done = ended([sys.executable, "-c", source], tmp_path, environment_of(tmp_path))
    assert done.returncode == Exit.MISSING_PACKAGE
    assert f"The package {package} is missing." in done.stderr
    assert f"pip install --require-hashes -r {requirements}\n" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["bot", "bot.generate", "bot.train", "bot.evaluate"])
def test_other_python(module: str) -> None:
    """One without packages, beside a `.venv` that has them."""
    arguments = ["names"] if "." in module else ["migrate"]
    done = ended([sys.executable, "-S", "-m", module, *arguments], CHECKOUT)
    assert done.returncode == Exit.MISSING_PACKAGE
    assert "The package " in done.stderr
    assert (".venv/bin/python, which" in done.stderr) == (CHECKOUT / ".venv").exists()
    assert "Traceback" not in done.stderr


def test_output_that_nobody_reads() -> None:
    """`python -m bot slack-manifest | head -1` ends without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "slack-manifest"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        cwd=CHECKOUT,
        env={**os.environ, "DISCORD_TOKEN": "", "PYTHONUNBUFFERED": "1"},
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


# Procfile, image and systemd unit, run as a host does


POINT_AT_SIMULATOR = """
import os, discord.gateway, discord.http, yarl
discord.http.Route.BASE = os.environ["SIMULATOR_API"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["SIMULATOR_GATEWAY"])
"""
"""Run by every Python that has it on its path, under the name sitecustomize."""


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    """A simulator."""
    async with LocalDiscord(port=0, first_response_s=PATIENCE_S) as running:
        yield running


def procfile() -> dict[str, str]:
    lines = (CHECKOUT / "Procfile").read_text().splitlines()
    return {name: command for name, _, command in (line.partition(": ") for line in lines)}


@pytest.mark.skipif(sys.platform == "win32", reason="Procfile hosts have a shell")
async def test_procfile(local: LocalDiscord, postgres: Database, tmp_path: Path) -> None:
    """Its lines, run by a shell as a host does: first release, then the worker until SIGTERM.

    Both on PostgreSQL, since the disk is wiped.
    """
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(POINT_AT_SIMULATOR)
    address = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    environment = environment_of(
        tmp_path,
        DATABASE_URL=address,
        PYTHONPATH=f"{tmp_path / 'site'}{os.pathsep}{CHECKOUT}",
        DISCORD_TOKEN=local.token,
        SIMULATOR_API=local.url.removesuffix("/") + PREFIX,
        SIMULATOR_GATEWAY=local.gateway.url,
    )
    release = ["sh", "-c", procfile()["release"]]
    released = await asyncio.to_thread(ended, release, tmp_path, environment)
    assert released.returncode == 0, released.stderr
    assert "The tables are at revision" in released.stdout
    write_tiny_weights(tmp_path / "built", address)

    with started(["sh", "-c", procfile()["worker"]], tmp_path, environment) as process:
        await asyncio.to_thread(wait_until_logged, process, "Ready as")
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == Exit.OK


def test_image_has_everything_that_the_bot_reads(tmp_path: Path) -> None:
    """What the final stage copies, without what is ignored, is a bot that starts."""
    ignored = [
        line
        for line in (CHECKOUT / ".dockerignore").read_text().splitlines()
        if line not in ("", "*") and not line.startswith(("#", "!"))
    ]

    def is_ignored(folder: str, names: list[str]) -> set[str]:
        where = Path(folder).relative_to(CHECKOUT)
        return {
            name
            for name in names
            if any(
                fnmatch.fnmatch(str(where / name), pattern)
                or (pattern.startswith("**/") and fnmatch.fnmatch(name, pattern[3:]))
                for pattern in ignored
            )
        }

    app = tmp_path / "app"
    app.mkdir()
    for sources, target in copied():
        if target == "./" and "requirements-train.txt" in sources:
            continue  # of the first stage
        for source in sources:
            if (CHECKOUT / source).is_dir():
                shutil.copytree(CHECKOUT / source, app / target, ignore=is_ignored)
            else:
                shutil.copy(CHECKOUT / source, app / target)
    assert not (app / "models" / "weights" / "baselines").exists()
    ports = {"LOCAL_PORT": str(free_port()), "METRICS_PORT": str(free_port())}
    environment = environment_of(tmp_path, **ports)
    environment.pop("PYTHONPATH", None)

    def run_in_image(*arguments: str) -> subprocess.CompletedProcess[str]:
        return ended([sys.executable, "-m", "bot", *arguments], app, environment)

    doctor = run_in_image("--local", "doctor")
    assert doctor.returncode == Exit.OK, doctor.stdout
    assert "✓ Weights: All files" in doctor.stdout
    assert run_in_image("healthcheck").returncode == UNHEALTHY
    with started([sys.executable, "-m", "bot", "--local"], app, environment) as process:
        wait_until_logged(process, "Ready as")
        until = time.monotonic() + PATIENCE_S  # Docker, too, asks again
        while (health := run_in_image("healthcheck").returncode) != HEALTHY:
            assert time.monotonic() < until, health
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == Exit.OK


def test_unit_is_valid(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        missing("systemd-analyze is missing")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    text = (CHECKOUT / "deploy" / "mangosaurus.service").read_text()
    path = tmp_path / "mangosaurus.service"
    path.write_text(text.replace("/opt/mangosaurus", str(tmp_path)))
    done = ended([program, "verify", str(path)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mangosaurus.service" not in done.stderr


# The process stops in time, whatever hangs


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
