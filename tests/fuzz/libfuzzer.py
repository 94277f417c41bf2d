"""Runs one target under libFuzzer until it ends the process: `-m tests.fuzz.libfuzzer TARGET …`."""

import sys

import atheris

with atheris.instrument_imports(include=["data", "models", "bot"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name].run)
    atheris.Fuzz()
