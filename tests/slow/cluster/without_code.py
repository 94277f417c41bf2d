"""A preload of `dask worker`: makes it a worker that has none of the bot's code."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]

for name in [name for name in sys.modules if name.partition(".")[0] in ("bot", "models", "data")]:
    del sys.modules[name]
sys.path[:] = [path for path in sys.path if Path(path).resolve() != CHECKOUT]
