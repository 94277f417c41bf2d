"""Registration of the commands with Discord, only when they have changed."""

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import Protocol

import discord
from discord import app_commands
from discord.http import Route

from bot.store import Unavailable
from data.files import write_atomically

log = logging.getLogger(__name__)

FILE = "commands.sha256"
"""In the state directory: the digest of the commands that were registered last."""


class Registered(Protocol):
    """What is remembered of the commands that were registered last, by application."""

    async def digest(self, application_id: int) -> str | None:
        """Their digest, if it is known. Raises `Unavailable`."""

    async def note(self, application_id: int, digest: str) -> None:
        """Remember a digest. Raises `Unavailable` or `OSError`."""


class RegisteredInFile:
    """Remembers one digest, in the state directory of a process that shares nothing."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / FILE

    async def digest(self, _application_id: int) -> str | None:
        """That of the file: it has the application's id in it."""
        return await asyncio.to_thread(_read, self._path)

    async def note(self, _application_id: int, digest: str) -> None:
        """Write it to the file. Raises `OSError`."""
        await asyncio.to_thread(write_atomically, self._path, digest.encode())


async def sync_if_changed(
    tree: app_commands.CommandTree[discord.Client], registered: Registered, *, always: bool = False
) -> None:
    """Register the commands if they differ from those that were registered last.

    The address of Discord is part of the digest: what a simulator knows, another one does not.
    """
    application_id = tree.client.application_id or 0
    payloads = [command.to_dict(tree) for command in tree.get_commands()]
    digest = hashlib.sha256(
        json.dumps([Route.BASE, application_id, payloads], sort_keys=True).encode()
    ).hexdigest()
    if not always and await _known(registered, application_id) == digest:
        return
    await tree.sync()
    log.info("Registered the commands with Discord")
    try:
        await registered.note(application_id, digest)
    except (OSError, Unavailable) as error:
        log.warning(
            "The digest of the commands was not saved; the next start registers them again: %s",
            error,
        )


async def _known(registered: Registered, application_id: int) -> str | None:
    try:
        return await registered.digest(application_id)
    except Unavailable:  # logged where it is raised
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
