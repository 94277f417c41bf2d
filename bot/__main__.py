"""`python -m bot`: run the bot, on Discord or on a local simulation of it."""

import os

# One core serves; more threads of the matrix library cost memory and save no time. This must be
# set before NumPy is imported; values from the environment win.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
from collections.abc import Sequence

from bot.startup import Exit

OURS = ("bot", "models", "data")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot until it is stopped. Returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        from bot.serving import serve  # here: a missing package must not be a traceback
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in OURS:
            raise
        sys.stderr.write(
            f"The package {package} is missing. Install what the bot needs: "
            "python -m pip install --require-hashes -r requirements.txt\n"
        )
        return Exit.MISSING_PACKAGE
    return serve(local=options.local)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run Mangosaurus, the Discord bot that names dinosaurs and writes sonnets. "
        "Settings come from the environment or from .env; .env.example explains each of them.",
        epilog="exit codes: "
        + ", ".join(f"{code} {code.name.lower().replace('_', ' ')}" for code in Exit)
        + ". SIGTERM and Ctrl-C let running answers finish, then exit with 0.",
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="simulate Discord on this machine, and print the address of a page to try the bot on. "
        "Needs no token and no account, and keeps its state apart, in STATE_DIR/local",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
