"""The file of a backup: a zip archive with a manifest that has the SHA-256 of each part.

    manifest.json             revision of the schema, rows by table, last ids, digests
    tables/<table>.jsonl      a row on each line: an object of values by column
    bytes/<table>/<n>/<column>   a binary value of row n (from 0)

Times are ISO 8601 in UTC. The parts do not depend on the database that they come from.
"""

import glob
import hashlib
import json
import lzma
import os
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Self

from data.files import give_to_owner

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 256 * 2**20
LONGEST_LINE = 64 * 2**20
"""Bytes of a row; of a binary value as well."""
HIGHEST_NUMBER = 2**62 + 2**61
"""Highest number of a row or an id. Slack's ids begin at 2**62; the databases count to 2**63."""
PARTIAL = ".partial"
"""Ends the name of a file that is being written."""
YOUNG_S = 60.0
"""Seconds for which a file that is not locked may be one that is about to be."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The modification time of each part, which says nothing."""


class ArchiveError(Exception):
    """A backup cannot be written or read. The message is a sentence for the operator."""


@dataclass(frozen=True)
class Part:
    """Size and digest of a part."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Contents of a backup."""

    revision: str
    """The revision of the schema."""
    created_at: str
    version: str
    """The version of the bot that wrote the backup."""
    rows: Mapping[str, int]
    """Number of rows by table."""
    last_ids: Mapping[str, int]
    """The last id that was assigned, by table."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    format: int = FORMAT


class ArchiveWriter:
    """Writes a backup to a temporary neighbor, and renames it when it is complete."""

    def __init__(self, path: Path) -> None:
        """Raises `ArchiveError` if no file can be written there, as do the methods."""
        self._path = path
        self._parts: dict[str, Part] = {}
        with self._writable():
            remove_partial(path.parent, glob.escape(path.name))
            # Readable by its owner only: it has what the database has.
            handle, name = tempfile.mkstemp(PARTIAL, f".{path.name}.", path.parent)
            give_to_owner(handle, path.parent)
        self._temporary = Path(name)
        self._file = os.fdopen(handle, "wb")
        _lock(self._file)
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was written unless `finish` was reached."""
        with suppress(OSError):
            self._zip.close()
        with suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    @contextmanager
    def part(self, name: str, *, compressed: bool = True) -> Iterator[Callable[[bytes], None]]:
        """A function that appends to a new part; one part at a time."""
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        digest, size = hashlib.sha256(), 0

        def write(content: bytes) -> None:
            nonlocal size
            with self._writable():
                stream.write(content)
            digest.update(content)
            size += len(content)

        stream = self._zip.open(entry, "w", force_zip64=True)
        try:
            yield write
        finally:
            with self._writable():
                stream.close()
        self._parts[name] = Part(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Add the manifest, flush everything to disk and give the file its name.

        Returns the manifest with the parts.
        """
        complete = replace(manifest, parts=dict(self._parts))
        described = json.dumps(asdict(complete), indent=1)
        with self._writable():
            self._zip.writestr(zipfile.ZipInfo(MANIFEST, EPOCH), described)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._temporary.replace(self._path)
            _sync_folder(self._path.parent)
        return complete

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """Turn the errors of a file that cannot be written into `ArchiveError`."""
        try:
            yield
        except OSError as error:
            raise ArchiveError(
                f"The backup can't be written to {self._path} ({error.strerror or error}). Name a "
                "file in a folder that this user can write to, on a disk with space."
            ) from error


class ArchiveReader:
    """Reads a backup."""

    def __init__(self, path: Path) -> None:
        """Raises `ArchiveError` for another kind of file, as do the methods."""
        self._name = path.name
        with self._readable():
            self._zip = zipfile.ZipFile(path)
            self.manifest = self._read_manifest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def verify(self) -> None:
        """Compare every part with its digest. Raises `ArchiveError`."""
        present = set(self._zip.namelist()) - {MANIFEST}
        if missing := sorted(set(self.manifest.parts) ^ present):
            raise ArchiveError(f"{self._name} is damaged: {missing[0]} is missing or not listed.")
        for name, part in self.manifest.parts.items():
            with self._readable(), self._zip.open(name) as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
                size = self._zip.getinfo(name).file_size
            if Part(size, digest) != part:
                raise ArchiveError(f"{self._name} is damaged: {name} differs from its digest.")

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a part."""
        with self._readable(), self._zip.open(name) as stream:
            while line := stream.readline(LONGEST_LINE):
                yield line

    def read(self, name: str) -> bytes:
        """A part of at most `LONGEST_LINE` bytes."""
        with self._readable():
            if self._zip.getinfo(name).file_size > LONGEST_LINE:
                raise ArchiveError(f"{self._name}: {name} is larger than {LONGEST_LINE} bytes.")
            return self._zip.read(name)

    def _read_manifest(self) -> Manifest:
        if self._zip.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise ArchiveError(f"{self._name} is not a backup of Mangosaurus.")
        described = json.loads(self._zip.read(MANIFEST))
        if described["format"] != FORMAT:
            raise ArchiveError(
                f"{self._name} was written by another version of Mangosaurus "
                f"({described['version']}). Restore it with that version."
            )
        parts = {name: Part(**part) for name, part in described["parts"].items()}
        numbers = [*described["rows"].values(), *described["last_ids"].values()]
        if not all(isinstance(number, int) and 0 <= number <= HIGHEST_NUMBER for number in numbers):
            raise TypeError
        if not isinstance(described["revision"], str):
            raise TypeError
        return Manifest(**described | {"parts": parts})

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn the errors of a file that is no backup, or is damaged, into `ArchiveError`."""
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
            raise ArchiveError(f"{self._name} is damaged, or not a backup: {error}.") from error
        except OSError as error:
            raise ArchiveError(
                f"{self._name} can't be read ({error.strerror or error})."
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ArchiveError(f"{self._name} is not a backup of Mangosaurus.") from error


def remove_partial(folder: Path, name: str) -> None:
    """Remove what backups have left that were killed; `name` is the pattern of their files."""
    for left in folder.glob(f".{name}.*{PARTIAL}"):
        if left.is_symlink() or not left.is_file():  # opening a pipe would wait for ever
            continue
        with suppress(OSError), left.open("rb") as file:
            if time.time() - left.stat().st_mtime >= YOUNG_S and _lock(file):
                left.unlink()


def _lock(file: BinaryIO) -> bool:
    """Lock a file until it is closed. Returns false if another process has locked it.

    Windows has no such locks, but does not let a file be removed that is open.
    """
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Flush a rename to disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
