"""The example with Keras for learners: it trains on a list of names, and writes others."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, str(ROOT / "examples" / "train_keras.py"))


def test_example_learns() -> None:
    command = [*COMMAND, str(ROOT / "data" / "dinos.txt"), "--epochs", "2"]
    lines = subprocess.check_output(command, text=True).splitlines()
    losses = [float(line.split("val_loss: ")[1]) for line in lines if "val_loss" in line]
    assert losses[1] < losses[0]
    assert all(name.isalpha() for name in lines[-10:])


def test_short_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Rex\nMei\n")
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "names.txt")], capture_output=True, text=True, check=False
    )
    assert "it takes at least 20" in done.stderr
