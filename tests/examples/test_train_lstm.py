"""The example for learners: it learns, writes names, and needs `models/networks` and NumPy only."""

import ast
import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_lstm.py"


def test_example_learns(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE), "--updates", "201"]
    lines = subprocess.check_output(command, cwd=tmp_path, text=True).splitlines()
    assert [int(line.split()[0]) for line in lines] == [100, 200, 201]
    first, *_, last = (float(re.findall(r"names (\d\.\d\d)", line)[0]) for line in lines)
    assert last < first < 3.3  # that of 27 letters that are all as likely
    assert re.search(r"([A-Z][a-z]+, ){4}[A-Z][a-z]+$", lines[-1])


def test_example_imports_networks_only() -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(EXAMPLE.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert {name for name in imported if not name.startswith("models.networks.")} == {"pathlib"}
