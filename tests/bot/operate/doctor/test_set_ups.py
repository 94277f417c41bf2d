"""`python -m bot doctor` on other set-ups: what is broken is named, and no secret is printed."""

import shutil
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta

import discord.http
import pytest

from bot.operate import healthcheck
from bot.operate.doctor import discord_account, machine
from bot.operate.doctor.examination import Check, examine
from bot.startup import Exit
from bot.store import database
from simulators.common.faults import FaultKind, RestFault
from simulators.discord.guild import Guild
from simulators.discord.rest import Rest
from tests.bot.operate.doctor.setups import PASSWORD, Setup
from tests.bot.tiny import write_tiny_weights
from tests.ports import free_port


def wrong_settings(setup: Setup) -> None:
    setup.set("LOG_LEVEL", "loud")
    (setup.folder / ".env").write_text("LOCAL_PORT=0\n")


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
    no_database: ("✗ Database: ", "file is not a database"),
    damaged_database: ("✗ Database: ", "is damaged", "Restore a backup."),
    locked_database: ("✗ Database: ", "database is locked", "Another process holds it."),
    newer_database: ("✗ Migrations: The database was migrated by a newer version of Mangosaurus",),
    damaged_live_weights: (
        "✗ Live weights: The stored weights of version ",
        "of names have changed",
    ),
    folder_that_is_a_file: ("✗ State folder: ", "(Not a directory)"),
    folder_that_cannot_be_written: ("✗ State folder: ", "(Read-only file system)"),
    full_disk: ("✗ Disk: 5 MiB are free.",),
    damaged_weights: ("✗ Weights: names.safetensors is damaged",),
    missing_weights: ("✗ Weights: sonnets.safetensors is missing.",),
    without_sentry: ("✗ Error reports: SENTRY_DSN is set, but the package sentry-sdk",),
    with_settings(METRICS_PORT=""): (
        "! Monitoring port: METRICS_PORT is empty in the environment",
        "--env-file",
    ),
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
