"""Keras, which the tests of some trainers need. They are skipped without it, unless none may be."""

import importlib.util
import os

IS_SKIPPED = (
    not all(map(importlib.util.find_spec, ("keras", "tensorflow")))
    and os.environ.get("MANGOSAURUS_NO_SKIP") != "1"
)
REASON = "needs Keras: install requirements-train.txt"
