"""`python -m bot doctor` on broken set-ups: each is named, and no secret is printed."""

import asyncio
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO, TextIOWrapper
from pathlib import Path

import discord.http
import pytest
from sqlalchemy import text

from bot.doctor import account, database, machine, monitoring
from bot.doctor.examination import Check, examine, run_checks, show
from bot.doctor.findings import Finding, Level, fine, problem
from bot.doctor.subject import Subject
from bot.local.guild import Guild
from bot.local.rest import Rest
from bot.local.server import LocalDiscord
from bot.monitoring.server import MonitoringServer
from bot.settings import Settings
from bot.startup import Exit
from bot.store import Database, url_of
from tests.bot.tiny import write_tiny_weights
from tests.databases import Templates

CHECKOUT = Path(__file__).parents[3]
PASSWORD = "pass-word"


@pytest.fixture(scope="module")
def stand_in() -> Iterator[LocalDiscord]:
    """A simulator in another thread, since the doctor waits for it in this one."""
    local, loop, started = LocalDiscord(port=0), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with local:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    yield local
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@dataclass
class Setup:
    """A set-up that works until it is broken."""

    folder: Path
    local: LocalDiscord
    patch: pytest.MonkeyPatch
    secrets: list[str] = field(default_factory=list)

    @property
    def state_dir(self) -> Path:
        """Its state directory."""
        return self.folder / "state"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.state_dir / "mangosaurus.db"

    def set(self, name: str, value: str) -> None:
        """Change a setting."""
        self.patch.setenv(name, value)

    def execute(self, statement: str) -> None:
        """Change the SQLite file."""
        with sqlite3.connect(self.database) as opened:
            opened.execute(statement)
        opened.close()


