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


def test_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a long old content")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_file_is_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"content")
    assert path.stat().st_mode & 0o777 == 0o644


def no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("old", [b"old", None], ids=["over an old file", "a new file"])
def test_failing_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, old: bytes | None
) -> None:
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    monkeypatch.setattr(os if failing == "fsync" else Path, failing, no_space)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_interrupted_write_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


def test_content_is_flushed_before_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    seen: list[bool] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        seen.append(path.exists())

    monkeypatch.setattr(os, "fsync", watched)
    write_atomically(path, b"content")
    assert not seen[0]


@pytest.mark.skipif(os.name != "posix", reason="folders cannot be flushed there")
def test_folder_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the file, and after it got its name: else a power cut may undo that."""
    flushed: list[tuple[bool, bool]] = []
    path = tmp_path / "file"
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        flushed.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    write_atomically(path, b"content")
    assert flushed == [(False, False), (True, True)]
