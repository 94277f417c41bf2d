"""Shared memory for loaded weights: several processes map them, and they exist once.

What one process has loaded and prepared consists of large arrays and of small objects. The arrays
go to an anonymous file in memory, which the other processes map too; the objects are pickled, and
are to be sent through a private pipe only: unlike loading a weight file, unpickling runs code.
"""

import mmap
import os
import pickle
import tempfile
from dataclasses import dataclass, field
from typing import Any, BinaryIO

ALIGNMENT = 64
"""Bytes to whose multiples arrays are aligned, as NumPy and BLAS like it."""


@dataclass(frozen=True, eq=False)
class SharedWeights:
    """Weights that other processes can map."""

    objects: bytes = field(repr=False)
    """Everything but the arrays, pickled."""
    extents: tuple[tuple[int, int], ...] = field(repr=False)
    """The begin and the end of each array in the file, in bytes."""
    file: BinaryIO = field(repr=False)
    """Open for as long as further processes may map it."""


def share(weights: object) -> SharedWeights:
    """Write loaded weights, with what has been computed from them, to a file in memory.

    Raises `OSError` if it cannot be written.
    """
    buffers: list[pickle.PickleBuffer] = []
    objects = pickle.dumps(weights, protocol=5, buffer_callback=buffers.append)
    file, extents, end = _file_in_memory(), [], 0
    for buffer in buffers:
        array = buffer.raw()
        begin = -(-end // ALIGNMENT) * ALIGNMENT
        end = begin + array.nbytes
        file.seek(begin)
        file.write(array)
        extents.append((begin, end))
    file.truncate(max(end, 1))  # nothing cannot be mapped
    file.flush()
    return SharedWeights(objects, tuple(extents), file)


def attach(shared: SharedWeights) -> Any:  # noqa: ANN401
    """Map shared weights. Their arrays are read-only, and keep the mapping alive."""
    return attached(shared.objects, shared.extents, shared.file.fileno())


def attached(objects: bytes, extents: tuple[tuple[int, int], ...], descriptor: int) -> Any:  # noqa: ANN401
    """Map the weights that another process has shared. The descriptor can be closed afterwards."""
    # All of it: a mapping of the same file costs no memory.
    mapped = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    arrays = [mapped[begin:end] for begin, end in extents]
    return pickle.loads(objects, buffers=arrays)  # noqa: S301 (from a private pipe)


def _file_in_memory() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("weights", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()
