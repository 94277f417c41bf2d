"""`python -m bot doctor` on other set-ups: what is broken is named, and no secret is printed."""

import asyncio
import re
import secrets
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import discord.http
import pytest
from sqlalchemy import text

from bot.monitoring.server import serve_monitoring
from bot.monitoring.state import ReadinessCheck
from bot.operate import healthcheck
from bot.operate.doctor import discord_account, machine
from bot.operate.doctor.examination import Check, examine
from bot.operate.doctor.findings import Finding, Level
from bot.operate.doctor.machine import examine_drawings, examine_monitoring
from bot.operate.doctor.slack_account import examine_slack
from bot.platforms.slack.network import api
from bot.settings import Settings, checked
from bot.startup import Exit, StartupError
from bot.store import Database, database
from simulators.common.faults import FaultKind, RestFault
from simulators.discord.guild import Guild
from simulators.discord.rest import Rest
from simulators.slack.server import LocalSlack
from tests.bot.operate.doctor.setups import PASSWORD, Setup
from tests.bot.tiny import write_tiny_weights
from tests.ports import free_port


def wrong_settings(setup: Setup) -> None:
    setup.set("LOG_LEVEL", "loud")
    (setup.folder / ".env").write_text("LOCAL_PORT=0\n")


def exposed_settings(setup: Setup) -> None:
    (setup.folder / ".env").write_text("LOG_LEVEL=INFO\n")
    (setup.folder / ".env").chmod(0o644)


def settings_in_latin_1(setup: Setup) -> None:
    (setup.folder / ".env").write_bytes(b"BLOCKED_WORDS=\xe4\n")


def rejected_token(setup: Setup) -> None:
    setup.set("DISCORD_TOKEN", "MTIz.of.another")
    setup.secrets.append("MTIz.of.another")


def unreachable_discord(setup: Setup) -> None:
    setup.patch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{free_port()}/api/v10")


def monitored(setup: Setup) -> None:
    setup.set("METRICS_PORT", str(free_port()))
    setup.set("SENTRY_DSN", "https://key@sentry.example.org/1")


def silent_discord(setup: Setup) -> None:
    setup.patch.setattr(discord_account, "ANSWER_S", 0.2)
    setup.patch.setattr(
        discord.http.Route, "BASE", f"http://127.0.0.1:{setup.silent_port()}/api/v10"
    )


def banned_address(setup: Setup) -> None:
    setup.local.faults.rest = RestFault(FaultKind.GLOBAL_LIMIT, seconds=3600)
    setup.held.callback(setattr, setup.local.faults, "rest", None)


def with_settings(**given: str) -> Callable[[Setup], None]:
    def breaks(setup: Setup) -> None:
        for name, value in given.items():
            setup.set(name, value)

    return breaks


def of_application(**changes: object) -> Callable[[Setup], None]:
    def breaks(setup: Setup) -> None:
        payload = Guild.application_payload
        setup.patch.setattr(Guild, "application_payload", lambda self: payload(self) | changes)

    return breaks


def few_connections(setup: Setup) -> None:
    answer = Rest._gateway_bot

    def changed(self: Rest) -> dict[str, object]:
        limit = {"total": 1000, "remaining": 7, "reset_after": 0, "max_concurrency": 1}
        return {**answer(self), "session_start_limit": limit}

    setup.patch.setattr(Rest, "_gateway_bot", changed)


def few_shards(setup: Setup) -> None:
    setup.set("SHARD_COUNT", "3")
    setup.patch.setattr(setup.local._rest, "_shards", 16)


def no_server(setup: Setup) -> None:
    setup.patch.setattr(setup.local.state.guild, "joined", False)


def missing_permissions(setup: Setup) -> None:
    payload = Guild.payload

    def changed(self: Guild) -> dict[str, object]:
        made = payload(self)
        sending = discord.Permissions(view_channel=True, send_messages=True)
        for role in made["roles"]:
            role["permissions"] = str(sending.value)
        return made

    setup.patch.setattr(Guild, "payload", changed)


def wrong_clock(setup: Setup) -> None:
    now = discord_account.utc_now
    setup.patch.setattr(discord_account, "utc_now", lambda: now() - timedelta(days=1))


def unreachable_database(setup: Setup) -> None:
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@127.0.0.1:{free_port()}/name")


