"""The hall of fame: names that have won their poll."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from bot.store.queries import Queries
from bot.store.schema import EVERYBODY, Block, Candidate, Community, Poll

PUBLIC_VOTES = 2
"""Votes that a name needs for the public hall of fame. A member has one, so at least one is not
the discoverer's own."""


@dataclass(frozen=True)
class Champion:
    """A name that has won its poll."""

    name: str
    """As displayed."""
    votes: int
    crowned_at: datetime
    community_id: int
    member_id: int | None
    """The discoverer; `None` once forgotten."""
    discoverer: str | None
    """Display name of the discoverer when the poll was opened."""
    custom_model: str | None = None
    """Name of the custom model; `None` for a dinosaur."""


@dataclass(frozen=True)
class Scope:
    """Which names to include.

    Names of other communities are only included if these take part in the public hall of fame, and
    never those of custom models.
    """

    community_id: int | None = None
    """Only names of this community; `None` for the public hall of fame: dinosaurs of all
    communities with at least `PUBLIC_VOTES`."""
    member_id: int | None = None
    """Only names discovered by this member."""
    home_id: int | None = None
    """Without `community_id`: also include all names of this community."""
    since: datetime | None = None
    """Only polls closed at this time or later."""


class HallOfFame(Queries):
    """The winning names of all polls."""

    async def best(self, scope: Scope, *, skip: int = 0, most: int = 10) -> list[Champion]:
        """Names with the most votes first, then the older ones."""
        statement = (
            select(
                Candidate.name,
                Poll.winner_votes,
                Poll.closed_at,
                Poll.community_id,
                Poll.member_id,
                Poll.discoverer,
                Poll.custom_model,
            )
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(*_conditions(scope))
            .order_by(Poll.winner_votes.desc(), Poll.closed_at, Poll.id)
            .offset(skip)
            .limit(most)
        )
        async with self._database.reading() as session:
            rows = (await session.execute(statement)).all()
        return [
            Champion(name, votes, at, community, member, discoverer, custom_model)
            for name, votes, at, community, member, discoverer, custom_model in rows
            if votes is not None and at is not None
        ]

    async def latest(self, scope: Scope) -> Champion | None:
        """The latest winner."""
        async with self._database.reading() as session:
            last = await session.scalar(select(func.max(Poll.closed_at)).where(*_conditions(scope)))
        if last is None:
            return None
        found = await self.best(replace(scope, since=last), most=1)
        return found[0] if found else None

    async def count(self, scope: Scope) -> int:
        """Number of names."""
        statement = select(func.count()).select_from(Poll).where(*_conditions(scope))
        async with self._database.reading() as session:
            return await session.scalar(statement) or 0

    async def chosen(self, home_id: int | None) -> list[tuple[str, int]]:
        """Dinosaurs of the public hall of fame and of a community, with their votes.

        These are extra names for a training.
        """
        statement = (
            select(Candidate.name, func.sum(Poll.winner_votes))
            .join(Poll, (Poll.id == Candidate.poll_id) & (Poll.winner == Candidate.position))
            .where(Poll.custom_model.is_(None), *_conditions(Scope(home_id=home_id)))
            .group_by(Candidate.name)
            .order_by(Candidate.name)
        )
        async with self._database.reading() as session:
            return [(name, int(votes or 0)) for name, votes in await session.execute(statement)]


def _conditions(scope: Scope) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Poll.winner.is_not(None)]
    if scope.community_id is None:
        conditions.append(or_(_is_public(), Poll.community_id == scope.home_id))
    else:
        conditions.append(Poll.community_id == scope.community_id)
    if scope.member_id is not None:
        conditions.append(Poll.member_id == scope.member_id)
    if scope.since is not None:
        conditions.append(Poll.closed_at >= scope.since)
    return conditions


def _is_public() -> ColumnElement[bool]:
    """Whether a name may be shown in other communities."""
    hidden = select(Community.id).where(Community.in_public_hall.is_(False))
    blocked = select(Block.community_id).where(Block.member_id == EVERYBODY)
    return and_(
        Poll.custom_model.is_(None),
        Poll.community_id.not_in(hidden),
        Poll.community_id.not_in(blocked),
        Poll.winner_votes >= PUBLIC_VOTES,
    )
