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

# How long an example takes says more of the machine than of the code.
settings.register_profile("default-without-deadline", deadline=None)
settings.load_profile("default-without-deadline")

pytest_plugins = ["tests.databases"]


def pytest_collection_finish() -> None:
    """Collect garbage again, but not among what was collected above."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


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
