"""Removals by moderators: what features provide, with an entry for the record."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.community.queries import RecordEntry, add_entry
from bot.polls.removal_queries import Removal, allow, remove
from bot.store.queries import Queries
from bot.trainer import queries as training
from bot.verse import queries as verse


class Moderation(Queries):
    """Removals in all communities. Each is in one transaction with its entry."""

    async def remove_name(self, poll_id: int, position: int, entry: RecordEntry) -> Removal | None:
        """Remove a name of a poll from all polls of the community, with its votes and victories.

        Returns `None` if the community of the entry has no such poll or name, or it was removed
        before.
        """
        return await self._remove(entry, candidate=(poll_id, position))

    async def remove_winner(self, name: str, entry: RecordEntry) -> Removal | None:
        """Remove a winner's name as `remove_name` does. `None` if the name has won none."""
        return await self._remove(entry, winner=name)

    async def _remove(
        self, entry: RecordEntry, *, candidate: tuple[int, int] | None = None, winner: str = ""
    ) -> Removal | None:
        place = entry.community_id or 0
        async with self._database.writing() as session:
            removal = await remove(
                self._database, session, place, entry.at, candidate=candidate, winner=winner
            )
            if removal is not None:
                await add_entry(session, replace(entry, subject=removal.name))
            return removal

    async def allow_name(self, name: str, entry: RecordEntry) -> str | None:
        """Let a removed name be written again. Returns it; `None` if it was not removed."""
        async with self._database.writing() as session:
            allowed = await allow(session, entry.community_id or 0, name)
            if allowed is not None:
                await add_entry(session, replace(entry, subject=allowed))
            return allowed

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
