"""`python -m bot`: start, failures of the start, and exit codes."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from benchmarks import ports
from bot.__main__ import main
from bot.logs import LEVEL_OF_OTHERS
from bot.settings import SETTINGS
from bot.startup import Exit
from tests.bot.tiny import write_tiny_weights

CHECKOUT = Path(__file__).parents[2]
TOKEN = {"DISCORD_TOKEN": "not.used.here"}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with no settings except a state directory with tiny weights."""
    write_tiny_weights(tmp_path / "state")
    write_tiny_weights(tmp_path / "state" / "local")
    names = {name.upper() for name in SETTINGS}
    outside = {name: value for name, value in os.environ.items() if name not in names}
    return outside | {"STATE_DIR": str(tmp_path / "state"), "PYTHONPATH": str(CHECKOUT)}


@contextmanager
def started(
    cwd: Path, environment: dict[str, str], *arguments: str
) -> Iterator[subprocess.Popen[str]]:
    """A bot in a subprocess, in a folder without .env."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ending(cwd: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a bot in a subprocess that ends."""
    with started(cwd, environment, *arguments) as process:
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors


Outcome = Callable[..., tuple[int, str]]


@pytest.fixture
def outcome(
    tmp_path: Path,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Outcome]:
    """Exit code and standard error of a bot that ends, in this process, which saves a second.

    The function is called with changes of the environment, and arguments.
    """
    monkeypatch.chdir(tmp_path)
    before = {name: logging.getLogger(name).level for name in (None, *LEVEL_OF_OTHERS)}

    def run(changes: dict[str, str], *arguments: str) -> tuple[int, str]:
        with patch.dict(os.environ, environment | changes, clear=True):
            return main(arguments), capsys.readouterr().err

    with patch.object(logging.root, "handlers", []):
        yield run
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.fixture
def metrics_port() -> int:
    return ports.free_port()


def test_json_logs_include_the_error(tmp_path: Path, environment: dict[str, str]) -> None:
    code, errors = ending(tmp_path, environment | {"LOG_FORMAT": "json"})
    assert code == Exit.NO_TOKEN
    entry = json.loads(errors.splitlines()[-1])
    assert entry["level"] == "CRITICAL"
    assert "DISCORD_TOKEN" in entry["message"]


def test_token_of_two_lines(outcome: Outcome) -> None:
    code, errors = outcome({"DISCORD_TOKEN": "first\nsecond"})
    assert code == Exit.BAD_SETTINGS
    assert "contains a space or a line break" in errors
    assert "second" not in errors


def test_no_token(outcome: Outcome) -> None:
    code, errors = outcome({})
    assert code == Exit.NO_TOKEN
    assert "DISCORD_TOKEN" in errors
    assert "python -m bot --local" in errors
    assert "Traceback" not in errors


def test_invalid_settings(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\nLOCAL_PORT=0\n")
    code, errors = outcome({}, "--local")
    assert code == Exit.BAD_SETTINGS
    assert "LOG_LEVEL is 'loud'" in errors
    assert "LOCAL_PORT is '0'" in errors
    assert "Traceback" not in errors


def test_unwritable_state_dir(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, errors = outcome({"STATE_DIR": str(tmp_path / "file")}, "--local")
    assert code == Exit.BAD_STATE_DIR
    assert "STATE_DIR" in errors


def test_unreachable_database(outcome: Outcome, free_port: int) -> None:
    address = f"postgres://user:secret@127.0.0.1:{free_port}/mangosaurus"
    code, errors = outcome({"DATABASE_URL": address} | TOKEN)
    assert code == Exit.BAD_DATABASE
    assert "mangosaurus at 127.0.0.1" in errors
    assert "Check DATABASE_URL" in errors
    assert "Traceback" not in errors
    assert "secret" not in errors


def test_invalid_database_file(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "state" / "mangosaurus.db").write_bytes(b"Mangosaurus" * 1000)
    code, errors = outcome(TOKEN)
    assert code == Exit.BAD_DATABASE
    assert "file is not a database. Move it away, or restore a backup." in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    "address",
    ["mysql://user:secret@host/mangosaurus", "postgres://user:secret@host:99999/mangosaurus"],
)
def test_invalid_database_url(outcome: Outcome, address: str) -> None:
    code, errors = outcome({"DATABASE_URL": address} | TOKEN)
    assert code == Exit.BAD_DATABASE
    assert "DATABASE_URL is not a valid database address" in errors
    assert "secret" not in errors


def test_port_in_use(outcome: Outcome, free_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port))
        taken.listen()
        local = {"LOCAL_PORT": str(free_port)}
        code, errors = outcome(local, "--local")
    assert code == Exit.PORT_IN_USE
    assert f"Port {free_port} is in use" in errors
    assert "LOCAL_PORT" in errors


