"""Conditions for being ready."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for being ready."""

    passes: bool
    detail: str
    """What was found, for the operator."""
