"""Memory that loaded models take."""

import ctypes
import sys
from contextlib import suppress
from dataclasses import is_dataclass

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


_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""Parameters of glibc's mallopt."""
MAX_ARENAS = 2
LARGE = 2**20
"""Bytes from which an array goes back to the system as soon as it is freed."""


def limit_arenas() -> None:
    """Let all threads allocate from the same few areas of memory, without large arrays.

    By default each thread gets its own, which keeps what it has freed: loading models in changing
    threads took 60 MiB more. And by default the first large arrays that are freed raise the size
    from which others are kept out of these areas: after some answers that took 15 MiB more. Call it
    before the first thread starts.
    """
    with suppress(AttributeError, OSError, TypeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, MAX_ARENAS)
        library.mallopt(_M_MMAP_THRESHOLD, LARGE)


def return_free_memory() -> None:
    """Give freed memory, such as that of loading a model, back to the system: glibc keeps it."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
