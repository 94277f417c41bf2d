"""Inference: the one door to the networks."""

from bot.services.inference.service import (
    Inference,
    Load,
    ValidationSample,
    open_inference,
    prepared,
)

__all__ = ["Inference", "Load", "ValidationSample", "open_inference", "prepared"]
