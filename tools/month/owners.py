"""`Owners`: members hatch, give and swap; and who may own what afterwards."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import select

from bot.chat.commands import ChosenMember
from bot.chat.message import Button
from bot.community.moments import today_in, zone_of
from bot.eggs import eggs
from bot.giving import giving
from bot.moderation.record import MODERATE
from bot.moderation.removals import WINNER
from bot.store import Database
from bot.store.schema import Discovery, Nest, Offer
from data.phrases import NOTHING
from tests.bot.turns import ADA
from tools.month.processes import COMES_AND_GOES, COMMUNITIES, Chat, Process, Work


@dataclass
class Owners:
    """What members own."""

    chat: Chat
    audit: Database
    random: np.random.Generator
    any_process: Callable[[], Process]
    note: Callable[[str], None]
    """Notes something that is wrong."""
    counts: Counter[str]
    removed: set[tuple[str, int]] = field(default_factory=set)
    """Names of hatchlings that were removed, and their communities."""
    known: dict[int, tuple[str, int, list[int | None]]] = field(default_factory=dict)
    """Name, community and all owners of each creature, the latest last."""
    undone: set[tuple[int | None, int]] = field(default_factory=set)
    """Creatures of gifts that a moderator has undone, or tried to, and the owner they go back to.
    A gift can be given and undone between two looks."""
    gone: set[int] = field(default_factory=set)
    """Members who were forgotten at the last look."""

    async def requests(self, gone: Collection[int]) -> list[tuple[Process, Work]]:
        """Members ask for nests, press eggs, and make, accept and decline offers."""
        works = [*self._nests(gone)]
        here, now = self.chat.communities, self.chat.now
        async with self.audit.reading() as session:
            full = select(Nest).where(Nest.hatched_at.is_(None), Nest.until > now)
            laid = (await session.scalars(full.order_by(Nest.id))).all()
            owned = select(Discovery).where(Discovery.owner_id.is_not(None)).order_by(Discovery.id)
            animals = [each for each in await session.scalars(owned) if each.community_id in here]
            open_ = select(Offer).where(Offer.accepted_at.is_(None), Offer.until > now)
            offers = (await session.scalars(open_.order_by(Offer.id))).all()
        shown = self._messages()
        for nest in laid:
            if nest.community_id in here and self.random.random() < 0.3:
                members = self._with_intruder(nest.community_id, nest.member_id, gone)
                for position in self.random.choice(3, 1 + (self.random.random() < 0.2)):
                    egg = Button(NOTHING, eggs.ACTION, f"{nest.id}:{position}:")
                    works += self._press(nest.community_id, members, egg, shown.get(nest.id))
        for _offer in range(int(self.random.poisson(0.7)) if animals else 0):
            works += self._offer(animals, gone)
        for offer in offers:
            if offer.community_id in here and self.random.random() < 0.1:
                what = "decline" if self.random.random() < 0.2 else "accept"
                answer = Button(NOTHING, giving.ACTION, f"{what}:{offer.id}")
                place, to = offer.community_id, offer.recipient_id
                works += self._press(place, self._with_intruder(place, to, gone), answer)
        return works

    async def moderate(self) -> None:
        """A moderator undoes a gift, and removes a hatchling."""
        here, moderator = self.chat.communities, self.any_process()
        async with self.audit.reading() as session:
            gifts = await session.scalars(select(Offer).where(Offer.accepted_at.is_not(None)))
            given = [each for each in gifts if each.community_id in here]
            found = await session.scalars(select(Discovery).where(Discovery.poll_id.is_(None)))
            hatched = [each for each in found if each.community_id in here]
        if given:
            gift = given[int(self.random.integers(len(given)))]
            sure = Button(NOTHING, MODERATE, f"undone:{gift.id}:0")
            await moderator.press(gift.community_id, ADA.id, sure)
            self.undone |= {(gift.discovery_id, gift.member_id)}
            self.undone |= {(gift.wanted_id, gift.recipient_id)}
            self.counts["gifts undone, or tried to"] += 1
        if hatched:
            animal = hatched[int(self.random.integers(len(hatched)))]
            button = Button(NOTHING, MODERATE, f"{WINNER}:{animal.name}")
            await moderator.press(animal.community_id, ADA.id, button)
            self.removed.add((animal.name, animal.community_id))
            self.counts["hatchlings removed"] += 1

    async def look(self, gone: Set[int], removed: Set[tuple[str, int]]) -> None:
        """Look at who owns what.

        Each change of an owner has its gift, a swap has changed both, nobody has hatched twice in
        a day, and only what was removed is gone.
        """
        async with self.audit.reading() as session:
            animals = {each.id: each for each in await session.scalars(select(Discovery))}
            gifts = (
                await session.scalars(select(Offer).where(Offer.accepted_at.is_not(None)))
            ).all()
        given = {(gift.discovery_id, gift.recipient_id) for gift in gifts}
        given |= {(gift.wanted_id, gift.member_id) for gift in gifts if gift.is_swap}
        for number, animal in animals.items():
            first = animal.name, animal.community_id, [animal.owner_id]
            *_, owners = self.known.setdefault(number, first)
            last, new = owners[-1], animal.owner_id
            # The gifts of a member who was forgotten are forgotten, too.
            is_explained = (number, new) in given | self.undone or bool(gone - self.gone)
            if new != last:
                owners.append(new)
                if not is_explained:
                    self.note(f"{animal.name} went from {last} to {new}")
        for number in self.known.keys() - animals.keys():
            name, community, _owners = self.known.pop(number)
            if community != COMES_AND_GOES and (name, community) not in removed | self.removed:
                self.note(f"{name} is lost")
        for gift in gifts:
            assert gift.accepted_at is not None  # noqa: S101 (the query's)
            for moved in map(animals.get, filter(None, (gift.discovery_id, gift.wanted_id))):
                if moved is None or moved.owner_id is None:  # removed, or a member was forgotten
                    continue
                if moved.came_at is None or moved.came_at < gift.accepted_at:
                    self.note(f"the gift {gift.id} has not moved {moved.name}")
        self.gone |= gone
        self._look_at_days([each for each in animals.values() if each.poll_id is None])
        self.counts["hatchlings that are there"] = sum(
            each.poll_id is None for each in animals.values()
        )
        self.counts["gifts"] = sum(not gift.is_swap for gift in gifts)
        self.counts["swaps"] = sum(gift.is_swap for gift in gifts)

    def _look_at_days(self, hatched: Collection[Discovery]) -> None:
        """Nobody has hatched twice in a day."""
        days: Counter[tuple[int, int, date]] = Counter()
        for animal in hatched:
            if animal.member_id is not None:
                zone, *_others = COMMUNITIES[animal.community_id]
                day = today_in(animal.found_at, zone_of(zone))
                days[animal.community_id, animal.member_id, day] += 1
        for (community, member, day), number in days.items():
            if number > 1:
                self.note(f"{member} has hatched {number} eggs in {community} on {day}")

    def _nests(self, gone: Collection[int]) -> Iterator[tuple[Process, Work]]:
        for community in sorted(self.chat.communities):
            members = self._some(community, 0.4, gone)
            for member in members:
                process = self.any_process()
                yield process, process.command(community, member, "egg")
                if self.random.random() < 0.2:  # in two processes at the same moment
                    process = self.any_process()
                    yield process, process.command(community, member, "egg")

    def _offer(
        self, animals: Sequence[Discovery], gone: Collection[int]
    ) -> Iterator[tuple[Process, Work]]:
        """The owner of a creature gives it to anybody, or for another one."""
        given, wanted = (animals[int(each)] for each in self.random.integers(len(animals), size=2))
        community, options = given.community_id, dict[str, object](dinosaur=given.name)
        recipients = self._some(community, 1.0, gone)
        if wanted.community_id == community and self.random.random() < 0.7:
            options["swap"], recipients = wanted.name, {wanted.owner_id or 0}
        for recipient in recipients - {given.owner_id}:
            process, chosen = self.any_process(), ChosenMember(recipient)
            yield (
                process,
                process.command(community, given.owner_id or 0, "give", member=chosen, **options),
            )
            self.counts["offers, or attempts"] += 1

    def _press(
        self, community: int, members: Collection[int], button: Button, message: int | None = None
    ) -> Iterator[tuple[Process, Work]]:
        """Members press a button, all at the same moment, each perhaps twice."""
        for member in members:
            for _press in range(1 + (self.random.random() < 0.2)):
                process = self.any_process()
                yield process, process.press(community, member, button, message)

    def _with_intruder(self, community: int, member: int, gone: Collection[int]) -> set[int]:
        """A member, and now and then somebody else, who has no right to do the same."""
        return {member} | self._some(community, 0.1, gone)

    def _some(self, community: int, mean: float, gone: Collection[int]) -> set[int]:
        """Some members of a community, by chance."""
        *_, members = COMMUNITIES[community]
        chosen = self.random.choice(members, int(self.random.poisson(mean)))
        return {*map(int, chosen)} - {*gone}

    def _messages(self) -> dict[int, int]:
        """The message of each nest that is shown with its eggs."""
        return {
            int(button.state.partition(":")[0]): number
            for number, message in self.chat.shown.items()
            for button in message.buttons
            if button.action == eggs.ACTION
        }
