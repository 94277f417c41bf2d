"""Inference: the one door to the networks."""

from bot.writing.service import (
    Inference,
    Load,
    ValidationSample,
    loaded_of,
    open_inference,
)

__all__ = ["Inference", "Load", "ValidationSample", "loaded_of", "open_inference"]