def test_metrics_port_in_use(outcome: Outcome, free_port: int, metrics_port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", metrics_port))
        taken.listen()
        ports = {"LOCAL_PORT": str(free_port), "METRICS_PORT": str(metrics_port)}
        code, errors = outcome(ports, "--local")
    assert code == Exit.PORT_IN_USE
    assert f"Port {metrics_port} is in use" in errors
    assert "Traceback" not in errors


def test_sentry_is_missing(tmp_path: Path, environment: dict[str, str]) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sentry_sdk.py").write_text("raise ModuleNotFoundError('no', name='sentry_sdk')")
    changes = {
        "SENTRY_DSN": "https://key@sentry.example.org/1",
        "PYTHONPATH": os.pathsep.join([str(hidden), str(CHECKOUT)]),
    }
    code, errors = ending(tmp_path, environment | changes, "--local")
    assert code == Exit.BAD_SETTINGS
    assert "-r requirements-sentry.txt" in errors
    assert "Traceback" not in errors


def test_sentry_address_is_invalid(outcome: Outcome) -> None:
    pytest.importorskip("sentry_sdk")
    code, errors = outcome({"SENTRY_DSN": "secret"}, "--local")
    assert code == Exit.BAD_SETTINGS
    assert "SENTRY_DSN is not valid" in errors
    assert "secret" not in errors
    assert "Traceback" not in errors


@pytest.fixture
def watchdog() -> Iterator[tuple[socket.socket, str]]:
    """The socket of a systemd, and its address."""
    with (
        tempfile.TemporaryDirectory() as folder,  # addresses are short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor,
    ):
        address = f"{folder}/notify"
        supervisor.bind(address)
        supervisor.settimeout(30)
        yield supervisor, address


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_local_bot(
    tmp_path: Path,
    environment: dict[str, str],
    free_port: int,
    metrics_port: int,
    watchdog: tuple[socket.socket, str],
    number: signal.Signals,
) -> None:
    """Its state is in STATE_DIR/local, apart from that of the bot on Discord."""
    (tmp_path / "state" / "mangosaurus.db").unlink()
    supervisor, address = watchdog
    local = environment | {
        "NOTIFY_SOCKET": address,
        "WATCHDOG_USEC": "3000000",
        "LOCAL_PORT": str(free_port),
        "METRICS_PORT": str(metrics_port),
        "DATABASE_URL": "postgres://nowhere/db",
    }
    with started(tmp_path, local, "--local") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        match = re.search(r"http://127\.0\.0\.1:\d+/?", process.stdout.readline())
        assert match is not None
        with urllib.request.urlopen(match[0]) as page:  # noqa: S310 (a page of our own)
            assert b"<html" in page.read()
        missing = {"Ready as", "Ready on Slack"}
        while missing:
            assert process.poll() is None
            line = process.stderr.readline()
            missing = {words for words in missing if words not in line}
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics") as page:
            assert b"mangosaurus_gateway_connected 1.0" in page.read()
        assert supervisor.recv(100) == b"WATCHDOG=1"
        process.send_signal(number)
        assert process.wait(timeout=30) == Exit.OK
    databases = [path.relative_to(tmp_path) for path in tmp_path.rglob("mangosaurus.db")]
    assert databases == [Path("state/local/mangosaurus.db")]


def test_rejected_token(tmp_path: Path, environment: dict[str, str], free_port: int) -> None:
    """The client connects to a simulator with another token."""
    source = (
        "import asyncio, sys\n"
        "from bot.__main__ import main\n"
        "from bot.platforms.local.server import LocalDiscord\n"
        "import threading\n"
        "ready = threading.Event()\n"
        "local = LocalDiscord(port=0)\n"
        "async def simulator():\n"
        "    async with local:\n"
        "        ready.set()\n"
        "        await asyncio.Event().wait()\n"
        "threading.Thread(target=asyncio.run, args=(simulator(),), daemon=True).start()\n"
        "ready.wait()\n"
        "with local.pointing_clients_here():\n"
        "    sys.exit(main([]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment | {"DISCORD_TOKEN": "not.the.token"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == Exit.TOKEN_REJECTED, done.stderr
    assert "does not accept DISCORD_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr
    assert "not.the.token" not in done.stderr


def test_unreachable_discord(tmp_path: Path, environment: dict[str, str], free_port: int) -> None:
    source = (
        "import sys, discord\n"
        f"discord.http.Route.BASE = 'http://127.0.0.1:{free_port}/api/v10'\n"
        "from bot.__main__ import main\n"
        "sys.exit(main([]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment | {"DISCORD_TOKEN": "some.other.token"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == Exit.UNREACHABLE, done.stderr
    assert "cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_imports_when_serving() -> None:
    """Neither training libraries, nor what is optional, nor the simulator."""
    source = (
        "import sys, bot.operate.serving.process\n"
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'sentry_sdk', 'rich',\n"
        "'bot.platforms.local.server',\n"
        "'alembic', 'aiohttp.web', 'dask', 'distributed', 'PIL', 'slack_sdk',\n"
        "'sqlalchemy.dialects.postgresql'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("package", "operation", "requirements"),
    [
        ("safetensors", "", "requirements.txt"),
        ("yaml", "slack-manifest", "requirements-slack.txt"),
    ],
)
def test_missing_package(
    tmp_path: Path, environment: dict[str, str], package: str, operation: str, requirements: str
) -> None:
    source = (
        "import sys\n"
        f"sys.modules['{package}'] = None\n"
        "from bot.__main__ import main\n"
        f"sys.exit(main({operation.split()}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.MISSING_PACKAGE
    assert f"The package {package} is missing." in done.stderr
    assert f"pip install --require-hashes -r {requirements}\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_interrupted_operation_has_not_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.launch.load_settings", interrupt)
    assert main(["backup", "backup.zip"]) == 130


def test_output_that_nobody_reads() -> None:
    """`python -m bot slack-manifest | head -1` ends without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "slack-manifest"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        cwd=CHECKOUT,
        env={**os.environ, "DISCORD_TOKEN": "", "PYTHONUNBUFFERED": "1"},
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_exit_codes_are_distinct() -> None:
    assert len(Exit.__members__) == len(set(Exit))
    assert not {1, 2} & set(Exit)
