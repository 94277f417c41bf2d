"""Backups: both databases into both, under concurrent writes, of other versions, damaged."""

import asyncio
import json
import os
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from bot.operate.archive import YOUNG_S, ArchiveError, ArchiveReader, ArchiveWriter, Manifest
from bot.operate.backup import read_archive, write_archive
from bot.store import Database, Store, migrations
from bot.store.backup import NOT_BACKED_UP, RestoreError, snapshot
from bot.store.identities import Identities
from bot.store.schema import (
    Base,
    Candidate,
    Community,
    OutboxRow,
    Poem,
    Poll,
    WinnerAnswer,
)
from tests.bot.operate.random_rows import fill_randomly
from tests.bot.store.test_database import SQLITE

ACROSS = pytest.mark.parametrize(
    ("database", "empty_database"), [("sqlite", "postgres"), ("postgres", "sqlite")], indirect=True
)
"""For what depends on either database, but not on both: each is the source and the target once."""
DAMAGED = r"damaged|not a backup"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a backup has, by key."""
    found = {}
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in NOT_BACKED_UP:
                continue
            rows = await session.execute(table.select().order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found


async def restored(path: Path, database: Database, *, replace: bool = False) -> dict[str, int]:
    with ArchiveReader(path) as archive:
        archive.verify()
        return await read_archive(database, archive, replace=replace)


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a zip archive with another content of one part."""
    changed = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content) if name == part else content)
    return changed


def archive_of(path: Path, tables: dict[str, bytes]) -> Path:
    """A backup with these lines, by table."""
    with ArchiveWriter(path) as writer:
        for name, line in tables.items():
            with writer.part(f"tables/{name}.jsonl") as write:
                write(line)
        rows = {name: line.count(b"\n") + 1 for name, line in tables.items()}
        writer.finish(Manifest(migrations.newest(), "", "0", rows, {}))
    return path


