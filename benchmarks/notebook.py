"""`python -m benchmarks.notebook [FILE]`: the founding notebook's training, timed.

35,000 updates on FILE, a name a line in the order of the file, or on the project's names. Shows
the loss and the names of every 2,000th, as the notebook does.
"""

import argparse
import time
from pathlib import Path

from rich.console import Console

from data.corpora import load_names, read_corpus
from models.names.notebook import NotebookTrainer


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notebook", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="such as the notebook's dinos.txt")
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
