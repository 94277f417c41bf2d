"""What several commands take as the value of an option. Wrong ones are told of by argparse."""

import argparse


def whole_number(text: str) -> int:
    """A number from 0, such as a seed."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0, for example 7")
    return int(text)


def count(text: str) -> int:
    """A number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1, for example 60")
    return int(text)
