"""What all tests share."""

import os

# Before NumPy is imported. Threads of the matrix library would wait for each other busily, as there
# are as many test processes as cores; and sums do not depend on the machine with one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("default-without-deadline", deadline=None)
settings.load_profile("default-without-deadline")

pytest_plugins = ["tests.databases"]
