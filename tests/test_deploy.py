"""Files that run the bot elsewhere: Procfile, Dockerfile, compose.yaml, systemd unit."""

import asyncio
import configparser
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from bot.operate.healthcheck import HEALTHY, UNHEALTHY
from bot.platforms.local.rest import PREFIX
from bot.platforms.local.server import LocalDiscord
from bot.settings import SETTINGS
from bot.startup import LOGGING_S, STOP_S, Exit
from bot.store import Database
from tests.bot.tiny import write_tiny_weights
from tests.ports import free_port

CHECKOUT = Path(__file__).parents[1]
MENDED_BY_A_RESTART = {
    Exit.UNREACHABLE,
    Exit.BAD_DATABASE,
    Exit.STOPPED_LATE,
    Exit.HUNG,
    Exit.SHARDS_TAKEN,
}
NOT_OF_THE_BOT = {Exit.OK, Exit.BAD_BACKUP, Exit.PROBLEMS_FOUND}
"""Exit codes of operations, and that of a bot that was stopped."""
WRONG_OPTIONS = 2
LONGEST_STOP_S = STOP_S + LOGGING_S
"""Seconds that the bot takes at most to stop, whatever hangs."""
DAY_S = 24 * 60 * 60
PATIENCE_S = 60
"""For what a busy machine does slowly."""
CONNECTIONS_A_DAY = 1_000
"""Those that Discord allows, before it resets the token."""

POINT_AT_SIMULATOR = """
import os, discord.gateway, discord.http, yarl
discord.http.Route.BASE = os.environ["SIMULATOR_API"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["SIMULATOR_GATEWAY"])
"""
"""Run by every Python that has it on its path, under the name sitecustomize."""


@pytest.fixture
async def local() -> AsyncIterator[LocalDiscord]:
    """A simulator."""
    async with LocalDiscord(port=0) as running:
        yield running


def environment_of(folder: Path, **settings: str) -> dict[str, str]:
    """An environment without settings, whose `python` is this one."""
    names = {name.upper() for name in SETTINGS}
    outside = {name: value for name, value in os.environ.items() if name not in names}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return outside | {"PATH": path, "STATE_DIR": str(folder / "state")} | settings


@contextmanager
def started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "Ready as" in line:
            return
    pytest.fail("".join(lines))


# Procfile


def procfile() -> dict[str, str]:
    lines = (CHECKOUT / "Procfile").read_text().splitlines()
    return {name: command for name, _, command in (line.partition(": ") for line in lines)}


def test_procfile_is_complete() -> None:
    assert set(procfile()) == {"release", "worker"}


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
    released = await run(procfile()["release"], tmp_path, environment)
    assert released.returncode == 0, released.stderr
    assert "The tables are at revision" in released.stdout
    write_tiny_weights(tmp_path / "built", address)

    with started(["sh", "-c", procfile()["worker"]], tmp_path, environment) as process:
        await asyncio.to_thread(wait_until_ready, process)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 30) == Exit.OK


