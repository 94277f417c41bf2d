"""Whole texts in this process: names, lines, poems, batches of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from bot.words import WordFilter
from models.names.generator import NamesRequest
from models.tasks import task_of
from models.verse.poem import SonnetRequest
from models.weights import Trained
from tools.performance.timing import Times

TEN = 10


@dataclass(frozen=True)
class Written:
    """Texts of one kind."""

    times: Times
    """Times of one text."""
    characters: float
    """Characters of one text, on average."""


class TaskWriter:
    """One task with its shipped weights, and the word filter of the bot."""

    def __init__(self, task: str) -> None:
        self._generator = task_of(task).generator
        self._trained: Trained = task_of(task).load_shipped()
        task_of(task).prepare(self._trained)
        self._accept = WordFilter().allows

    def write(self, requests: Sequence[Any], *, steps: int | None = None) -> list[Any]:
        """The drafts after some steps, or when all are finished. They share batches."""
        drafts = [self._generator.begin(self._trained, each) for each in requests]
        left = [*range(len(drafts))]
        for step in count():
            if not left or step == steps:
                return drafts
            accepts = [self._accept] * len(left)
            longer = self._generator.extend(self._trained, [drafts[k] for k in left], accepts)
            for k, draft in zip(left, longer, strict=True):
                drafts[k] = draft
            left = [k for k in left if not drafts[k].finished]
        raise AssertionError


def measure(write: Callable[[TaskWriter, int], str], writer: TaskWriter, texts: int) -> Written:
    """Write texts with the seeds 1, 2, …, after one that fills caches."""
    write(writer, 0)
    wall, cpu, characters = [], [], 0
    for seed in range(1, texts + 1):
        began, began_cpu = time.perf_counter(), time.process_time()
        text = write(writer, seed)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
        characters += len(text)
    return Written(Times(wall, cpu), characters / texts)


def ten_names(writer: TaskWriter, seed: int) -> str:
    """Ten names."""
    (draft,) = writer.write([NamesRequest(TEN, seed)])
    return "\n".join(draft.result.names)


def first_lines(writer: TaskWriter, seed: int) -> str:
    """The first two lines of a sonnet, which are chosen together."""
    (draft,) = writer.write([SonnetRequest(seed=seed)], steps=2)
    return "\n".join(draft.lines)


def sonnet(writer: TaskWriter, seed: int) -> str:
    """A sonnet."""
    (draft,) = writer.write([SonnetRequest(seed=seed)])
    return "\n".join(draft.lines)


def per_second(writer: TaskWriter, requests: Sequence[Any]) -> float:
    """Texts a second of CPU time, when they share batches."""
    began = time.process_time()
    writer.write(requests)
    return len(requests) / (time.process_time() - began)
