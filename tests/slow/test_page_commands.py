"""The commands of the pages do what they say, in an empty folder."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGES = [CHECKOUT / "README.md", *(CHECKOUT / "docs").rglob("*.md")]
NOT_RUN = {
    "pip install": "downloads packages",
    "dask": "serves until it is stopped; tests/slow/cluster does",
    "--local": "serves until it is stopped; tests/end_to_end does",
    "restore": "needs a backup of another database; tests/releases does",
    "backup moving.zip": "as BACKUP below",
    "tools.load": "takes minutes, and another checkout",
    "tools.verse": "takes hours, and corpora",
    "bot.evaluate": "takes minutes",
    "train sonnets": "takes minutes",
    "train names ": "takes minutes, without a list",
    "--weights out/": "needs what a training has written",
    "train_keras": "takes a minute; test_train_keras does",
}
"""Why commands with these words are not run here."""


def commands() -> Iterator[str]:
    """Indented lines that begin with this project's Python, without their remarks."""
    for page in PAGES:
        for line in re.findall(r"^ {4,}(\S.*)$", page.read_text(), re.MULTILINE):
            command = line.partition("  #")[0].rstrip()
            is_list = "--recipe list" in command  # seconds, where others take minutes
            is_run = is_list or not any(words in f"{command} " for words in NOT_RUN)
            if re.match(r"(\.venv/bin/)?python (-m|examples/)", command) and is_run:
                yield command


COMMANDS = sorted(set(commands()))


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, tmp_path: Path) -> None:
    assert len(COMMANDS) > 6
    (tmp_path / "elves.txt").write_text("\n".join(f"gala{a}{b}el" for a in "aeiou" for b in "drst"))
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "STATE_DIR": str(tmp_path / "state")}
    (tmp_path / "state").mkdir()
    python = shlex.quote(sys.executable)

    def run(line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert not run(f"{python} -m bot migrate").returncode
    line = re.sub(r"^(\.venv/bin/)?python ", f"{python} ", command)
    line = line.replace("examples/", f"{CHECKOUT}/examples/").replace("FOLDER", ".")
    if "--check FILE" in line:
        assert not run(f"{python} -m bot backup FILE").returncode
    done = run(line)
    expected = 13 if "doctor" in line else 0  # which misses a token
    assert done.returncode == expected, done.stdout + done.stderr
    assert (done.stdout + done.stderr).strip()
