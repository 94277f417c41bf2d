"""Inference: the one door to the networks."""

from bot.writing.service import Caller, Inference, Load, ValidationSample, loaded_of, open_inference

__all__ = ["Caller", "Inference", "Load", "ValidationSample", "loaded_of", "open_inference"]
