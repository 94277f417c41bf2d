"""Inference: the one door to the networks."""

from bot.services.inference.service import (
    Inference,
    Load,
    ValidationSample,
    loaded_of,
    open_inference,
)

__all__ = ["Inference", "Load", "ValidationSample", "loaded_of", "open_inference"]
