"""At most one owner, nothing lost, nothing given twice, whatever happens in which order."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from bot.community.queries import Action, Blocks, RecordEntry
from bot.creatures.animal import profile_of
from bot.discoveries.queries import Discoveries
from bot.eggs.queries import Nests
from bot.giving.queries import LASTS, MOST_OFFERS, OfferRecord, Offers, Outcome
from bot.moderation.queries import Moderation
from bot.privacy.queries import Privacy
from tests.bot.store_machine import StoreMachine
from tests.texts import WORDS

BEGIN = datetime(2026, 11, 25, 22, tzinfo=UTC)
HERE, MO = 1, 99
IDS = (11, 12, 13)
MEMBERS, PICKED = st.sampled_from(IDS), st.integers(0, 100)
MOST_OWNED = 4
"""Instead of 200, so that collections become full."""


@dataclass
class Owned:
    """A creature, as the model knows it."""

    owner_id: int | None
    finder_id: int | None
    came_at: datetime


@dataclass(frozen=True)
class Made:
    """An offer, as the model knows it."""

    by: int
    to: int
    given: int
    wanted: int | None
    at: datetime


class GivingMachine(StoreMachine):
    """Members hatch, offer, accept, release; moderators undo, remove, block; some are forgotten."""

    most_owned = MOST_OWNED

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.hatched = 0
        self.known: dict[int, Owned] = {}
        self.open: dict[int, Made] = {}
        self.gifts: dict[int, tuple[Made, datetime, dict[int, datetime]]] = {}
        self.blocked: set[int] = set()
        self.forgotten: set[int] = set()
        """Who has deleted their data: for an hour, nothing can be offered to them."""

    @property
    def offers(self) -> Offers:
        return self.store[Offers]

    def owned(self, member: int) -> list[int]:
        return [number for number, each in self.known.items() if each.owner_id == member]

    def stands(self, made: Made) -> bool:
        is_wanted = made.wanted is None or self.owner(made.wanted) == made.to
        is_in_time = self.now < made.at + LASTS
        return is_in_time and self.owner(made.given) == made.by and is_wanted

    def is_open(self, made: Made) -> bool:
        return self.stands(made) and self.blocked.isdisjoint((made.by, made.to))

    def owner(self, number: int) -> int | None:
        return self.known[number].owner_id if number in self.known else None

    def pick(self, members: tuple[int, ...], picked: int) -> int | None:
        found = [number for member in members for number in self.owned(member)]
        return found[picked % len(found)] if found else None

    def move(self, moved: dict[int, tuple[int, datetime]]) -> None:
        """Let creatures change their owners since a time, and end what else is open of them."""
        for number, (owner, since) in moved.items():
            self.known[number].owner_id, self.known[number].came_at = owner, since
        self.open = {
            number: each
            for number, each in self.open.items()
            if moved.keys().isdisjoint({each.given, each.wanted})
        }

    @rule(hours=st.sampled_from((1, 5, 24, 24 * 7)))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(member=MEMBERS)
    def hatch(self, member: int) -> None:
        """On its own day, into a collection that has room."""
        self.now += timedelta(days=1)
        name = f"{'abcdefghij'[self.hatched % 10]}{'klmnopqrst'[self.hatched // 10 % 10]}osaurus"
        self.hatched += 1
        nest = self.run(self.store[Nests].lay(HERE, member, [name], self.now))
        self.run(self.store[Nests].hatch(nest, profile_of(name), nest.eggs.values(), self.now))
        shown = self.run(self.store[Discoveries].exhibits(WORDS, HERE, most=1000))
        for each in shown:
            if each.id not in self.known:
                assert len(self.owned(member)) < MOST_OWNED
                self.known[each.id] = Owned(member, member, self.now)

    @rule(by=MEMBERS, to=MEMBERS, first=PICKED, second=PICKED, swaps=st.booleans())
    def offer(self, by: int, to: int, first: int, second: int, *, swaps: bool) -> None:
        given, wanted = self.pick(IDS, first), self.pick((to,), second) if swaps else None
        if given is None or by == to:
            return
        midnight = self.now.replace(hour=0)
        made = Made(by, to, given, wanted, self.now)
        own = [each for each in self.open.values() if each.by == by and self.stands(each)]
        same = any((each.to, each.given, each.wanted) == (to, given, wanted) for each in own)
        expected = Outcome.DONE
        if to in self.forgotten or not self.blocked.isdisjoint((by, to)):
            expected = Outcome.REFUSED
        elif self.owner(given) != by:
            expected = Outcome.GONE
        elif any(self.known[n].came_at >= midnight for n in (given, wanted) if n is not None):
            expected = Outcome.TOO_NEW
        elif not same and len(own) >= MOST_OFFERS:
            expected = Outcome.TOO_MANY
        elif not same and wanted is None and len(self.owned(to)) >= MOST_OWNED:
            expected = Outcome.FULL
        offered = self.run(self.offers.offer(HERE, by, to, given, wanted, self.now, midnight))
        assert offered is expected
        if expected is Outcome.DONE and not same:
            before, stored = {*self.open}, self.listed()
            (new,) = [number for number in stored if number not in before]
            self.open[new] = made

    def listed(self) -> dict[int, OfferRecord]:
        """The offers that members see."""
        lists = [self.run(self.offers.of_member(WORDS, HERE, m, self.now)) for m in IDS]
        return {each.id: each for one in lists for each in one}

    @rule(picked=PICKED, twice=st.booleans())
    def accept(self, picked: int, *, twice: bool) -> None:
        """Perhaps twice at once."""
        found = self.record(picked, {**self.open})
        if found is None:
            return
        number, record = found
        made = self.open[number]
        is_full = made.wanted is None and len(self.owned(made.to)) >= MOST_OWNED
        expected = Outcome.GONE
        if self.is_open(made):
            expected = Outcome.FULL if is_full else Outcome.DONE

        async def press() -> list[Outcome]:
            presses = [self.offers.accept(record, self.now) for _press in range(1 + twice)]
            return [*await asyncio.gather(*presses)]

        outcomes = self.run(press())
        done = Outcome.GONE if expected is Outcome.DONE else expected
        assert Counter(outcomes) == Counter([expected, *[done] * twice])
        if expected is Outcome.DONE:
            to = {made.given: made.to} | ({made.wanted: made.by} if made.wanted else {})
            since = {each: self.known[each].came_at for each in to}
            self.move({each: (owner, self.now) for each, owner in to.items()})
            self.gifts[number] = made, self.now, since

    @rule(picked=PICKED, member=MEMBERS)
    def withdraw(self, picked: int, member: int) -> None:
        if self.open:
            number = [*self.open][picked % len(self.open)]
            may = member in (self.open[number].by, self.open[number].to)
            assert self.run(self.offers.withdraw(HERE, member, number)) == may
            if may:
                del self.open[number]

    @rule(picked=PICKED)
    def undo(self, picked: int) -> None:
        found = self.record(picked, {**self.gifts})
        if found is None:
            return
        number, record = found
        made, at, since = self.gifts[number]
        given = {made.given: (made.to, made.by)}
        given |= {made.wanted: (made.by, made.to)} if made.wanted else {}
        back = {
            each: (giver, since[each])
            for each, (owner, giver) in given.items()
            if self.owner(each) == owner and self.known[each].came_at == at
        }
        assert record.is_kept == bool(back)
        owners = [owner for owner, _since in back.values()]
        is_full = len(back) == 1 and len(self.owned(owners[0])) >= MOST_OWNED
        entry = RecordEntry(Action.UNDO_GIFT, MO, self.now, HERE, made.by, "a name")
        outcome = self.run(self.offers.undo(record, entry))
        if is_full:
            assert outcome is Outcome.FULL
        else:
            assert outcome is (Outcome.DONE if back else Outcome.GONE)
        if outcome is Outcome.DONE:
            self.move(back)
            del self.gifts[number]

    def record(self, picked: int, among: dict[int, Any]) -> tuple[int, OfferRecord] | None:
        if not among:
            return None
        number = [*among][picked % len(among)]
        found = self.run(self.offers.find(WORDS, HERE, number))
        assert found is not None
        return number, found

    @rule(member=MEMBERS, picked=PICKED)
    def release(self, member: int, picked: int) -> None:
        if (number := self.pick((member,), picked)) is not None:
            assert self.run(self.store[Discoveries].release(HERE, member, number))
            self.known[number].owner_id = None

    @rule(picked=PICKED)
    def remove(self, picked: int) -> None:
        if self.known:
            number = [*self.known][picked % len(self.known)]
            found = self.run(self.store[Discoveries].numbered(WORDS, HERE, number))
            assert found is not None
            entry = RecordEntry(Action.REMOVE_NAME, MO, self.now, HERE)
            assert self.run(self.store[Moderation].remove_winner(str(found.name), entry))
            del self.known[number]
            self.open = {
                n: made for n, made in self.open.items() if number not in (made.given, made.wanted)
            }

    def drop(self, is_gone: Any) -> None:  # noqa: ANN401
        self.open = {n: made for n, made in self.open.items() if not is_gone(made)}
        self.gifts = {n: each for n, each in self.gifts.items() if not is_gone(each[0])}

    @rule(member=MEMBERS)
    def block_or_unblock(self, member: int) -> None:
        entry, blocks = RecordEntry(Action.BLOCK, MO, self.now, HERE), self.store[Blocks]
        change = blocks.unblock if member in self.blocked else blocks.block
        assert self.run(change(HERE, member, entry))
        self.blocked ^= {member}

    @rule(member=MEMBERS)
    def forget_member(self, member: int) -> None:
        self.run(self.store[Privacy].forget_member(member))
        self.forgotten.add(member)
        for each in self.known.values():
            each.finder_id = None if each.finder_id == member else each.finder_id
            each.owner_id = None if each.owner_id == member else each.owner_id
        self.drop(lambda made: member in (made.by, made.to))

    @invariant()
    def agrees(self) -> None:
        shown = self.run(self.store[Discoveries].exhibits(WORDS, HERE, most=1000))
        stored = {
            each.id: (each.owner_id, each.discoverer.id if each.discoverer else None)
            for each in shown
        }
        assert len(stored) == len(shown)
        assert stored == {n: (each.owner_id, each.finder_id) for n, each in self.known.items()}
        assert all(len(self.owned(member)) <= MOST_OWNED for member in IDS)
        expected = {number for number, made in self.open.items() if self.stands(made)}
        assert {*self.listed()} == expected
        assert {each.id for each in self.run(self.offers.gifts(WORDS, HERE, most=99))} == {
            *self.gifts
        }


TestGiving = GivingMachine.TestCase
TestGiving.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
