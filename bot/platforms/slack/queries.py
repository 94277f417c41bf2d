"""Queries of the files that the bot has on Slack for a while."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select

from bot.store import Queries
from bot.store.schema import SlackUpload


class Uploads(Queries):
    """Files that are deleted later: those that only private answers show, and what a kill left."""

    async def begin(self, workspace: str, files: Collection[str], at: datetime) -> None:
        """Note files (F…) before they exist."""
        rows = [{"file": file, "workspace": workspace, "at": at} for file in files]
        async with self._database.writing() as session:
            await session.execute(self._database.insert(SlackUpload), rows)

    async def older(self, workspace: str, before: datetime) -> Sequence[str]:
        """Files that were noted before a time."""
        old = select(SlackUpload.file).filter_by(workspace=workspace)
        return [file for (file,) in await self._rows(old.where(SlackUpload.at < before))]

    async def end(self, files: Collection[str]) -> None:
        """Forget files: they are gone, or stay."""
        async with self._database.writing() as session:
            await session.execute(delete(SlackUpload).where(SlackUpload.file.in_(files)))
