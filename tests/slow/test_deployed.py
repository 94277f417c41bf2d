"""Procfile, image and systemd unit, run as a host does."""

import asyncio
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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