async def run(
    command: str, folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# Dockerfile


def dockerfile() -> list[list[str]]:
    """Its instructions, each as its words."""
    text = re.sub(r"^#.*\n", "", (CHECKOUT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [line.split() for line in text.replace("\\\n", "").splitlines() if line]


def copied() -> list[tuple[list[str], str]]:
    """Sources in the checkout, and targets."""
    return [
        (words[1:-1], words[-1])
        for words in dockerfile()
        if words[0] == "COPY" and not words[1].startswith("--from")
    ]


def test_copied_files_exist_and_are_not_ignored() -> None:
    kept = {
        line.removeprefix("!")
        for line in (CHECKOUT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    sources = [source for sources, _ in copied() for source in sources]
    assert all((CHECKOUT / source).exists() for source in sources)
    assert kept == set(sources)


@pytest.mark.parametrize(("extra", "package"), [("sentry", "sentry-sdk"), ("slack", "slack-sdk")])
def test_image_has_extras(extra: str, package: str) -> None:
    """Their packages are installed, in versions that fit whatever else was chosen."""
    (installing,) = [line for line in dockerfile() if "--require-hashes" in line]
    assert f"requirements-{extra}.txt" in installing
    pinned = {
        name: set(re.findall(r"^\S+==.*?(?= \\)", (CHECKOUT / name).read_text(), re.MULTILINE))
        for name in ("requirements.txt", "requirements-train.txt", f"requirements-{extra}.txt")
    }
    chosen = pinned["requirements.txt"] | pinned["requirements-train.txt"]
    added = pinned[f"requirements-{extra}.txt"] - chosen
    names = {pin.partition("==")[0] for pin in added}
    assert package in names
    assert not names & {pin.partition("==")[0] for pin in chosen}


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
        command = [sys.executable, "-m", "bot", *arguments]
        return subprocess.run(
            command, cwd=app, env=environment, capture_output=True, text=True, check=False
        )

    doctor = run_in_image("--local", "doctor")
    assert doctor.returncode == Exit.OK, doctor.stdout
    assert "✓ Weights: All files" in doctor.stdout
    assert run_in_image("healthcheck").returncode == UNHEALTHY
    with started([sys.executable, "-m", "bot", "--local"], app, environment) as process:
        wait_until_ready(process)
        until = time.monotonic() + PATIENCE_S  # Docker, too, asks again
        while (health := run_in_image("healthcheck").returncode) != HEALTHY:
            assert time.monotonic() < until, health
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == Exit.OK


def test_image_is_of_no_architecture() -> None:
    text = (CHECKOUT / "Dockerfile").read_text()
    assert not re.search(r"amd64|arm64|x86_64|aarch64|--platform", text)


def test_image_runs_as_nobody_special() -> None:
    instructions = {words[0]: words[1:] for words in dockerfile()}
    assert instructions["USER"] == ["10001:10001"]
    assert instructions["ENTRYPOINT"] == ['["python",', '"-m",', '"bot"]']  # no shell: SIGTERM
    assert instructions["HEALTHCHECK"][-1] == '"healthcheck"]'
    assert instructions["VOLUME"] == ["/state"]


def test_env_file_hides_no_setting_of_the_image() -> None:
    """A variable that is empty in it counts: the health check would have no port to ask."""
    image = {
        word.partition("=")[0] for words in dockerfile() if words[0] == "ENV" for word in words
    }
    lines = (CHECKOUT / ".env.example").read_text().splitlines()
    given = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert "METRICS_PORT" in image
    assert not image & given


def test_documented_container() -> None:
    """It has an init, which reaps what trainers leave, and time to stop."""
    page = (CHECKOUT / "docs" / "hosting" / "container.md").read_text()
    (command,) = re.findall(r"    docker run --detach(?:.*\\\n)*.*", page)
    options = command.replace("\\\n", "").split()
    assert "--init" in options
    assert float(options[options.index("--stop-timeout") + 1]) > LONGEST_STOP_S


# compose.yaml


def test_compose() -> None:
    services = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
    bot, database = services["bot"], services["database"]
    assert {name.lower() for name in bot["environment"]} <= set(SETTINGS)
    assert bot["depends_on"]["database"]["condition"] == "service_healthy"
    assert seconds(bot["stop_grace_period"]) > LONGEST_STOP_S
    assert bot["mem_limit"] == "512m"
    assert bot["read_only"]
    assert database["healthcheck"]["test"][1] == "pg_isready"
    for service in services.values():
        assert service["restart"] == "unless-stopped"
        assert "ports" not in service
    secrets = [line for line in str(services).split("'") if "PASSWORD" in line]
    assert all("${POSTGRES_PASSWORD" in line or line == "POSTGRES_PASSWORD" for line in secrets)


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


# systemd


def unit() -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(CHECKOUT / "deploy" / "mangosaurus.service")
    return parsed


def test_unit_is_valid(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        if os.environ.get("MANGOSAURUS_NO_SKIP") == "1":
            pytest.fail("systemd-analyze is missing, and MANGOSAURUS_NO_SKIP=1 forbids skipping")
        pytest.skip("systemd-analyze is missing")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    text = (CHECKOUT / "deploy" / "mangosaurus.service").read_text()
    path = tmp_path / "mangosaurus.service"
    path.write_text(text.replace("/opt/mangosaurus", str(tmp_path)))
    done = subprocess.run([program, "verify", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "mangosaurus.service" not in done.stderr


def test_unit_restarts_what_a_restart_mends() -> None:
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert prevented == {WRONG_OPTIONS, *set(Exit) - MENDED_BY_A_RESTART - NOT_OF_THE_BOT}


def test_unit_restarts_what_hangs() -> None:
    """The bot answers the watchdog; Python then prints where it hung."""
    service = unit()["Service"]
    assert float(service["WatchdogSec"]) > 60
    assert "PYTHONFAULTHANDLER=1" in service["Environment"]


def test_unit_outlasts_an_outage() -> None:
    """No number of starts ends it, and they are few enough for Discord."""
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"
    assert DAY_S / float(unit()["Service"]["RestartSec"]) < CONNECTIONS_A_DAY


def test_unit_waits_for_the_bot_to_stop() -> None:
    assert float(unit()["Service"]["TimeoutStopSec"]) > LONGEST_STOP_S
    assert unit()["Service"]["ExecStart"].endswith("python -m bot")