@pytest.fixture
def setup(
    tmp_path: Path,
    stand_in: LocalDiscord,
    monkeypatch: pytest.MonkeyPatch,
    templates: Templates,
) -> Iterator[Setup]:
    """A set-up that works: a token, a server, a migrated SQLite file."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    made = Setup(tmp_path, stand_in, monkeypatch, [stand_in.token, PASSWORD])
    made.state_dir.mkdir()
    made.set("DISCORD_TOKEN", stand_in.token)
    made.set("STATE_DIR", str(made.state_dir))
    shutil.copyfile(templates.sqlite, made.database)
    with stand_in.pointing_clients_here():
        yield made


async def migrated(folder: Path, revision: str) -> None:
    opened = Database(url_of(None, folder))
    await opened.migrate(revision)
    await opened.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def wrong_settings(setup: Setup) -> None:
    setup.set("LOG_LEVEL", "loud")
    (setup.folder / ".env").write_text("LOCAL_PORT=0\n")


def misspelled_setting(setup: Setup) -> None:
    setup.set("HOME_GUILDZ", "1")


def settings_in_latin_1(setup: Setup) -> None:
    (setup.folder / ".env").write_bytes(b"BLOCKED_WORDS=\xe4\n")


def no_token(setup: Setup) -> None:
    setup.patch.delenv("DISCORD_TOKEN")


def broken_token(setup: Setup) -> None:
    setup.set("DISCORD_TOKEN", f"{setup.local.token}\n{setup.local.token}")


def quoted_token(setup: Setup) -> None:
    setup.set("DISCORD_TOKEN", f"'{setup.local.token}'")


def rejected_token(setup: Setup) -> None:
    setup.set("DISCORD_TOKEN", "MTIz.of.another")
    setup.secrets.append("MTIz.of.another")


def unreachable_discord(setup: Setup) -> None:
    setup.patch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{free_port()}/api/v10")


def silent_discord(setup: Setup) -> None:
    setup.patch.setattr(account, "REQUEST_S", 0.2)
    setup.patch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{silent_port()}/api/v10")


def silent_port() -> int:
    """A port that accepts connections and never answers."""
    server = socket.create_server(("127.0.0.1", 0))
    SILENT.append(server)
    port: int = server.getsockname()[1]
    return port


SILENT: list[socket.socket] = []


def banned_address(setup: Setup) -> None:
    setup.patch.setattr(discord.http.Route, "BASE", setup.local.url + "nowhere")
    setup.patch.setattr(account.Discord, "get", refuse)


async def refuse(_self: object, _path: str) -> object:
    raise account.Refused(429)


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


def other_home(setup: Setup) -> None:
    setup.set("HOME_GUILDS", "81384788765712384")


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
    now = account.utc_now
    setup.patch.setattr(account, "utc_now", lambda: now() - timedelta(days=1))


def impossible_database(setup: Setup) -> None:
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@host:99999/name")


def unreachable_database(setup: Setup) -> None:
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@127.0.0.1:{free_port()}/name")


def hung_database(setup: Setup) -> None:
    setup.patch.setattr(database, "CONNECT_S", 0.2)
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@127.0.0.1:{silent_port()}/name")


def missing_driver(setup: Setup) -> None:
    setup.set("DATABASE_URL", f"postgres://user:{PASSWORD}@127.0.0.1/name")
    setup.patch.setitem(sys.modules, "asyncpg", None)


def no_database(setup: Setup) -> None:
    setup.database.write_bytes(b"Mangosaurus" * 1000)


def damaged_database(setup: Setup) -> None:
    setup.execute("CREATE TABLE filler AS SELECT hex(randomblob(40000)) AS x")
    setup.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(setup.database.read_bytes())
    content[4096 * 3 : 4096 * 3 + 2000] = b"\xff" * 2000
    setup.database.write_bytes(content)


def locked_database(setup: Setup) -> None:
    setup.patch.setattr(database, "LOCKED_S", 0.1)
    holder = sqlite3.connect(setup.database, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    HOLDERS.append(holder)


HOLDERS: list[sqlite3.Connection] = []


def newer_database(setup: Setup) -> None:
    setup.execute("UPDATE alembic_version SET version_num = '9999'")


def older_database(setup: Setup) -> None:
    setup.database.unlink()
    asyncio.run(migrated(setup.state_dir, "0002"))


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


def broken_dsn(setup: Setup) -> None:
    setup.set("SENTRY_DSN", f"https://{PASSWORD}@sentry.example.org/mangosaurus")


def taken_port(setup: Setup) -> None:
    setup.set("METRICS_PORT", str(silent_port()))
    setup.patch.setattr(monitoring, "PATIENCE_S", 0.1)


def other_address(setup: Setup) -> None:
    setup.set("METRICS_PORT", str(free_port()))
    setup.set("METRICS_HOST", "192.0.2.1")  # reserved for documentation
    setup.patch.setattr(monitoring, "PATIENCE_S", 0.1)


def copy_weights(setup: Setup) -> None:
    shutil.copytree(machine.WEIGHTS, setup.folder / "weights")
    weights = machine.examine_weights
    setup.patch.setattr(
        "bot.doctor.examination.CHECKS",
        (Check("Weights", lambda subject: weights(subject, setup.folder / "weights"), 30),),
    )


def no_fonts(setup: Setup) -> None:
    setup.patch.setattr("bot.images.text._font_file", lambda *_, **__: None)


PROBLEM = "✗"
BROKEN: dict[Callable[[Setup], None], tuple[str, ...]] = {
    wrong_settings: ("✗ Settings: LOG_LEVEL is 'LOUD'", "✗ Settings: LOCAL_PORT is '0'"),
    misspelled_setting: ("! Settings: HOME_GUILDZ is not a setting; did you mean HOME_GUILDS?",),
    settings_in_latin_1: ("✗ Settings: .env is not UTF-8 text; save it as UTF-8. Correct it in",),
    no_token: ("✗ Token: DISCORD_TOKEN is not set.",),
    broken_token: ("✗ Token: DISCORD_TOKEN contains a space or a line break.",),
    quoted_token: ("✗ Token: DISCORD_TOKEN contains quotes",),
    rejected_token: ("✗ Token: Discord does not accept DISCORD_TOKEN.",),
    unreachable_discord: ("✗ Network: Discord can't be reached",),
    silent_discord: ("✗ Network: Discord can't be reached (no answer within 0.2 s)",),
    banned_address: ("✗ Network: Discord refuses requests from this address",),
    of_application(flags=1 << 19): ("! Intents: These privileged intents are on",),
    of_application(interactions_endpoint_url="https://example.org"): ("✗ Interactions: ",),
    of_application(bot_require_code_grant=True): ("! Invitation: Requires OAuth2",),
    few_connections: ("! Gateway: Only 7 connections are left today.",),
    other_home: ("✗ Permissions: The bot is not in the server 81384788765712384 of HOME_GUILDS.",),
    no_server: ("! Servers: The bot is in no server yet.",),
    missing_permissions: (
        "✗ Permissions: In Local server, the bot lacks: ",
        "Embed Links",
        "Attach Files",
    ),
    wrong_clock: ("✗ Clock: It is 86,", "s behind Discord's"),
    impossible_database: ("✗ Database: DATABASE_URL is not a valid database address.",),
    unreachable_database: ("✗ Database: name at 127.0.0.1 can't be used: ", "that the server runs"),
    hung_database: ("✗ Database: name at 127.0.0.1 can't be used: no answer within 0.2 s.",),
    missing_driver: ("✗ Database: The PostgreSQL driver (asyncpg) is missing.",),
    no_database: ("✗ Database: ", "file is not a database"),
    damaged_database: ("✗ Database: ", "is damaged", "Restore a backup."),
    locked_database: ("✗ Database: ", "database is locked", "Another process holds it."),
    newer_database: ("✗ Migrations: A newer version of Mangosaurus has migrated the tables",),
    older_database: ("! Migrations: The tables are at revision 0002; the next start migrates",),
    damaged_live_weights: ("✗ Live weights: The weights of version ", "of names", "are damaged"),
    folder_that_is_a_file: ("✗ State folder: ", "file is not a folder."),
    folder_that_cannot_be_written: ("✗ State folder: ", "(Read-only file system)"),
    full_disk: ("✗ Disk: 5 MiB are free.",),
    damaged_weights: ("✗ Weights: names.safetensors is damaged",),
    missing_weights: ("✗ Weights: sonnets.safetensors is missing.",),
    without_sentry: ("✗ Error reports: SENTRY_DSN is set, but the package sentry-sdk",),
    broken_dsn: ("✗ Error reports: SENTRY_DSN is not valid (",),
    taken_port: ("✗ Monitoring port: 127.0.0.1:", "can't be opened (", "another port"),
    other_address: ("✗ Monitoring port: 192.0.2.1:", "METRICS_HOST"),
    no_fonts: ("✗ Fonts: Not even Latin letters can be drawn.",),
}
"""How a set-up is broken, and parts of the line that says so."""


def name_of(value: object) -> str | None:
    return getattr(value, "__name__", None)


@contextmanager
def nothing_left_open() -> Iterator[None]:
    try:
        yield
    finally:
        for holder in HOLDERS:
            holder.close()
        for server in SILENT:
            server.close()
        HOLDERS.clear()
        SILENT.clear()


@pytest.mark.parametrize(("breaks", "named"), BROKEN.items(), ids=name_of)
def test_broken_set_up_is_named(
    breaks: Callable[[Setup], None],
    named: tuple[str, ...],
    setup: Setup,
    capsys: pytest.CaptureFixture[str],
) -> None:
    breaks(setup)
    with nothing_left_open():
        code = examine()
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    first = [line for line in lines if line.startswith(named[0])]
    assert first, printed.out
    assert all(part in printed.out for part in named)
    assert (code == Exit.PROBLEMS_FOUND) == named[0].startswith(PROBLEM)
    assert "Traceback" not in printed.out + printed.err
    assert not [secret for secret in setup.secrets if secret in printed.out + printed.err]


def test_working_set_up(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    before = setup.database.read_bytes()
    assert examine() == Exit.OK
    printed = capsys.readouterr().out
    assert "no problems" in printed
    for check in ("Settings", "Token", "Intents", "Gateway", "Permissions", "Clock", "Disk"):
        assert f"✓ {check}: " in printed
    for check in ("Database", "Migrations", "Weights", "State folder", "Packages", "Fonts"):
        assert f" {check}: " in printed
    assert setup.database.read_bytes() == before
    assert [path.name for path in setup.state_dir.iterdir()] == ["mangosaurus.db"]


def test_monitoring(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    setup.set("METRICS_PORT", str(port))
    setup.set("SENTRY_DSN", "https://key@sentry.example.org/1")
    assert examine(local=True) == Exit.OK
    printed = capsys.readouterr().out
    assert f"✓ Monitoring port: 127.0.0.1:{port} is free." in printed
    assert "✓ Error reports: Errors are reported to sentry.example.org." in printed


async def test_port_of_the_bot_itself() -> None:
    """The doctor may be asked while the bot runs, as in its container."""

    async def metrics() -> bytes:
        return b""

    bot = MonitoringServer("127.0.0.1", 0, checks=dict, metrics=metrics)
    await bot.start()
    subject = Subject(metrics_port=int(bot.url.rpartition(":")[2]))
    (found,) = await asyncio.to_thread(monitoring.examine_monitoring, subject)
    await bot.close()
    assert found.level is Level.FINE
    assert "A bot that runs" in found.found


def test_first_start(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    setup.set("STATE_DIR", str(setup.folder / "new" / "state"))
    assert examine() == Exit.OK
    assert "will be created at the first start" in capsys.readouterr().out
    assert not (setup.folder / "new").exists()


def test_local_simulation_needs_no_token(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    no_token(setup)
    impossible_database(setup)
    assert examine(local=True) == Exit.OK
    assert "✓ Token: The local simulation needs none." in capsys.readouterr().out


def test_live_weights(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny_weights(setup.state_dir)
    assert examine() == Exit.OK
    assert "✓ Live weights: Names: version 1, with the right digest." in capsys.readouterr().out


# PostgreSQL


def test_postgres(postgres: Database, setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    address = postgres.url.set(drivername="postgres").render_as_string(hide_password=False)
    setup.set("DATABASE_URL", address)
    assert examine() == Exit.OK
    printed = capsys.readouterr().out
    assert "✓ Database: PostgreSQL " in printed
    assert "✓ Migrations: " in printed


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"password": PASSWORD}, "Check the user and the password in DATABASE_URL"),
        ({"database": "no_such_database"}, "Create the database (createdb)"),
    ],
)
def test_postgres_refuses(
    postgres: Database,
    setup: Setup,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str],
    named: str,
) -> None:
    url = postgres.url.set(drivername="postgres").set(**change)  # type: ignore[arg-type]
    setup.set("DATABASE_URL", url.render_as_string(hide_password=False))
    assert examine() == Exit.PROBLEMS_FOUND
    printed = capsys.readouterr().out
    assert "✗ Database: " in printed
    assert named in printed
    assert PASSWORD not in printed


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


# How checks run, and how findings are shown

SUBJECT = Subject("MTIz.abc.def", database_url="postgres://u:pass@host/name")


def test_check_that_hangs() -> None:
    released = threading.Event()
    hangs = Check("Disk", lambda _: [fine("Disk", str(released.wait()))], 0.05)
    other = Check("Fonts", lambda _: [fine("Fonts", "All.")], 10)
    (late, following) = run_checks(SUBJECT, [hangs, other])
    released.set()
    assert (late.level, late.check) == (Level.PROBLEM, "Disk")
    assert "did not end within 0.05 s" in late.found
    assert following == fine("Fonts", "All.")


def test_settings_that_hang(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    released = threading.Event()

    def hang(*, local: bool) -> tuple[Subject, list[Finding]]:
        released.wait()
        return Subject(), []

    setup.patch.setattr("bot.doctor.examination.read_settings", hang)
    setup.patch.setattr("bot.doctor.examination.SETTINGS_S", 0.05)
    setup.patch.setattr("bot.doctor.examination.CHECKS", ())
    assert examine() == Exit.PROBLEMS_FOUND
    released.set()
    assert "✗ Settings: They could not be read within 0.05 s." in capsys.readouterr().out


def test_check_that_fails() -> None:
    def fail(_subject: Subject) -> list[Finding]:
        raise ZeroDivisionError("by zero")

    (finding,) = run_checks(SUBJECT, [Check("Disk", fail, 10)])
    assert finding.level is Level.PROBLEM
    assert "ZeroDivisionError: by zero" in finding.found


def test_secrets_are_removed() -> None:
    assert SUBJECT.without_secrets("MTIz.abc.def, pass, abc") == "[secret], [secret], abc"
    assert Subject(database_url="postgres://host/name").without_secrets("name") == "name"


def test_short_password_leaves_words_readable() -> None:
    """A password of one letter must not be cut out of every word."""
    subject = Subject(database_url="postgres://u:p@host/name")
    found = 'Alphabets on plaques: u:p@host, password "p"'
    hidden = 'Alphabets on plaques: u:[secret]@host, password "[secret]"'
    assert subject.without_secrets(found) == hidden


class Terminal(StringIO):
    """An output that claims to be a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_color_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    finding = problem("Disk", "Full.", "Free some space.")
    terminal, plain = Terminal(), StringIO()
    show(finding, terminal)
    show(finding, plain)
    assert plain.getvalue() == "✗ Disk: Full. Free some space.\n"
    assert "\x1b[" in terminal.getvalue()


