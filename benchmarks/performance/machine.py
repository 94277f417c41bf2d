"""The machine: what it is, and the rates of its matrix products in the same run."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks.performance.timing import Times

SQUARE = 1024
"""Rows and columns of the square matrices of the SGEMM."""
GEMV = (320, 1280)
"""Shape of the matrix of the GEMV: the largest one of the network, which fits into a cache."""
PACKAGES = ("numpy", "keras", "tensorflow-cpu", "tensorflow", "onnxruntime", "discord.py")


@dataclass(frozen=True)
class Rates:
    """Of this machine, with one thread, in 10⁹ operations a second; a product and a sum are two."""

    gemv: float
    sgemm: float


def works() -> dict[str, Callable[[], object]]:
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
    """The rates, from the times of `works`."""
    return Rates(
        gemv=2 * GEMV[0] * GEMV[1] / times["GEMV"].median / 1e9,
        sgemm=2 * SQUARE**3 / times["SGEMM"].median / 1e9,
    )


def facts() -> list[tuple[str, str]]:
    """What a figure depends on. Nothing names the machine."""
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
