"""The version of the bot."""

import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def checkout_version() -> str:
    """The version in `pyproject.toml`, as in 0.6.0."""
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])
