"""Benchmark of inference: response times and memory.

The start is measured on a subprocess (`python -m bot --local`), the rest in this process, which
imports the bot. `--keras` adds a Keras network that predicts one character after another, as the
founding notebook did. Run with: python -m benchmarks.serving
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as bot/__main__.py does
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

import bot.serving.process  # noqa: F401 (imported for its memory)
from bot.services.word_filter import WordFilter
from bot.writing import Inference, open_inference
from models.names.generator import NamesRequest
from models.verse.poem import SonnetRequest

OPENINGS = ("", "Shall I compare thee", "O mighty lizard, ", "When I do count the clock", "🦖")

KERAS_LOOP = """
import time
import numpy as np
from models import keras_lstm
from models.weights import load_shipped
network = load_shipped("sonnets").network
model = keras_lstm.build(len(network.vocabulary), network.units, len(network.layers), 0.0, 0)
keras_lstm.assign(model, network.arrays())
window = np.zeros((1, 40), np.int64)
model.predict(window, verbose=0)
started = time.perf_counter()
for _ in range(50):
    model.predict(window, verbose=0)
print((time.perf_counter() - started) / 50)
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--poems", type=int, default=100, help="number of sonnets (default: 100)")
    parser.add_argument("--keras", action="store_true", help="compare with Keras")
    options = parser.parse_args()
    table = Table("figure", "median", "95th percentile")
    table.add_row("start to ready", f"{start_to_ready():.2f} s", "")
    asyncio.run(_serve(table, options.poems))
    if options.keras:
        table.add_row("a character of a Keras predict loop", f"{1e3 * keras_loop():.2f} ms", "")
    Console().print(table)
    loaded = sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras"})
    Console().print(f"imported of tensorflow and keras: {', '.join(loaded) or 'nothing'}")


def start_to_ready() -> float:
    """Seconds from the start of the bot until it logs "Ready"."""
    with tempfile.TemporaryDirectory() as state:
        environment = os.environ | {"STATE_DIR": state, "LOCAL_PORT": "8099", "DISCORD_TOKEN": ""}
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "--local"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None  # noqa: S101 (it is piped)
        try:
            for line in process.stderr:
                if "Ready" in line:
                    return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()
    raise RuntimeError("the bot stopped before it was ready")


async def _serve(table: Table, poems: int) -> None:
    inference = await open_inference(WordFilter().allows)
    table.add_row("memory at rest", f"{_resident():.0f} MiB", "")
    names, raptors = [], []
    for seed in range(50):
        names.append(await _timed_names(inference, NamesRequest(10, seed)))
        request = NamesRequest(10, seed, ends_with="raptor")
        raptors.append(await _timed_names(inference, request))
    first, whole, character = zip(
        *[await _timed_sonnet(inference, seed) for seed in range(poems)], strict=True
    )
    _row(table, "ten names", names)
    _row(table, "ten names that end in raptor", raptors)
    _row(table, "a sonnet's first line", first)
    _row(table, "a whole sonnet", whole)
    _row(table, "a character of a sonnet", character)
    table.add_row(f"memory after {poems} sonnets", f"{_resident():.0f} MiB", "")
    await inference.close()


async def _timed_names(inference: Inference, request: NamesRequest) -> float:
    started = time.perf_counter()
    await inference.names(request)
    return time.perf_counter() - started


async def _timed_sonnet(inference: Inference, seed: int) -> tuple[float, float, float]:
    """Seconds to the first line, to the last line, and per character."""
    opening = OPENINGS[seed % len(OPENINGS)]
    started = time.perf_counter()
    first = None
    lines: tuple[str, ...] = ()
    async for draft in inference.sonnet(SonnetRequest(opening, seed)):
        first = first or time.perf_counter() - started
        lines = draft.lines
    whole = time.perf_counter() - started
    return first or whole, whole, whole / len("\n".join(lines))


def keras_loop() -> float:
    """Seconds per character with `model.predict`, in a subprocess."""
    done = subprocess.run(  # noqa: S603 (constant arguments)
        [sys.executable, "-c", KERAS_LOOP], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])


def _row(table: Table, name: str, seconds: "list[float] | tuple[float, ...]") -> None:
    median, high = (1e3 * np.quantile(seconds, q) for q in (0.5, 0.95))
    table.add_row(name, f"{median:.2f} ms", f"{high:.2f} ms")


def _resident() -> float:
    """Resident memory of this process in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