def hung_database(setup: Setup) -> None:
    setup.patch.setattr(database, "PATIENCE_S", 0.2)
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@127.0.0.1:{setup.silent_port()}/name")


def no_database(setup: Setup) -> None:
    setup.database.write_bytes(b"Mangosaurus" * 1000)


def damaged_database(setup: Setup) -> None:
    setup.execute("CREATE TABLE filler AS SELECT hex(randomblob(40000)) AS x")
    setup.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(setup.database.read_bytes())
    content[4096 * 3 : 4096 * 3 + 2000] = b"\xff" * 2000
    setup.database.write_bytes(content)


def locked_database(setup: Setup) -> None:
    setup.patch.setattr(database, "BUSY_S", 0.1)
    holder = sqlite3.connect(setup.database, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    setup.held.callback(holder.close)


def newer_database(setup: Setup) -> None:
    setup.execute("UPDATE alembic_version SET version_num = '9999'")


def damaged_live_weights(setup: Setup) -> None:
    write_tiny_weights(setup.state_dir)
    setup.execute("UPDATE versions SET weights = x'00' WHERE task = 'names'")


def folder_that_is_a_file(setup: Setup) -> None:
    (setup.folder / "file").write_text("")
    setup.set("STATE_DIR", str(setup.folder / "file" / "state"))


def folder_that_cannot_be_written(setup: Setup) -> None:
    def fail(**_options: object) -> object:
        raise OSError(30, "Read-only file system")

    setup.patch.setattr("tempfile.TemporaryFile", fail)


def full_disk(setup: Setup) -> None:
    usage = shutil.disk_usage(setup.folder)._replace(free=5 * 2**20)
    setup.patch.setattr("shutil.disk_usage", lambda _folder: usage)


def damaged_weights(setup: Setup) -> None:
    copy_weights(setup)
    (setup.folder / "weights" / "names.safetensors").write_bytes(b"cut")


def missing_weights(setup: Setup) -> None:
    copy_weights(setup)
    (setup.folder / "weights" / "sonnets.safetensors").unlink()


def without_sentry(setup: Setup) -> None:
    setup.set("SENTRY_DSN", f"https://{PASSWORD}@sentry.example.org/1")
    setup.patch.setitem(sys.modules, "sentry_sdk.utils", None)


def taken_port(setup: Setup) -> None:
    setup.set("METRICS_PORT", str(setup.silent_port()))
    setup.patch.setattr(healthcheck, "TIMEOUT_S", 0.1)


def other_address(setup: Setup) -> None:
    setup.set("METRICS_PORT", str(free_port()))
    setup.set("METRICS_HOST", "192.0.2.1")  # reserved for documentation
    setup.patch.setattr(healthcheck, "TIMEOUT_S", 0.1)


def copy_weights(setup: Setup) -> None:
    shutil.copytree(machine.WEIGHTS, setup.folder / "weights")
    weights = machine.examine_weights
    setup.patch.setattr(
        "bot.operate.doctor.examination.CHECKS",
        (Check("Weights", lambda given: weights(given, setup.folder / "weights"), 30),),
    )


def no_fonts(setup: Setup) -> None:
    setup.patch.setattr("bot.pictures.text._family_with", lambda *_, **__: None)


def live_weights(setup: Setup) -> None:
    write_tiny_weights(setup.state_dir)


PROBLEM = "✗"
SET_UPS: dict[Callable[[Setup], None], tuple[str, ...]] = {
    wrong_settings: ("✗ Settings: LOG_LEVEL is 'loud'", "✗ Settings: LOCAL_PORT is '0'"),
    with_settings(HOME_GUILDZ="1"): (
        "! Settings: HOME_GUILDZ is not a setting; did you mean HOME_GUILDS?",
    ),
    settings_in_latin_1: ("✗ Settings: .env is not UTF-8 text; save it as UTF-8. Correct it in",),
    with_settings(DISCORD_TOKEN=""): (
        "✗ Token: No token is set.",
        "✓ Network: Discord can be reached.",
        "✗ Network: Slack cannot be reached",
        "✓ Clock: ",
    ),
    with_settings(SLACK_BOT_TOKEN=f"xoxb-{PASSWORD}"): (
        "✗ Slack: SLACK_APP_TOKEN is not set.",
        "✓ Token: Discord accepts it",
    ),
    rejected_token: ("✗ Token: Discord does not accept DISCORD_TOKEN.",),
    unreachable_discord: ("✗ Network: Discord cannot be reached",),
    silent_discord: ("✗ Network: Discord cannot be reached (no answer in time)",),
    banned_address: ("✗ Network: Discord refuses requests from this address",),
    of_application(flags=1 << 19): ("! Intents: These privileged intents are on",),
    of_application(interactions_endpoint_url="https://example.org"): ("✗ Interactions: ",),
    of_application(bot_require_code_grant=True): ("! Invitation: Requires OAuth2",),
    few_connections: ("! Gateway: Only 7 connections are left today.",),
    few_shards: ("! Gateway: Discord recommends 16 shards, and SHARD_COUNT is 3.",),
    with_settings(HOME_GUILDS="81384788765712384"): (
        "✗ Permissions: The bot is not in the server 81384788765712384 of HOME_GUILDS.",
    ),
    no_server: ("! Servers: The bot is in no server yet.",),
    missing_permissions: (
        "✗ Permissions: In Local server, the bot lacks: ",
        "Embed Links",
        "Attach Files",
    ),
    wrong_clock: ("✗ Clock: It is 86,", "s behind Discord's"),
    unreachable_database: (
        "✗ Database: The database (name at 127.0.0.1) does not answer: ",
        "that the server runs",
    ),
    hung_database: (
        "✗ Database: The database (name at 127.0.0.1) does not answer: it took longer than 0.2 s.",
    ),
    no_database: ("✗ Database: The SQLite file ", "is damaged: file is not a database."),
    damaged_database: ("✗ Database: ", "is damaged", "Restore a backup."),
    locked_database: ("✗ Database: ", "database is locked", "Another process holds it."),
    newer_database: ("✗ Migrations: The database was migrated by a newer version of Mangosaurus",),
    damaged_live_weights: (
        "✗ Live weights: The stored weights of version ",
        "of names have changed",
    ),
    folder_that_is_a_file: ("✗ State folder: ", "(Not a directory)"),
    folder_that_cannot_be_written: ("✗ State folder: The disk with ", "(Read-only file system)"),
    full_disk: ("✗ Disk: 5 MiB are free.",),
    damaged_weights: ("✗ Weights: names.safetensors is damaged",),
    missing_weights: ("✗ Weights: sonnets.safetensors is missing.",),
    without_sentry: ("✗ Error reports: SENTRY_DSN is set, but the package sentry-sdk",),
    with_settings(METRICS_PORT=""): (
        "! Monitoring port: METRICS_PORT is empty in the environment",
        "--env-file",
    ),
    exposed_settings: ("! Settings: Every user of this machine can read .env", "chmod o= .env"),
    taken_port: ("✗ Monitoring port: Port ", "is in use", "another port"),
    other_address: ("✗ Monitoring port: Port ", "can't be opened (", "METRICS_HOST"),
    monitored: (
        "✓ Monitoring port: 127.0.0.1:",
        " is free.",
        "✓ Error reports: Errors are reported to sentry.example.org.",
    ),
    with_settings(STATE_DIR="new/state"): (
        "✓ State folder: new/state will be created at the first start.",
    ),
    with_settings(STATE_DIR="state"): ("✓ State folder: state can be written to.",),
    live_weights: ("✓ Live weights: Names: version 1, with the right digest.",),
    no_fonts: ("✗ Fonts: Not even Latin letters can be drawn.",),
}
"""What is other than usual, and parts of the lines that say so."""


def name_of(value: object) -> str | None:
    return getattr(value, "__name__", None)


@pytest.mark.parametrize(("breaks", "named"), SET_UPS.items(), ids=name_of)
def test_set_up(
    breaks: Callable[[Setup], None],
    named: tuple[str, ...],
    setup: Setup,
    capsys: pytest.CaptureFixture[str],
) -> None:
    breaks(setup)
    before = sorted(setup.folder.rglob("*/"))
    code = examine()
    assert sorted(setup.folder.rglob("*/")) == before
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    first = [line for line in lines if line.startswith(named[0])]
    assert first, printed.out
    assert all(part in printed.out for part in named)
    assert (code == Exit.PROBLEMS_FOUND) == named[0].startswith(PROBLEM)
    assert printed.err == ""
    assert "Traceback" not in printed.out
    assert not [secret for secret in setup.secrets if secret in printed.out]


# `python -m bot doctor` on set-ups that work, and on PostgreSQL


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


# The doctor's look at Slack, on the simulator


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with LocalSlack(port=0) as started:
        monkeypatch.setattr(api, "BASE_URL", started.api_url)
        yield started


async def found(slack: LocalSlack, bot: str | None = None, app: str | None = None) -> list[Finding]:
    """The findings; the doctor is not asynchronous."""
    return await asyncio.to_thread(examine_slack, settings_of(slack, bot, app))


def settings_of(slack: LocalSlack, bot: str | None = None, app: str | None = None) -> Settings:
    given = {
        "slack_bot_token": slack.bot_token if bot is None else bot,
        "slack_app_token": slack.app_token if app is None else app,
    }
    return checked(given)[0]


@pytest.mark.parametrize(
    ("bot", "app", "expected"),
    [
        ("", None, "SLACK_BOT_TOKEN is not set."),
        (None, "", "SLACK_APP_TOKEN is not set."),
        ("xoxb-wrong", None, "Slack does not accept SLACK_BOT_TOKEN"),
        (None, "xapp-wrong", "Slack does not accept SLACK_APP_TOKEN"),
    ],
)
async def test_wrong_token(
    slack: LocalSlack, bot: str | None, app: str | None, expected: str
) -> None:
    finding = (await found(slack, bot, app))[-1]
    assert finding.level is Level.PROBLEM
    assert finding.found.startswith(expected)
    assert "https://api.slack.com/apps" in finding.advice


async def test_no_token(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    """Either platform may be meant, so both are named: here Slack, beside Discord's findings."""
    assert [(each.level, each.found) for each in await found(slack, "", "")] == [
        (Level.FINE, "Slack can be reached.")
    ]
    monkeypatch.setattr(api, "BASE_URL", "http://127.0.0.1:9/api/")
    (finding,) = await found(slack, "", "")
    assert (finding.level, finding.check) == (Level.PROBLEM, "Network")
    assert finding.found.startswith("Slack cannot be reached")
    discord = replace(settings_of(slack, "", ""), discord_token=settings_of(slack).slack_bot_token)
    assert await asyncio.to_thread(examine_slack, discord) == []


async def test_missing_scopes(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    async with LocalSlack(port=0, scopes=frozenset({"chat:write", "commands"})) as other:
        monkeypatch.setattr(api, "BASE_URL", other.api_url)
        finding = (await found(other))[1]
    assert finding.level is Level.PROBLEM
    assert finding.found == (
        "SLACK_BOT_TOKEN lacks these scopes: channels:read, files:read, files:write, groups:read, "
        "im:write, users:read."
    )


@pytest.mark.parametrize(("homes", "warned"), [({"T0NOBODY"}, True), (set(), False)])
async def test_home_is_another_workspace(slack: LocalSlack, homes: set[str], warned: bool) -> None:
    settings = replace(settings_of(slack), home_workspaces=frozenset(homes))
    findings = await asyncio.to_thread(examine_slack, settings)
    assert any("HOME_WORKSPACES" in each.found for each in findings) == warned
    assert [each.level for each in findings].count(Level.WARNING) == warned
    named = replace(settings, home_workspaces=frozenset({*homes, slack.workspace.id}))
    findings = await asyncio.to_thread(examine_slack, named)
    assert [each.level for each in findings] == [Level.FINE] * 2
    assert "Socket Mode is on" in findings[1].found


async def test_tokens_of_two_apps(monkeypatch: pytest.MonkeyPatch, slack: LocalSlack) -> None:
    async def differ(*_arguments: object) -> StartupError:
        sentence = "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2."
        return StartupError(Exit.BAD_SETTINGS, sentence, "Copy both.")

    monkeypatch.setattr("bot.platforms.slack.startup_problems.different_apps", differ)
    finding = (await found(slack))[-1]
    assert finding.level is Level.PROBLEM
    assert finding.found == "SLACK_BOT_TOKEN is of the app A1, and SLACK_APP_TOKEN of A2."
    assert finding.advice == "Copy both."


def test_wrong_port_is_not_called_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding on the settings says that it is wrong."""
    monkeypatch.setenv("METRICS_PORT", "99999")
    assert examine_monitoring(Settings()) == []
