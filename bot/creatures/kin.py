"""Kin of dinosaurs: genera that many take for dinosaurs, in `kin.toml`, and what they were."""

import tomllib
from functools import cache
from pathlib import Path

from bot.creatures.genome import folded


def is_pterosaur(name: str) -> bool:
    """Whether a name is that of a flying reptile."""
    return folded(name) in _genera("pterosaurs")


def is_marine_reptile(name: str) -> bool:
    """Whether a name is that of a reptile of the sea."""
    return folded(name) in _genera("marine_reptiles")


@cache
def _genera(kind: str) -> frozenset[str]:
    table = tomllib.loads(Path(__file__).with_name("kin.toml").read_text("utf-8"))
    return frozenset(table[kind].split())
