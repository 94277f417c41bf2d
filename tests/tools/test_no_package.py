"""Installing the checkout as a package, which is refused with a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("mode", [[], ["--editable"]])
def test_pip_install(tmp_path: Path, mode: list[str]) -> None:
    """Without the network."""
    pip = (sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", tmp_path)
    done = subprocess.run([*pip, *mode, CHECKOUT], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "runs from a clone" in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
