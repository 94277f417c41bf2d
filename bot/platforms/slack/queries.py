"""Queries of the files that the bot has on Slack."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store import Queries
from bot.store.schema import SlackUpload


class Uploads(Queries):
    """Pictures of messages; and files to delete, of private answers or left by a kill."""

    async def begin(self, workspace: str, files: Collection[str], at: datetime) -> None:
        """Note files (F…) before they exist."""
        rows = [{"file": file, "workspace": workspace, "at": at} for file in files]
        async with self._database.writing() as session:
            await session.execute(self._database.insert(SlackUpload), rows)

    async def older(self, workspace: str, before: datetime) -> Sequence[str]:
        """Files that were noted before a time, and have no message."""
        old = select(SlackUpload.file).filter_by(workspace=workspace, place=None)
        return [file for (file,) in await self._rows(old.where(SlackUpload.at < before))]

    async def of(self, workspace: str, place: str) -> Sequence[str]:
        """The files of a message."""
        shown = select(SlackUpload.file).filter_by(workspace=workspace, place=place)
        return [file for (file,) in await self._rows(shown.order_by(SlackUpload.at))]

    async def place(self, files: Collection[str], place: str | None) -> None:
        """Note the message that shows files; `None` if they are to be deleted."""
        async with self._database.writing() as session:
            await session.execute(
                update(SlackUpload).where(SlackUpload.file.in_(files)).values(place=place)
            )

    async def end(self, files: Collection[str]) -> None:
        """Forget files: they are gone, or stay."""
        async with self._database.writing() as session:
            await session.execute(delete(SlackUpload).where(SlackUpload.file.in_(files)))
