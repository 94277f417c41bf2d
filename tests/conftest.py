"""What all tests share."""

import gc
import os

# Before NumPy is imported. Threads of the matrix library would wait for each other busily, as there
# are as many test processes as cores; and sums do not depend on the machine with one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Thousands of tests stay in memory: without this, a third of the time to collect them goes to
# looking for garbage among them.
gc.disable()

from hypothesis import settings  # noqa: E402

# How long an example takes says more of the machine than of the code. Half of the usual examples
# keep all tests within a few minutes; where more are needed, the test says so.
settings.register_profile("mangosaurus", deadline=None, max_examples=50)
settings.load_profile("mangosaurus")

pytest_plugins = ["tests.databases"]


def pytest_collection_finish() -> None:
    """Collect garbage again, but not among what was collected above."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
