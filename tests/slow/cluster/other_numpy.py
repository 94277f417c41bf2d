"""A preload of `dask worker`: makes it a worker with another version of NumPy."""

from importlib import metadata
from types import SimpleNamespace

from bot.writing import installation

vars(installation)["metadata"] = SimpleNamespace(
    version=lambda name: "1.0.0" if name == "numpy" else metadata.version(name)
)
