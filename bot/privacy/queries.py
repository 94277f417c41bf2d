"""Data about members and communities: counting, exporting and deleting it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, LargeBinary, Select, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from bot.store.queries import Queries, patient
from bot.store.schema import (
    EVERYBODY,
    EVERYWHERE,
    FIRST_SURROGATE,
    Activation,
    Block,
    ButtonState,
    Community,
    CustomModel,
    IdentityRow,
    ModerationEntry,
    Poem,
    Poll,
    RefusedModel,
    Training,
    Version,
    Vote,
)

_OfMember = Vote | Poll | Poem | CustomModel | Training | Version | Activation | ButtonState
_OF_MEMBERS: tuple[type[_OfMember], ...] = (
    Vote,
    Poll,
    Poem,
    CustomModel,
    Training,
    Version,
    Activation,
    ButtonState,
)
"""Tables with a column `member_id`."""
_OF_COMMUNITIES = (Poll, CustomModel, Training, ButtonState, ModerationEntry, RefusedModel)
"""Tables whose rows are deleted with their community; so are its blocks of members."""


@dataclass(frozen=True)
class Kept:
    """Number of rows about a member."""

    votes: int
    polls: int
    """Polls that the member has opened, with the display name at that time."""
    poems: int
    custom_models: int
    """Custom models that the member has created."""
    trainings: int
    """Trainings that the member has requested."""
    activations: int
    """Changes of the live version that the member has caused."""
    button_states: int
    """States of buttons below replies to the member."""
    blocks: int = 0
    """Blocks of the member, which outlast `forget_member`."""
    moderation: int = 0
    """What the member did as a moderator, and what moderators did about the member. Outlasts it."""

    def __bool__(self) -> bool:
        """Whether any row exists."""
        return any(vars(self).values())


class Privacy(Queries):
    """Counts, exports and deletes data of members and communities."""

    async def of(self, member_id: int) -> Kept:
        """Number of rows about a member."""
        async with self._database.reading() as session:

            async def count(table: type[_OfMember], *conditions: ColumnElement[bool]) -> int:
                statement = select(func.count()).where(table.member_id == member_id, *conditions)
                return await session.scalar(statement) or 0

            from_own = select(Training.version_id).where(
                Training.member_id == member_id, Training.version_id.is_not(None)
            )
            return Kept(
                votes=await count(Vote),
                polls=await count(Poll),
                poems=await count(Poem),
                custom_models=await count(CustomModel),
                # A version counts only if its training does not.
                trainings=await count(Training) + await count(Version, Version.id.not_in(from_own)),
                activations=await count(Activation),
                button_states=await count(ButtonState),
                blocks=await session.scalar(_number_of(Block, _blocked(member_id))) or 0,
                moderation=await session.scalar(_number_of(ModerationEntry, _in_record(member_id)))
                or 0,
            )

    async def all_of(self, member_id: int) -> dict[str, list[dict[str, object]]]:
        """Every row about a member, by table, without binary columns and loss histories."""
        rows: dict[str, list[dict[str, object]]] = {}
        async with self._database.reading() as session:
            for table in _OF_MEMBERS:
                rows[table.__tablename__] = await _rows(
                    session, table, table.member_id == member_id
                )
            of_user = IdentityRow.id == member_id
            rows[IdentityRow.__tablename__] = await _rows(session, IdentityRow, of_user)
            rows[Block.__tablename__] = await _rows(session, Block, _blocked(member_id))
            rows[ModerationEntry.__tablename__] = await _rows(
                session, ModerationEntry, _in_record(member_id)
            )
        for row in (*rows[Block.__tablename__], *rows[ModerationEntry.__tablename__]):
            if row["moderator_id"] != member_id:  # who it was is not the member's data
                del row["moderator_id"]
        return rows

    async def forget_member(self, member_id: int) -> None:
        """Delete a member's votes, poems, button states and identity, and the id everywhere else.

        Data that others rely on stays, without the member: the votes of a closed poll's winner,
        custom models, versions. An open poll loses the member's vote. Blocks of the member stay,
        or forgetting would undo them, and so does the record of moderation until it is pruned.
        """
        async with self._database.writing() as session:
            # Lock polls before votes, in the order of their keys, as `Polls.cast` does: any other
            # order could deadlock.
            for keys in (
                select(Poll.id).where(Poll.member_id == member_id).order_by(Poll.id),
                select(Vote.poll_id).where(Vote.member_id == member_id).order_by(Vote.poll_id),
            ):
                await session.execute(keys.with_for_update())
            for table in (Vote, Poem, ButtonState):
                await session.execute(delete(table).where(table.member_id == member_id))
            await session.execute(
                update(Poll)
                .where(Poll.member_id == member_id)
                .values(member_id=None, discoverer=None)
            )
            for owned in (CustomModel, Version, Activation, Training):
                await session.execute(
                    update(owned).where(owned.member_id == member_id).values(member_id=None)
                )
            await session.execute(
                update(Block).where(Block.moderator_id == member_id).values(moderator_id=None)
            )
            stays = select(Block.id).where(_blocked(member_id)).exists() | (
                select(ModerationEntry.id).where(_in_record(member_id)).exists()
            )
            await session.execute(delete(IdentityRow).where(IdentityRow.id == member_id, ~stays))

    @patient
    async def seen(
        self,
        community_ids: Collection[int],
        now: datetime,
        platform: str = "discord",
        *,
        among: Callable[[int], bool] = lambda _community_id: True,
    ) -> None:
        """Record which communities of a platform the bot is in.

        It is assumed to have left the other known ones of this platform now, of those `among` which
        it would be seen.
        """
        async with self._database.writing() as session:
            known = set(await session.scalars(select(Community.id)))
            for table in _OF_COMMUNITIES:
                known |= {*await session.scalars(select(table.community_id).distinct())} - {None}
            blocking = select(Block.community_id).where(Block.member_id != EVERYBODY)
            known |= {*await session.scalars(blocking.distinct())} - {EVERYWHERE}
            known = {*filter(among, await self._of_platform(session, known, platform))}
            left_before = set(
                await session.scalars(select(Community.id).where(Community.left_at.is_not(None)))
            )
            present = set(community_ids)
            for community_id in sorted((known - present) - left_before):
                await self._mark(session, community_id, now)
            for community_id in sorted(left_before & present):
                await self._mark(session, community_id, None)

    async def left(self, community_id: int, now: datetime) -> None:
        """Record that a community has removed the bot."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, now)

    async def joined(self, community_id: int) -> None:
        """Record that a community has added the bot, perhaps again."""
        async with self._database.writing() as session:
            await self._mark(session, community_id, None)

    @patient
    async def forget_communities(self, left_before: datetime) -> list[int]:
        """Delete the communities that removed the bot before a time. Returns their ids.

        Poems stay: they belong to the members who have kept them.
        """
        async with self._database.writing() as session:
            gone = list(
                await session.scalars(select(Community.id).where(Community.left_at < left_before))
            )
            if gone:
                for table in _OF_COMMUNITIES:
                    await session.execute(delete(table).where(table.community_id.in_(gone)))
                await session.execute(
                    delete(Block).where(Block.community_id.in_(gone), Block.member_id != EVERYBODY)
                )
                await session.execute(
                    update(Poem).where(Poem.community_id.in_(gone)).values(community_id=None)
                )
                await self._forget_identities(session, gone)
                await session.execute(delete(Community).where(Community.id.in_(gone)))
        return gone

    async def _of_platform(
        self, session: AsyncSession, community_ids: Collection[int], platform: str
    ) -> set[int]:
        """Those of the communities that belong to a platform."""
        if platform == "discord":
            return {number for number in community_ids if number < FIRST_SURROGATE}
        of_platform = select(IdentityRow.id).where(
            IdentityRow.platform == platform, IdentityRow.kind == "community"
        )
        return {*await session.scalars(of_platform)} & set(community_ids)

    async def _forget_identities(self, session: AsyncSession, community_ids: list[int]) -> None:
        """Delete all identities of the communities' workspaces, apart from those of users."""
        workspaces = select(IdentityRow.platform, IdentityRow.workspace).where(
            IdentityRow.id.in_(community_ids), IdentityRow.kind == "community"
        )
        for platform, workspace in (await session.execute(workspaces)).all():
            await session.execute(
                delete(IdentityRow).where(
                    IdentityRow.platform == platform,
                    IdentityRow.workspace == workspace,
                    IdentityRow.kind != "user",
                )
            )

    async def _mark(
        self, session: AsyncSession, community_id: int, left_at: datetime | None
    ) -> None:
        await session.execute(
            self._database.insert(Community)
            .values(id=community_id, left_at=left_at)
            .on_conflict_do_update(index_elements=[Community.id], set_={"left_at": left_at})
        )


def _number_of(table: type[DeclarativeBase], condition: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(table).where(condition)


def _blocked(member_id: int) -> ColumnElement[bool]:
    return Block.member_id == member_id


def _in_record(member_id: int) -> ColumnElement[bool]:
    return or_(ModerationEntry.moderator_id == member_id, ModerationEntry.target_id == member_id)


async def _rows(
    session: AsyncSession, table: type[DeclarativeBase], condition: ColumnElement[bool]
) -> list[dict[str, object]]:
    columns = [
        column
        for column in table.__table__.columns
        if not isinstance(column.type, LargeBinary) and column.name != "history"
    ]
    found = await session.execute(select(*columns).where(condition))
    return [dict(row._mapping) for row in found]
