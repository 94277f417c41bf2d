"""`python -m bot doctor` on set-ups that work, and on PostgreSQL."""

import asyncio
import re
import secrets
import sys

import pytest
from sqlalchemy import text

from bot.monitoring.server import serve_monitoring
from bot.monitoring.state import ReadinessCheck
from bot.operate.doctor.examination import examine
from bot.operate.doctor.findings import Level
from bot.operate.doctor.machine import examine_drawings, examine_monitoring
from bot.settings import Settings
from bot.startup import Exit
from bot.store import Database
from tests.bot.operate.doctor.setups import PASSWORD, Setup


def test_working_set_up(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    before = setup.database.read_bytes()
    assert examine() == Exit.OK
    printed = capsys.readouterr().out
    assert "no problems" in printed
    for check in ("Settings", "Token", "Intents", "Gateway", "Permissions", "Clock", "Disk"):
        assert f"✓ {check}: " in printed
    for check in ("Database", "Migrations", "Weights", "State folder", "Packages", "Fonts"):
        assert f" {check}: " in printed
    assert "✓ Drawings: " in printed
    size = len(before) / 2**20
    assert f"can be read and written. It has {size:.1f} MiB." in printed
    assert setup.database.read_bytes() == before
    assert [path.name for path in setup.state_dir.iterdir()] == ["mangosaurus.db"]


def test_without_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot works all the same."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    (found,) = examine_drawings(Settings())
    assert found.level is Level.WARNING
    assert "resvg" in found.found


async def test_port_of_the_bot_itself() -> None:
    """The doctor may be asked while the bot runs, as in its container."""

    async def metrics() -> bytes:
        return b""

    alive = ReadinessCheck(True, "ok")
    async with serve_monitoring(
        "127.0.0.1", 0, checks=dict, alive=lambda: alive, metrics=metrics
    ) as url:
        settings = Settings(metrics_port=int(url.rpartition(":")[2]))
        (found,) = await asyncio.to_thread(examine_monitoring, settings)
    assert found.level is Level.FINE
    assert "A bot that runs" in found.found


def test_local_simulation_needs_no_token(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup.patch.delenv("DISCORD_TOKEN")
    setup.set("DATABASE_URL", "postgres://host:99999/name")
    assert examine(local=True) == Exit.OK
    assert "✓ Token: The local simulation needs none." in capsys.readouterr().out


def test_postgres(postgres: Database, setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    address = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    setup.set("DATABASE_URL", address)
    assert examine() == Exit.OK
    printed = capsys.readouterr().out
    assert "✓ Database: PostgreSQL " in printed
    assert re.search(r"It has \d+\.\d MiB\.", printed)
    assert "✓ Migrations: " in printed


def test_postgres_refuses(
    postgres: Database, setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.url.set(drivername="postgres", database="no_such_database")
    setup.set("DATABASE_URL", url.render_as_string(hide_password=False))
    assert examine() == Exit.PROBLEMS_FOUND
    printed = capsys.readouterr().out
    assert "✗ Database: The database (no_such_database at " in printed
    assert "Create the database (createdb)" in printed


async def test_postgres_without_rights(
    postgres: Database, setup: Setup, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user who may connect, and not create tables."""
    role = f"mangosaurus_{secrets.token_hex(6)}"
    async with postgres.writing() as session:
        await session.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"))
        await session.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    url = postgres.url.set(drivername="postgres", username=role, password=PASSWORD)
    setup.set("DATABASE_URL", url.render_as_string(hide_password=False))
    try:
        assert await asyncio.to_thread(examine) == Exit.PROBLEMS_FOUND
    finally:
        async with postgres.writing() as session:
            await session.execute(text(f"DROP ROLE {role}"))
    printed = capsys.readouterr().out
    assert "✗ Database: The user can't create tables" in printed
    assert PASSWORD not in printed