def test_output_without_unicode() -> None:
    output = TextIOWrapper(buffer := __import__("io").BytesIO(), encoding="ascii")
    show(problem("Fonts", "“龍”", ""), output)
    assert buffer.getvalue() == b"x Fonts: ???\n"


def test_nearly_everything_is_missing(tmp_path: Path) -> None:
    """No package is there, not even that which reads the settings."""
    packages = (
        *("pydantic", "pydantic_settings", "dotenv", "discord", "aiohttp", "sqlalchemy"),
        *("alembic", "aiosqlite", "asyncpg", "numpy", "matplotlib", "PIL", "rich", "safetensors"),
    )
    source = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({packages}))\n"
        "from bot.__main__ import main\n"
        "sys.exit(main(['doctor']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env={"PYTHONPATH": str(CHECKOUT), "DISCORD_TOKEN": "MTIz.abc.def"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == Exit.PROBLEMS_FOUND, done.stderr
    assert done.stderr == ""
    for line in (
        "Settings: The package pydantic is missing.",
        "Discord: Not checked: aiohttp is missing",
        "Database: Not checked: sqlalchemy is missing",
        "Fonts: Not checked: ",
        "State folder: state will be created",
        "Weights: All files",
    ):
        assert f" {line}" in done.stdout
    assert "MTIz" not in done.stdout
