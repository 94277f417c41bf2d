"""Files: written atomically, and given to the owner of their folder."""

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path`; readers see the old file or the new one, never a part of it.

    Writes to a temporary file in the same folder, flushes it to disk, renames it and flushes the
    folder: after a power cut, too, the new file is there. Missing folders are created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            give_to_owner(handle, path.parent)
            file.write(content)
            file.flush()
            if os.name == "posix":  # mkstemp creates files that only their owner can read
                os.fchmod(handle, 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        _flush_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def create_private(path: Path) -> None:
    """Create an empty file that only its owner can read. Raises `FileExistsError`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        give_to_owner(handle, path.parent)
    finally:
        os.close(handle)


def give_to_owner(handle: int, folder: Path) -> None:
    """Give a new file that root has created to the owner of its folder, who may be another user."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = folder.stat()
        with suppress(PermissionError):  # in a container whose root lacks the right
            os.fchown(handle, owner.st_uid, owner.st_gid)


def _flush_folder(folder: Path) -> None:
    """Write the names in a folder to disk, where the system can do that for a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot, and need not
            raise
    finally:
        os.close(descriptor)
