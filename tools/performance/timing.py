"""Times of several pieces of work in turn, and the machine: its rates of matrix products."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

MOST_CALLS = 100_000
"""Most calls in one repetition."""
SQUARE = 1024
"""Rows and columns of the square matrices of the SGEMM."""
GEMV = (320, 1280)
"""Shape of the matrix of the GEMV: the largest one of the network, which fits into a cache."""
PACKAGES = ("numpy", "keras", "tensorflow-cpu", "tensorflow", "discord.py")


@dataclass(frozen=True)
class Times:
    """Seconds of one call, in each repetition."""

    wall: Sequence[float]
    cpu: Sequence[float]
    """CPU time of all threads of the process."""

    @property
    def median(self) -> float:
        """Median wall time."""
        return float(np.median(self.wall))

    @property
    def cpu_median(self) -> float:
        """Median CPU time of all threads."""
        return float(np.median(self.cpu))

    @property
    def spread(self) -> float:
        """Half of the distance between the quartiles, as a share of the median."""
        low, high = np.quantile(self.wall, (0.25, 0.75))
        return float((high - low) / 2 / self.median) if self.median else 0.0


def in_turn(
    functions: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, Times]:
    """Repeat each piece of work for some seconds in each round, one after the other.

    So what slows the machine down for a while slows all of them down. Each is called once before,
    which fills caches and tells how many calls fit into the seconds.
    """
    calls = {name: _calls_in(work, seconds) for name, work in functions.items()}
    wall: dict[str, list[float]] = {name: [] for name in functions}
    cpu: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, work in functions.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            for _ in range(calls[name]):
                work()
            wall[name].append((time.perf_counter() - began) / calls[name])
            cpu[name].append((time.process_time() - began_cpu) / calls[name])
    return {name: Times(wall[name], cpu[name]) for name in functions}


def _calls_in(work: Callable[[], object], seconds: float) -> int:
    work()
    began = time.perf_counter()
    work()
    once = max(time.perf_counter() - began, 1e-9)
    return min(max(1, int(seconds / once)), MOST_CALLS)


def human_time(seconds: float) -> str:
    """A time with three digits and a fitting unit.

    >>> human_time(0.0712), human_time(4.1e-5), human_time(3.456)
    ('71.2 ms', '41.0 µs', '3.46 s')
    """
    units = {1.0: "s", 1e-3: "ms", 1e-6: "µs"}
    scale = next((each for each in units if seconds >= each), 1e-6)
    value = seconds / scale
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{digits}f} {units[scale]}"


def ratio(times: float) -> str:
    """A ratio with two digits at least.

    >>> ratio(1543.2), ratio(23.4), ratio(1.234)
    ('1543 ×', '23.4 ×', '1.23 ×')
    """
    digits = 0 if times >= 100 else 1 if times >= 10 else 2
    return f"{times:.{digits}f} ×"


@dataclass(frozen=True)
class Rates:
    """Rates of this machine with one thread, in 10⁹ operations a second; a product and a sum are
    two."""

    gemv: float
    sgemm: float


def products() -> dict[str, Callable[[], object]]:
    """The products whose times tell the rates."""
    random = np.random.default_rng(0)
    square = random.standard_normal((SQUARE, SQUARE), np.float32)
    matrix, vector = (random.standard_normal(s, np.float32) for s in (GEMV, (1, GEMV[0])))
    out, row = np.empty_like(square), np.empty((1, GEMV[1]), np.float32)
    return {
        "GEMV": lambda: np.matmul(vector, matrix, out=row),
        "SGEMM": lambda: np.matmul(square, square, out=out),
    }


def rates(times: dict[str, Times]) -> Rates:
    """The rates, from the times of `products`."""
    return Rates(
        gemv=2 * GEMV[0] * GEMV[1] / times["GEMV"].median / 1e9,
        sgemm=2 * SQUARE**3 / times["SGEMM"].median / 1e9,
    )


def circumstances() -> list[tuple[str, str]]:
    """Facts that a figure depends on. Nothing names the machine."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("system", f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"),
        ("matrix library", f"{blas['name']} {blas['version']}, {_threads()}"),
        ("packages", ", ".join(found)),
    ]


def _threads() -> str:
    return "one thread" if os.environ.get("OPENBLAS_NUM_THREADS") == "1" else "its own threads"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
