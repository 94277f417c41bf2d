"""Memory that loaded models take."""

import ctypes
import mmap
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from typing import BinaryIO
from weakref import WeakSet

import numpy as np


def resident_bytes(value: object) -> int:
    """Bytes of all arrays, texts and collections that a dataclass refers to, each counted once.

    Also counts what its cached properties have computed so far. Of an array that is a view, it
    counts the whole memory that the view keeps alive.
    """
    size, seen, waiting = 0, set[int](), [value]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, np.ndarray):
            if not isinstance(item.base, np.ndarray):  # mapped from a file, or its own
                size += item.nbytes
            else:
                waiting.append(item.base)
        elif isinstance(item, str | bytes | bytearray):
            size += sys.getsizeof(item)
        elif isinstance(item, dict):
            size += sys.getsizeof(item)
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, tuple | list | set | frozenset):
            size += sys.getsizeof(item)
            waiting += item
        elif is_dataclass(item) and not isinstance(item, type):
            waiting += vars(item).values()
    return size


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Parameters of glibc's mallopt."""
MAX_ARENAS = 2
LARGE = 2**20
"""Bytes from which an array goes back to the system as soon as it is freed."""
LARGE_IN_TURNS, KEPT_BETWEEN_TURNS = 4 * 2**20, 16 * 2**20
"""The limit while texts are written, and freed bytes that are kept. The next turn takes them."""


def limit_arenas() -> None:
    """Let all threads allocate from the same few areas of memory, without large arrays.

    By default each thread gets its own, which keeps what it has freed: loading models in changing
    threads took 60 MiB more. And by default the first large arrays that are freed raise the size
    from which others are kept out of these areas: after some answers that took 15 MiB more. Call it
    before the first thread starts.
    """
    _set({_M_ARENA_MAX: MAX_ARENAS, _M_MMAP_THRESHOLD: LARGE})


def keep_freed_memory() -> None:
    """Keep the memory of a turn, or of an update of a training, for the next one.

    After `limit_arenas`, and by default in a process that has freed little, all of it goes back to
    the system, which clears it when it is taken again: 30,000 page faults for a line of 16 poems,
    half of their time; a third of that of learning a list of names.
    """
    _set({_M_MMAP_THRESHOLD: LARGE_IN_TURNS, _M_TRIM_THRESHOLD: KEPT_BETWEEN_TURNS})


def _set(parameters: Mapping[int, int]) -> None:
    with suppress(AttributeError, OSError, TypeError):  # another C library
        library = ctypes.CDLL(None)
        for parameter, value in parameters.items():
            library.mallopt(parameter, value)


_maps: WeakSet[mmap.mmap] = WeakSet()


def map_file(file: BinaryIO) -> mmap.mmap | bytes:
    """The content of a file, whose pages take memory from when they are read.

    For files that are replaced but never changed. A file that cannot be mapped is read.
    """
    try:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # not on this file system, or it is empty
        return file.read()
    _maps.add(mapped)
    return mapped


def return_free_memory() -> None:
    """Give memory back to the system: what was freed, such as that of loading a model, since glibc
    keeps it; and the pages of mapped files, which come back when they are read again."""
    if hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
        for mapped in [*_maps]:
            mapped.madvise(mmap.MADV_DONTNEED)
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
