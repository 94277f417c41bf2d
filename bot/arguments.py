"""Command-line options that several commands share. argparse reports wrong values."""

import argparse
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

N = TypeVar("N", int, float)


class OptionParser(argparse.ArgumentParser):
    """A parser of options with values and of switches. Examples in the epilog keep their lines."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (those of the base class)
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def add_value(
        self,
        name: str,
        metavar: str | None,
        kind: Callable[[str], object],
        about: str,
        **options: Any,  # noqa: ANN401 (those of `add_argument`)
    ) -> None:
        """Add the option `--name` with a value, which `kind` parses."""
        self.add_argument(f"--{name}", metavar=metavar, type=kind, help=about, **options)

    def add_switch(self, name: str, about: str) -> None:
        """Add the option `--name` without a value."""
        self.add_argument(f"--{name}", action="store_true", help=about)


def number(parse: Callable[[str], N], low: float, high: float, expected: str) -> Callable[[str], N]:
    """A parser of numbers from `low` to `high`, which `parse` reads. `expected` describes them."""

    def parse_in_range(text: str) -> N:
        with suppress(ValueError):
            value = parse(text)
            if low <= value <= high:  # NaN is not
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not {expected}")

    return parse_in_range


def digits(text: str) -> int:
    """Parse a number that is written with decimal digits alone. Raises `ValueError`."""
    if not text.isdecimal():
        raise ValueError
    return int(text)


whole_number = number(digits, 0, math.inf, "a whole number from 0, for example 7")
count = number(digits, 1, math.inf, "a whole number from 1, for example 60")
width = number(digits, 1, 2_048, "a whole number from 1 to 2048, for example 60")
positive_number = number(  # neither 0 nor infinite
    float, math.ulp(0), sys.float_info.max, "a positive number, for example 2.5"
)


def weight_file(text: str) -> Path:
    """Parse the path of a weight file. The other results have its name with other suffixes."""
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(
            f"{text!r} does not end in .safetensors, for example out/names.safetensors"
        )
    return Path(text)
