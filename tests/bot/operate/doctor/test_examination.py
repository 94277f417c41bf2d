"""How the doctor runs its checks, and shows what it finds."""

import doctest
import subprocess
import sys
import threading
from io import StringIO, TextIOWrapper
from pathlib import Path

import pytest

from bot.operate.doctor import machine
from bot.operate.doctor.examination import Check, examine, run_checks, show, without_secrets
from bot.operate.doctor.findings import Finding, Level, fine, problem
from bot.settings import Settings, checked
from bot.startup import Exit
from tests.bot.operate.doctor.setups import Setup

CHECKOUT = Path(__file__).parents[4]


def settings(**given: str) -> Settings:
    return checked(given)[0]


TOKEN = "MTIz.abc.def"
SETTINGS = Settings()


def test_check_that_hangs() -> None:
    released = threading.Event()
    hangs = Check("Disk", lambda _: [fine("Disk", str(released.wait()))], 0.05)
    other = Check("Fonts", lambda _: [fine("Fonts", "All.")], 10)
    (late, following) = run_checks(SETTINGS, [hangs, other])
    released.set()
    assert (late.level, late.check) == (Level.PROBLEM, "Disk")
    assert "did not end within 0.05 s" in late.found
    assert following == fine("Fonts", "All.")


def test_settings_that_hang(setup: Setup, capsys: pytest.CaptureFixture[str]) -> None:
    released = threading.Event()

    def hang() -> tuple[Settings, list[Finding]]:
        released.wait()
        return Settings(), []

    setup.patch.setattr("bot.operate.doctor.examination.read_settings", hang)
    setup.patch.setattr("bot.operate.doctor.examination.SETTINGS_S", 0.05)
    setup.patch.setattr("bot.operate.doctor.examination.CHECKS", ())
    assert examine() == Exit.PROBLEMS_FOUND
    released.set()
    assert "✗ Settings: They could not be read within 0.05 s." in capsys.readouterr().out


def test_check_that_fails() -> None:
    def fail(_settings: Settings) -> list[Finding]:
        raise ZeroDivisionError("by zero")

    (finding,) = run_checks(SETTINGS, [Check("Disk", fail, 10)])
    assert finding.level is Level.PROBLEM
    assert "ZeroDivisionError: by zero" in finding.found


@pytest.mark.parametrize(
    ("address", "found", "shown"),
    [
        ("postgres://u:pass@host/name", f"{TOKEN}, pass, abc", "[secret], [secret], abc"),
        ("postgres://host/name", "name", "name"),
        # A password of one letter must not be cut out of every word.
        (
            "postgres://u:p@host/name",
            'Alphabets: u:p@host, "p"',
            'Alphabets: u:[secret]@host, "[secret]"',
        ),
    ],
)
def test_secrets_are_removed(address: str, found: str, shown: str) -> None:
    assert without_secrets(found, settings(discord_token=TOKEN, database_url=address)) == shown


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


def test_versions_are_compared_as_they_are_pinned() -> None:
    assert doctest.testmod(machine) == (0, 1)  # failures, examples


def test_nearly_everything_is_missing(tmp_path: Path) -> None:
    """No package is there, not even that which reads the settings."""
    packages = (
        *("dotenv", "discord", "aiohttp", "sqlalchemy"),
        *("alembic", "aiosqlite", "asyncpg", "numpy", "fontpkg", "resvg_py", "rich", "safetensors"),
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
        "Settings: The package dotenv is missing.",
        "Discord: Not checked: discord is missing",
        "Database: Not checked: sqlalchemy is missing",
        "Fonts: Not checked: ",
        "State folder: state will be created",
        "Weights: All files",
    ):
        assert f" {line}" in done.stdout
    assert "MTIz" not in done.stdout
