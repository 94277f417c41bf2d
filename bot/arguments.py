"""Types of command-line options that several commands share. argparse reports wrong values."""

import argparse
import math
from pathlib import Path


def whole_number(text: str) -> int:
    """Parse a number from 0, such as a seed."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0, for example 7")
    return int(text)


def count(text: str) -> int:
    """Parse a number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1, for example 60")
    return int(text)


def positive_number(text: str) -> float:
    """Parse a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number, for example 2.5")
    return number


def weight_file(text: str) -> Path:
    """Parse the path of a weight file. The other results have its name with other suffixes."""
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(
            f"{text!r} does not end in .safetensors, for example out/names.safetensors"
        )
    return Path(text)
