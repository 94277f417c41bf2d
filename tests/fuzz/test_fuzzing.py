"""The command that fuzzes: what it counts as a failure."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzzing

ENDED = "stat::number_of_executed_units: {cases}\n#9 DONE cov: 12 ft: 3"


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    monkeypatch.setattr(fuzzing, "OUT", tmp_path)


def fuzz(monkeypatch: pytest.MonkeyPatch, source: str) -> int:
    """Fuzz a target with a process that runs `source` instead of libFuzzer."""
    run = subprocess.run

    def replaced(_command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        done: subprocess.CompletedProcess[bytes] = run([sys.executable, "-c", source], **options)  # type: ignore[call-overload]
        return done

    monkeypatch.setattr(subprocess, "run", replaced)
    return fuzzing.main(["list", "--minutes", "0"])


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"print({ENDED.format(cases=7)!r})", 0),
        (f"print({ENDED.format(cases=0)!r})", 1),
        (f"import sys; print({ENDED.format(cases=7)!r}); sys.exit(1)", 1),
        ("import atheris_is_broken", 1),
    ],
    ids=["fuzzed", "no case", "error", "no start"],
)
def test_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str, expected: int
) -> None:
    assert fuzz(monkeypatch, source) == expected
    assert ("was not fuzzed to the end: see " in capsys.readouterr().out) == bool(expected)


def test_missing_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert fuzzing.main([]) == 1
    assert "requirements-fuzz.txt" in capsys.readouterr().out
