"""Bots in processes of their own, in folders without .env."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.settings import SETTINGS
from tests.bot.tiny import write_tiny_weights

CHECKOUT = Path(__file__).parents[2]
PATIENCE_S = 120
"""Seconds for what a busy machine does slowly."""


def environment_of(folder: Path, **settings: str) -> dict[str, str]:
    """An environment whose only settings are these, and a state directory with tiny weights.

    Its `python` is this one.
    """
    write_tiny_weights(folder / "state")
    write_tiny_weights(folder / "state" / "local")
    names = {name.upper() for name in SETTINGS}
    outside = {name: value for name, value in os.environ.items() if name not in names}
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(CHECKOUT),
        "STATE_DIR": str(folder / "state"),
    }
    return outside | own | settings


@contextmanager
def started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """A process, killed at the end. Its output can be read."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A process that has ended."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def wait_until_logged(process: subprocess.Popen[str], *words: str) -> None:
    """Read the log until each of these words has appeared in it."""
    assert process.stderr is not None
    missing, lines = set(words), []
    for line in process.stderr:
        lines.append(line)
        missing = {each for each in missing if each not in line}
        if not missing:
            return
    raise AssertionError("".join(lines))