async def test_every_row_survives(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    """From either database into either."""
    await fill_randomly(database, 1)
    before = await contents(database)
    assert all(before.values())
    manifest = await write_archive(database, tmp_path / "backup.zip")
    counts = await restored(tmp_path / "backup.zip", empty_database)
    assert await contents(empty_database) == before
    assert counts == manifest.rows == {name: len(rows) for name, rows in before.items()}
    again = await write_archive(empty_database, tmp_path / "again.zip")
    assert again.parts == manifest.parts
    assert again.last_ids == manifest.last_ids


@ACROSS
async def test_consistent_under_writes(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    """Each transaction adds two rows in different tables; a backup has both or neither."""
    other = Database(database.url)
    stop = asyncio.Event()
    written = 0

    async def write() -> None:
        nonlocal written
        while not stop.is_set():
            async with other.writing() as session:
                written += 1
                session.add(Community(id=written))
                session.add(poll_of(written))
                await session.flush()
                session.add(Candidate(poll_id=written, position=0, name="Mangosaurus"))

    writing = asyncio.create_task(write())
    sizes = []
    for number in range(4):
        while written < number + 2:  # noqa: ASYNC110 (another task writes)
            await asyncio.sleep(0.01)
        path = tmp_path / f"{number}.zip"
        counts = dict((await write_archive(database, path)).rows)
        assert counts["communities"] == counts["polls"] == counts["candidates"]
        sizes.append(counts["polls"])
    stop.set()
    await writing
    await other.close()
    assert sizes == sorted(sizes)
    assert written >= sizes[-1] > 0
    await restored(tmp_path / "3.zip", empty_database)
    source, copy = await contents(database), await contents(empty_database)
    for name in ("communities", "polls", "candidates"):
        assert copy[name] == [row for row in source[name] if row[0] <= sizes[-1]]


def poll_of(number: int) -> Poll:
    return Poll(id=number, community_id=number, channel_id=1, opened_at=NOW, closes_at=NOW)


@ACROSS
async def test_unfinished_messages(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    """They go into the outbox again, only to be edited: they may have been sent since."""
    async with database.writing() as session:
        session.add_all(map(poll_of, (1, 2, 3)))
        await session.flush()
        session.add_all(
            WinnerAnswer(channel_id=8, message_id=n, poll_id=1, community_id=1, is_outdated=n == 5)
            for n in (5, 6)
        )
        await session.execute(update(Poll).where(Poll.id > 1).values(closed_at=NOW))
        await session.execute(update(Poll).where(Poll.id > 2).values(announced_at=NOW))
        session.add(OutboxRow(kind="daily", subject_id=1, channel_id=1, due_at=NOW, until=NOW))
    await write_archive(database, tmp_path / "backup.zip")
    await restored(tmp_path / "backup.zip", empty_database)
    async with empty_database.reading() as session:
        rows = [*await session.scalars(select(OutboxRow))]
    found = {(row.kind, row.subject_id, row.channel_id) for row in rows}
    assert found == {("result", 2, 1), ("answer", 5, 8)}
    assert all(row.until <= datetime.now(UTC) for row in rows)


@ACROSS
async def test_ids_go_on(database: Database, empty_database: Database, tmp_path: Path) -> None:
    """The id of a deleted row is not assigned again."""
    store = Store(database)
    async with database.writing() as session:
        poems = [Poem(member_id=1, message_id=n, title="", text="", kept_at=NOW) for n in (1, 2)]
        session.add_all(poems)
        await session.flush()
        highest = max(poem.id for poem in poems)
        await session.execute(text("DELETE FROM poems"))
    await store[Identities].resolve("slack", "community", "T1", "T1")
    known = await store[Identities].resolve("slack", "user", "T1", "U1")
    await write_archive(database, tmp_path / "backup.zip")
    await restored(tmp_path / "backup.zip", empty_database)
    restored_store = Store(empty_database)
    assert await restored_store[Identities].resolve("slack", "user", "T1", "U1") == known
    new = await restored_store[Identities].resolve("slack", "user", "T1", "U2")
    assert new == known + 1
    async with empty_database.writing() as session:
        poem = Poem(member_id=1, message_id=3, title="", text="", kept_at=NOW)
        session.add(poem)
        await session.flush()
        assert poem.id == highest + 1


@ACROSS
async def test_filled_database_is_kept(
    database: Database, empty_database: Database, tmp_path: Path
) -> None:
    await fill_randomly(database, 4)
    await write_archive(database, tmp_path / "backup.zip")
    await empty_database.migrate()
    await fill_randomly(empty_database, 5)
    before = await contents(empty_database)
    with pytest.raises(RestoreError, match=r"already has data \(in .*communities.*--replace"):
        await restored(tmp_path / "backup.zip", empty_database)
    assert await contents(empty_database) == before
    await restored(tmp_path / "backup.zip", empty_database, replace=True)
    assert await contents(empty_database) == await contents(database)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"revision": "9999", "version": "7.0"}, r"newer version .*\(7\.0, schema 9999"),
        ({"revision": "0006", "version": "0.6.0"}, r"version 0\.6\.0 .*with version 0\.7\.0"),
        ({"format": 2}, "another version of Mangosaurus"),
        ({"rows": ["polls"]}, "is not a backup of Mangosaurus"),
        ({"rows": {"polls": "1"}}, "is not a backup of Mangosaurus"),
        ({"last_ids": {"poems": 2**63 - 1}}, "is not a backup of Mangosaurus"),
        ({"revision": 7}, "is not a backup of Mangosaurus"),
        ({"x": 1}, "is not a backup of Mangosaurus"),
    ],
)
@SQLITE
async def test_manifest_of_no_known_backup(
    database: Database, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    await write_archive(database, tmp_path / "backup.zip")
    changed = rewritten(
        tmp_path / "backup.zip",
        "manifest.json",
        lambda content: json.dumps(json.loads(content) | changes).encode(),
    )
    with pytest.raises(ArchiveError, match=sentence):
        await restored(changed, database)


@pytest.mark.parametrize(
    ("tables", "sentence"),
    [
        ({"nobodys": b'{"id": 1}'}, "there is no table nobodys"),
        ({"alembic_version": b'{"version_num": "x"}'}, "there is no table alembic_version"),
        ({"unfinished_answers": b'{"id": 1}'}, "there is no table unfinished_answers"),
        ({"communities": b'{"id": 1, "more": 2}'}, "row 1 of communities has other columns"),
        ({"communities": b'{"id": 1}\n{}'}, "row 2 of communities has other columns"),
        ({"communities": b'{"id": "one"}'}, "row 1 of communities has an impossible id"),
        ({"communities": b'{"id": [1]}'}, "an impossible id"),
        ({"communities": b'{"id": 9223372036854775808}'}, "an impossible id"),
        ({"communities": b'{"id": 1, "blocked_words": "\\ud800"}'}, "impossible blocked_words"),
        ({"communities": b'{"id": 1, "vote_minutes": 1e99}'}, "impossible vote_minutes"),
        (
            {"polls": b'{"id": 1, "opened_at": "noon"}'},
            "row 1 of polls has an impossible opened_at",
        ),
        ({"communities": b'{"id": null}'}, "is inconsistent: "),
        ({"communities": b"[" * 100_000}, "is not a JSON object"),
        ({"communities": b""}, "has 0 rows of communities, and should have 1"),
        # After the old rows were deleted and others inserted.
        ({"communities": b'{"id": 1}', "votes": b"no JSON"}, "Row 1 of votes is not a JSON object"),
    ],
)
async def test_tampered_rows(
    database: Database, tmp_path: Path, tables: dict[str, bytes], sentence: str
) -> None:
    """Whose digests are right. Nothing is changed."""
    bad = archive_of(tmp_path / "bad.zip", tables)
    await fill_randomly(database, 7)
    before = await contents(database)
    with pytest.raises((ArchiveError, RestoreError), match=sentence):
        await restored(bad, database, replace=True)
    assert await contents(database) == before


@pytest.mark.parametrize("part", ["tables/nobodys.jsonl", "bytes/nobodys/0/weights", "readme"])
@SQLITE
async def test_part_of_no_table(database: Database, tmp_path: Path, part: str) -> None:
    with ArchiveWriter(tmp_path / "bad.zip") as writer:
        with writer.part(part) as write:
            write(b"{}")
        writer.finish(Manifest(migrations.newest(), "", "0", {}, {}))
    with pytest.raises(ArchiveError, match=f"belongs to no table: {part}"):
        await restored(tmp_path / "bad.zip", database)


async def test_broken_keys_are_refused(database: Database, tmp_path: Path) -> None:
    line = b'{"poll_id": 1, "position": 0, "name": "Mangosaurus"}'
    bad = archive_of(tmp_path / "bad.zip", {"candidates": line})
    with pytest.raises(RestoreError, match=r"The backup is inconsistent: .*candidates"):
        await restored(bad, database)
    assert (await contents(database))["candidates"] == []


@pytest.mark.parametrize("part", ["manifest.json", "tables/poems.jsonl"])
@SQLITE
async def test_damaged_backup(database: Database, tmp_path: Path, part: str) -> None:
    await fill_randomly(database, 8)
    await write_archive(database, tmp_path / "backup.zip")
    changed = rewritten(tmp_path / "backup.zip", part, lambda content: content[:-2])
    with pytest.raises(ArchiveError, match=DAMAGED):
        await restored(changed, database, replace=True)
    whole = (tmp_path / "backup.zip").read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.zip").write_bytes(whole[:size])
        with pytest.raises(ArchiveError, match=DAMAGED):
            await restored(tmp_path / "cut.zip", database, replace=True)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_compression(tmp_path: Path, method: int) -> None:
    """Also by a method that the bot does not use."""
    path = tmp_path / "backup.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("manifest.json", json.dumps([*range(100)]))
    content = bytearray(path.read_bytes())
    content[60:100] = bytes(0xFF ^ byte for byte in content[60:100])
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"backup\.zip (is damaged|can't be read)"):
        ArchiveReader(path)


