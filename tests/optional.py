"""Optional packages that some tests need, which are skipped without them."""

import importlib.util

import pytest


def skip_without(*packages: str, requirements: str) -> None:
    """Skip all tests of the calling file if a package is missing. Imports none of them.

    All test processes collect all tests: importing scikit-learn in each takes a second.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"needs {' and '.join(missing)}: install {requirements}"
        pytest.skip(reason, allow_module_level=True)
