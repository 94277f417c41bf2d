"""Removals by moderators, and the record of who did what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Executable, delete, func, select, update

from bot.community.queries import changed
from bot.store.queries import Queries
from bot.store.record import Action, Entry, add_entry
from bot.store.schema import Candidate, Community, ModerationEntry, Poem, Poll, RefusedModel, Vote


@dataclass(frozen=True)
class RecentPoll:
    """A poll, as moderators choose it from suggestions."""

    channel_id: int
    message_id: int
    names: tuple[str, ...]
    """Those that were not removed."""


@dataclass(frozen=True)
class Winner:
    """A name in the hall of fame of a community."""

    poll_id: int
    position: int
    name: str
    votes: int


class Moderation(Queries):
    """Removals and the record of all communities."""

    async def set_log_channel(self, entry: Entry) -> int | None:
        """Choose the target of an entry as the log channel, and record that.

        Returns the former one.
        """
        assert entry.community_id is not None  # noqa: S101 (owners have no log channel)
        async with self._database.writing() as session:
            before: int | None = await session.scalar(
                select(Community.log_channel_id)
                .where(Community.id == entry.community_id)
                .with_for_update()
            )
            await session.execute(
                changed(self._database, entry.community_id, log_channel_id=entry.target_id)
            )
            add_entry(session, entry)
            return before

    async def remove_name(self, poll_id: int, position: int, entry: Entry) -> str | None:
        """Remove a name from a poll, with its votes; if it has won, the poll has no winner.

        Returns the name; `None` if the community of the entry has no such poll or name, or it was
        removed before.
        """
        async with self._database.writing() as session:
            # Locked before votes, as in `Polls.cast`: a vote is either deleted here or refused.
            winner = (
                await session.execute(
                    select(Poll.winner)
                    .where(Poll.id == poll_id, Poll.community_id == entry.community_id)
                    .with_for_update()
                )
            ).first()
            if winner is None:
                return None
            name: str | None = await session.scalar(
                update(Candidate)
                .where(
                    Candidate.poll_id == poll_id,
                    Candidate.position == position,
                    Candidate.removed_at.is_(None),
                )
                .values(removed_at=entry.at)
                .returning(Candidate.name)
            )
            if name is None:
                return None
            of_name = (Vote.poll_id == poll_id, Vote.position == position)
            await session.execute(
                select(Vote.member_id).where(*of_name).order_by(Vote.member_id).with_for_update()
            )
            await session.execute(delete(Vote).where(*of_name))
            if winner[0] == position:
                await session.execute(
                    update(Poll).where(Poll.id == poll_id).values(winner=None, winner_votes=None)
                )
            add_entry(session, replace(entry, subject=name))
            return name

    async def recent_polls(self, community_id: int, *, most: int = 25) -> list[RecentPoll]:
        """The latest polls of a community, the newest first."""
        latest = (
            select(Poll.id, Poll.channel_id, Poll.message_id)
            .where(Poll.community_id == community_id, Poll.message_id.is_not(None))
            .order_by(Poll.opened_at.desc(), Poll.id)
            .limit(most)
        )
        async with self._database.reading() as session:
            polls = (await session.execute(latest)).all()
            names: dict[int, list[str]] = {poll.id: [] for poll in polls}
            rows = await session.execute(
                select(Candidate.poll_id, Candidate.name)
                .where(Candidate.poll_id.in_(names), Candidate.removed_at.is_(None))
                .order_by(Candidate.poll_id, Candidate.position)
            )
            for poll_id, name in rows:
                names[poll_id].append(name)
        return [
            RecentPoll(poll.channel_id, poll.message_id, tuple(names[poll.id])) for poll in polls
        ]

    async def winners(
        self, community_id: int, *, typed: str = "", name: str | None = None, most: int = 25
    ) -> list[Winner]:
        """Winners of a community, the newest first.

        `typed` is a part of the name, `name` the whole name, both in any case.
        """
        lowered = func.lower(Candidate.name)
        wanted = (
            lowered.contains(typed.lower(), autoescape=True)
            if name is None
            else (lowered == name.lower()) | (Candidate.name == name)
        )
        statement = (
            select(Poll.id, Candidate.position, Candidate.name, Poll.winner_votes)
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(Poll.community_id == community_id, wanted)
            .order_by(Poll.closed_at.desc(), Poll.id)
            .limit(most)
        )
        async with self._database.reading() as session:
            rows = await session.execute(statement)
            return [Winner(number, place, won, votes or 0) for number, place, won, votes in rows]

    async def remove_poems(self, message_id: int, entry: Entry, *, is_emptied: bool) -> int:
        """Delete the kept copies of a poem that a community saw.

        Its removal is recorded if its message was emptied or there were copies. Returns how many
        members had kept it.
        """
        async with self._database.writing() as session:
            gone = await session.scalars(
                delete(Poem)
                .where(Poem.community_id == entry.community_id, Poem.message_id == message_id)
                .returning(Poem.id)
            )
            copies = len(gone.all())
            if is_emptied or copies:
                add_entry(session, entry)
            return copies

    async def refuse_model(self, custom_model_id: int, entry: Entry) -> bool:
        """Stop a community from using a custom model. Returns whether it could use it before."""
        insert = (
            self._database.insert(RefusedModel)
            .values(community_id=entry.community_id, custom_model_id=custom_model_id)
            .on_conflict_do_nothing(index_elements=["community_id", "custom_model_id"])
            .returning(RefusedModel.community_id)
        )
        return await self._changed(insert, entry)

    async def accept_model(self, custom_model_id: int, entry: Entry) -> bool:
        """The inverse of `refuse_model`. Returns whether it was refused."""
        gone = (
            delete(RefusedModel)
            .where(
                RefusedModel.community_id == entry.community_id,
                RefusedModel.custom_model_id == custom_model_id,
            )
            .returning(RefusedModel.community_id)
        )
        return await self._changed(gone, entry)

    async def record(self, entry: Entry) -> None:
        """Add an entry to the record."""
        async with self._database.writing() as session:
            add_entry(session, entry)

    async def recorded(
        self, community_id: int | None, *, skip: int = 0, most: int = 10
    ) -> Sequence[Entry]:
        """Entries of a community, or with `None` of owners, newest first."""
        statement = (
            select(
                ModerationEntry.action,
                ModerationEntry.moderator_id,
                ModerationEntry.at,
                ModerationEntry.community_id,
                ModerationEntry.target_id,
                ModerationEntry.subject,
            )
            .where(ModerationEntry.community_id == community_id)
            .order_by(ModerationEntry.id.desc())
            .offset(skip)
            .limit(most)
        )
        async with self._database.reading() as session:
            rows = await session.execute(statement)
            return [
                Entry(Action(action), moderator_id, at, community, target_id, subject)
                for action, moderator_id, at, community, target_id, subject in rows
            ]

    async def prune(self, before: datetime) -> int:
        """Delete entries of the record that are older. Returns their number."""
        async with self._database.writing() as session:
            gone = await session.scalars(
                delete(ModerationEntry)
                .where(ModerationEntry.at < before)
                .returning(ModerationEntry.id)
            )
            return len(gone.all())

    async def _changed(self, statement: Executable, entry: Entry) -> bool:
        """Execute a statement, and record that if it returns a row. Returns whether it did."""
        async with self._database.writing() as session:
            has_changed = (await session.execute(statement)).first() is not None
            if has_changed:
                add_entry(session, entry)
            return has_changed
