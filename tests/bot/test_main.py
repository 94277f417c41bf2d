"""`python -m bot`: start, failures of the start, and exit codes."""

import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import discord.http
import pytest

from bot.__main__ import main
from bot.operate.archive import ArchiveWriter, Manifest
from bot.startup import Exit
from bot.version import checkout_version
from tests.bot.operate.doctor.setups import simulator_in_thread
from tests.ports import free_port
from tests.slow.processes import environment_of

pytestmark = pytest.mark.usefixtures("restored_logging")

TOKEN = {"DISCORD_TOKEN": "not.used.here"}
pytestmark = pytest.mark.usefixtures("restored_logging")

Outcome = Callable[..., tuple[int, str]]


@pytest.fixture
def outcome(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Outcome:
    """Runs a bot that ends in this process. Returns its exit code and standard error.

    It is called with changes of the environment, and arguments.
    """
    monkeypatch.chdir(tmp_path)
    environment = environment_of(tmp_path)
    monkeypatch.setattr(logging.root, "handlers", [])

    def run(changes: dict[str, str], *arguments: str) -> tuple[int, str]:
        with patch.dict(os.environ, environment | changes, clear=True):
            return main(arguments), capsys.readouterr().err

    return run


def nothing(_folder: Path) -> dict[str, str]:
    return {}


def wrong_settings(folder: Path) -> dict[str, str]:
    (folder / ".env").write_text("LOG_LEVEL=loud\nLOCAL_PORT=0\n")
    return {}


def unwritable_folder(folder: Path) -> dict[str, str]:
    (folder / "file").write_text("")
    return TOKEN | {"STATE_DIR": str(folder / "file")}


def invalid_database_file(folder: Path) -> dict[str, str]:
    (folder / "state" / "mangosaurus.db").write_bytes(b"Mangosaurus" * 1000)
    return TOKEN


def invalid_dsn(_folder: Path) -> dict[str, str]:
    pytest.importorskip("sentry_sdk", reason="needs sentry-sdk: install requirements-sentry.txt")
    return TOKEN | {"SENTRY_DSN": "secret"}


def unreachable_database(_folder: Path) -> dict[str, str]:
    return TOKEN | {"DATABASE_URL": f"postgres://user:secret@127.0.0.1:{free_port()}/mango"}


def given(environment: dict[str, str]) -> Callable[[Path], dict[str, str]]:
    return lambda _folder: environment


def on_database(address: str) -> Callable[[Path], dict[str, str]]:
    return given(TOKEN | {"DATABASE_URL": address})


INVALID_ADDRESS = "DATABASE_URL is not a valid database address"
FAILURES: list[tuple[Callable[[Path], dict[str, str]], Exit, tuple[str, ...]]] = [
    (nothing, Exit.NO_TOKEN, ("DISCORD_TOKEN", "python -m bot --local")),
    (given({"LOG_FORMAT": "json"}), Exit.NO_TOKEN, ('"level": "CRITICAL"', "DISCORD_TOKEN")),
    (given({"DISCORD_TOKEN": "first\nsecret"}), Exit.BAD_SETTINGS, ("a space or a line break",)),
    (wrong_settings, Exit.BAD_SETTINGS, ("LOG_LEVEL is 'loud'", "LOCAL_PORT is '0'")),
    (unwritable_folder, Exit.BAD_STATE_DIR, ("STATE_DIR",)),
    (unreachable_database, Exit.BAD_DATABASE, ("mango at 127.0.0.1", "Check DATABASE_URL")),
    (invalid_database_file, Exit.DAMAGED, ("file is not a database. Move it", "Restore a backup.")),
    (on_database("mysql://user:secret@host/mango"), Exit.BAD_DATABASE, (INVALID_ADDRESS,)),
    (on_database("postgres://u:secret@host:99999/mango"), Exit.BAD_DATABASE, (INVALID_ADDRESS,)),
    (invalid_dsn, Exit.BAD_SETTINGS, ("SENTRY_DSN is not valid",)),
]
"""How a start fails, its exit code, and parts of what it says."""


@pytest.mark.parametrize(("breaks", "code", "said"), FAILURES, ids=[row[2][0] for row in FAILURES])
def test_failure_of_the_start(
    outcome: Outcome,
    tmp_path: Path,
    breaks: Callable[[Path], dict[str, str]],
    code: Exit,
    said: tuple[str, ...],
) -> None:
    found, errors = outcome(breaks(tmp_path))
    assert (found, [part for part in said if part not in errors]) == (code, [])
    assert "Traceback" not in errors
    assert "secret" not in errors


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.OK
    assert capsys.readouterr().out == f"{checkout_version()}\n"


def test_exposed_settings(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=not.used.here\n")
    (tmp_path / ".env").chmod(0o644)
    code, errors = outcome({"DISCORD_TOKEN": ""})
    assert code == Exit.NO_TOKEN
    assert "chmod o= .env" in errors


@pytest.mark.parametrize("setting", ["LOCAL_PORT", "METRICS_PORT"])
def test_port_in_use(outcome: Outcome, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = outcome({"LOCAL_PORT": str(free_port()), setting: str(port)}, "--local")
    assert code == Exit.PORT_IN_USE
    assert f"Port {port} is in use" in errors
    assert f"{setting}=" in errors
    assert "Traceback" not in errors


def test_sentry_is_missing(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk.utils", None)
    code, errors = outcome({"SENTRY_DSN": "https://key@sentry.example.org/1"}, "--local")
    assert code == Exit.BAD_SETTINGS
    assert "-r requirements-sentry.txt" in errors


def test_rejected_token(outcome: Outcome) -> None:
    with simulator_in_thread() as local, local.pointing_clients_here():
        code, errors = outcome({"DISCORD_TOKEN": "not.the.token"})
    assert code == Exit.TOKEN_REJECTED
    assert "does not accept DISCORD_TOKEN" in errors
    assert "Traceback" not in errors
    assert "not.the.token" not in errors


def test_unreachable_discord(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{free_port()}/api/v10")
    code, errors = outcome(TOKEN)
    assert code == Exit.UNREACHABLE
    assert "cannot be reached" in errors
    assert "Traceback" not in errors


def test_old_python(outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.__main__.OLDEST", (9, 0))
    code, errors = outcome(TOKEN, "doctor")
    assert code == Exit.MISSING_PACKAGE
    assert errors.startswith("This is Python 3.")


def test_backup_does_not_control_the_terminal(outcome: Outcome, tmp_path: Path) -> None:
    """It quotes the version, which somebody may have changed."""
    with ArchiveWriter(tmp_path / "backup.zip") as writer:
        writer.finish(Manifest("9999", "", "\x1b[2J", {}, {}))
    code, errors = outcome({}, "restore", str(tmp_path / "backup.zip"))
    assert code == Exit.BAD_BACKUP
    assert r"newer version of Mangosaurus (\x1b[2J, schema 9999" in errors


def test_interrupted_operation_has_not_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.launch.load_settings", interrupt)
    assert main(["backup", "backup.zip"]) == 130


def test_exit_codes_are_distinct() -> None:
    assert len(Exit.__members__) == len(set(Exit))
    assert not {1, 2} & set(Exit)
