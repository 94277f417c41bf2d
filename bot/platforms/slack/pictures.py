"""Pictures in messages on Slack: files that are shared nowhere else.

Members see what the bot itself posts of its files (slackapi/bolt-python#1018, metabase#54276).
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.chat.message import File
from bot.chat.turn import DeliveryError, Unreachable
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.queries import Uploads
from bot.platforms.slack.views import rendering
from bot.platforms.slack.views.rendering import Block

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
"""How long the picture of a private answer exists, which Slack shows for less than a session."""


class Pictures:
    """Uploads pictures, and deletes those that no message shows any longer, also after a kill."""

    def __init__(self, api: SlackApi, uploads: Uploads) -> None:
        self._api = api
        self._uploads = uploads

    async def upload(self, workspace: str, files: Sequence[File], now: datetime) -> list[Block]:
        """The blocks of pictures, once Slack has processed them.

        Raises `DeliveryError`, and `StoreError`.
        """
        begun = [await self._api.begin_upload(file) for file in files]
        await self._uploads.begin(workspace, [file for file, _address in begun], now)
        for file, (identifier, address) in zip(files, begun, strict=True):
            await self._api.finish_upload(identifier, address, file)
        return [
            rendering.image(identifier, file.description or file.name)
            for file, (identifier, _address) in zip(files, begun, strict=True)
        ]

    async def keep(self, blocks: Sequence[Block]) -> None:
        """Leave pictures where they are: the message stays."""
        await self._uploads.end([block["slack_file"]["id"] for block in blocks])

    async def sweep(self, workspace: str, now: datetime) -> None:
        """Delete files whose time is over."""
        for file in await self._uploads.older(workspace, now - KEPT):
            await self._delete(file)

    async def of(self, workspace: str, place: str) -> list[Block]:
        """The pictures of a message, which another process may have posted.

        Raises `Unreachable`, and `StoreError`.
        """
        blocks = []
        for file in await self._uploads.of(workspace, place):
            try:
                blocks.append(rendering.image(file, await self._api.alternative_text(file)))
            except Unreachable:
                raise
            except DeliveryError as error:  # an admin has deleted it
                log.info("A picture is gone: %s", error)
        return blocks

    async def has(self, workspace: str, channel: str, timestamp: str) -> bool:
        """Whether a message has pictures in it. Raises `StoreError`."""
        return bool(await self._uploads.of(workspace, f"{channel} {timestamp}"))

    async def place(self, workspace: str, place: str, blocks: Sequence[Block]) -> None:
        """Note the pictures of a message, and delete those that it had. Raises `StoreError`."""
        shown = {block["slack_file"]["id"] for block in blocks}
        known = {*await self._uploads.of(workspace, place)}
        if shown - known:
            await self._uploads.place(shown - known, place)
        for file in known - shown:
            await self._delete(file)

    async def _delete(self, file: str) -> None:
        try:
            await self._api.delete_file(file)
        except Unreachable as error:
            log.info("A picture is deleted later: %s", error)
            await self._uploads.place([file], None)
            return
        except DeliveryError as error:
            log.info("A picture is gone already: %s", error)
        await self._uploads.end([file])
