"""`python -m bot` as an operator starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.startup import Exit
from tests.ports import free_port
from tests.slow.processes import (
    CHECKOUT,
    PATIENCE_S,
    ended,
    environment_of,
    started,
    wait_until_logged,
)


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
        "'sqlalchemy.dialects.postgresql'}\n"
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
