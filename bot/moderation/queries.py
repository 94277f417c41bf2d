"""Removals by moderators: what features provide, with an entry for the record."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.community.queries import RecordEntry, add_entry
from bot.polls import queries as polls
from bot.store.queries import Queries
from bot.trainer import queries as training
from bot.verse import queries as verse


class Moderation(Queries):
    """Removals in all communities. Each is in one transaction with its entry."""

    async def remove_name(self, poll_id: int, position: int, entry: RecordEntry) -> str | None:
        """Remove a name from a poll, with its votes; if it has won, the poll has no winner.

        Returns the name; `None` if the community of the entry has no such poll or name, or it was
        removed before.
        """
        async with self._database.writing() as session:
            name = await polls.remove(session, entry.community_id, poll_id, position, entry.at)
            if name is not None:
                await add_entry(session, replace(entry, subject=name))
            return name

    async def remove_poems(self, message_id: int, entry: RecordEntry, *, is_emptied: bool) -> int:
        """Delete the kept copies of a poem that a community saw.

        Its removal is recorded if its message was emptied or there were copies. Returns how many
        members had kept it.
        """
        async with self._database.writing() as session:
            copies = await verse.remove(session, entry.community_id, message_id)
            if is_emptied or copies:
                await add_entry(session, entry)
            return copies

    async def refuse_model(self, custom_model_id: int, entry: RecordEntry) -> bool:
        """Stop a community from using a custom model. Returns whether it could use it before."""
        return await self._change(training.refuse, custom_model_id, entry)

    async def accept_model(self, custom_model_id: int, entry: RecordEntry) -> bool:
        """The inverse of `refuse_model`. Returns whether it was refused."""
        return await self._change(training.accept, custom_model_id, entry)

    async def _change(
        self,
        change: Callable[[AsyncSession, int | None, int], Awaitable[bool]],
        custom_model_id: int,
        entry: RecordEntry,
    ) -> bool:
        async with self._database.writing() as session:
            has_changed = await change(session, entry.community_id, custom_model_id)
            if has_changed:
                await add_entry(session, entry)
            return has_changed
