"""Keras, which the tests of some trainers need. They are skipped without it, unless none may be."""

import importlib.util
import os
import sys
from types import ModuleType

IS_SKIPPED = (
    not all(map(importlib.util.find_spec, ("keras", "tensorflow")))
    and os.environ.get("MANGOSAURUS_NO_SKIP") != "1"
)
REASON = "needs Keras: install requirements-train.txt"


def lazily(name: str) -> ModuleType:
    """A module that needs Keras, which is imported when something of it is used.

    All test processes collect all tests, but one of them runs these: importing Keras takes three
    seconds and 400 MB.
    """
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
