"""Registration of the commands with Discord, only when they have changed."""

import asyncio
import hashlib
import json
import logging
from pathlib import Path

import discord
from discord import app_commands

from data.files import write_atomically

log = logging.getLogger(__name__)

FILE = "commands.sha256"
"""In the state directory: the digest of the commands that were registered last."""


async def sync_if_changed(
    tree: app_commands.CommandTree[discord.Client], state_dir: Path, *, always: bool = False
) -> None:
    """Register the commands if they differ from those that were registered last."""
    payloads = [command.to_dict(tree) for command in tree.get_commands()]
    digest = hashlib.sha256(
        json.dumps([tree.client.application_id, payloads], sort_keys=True).encode()
    ).hexdigest()
    path = state_dir / FILE
    if not always and await asyncio.to_thread(_read, path) == digest:
        return
    await tree.sync()
    log.info("Registered the commands with Discord")
    try:
        await asyncio.to_thread(write_atomically, path, digest.encode())
    except OSError as error:
        log.warning(
            "The digest of the commands was not saved; the next start registers them again: %s",
            error,
        )


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
