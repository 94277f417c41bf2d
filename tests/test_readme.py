"""The README promises what the project keeps."""

import re
from pathlib import Path

import pytest

from models.weights import load_shipped

CHECKOUT = Path(__file__).parents[1]
README = (CHECKOUT / "README.md").read_text()


@pytest.mark.parametrize("kind", ["names", "sonnets"])
def test_figures(kind: str) -> None:
    row = re.search(rf"^\| {kind} .*?\| ([\d.]+) \|", README, re.MULTILINE)
    assert row is not None
    assert row[1] == f"{load_shipped(kind).card.held_out:.3f}"


def test_linked_files_exist() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []


def test_training_commands() -> None:
    modules = set(re.findall(r"python -m (bot[.\w]*)", README))
    paths = {module: CHECKOUT.joinpath(*module.split(".")) for module in modules}
    assert {"bot", "bot.train", "bot.generate", "bot.evaluate"} <= modules
    assert all(path.with_suffix(".py").exists() or path.is_dir() for path in paths.values())
