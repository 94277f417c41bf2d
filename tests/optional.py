"""What some tests need that is not everywhere: packages, programs, a database, the network.

They are skipped without it, or fail if `MANGOSAURUS_NO_SKIP` is 1, as where everything is there.
"""

import importlib.util
import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

from data.errors import CorpusError

T = TypeVar("T")


def skip_without(*packages: str, requirements: str) -> None:
    """Skip all tests of the calling file if a package is missing. Imports none of them.

    All test processes collect all tests: importing scikit-learn in each takes a second.
    """
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    if absent:
        reason = f"needs {' and '.join(absent)}: install {requirements}"
        pytest.skip(reason, allow_module_level=True)


def missing(reason: str) -> NoReturn:
    """Skip the running test, or let it fail."""
    if os.environ.get("MANGOSAURUS_NO_SKIP") == "1":
        pytest.fail(f"{reason}, and MANGOSAURUS_NO_SKIP=1 forbids skipping")
    pytest.skip(reason)


def downloaded(load: Callable[[], T]) -> T:
    """What `load` returns, unless it cannot be downloaded."""
    try:
        return load()
    except CorpusError as error:
        missing(str(error))
