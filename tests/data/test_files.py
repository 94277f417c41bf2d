"""Atomic file writes."""

import os
import stat
from pathlib import Path

import pytest

from data.files import write_atomically


def test_missing_folders_are_created(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "file"
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644  # others can read it
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_no_rights_are_given_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner of the folder may replace the temporary file at any time."""
    private, folder = tmp_path / "private", tmp_path / "folder"
    private.touch(0o600)
    folder.mkdir()
    flush = os.fsync

    def replaces(handle: int) -> None:
        flush(handle)
        for temporary in folder.iterdir():
            temporary.unlink()
            temporary.symlink_to(private)

    monkeypatch.setattr(os, "fsync", replaces)
    write_atomically(folder / "file", b"content")
    assert private.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [b"old", None], ids=["over an old file", "a new file"])
def test_failing_write_keeps_the_old_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    error: type[BaseException],
    old: bytes | None,
) -> None:
    def fails(*_: object) -> None:
        raise error

    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    monkeypatch.setattr(os if failing == "fsync" else Path, failing, fails)
    with pytest.raises(error):
        write_atomically(path, b"new")
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_content_and_folder_are_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder after the file, and after it got its name: else a power cut may undo that."""
    flushed: list[tuple[bool, bool]] = []
    path = tmp_path / "file"
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        flushed.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_atomically(path, b"content")
    assert flushed == [(False, False), (True, True)][: 1 + (os.name == "posix")]
