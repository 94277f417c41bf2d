"""Memory of this process."""

import os
import sys
from pathlib import Path


def resident_bytes() -> int:
    """Resident memory; on systems without `/proc` the largest so far, or 0 if unknown.

    `/proc` is kernel memory: reading it waits for no disk.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return _peak_bytes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak_bytes() -> int:
    try:
        import resource  # missing on Windows
    except ImportError:
        return 0
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024