@SQLITE
async def test_unlisted_part(database: Database, tmp_path: Path) -> None:
    await write_archive(database, tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip", "a") as archive:
        archive.writestr("tables/more.jsonl", b"{}")
    with pytest.raises(ArchiveError, match=r"tables/more\.jsonl is missing or not listed"):
        await restored(tmp_path / "backup.zip", database)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@SQLITE
async def test_file_is_private_and_complete(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "backup.zip").write_bytes(b"yesterday's")
    await write_archive(database, folder / "backup.zip")
    assert [path.name for path in folder.iterdir()] == ["backup.zip"]
    assert stat.S_IMODE((folder / "backup.zip").stat().st_mode) == 0o600
    with pytest.raises(ZeroDivisionError), ArchiveWriter(folder / "backup.zip"):
        raise ZeroDivisionError
    with ArchiveReader(folder / "backup.zip") as archive:
        archive.verify()
    assert [path.name for path in folder.iterdir()] == ["backup.zip"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_backup_is_cleaned_up(tmp_path: Path) -> None:
    """By the next one to the same file, but not while it is being written."""
    path, other = tmp_path / "backup.zip", tmp_path / ".backup.zip.notes"
    other.write_text("")
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    code = f"from bot.operate.archive import *; a = ArchiveWriter(Path({str(path)!r})); {killed}"
    subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3])
    (left,) = tmp_path.glob(".backup.zip.*.partial")
    with ArchiveWriter(path):  # which may have found it before its lock
        assert left.exists()
    os.utime(left, (time.time() - YOUNG_S,) * 2)
    os.mkfifo(pipe := tmp_path / ".backup.zip.pipe.partial")
    with ArchiveWriter(path):
        pipe.unlink()
    with ArchiveWriter(path), ArchiveWriter(path):
        assert len([*tmp_path.glob(".backup.zip.*.partial")]) == 2
    assert [*tmp_path.iterdir()] == [other]


@SQLITE
async def test_text_that_postgres_refuses(
    database: Database, postgres: Database, tmp_path: Path
) -> None:
    async with database.writing() as session:
        session.add(Poem(member_id=1, message_id=1, title="a\0b", text="", kept_at=NOW))
    await write_archive(database, tmp_path / "backup.zip")
    await restored(tmp_path / "backup.zip", postgres)
    (row,) = (await contents(postgres))["poems"]
    assert "a\ufffdb" in row


async def test_what_a_backup_has(database: Database) -> None:
    """No table of another program, and no tokens, which are kept for minutes only."""
    async with database.writing() as session:
        await session.execute(text("CREATE TABLE of_another_program (id INTEGER PRIMARY KEY)"))
    async with snapshot(database) as view:
        names = set(view.tables)
        columns = {column.name for table in view.tables.values() for column in table.columns}
    async with database.writing() as session:
        await session.execute(text("DROP TABLE of_another_program"))
    assert names == set(Base.metadata.tables) - NOT_BACKED_UP
    assert "token" not in columns
