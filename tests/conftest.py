"""What all tests share, and in which order they run."""

import gc
import os

# Before NumPy is imported. Threads of the matrix library would wait for each other busily, as there
# are as many test processes as cores; and sums do not depend on the machine with one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Seven thousand tests stay in memory: without this, a third of the time to collect them goes to
# looking for garbage among them.
gc.disable()

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402
from xdist.scheduler import LoadFileScheduling  # noqa: E402

# How long an example takes says more of the machine than of the code.
settings.register_profile("default-without-deadline", deadline=None)
settings.load_profile("default-without-deadline")

pytest_plugins = ["tests.databases"]

FIRST = (
    "tests/end_to_end/test_soak.py",
    "tests/models/training/test_keras_lstm.py",
    "tests/end_to_end/test_resume.py",
    "tests/end_to_end/",
    "tests/bot/test_main.py",
    "tests/slow/cluster/",
    "tests/test_deploy.py",
    "tests/bot/evaluation/",
    "tests/bot/operations/",
    "tests/test_house.py",
    "tests/test_toy_task.py",
    "tests/bot/commands/",
)
"""Paths of the tests that take longest. They start first, so that no process waits for another that
has just begun with one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""

    def rank(item: pytest.Item) -> int:
        return next((k for k, path in enumerate(FIRST) if item.nodeid.startswith(path)), len(FIRST))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Collect garbage again, but not among what was collected above."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


class Together(LoadFileScheduling):  # type: ignore[misc]
    """Distribution of files to processes, in which those that need Keras go to the same one.

    Its import and the first training in a process take memory and time. So do a Dask cluster, and
    the packages of evaluation.
    """

    def _split_scope(self, nodeid: str) -> str:
        path: str = super()._split_scope(nodeid)
        return next((name for name, files in TOGETHER.items() if path.startswith(files)), path)


TOGETHER = {
    "Cluster": ("tests/slow/cluster/",),
    "Evaluation": ("tests/bot/evaluation/",),
    "Keras": (
        "tests/bot/train/test_command.py",
        "tests/models/training/test_keras_lstm.py",
        "tests/models/training/test_keras_word_lstm.py",
        "tests/models/training/test_words_and_characters.py",
        "tests/models/verse/test_recipes.py",
    ),
}
"""Files, and folders, of tests that run in the same process."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """The scheduler of `--dist loadfile`."""
    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_make_parametrize_id(val: object) -> str | None:
    """Parameters in ASCII, without the backslashes that pytest would escape them with.

    mutmut and shells misread those.
    """
    if not isinstance(val, str | bytes):
        return None
    text = val if isinstance(val, str) else val.decode("latin-1")
    plain = "".join(c if c in _PLAIN else f"U+{ord(c):04X}" for c in text)
    return None if plain == text else plain


_PLAIN = frozenset(map(chr, range(32, 127))) - {"\\"}
