"""The museum's rules, whatever happens in which order: a model beside the database."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from bot.community.queries import Action, Blocks, RecordEntry
from bot.creatures.animal import profile_of
from bot.discoveries.queries import MOST_IN_A_DAY, Discoveries
from bot.eggs.queries import Nests, Outcome
from bot.moderation.queries import Moderation
from bot.polls.queries import Polls
from bot.privacy.queries import Privacy
from tests.bot.champions import crown
from tests.bot.store_machine import StoreMachine
from tests.texts import WORDS

BEGIN = datetime(2026, 11, 25, 22, tzinfo=UTC)
MOST_OWNED = 5
"""Instead of 200, so that collections become full."""
COMMUNITIES, MEMBERS = st.sampled_from((1, 2)), st.sampled_from((11, 12))
NAMES = st.sampled_from([f"{start}saurus" for start in "abcdefgh"])
"""Few, so that the same one is found again."""
PICKED = st.integers(0, 100)
MO = 13


@dataclass(frozen=True, order=True)
class Win:
    """A name that has won a poll."""

    at: datetime
    poll_id: int
    member_id: int | None


@dataclass(frozen=True)
class Known:
    """A discovery, as the model knows it."""

    poll_id: int | None
    found_at: datetime
    member_id: int | None
    owner_id: int | None
    is_favourite: bool = False


class MuseumMachine(StoreMachine):
    """Members find, hatch, favour and release; moderators remove and block; some are forgotten."""

    most_owned = MOST_OWNED

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.known: dict[tuple[int, str], Known] = {}
        self.wins: dict[tuple[int, str], list[Win]] = {}
        self.removed: set[tuple[int, str]] = set()
        self.polled: set[tuple[int, str]] = set()
        self.nests: dict[tuple[int, int], tuple[datetime, str]] = {}
        """The egg of each member in each community, without a name once it has hatched."""
        self.blocked: set[tuple[int, int]] = set()

    def owned(self, community: int, member: int) -> list[tuple[int, str]]:
        return [
            key
            for key, known in self.known.items()
            if key[0] == community and known.owner_id == member
        ]

    def may_grow(self, community: int, member: int, at: datetime) -> bool:
        of_day = [
            key
            for key, known in self.known.items()
            if key[0] == community
            and known.poll_id is not None
            and known.member_id == member
            and known.found_at.date() == at.date()
        ]
        return len(of_day) < MOST_IN_A_DAY and len(self.owned(community, member)) < MOST_OWNED

    def discover(self, key: tuple[int, str], win: Win) -> None:
        """Unless the museum has the name."""
        if key in self.known:
            return
        community, member = key[0], win.member_id
        if member is not None and (community, member) in self.blocked:
            member = None
        is_owned = member is not None and self.may_grow(community, member, win.at)
        self.known[key] = Known(win.poll_id, win.at, member, member if is_owned else None)

    def take_back(self, key: tuple[int, str]) -> list[Win]:
        """Remove a discovery and the win that made it. Returns the other wins of its name."""
        poll_id = self.known.pop(key).poll_id
        self.wins[key] = [win for win in self.wins[key] if win.poll_id != poll_id]
        return self.wins[key]

    @rule(minutes=st.sampled_from((1, 30, 600, 1440)))
    def let_time_pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(community=COMMUNITIES, member=MEMBERS, name=NAMES, is_upper=st.booleans())
    def find(self, community: int, member: int, name: str, *, is_upper: bool) -> None:
        shown = name.upper() if is_upper else name
        won = crown(self.store, shown, at=self.now, community_id=community, member_id=member)
        win = Win(self.now, self.run(won).id, member)
        known = self.known.get((community, name))
        if (community, name) in self.removed or (known and known.owner_id):
            return  # the poll was opened without it
        self.polled.add((community, name))
        self.wins.setdefault((community, name), []).append(win)
        self.discover((community, name), win)

    @rule(community=COMMUNITIES, member=MEMBERS, name=NAMES)
    def hatch(self, community: int, member: int, name: str) -> None:
        """The egg of today, which stays if there is no room or the member is blocked."""
        nests = self.store[Nests]
        nest = self.run(nests.lay(community, member, [name.capitalize()], self.now))
        laid_at, egg = self.nests.get((community, member), (BEGIN, ""))
        if (community, member) not in self.nests or laid_at.date() != self.now.date():
            laid_at, egg = self.now, name
        assert list(nest.names) == [egg.capitalize()] * bool(egg)
        profile = profile_of(egg.capitalize() or name)
        outcome = self.run(nests.hatch(nest, profile, nest.eggs.values(), self.now))
        key, room = (community, egg), len(self.owned(community, member)) < MOST_OWNED
        expected, left = Outcome.HATCHED, ""
        if not egg:
            expected = Outcome.STALE
        elif (community, member) in self.blocked or not room:
            expected = Outcome.FULL if (community, member) not in self.blocked else Outcome.BLOCKED
            left = egg
        elif key in self.removed | self.polled | self.known.keys():
            expected = Outcome.EMPTY
        else:
            self.known[key] = Known(None, self.now, member, member)
        assert outcome is expected
        self.nests[community, member] = laid_at, left
        if expected is Outcome.EMPTY:
            del self.nests[community, member]

    @rule(community=COMMUNITIES, member=MEMBERS, picked=PICKED)
    def favour(self, community: int, member: int, picked: int) -> None:
        number, key = self.pick(community, picked)
        self.run(self.store[Discoveries].favour(community, member, number))
        owned = self.owned(community, member)
        if key in owned:
            for each in owned:
                self.known[each] = replace(self.known[each], is_favourite=each == key)

    @rule(community=COMMUNITIES, member=MEMBERS, picked=PICKED)
    def release(self, community: int, member: int, picked: int) -> None:
        number, key = self.pick(community, picked)
        released = self.run(self.store[Discoveries].release(community, member, number))
        assert released == (key in self.owned(community, member))
        if key is not None and released:
            self.known[key] = replace(self.known[key], owner_id=None, is_favourite=False)

    @rule(community=COMMUNITIES, picked=PICKED)
    def remove(self, community: int, picked: int) -> None:
        _number, key = self.pick(community, picked)
        if key is not None:
            entry = RecordEntry(Action.REMOVE_NAME, MO, self.now, community)
            poll_id = self.known[key].poll_id
            del self.known[key]
            self.wins[key] = []
            self.removed.add(key)
            moderation = self.store[Moderation]
            if poll_id is None:
                assert self.run(moderation.remove_winner(key[1].upper(), entry))
            else:
                assert self.run(moderation.remove_name(poll_id, 1, entry))

    @rule(community=COMMUNITIES, picked=PICKED)
    def void(self, community: int, picked: int) -> None:
        """A name that has won twice stays, found in the earliest of the other polls."""
        _number, key = self.pick(community, picked)
        if key is not None and (poll_id := self.known[key].poll_id) is not None:
            self.run(self.store[Polls].void(poll_id, self.now))
            if others := self.take_back(key):
                self.discover(key, min(others))

    @rule(community=COMMUNITIES, member=MEMBERS)
    def block_or_unblock(self, community: int, member: int) -> None:
        entry = RecordEntry(Action.BLOCK, MO, self.now, community)
        blocks = self.store[Blocks]
        change = blocks.unblock if (community, member) in self.blocked else blocks.block
        assert self.run(change(community, member, entry))
        self.blocked ^= {(community, member)}

    @rule(member=MEMBERS)
    def forget_member(self, member: int) -> None:
        self.run(self.store[Privacy].forget_member(member))
        self.nests = {key: nest for key, nest in self.nests.items() if key[1] != member}
        for wins in self.wins.values():
            wins[:] = [
                replace(win, member_id=None) if win.member_id == member else win for win in wins
            ]
        for key, known in self.known.items():
            if known.member_id == member:
                self.known[key] = replace(known, member_id=None, owner_id=None, is_favourite=False)

    @rule(community=COMMUNITIES, comes_back=st.booleans())
    def leave(self, community: int, *, comes_back: bool) -> None:
        privacy = self.store[Privacy]
        self.run(privacy.left(community, self.now))
        if comes_back:
            self.run(privacy.joined(community))
        self.run(privacy.forget_communities(self.now + timedelta(days=30)))
        if not comes_back:
            self.known = {key: each for key, each in self.known.items() if key[0] != community}
            self.wins = {key: each for key, each in self.wins.items() if key[0] != community}
            self.removed = {key for key in self.removed if key[0] != community}
            self.polled = {key for key in self.polled if key[0] != community}
            self.nests = {key: nest for key, nest in self.nests.items() if key[0] != community}
            self.blocked = {each for each in self.blocked if each[0] != community}

    def pick(self, community: int, picked: int) -> tuple[int, tuple[int, str] | None]:
        """A creature of a museum, by its number and key; 0 and `None` for an empty one."""
        shown = self.run(self.store[Discoveries].exhibits(WORDS, community, most=1000))
        if not shown:
            return 0, None
        exhibit = shown[picked % len(shown)]
        return exhibit.id, (community, exhibit.name.lower())

    @invariant()
    def agrees(self) -> None:
        """Nothing is double, nothing is lost, and nobody has more than they may."""
        stored: dict[tuple[int, str], Known] = {}
        for community in (1, 2):
            for each in self.run(self.store[Discoveries].exhibits(WORDS, community, most=1000)):
                key = (community, each.name.lower())
                assert key not in stored
                discoverer = None if each.discoverer is None else each.discoverer.id
                facts = each.poll_id, each.found_at, discoverer, each.owner_id
                stored[key] = Known(*facts, each.is_favourite)
                assert each.owner_id in (None, discoverer)
            for member in (11, 12):
                own = self.run(
                    self.store[Discoveries].exhibits(WORDS, community, owner_id=member, most=1000)
                )
                assert len(own) <= MOST_OWNED
                days = [each.found_at.date() for each in own if not each.is_hatched]
                assert all(days.count(day) <= MOST_IN_A_DAY for day in days)
                assert sum(each.is_favourite for each in own) <= 1
        assert stored == self.known


TestMuseum = MuseumMachine.TestCase
TestMuseum.settings = settings(max_examples=10, stateful_step_count=30, deadline=None)
