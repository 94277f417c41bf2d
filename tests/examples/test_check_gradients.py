"""The example for learners that checks derivatives."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "check_gradients.py"


def test_all_derivatives_agree(tmp_path: Path) -> None:
    printed = subprocess.check_output([sys.executable, str(EXAMPLE)], cwd=tmp_path, text=True)
    assert printed.endswith("All derivatives agree.\n")
    assert "dWaa" in printed
    assert "dWh0" in printed
