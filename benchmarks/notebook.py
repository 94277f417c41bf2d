"""Benchmark of the founding notebook's training: 35,000 updates on names.

Prints the loss and sample names every 2,000 updates, as the notebook does. Run with:
python -m benchmarks.notebook [FILE]
"""

import argparse
import time
from pathlib import Path

from rich.console import Console

from data.corpora import load_names, read_corpus
from models.names.notebook import NotebookTrainer


def main() -> None:
    """Train, and print the progress."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebook", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="names, one per line")
    file = parser.parse_args().file
    corpus = read_corpus(file, "names") if file else load_names()
    console = Console(highlight=False)
    started = time.perf_counter()
    for progress in NotebookTrainer(corpus).train():
        if progress.milestone:
            console.print(f"{progress.step - 1:6} {progress.loss:.6f} {' '.join(progress.samples)}")
    console.print(f"{time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
