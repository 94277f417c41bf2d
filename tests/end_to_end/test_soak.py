"""The soak and the kills, in small; and what they count as lost."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.kills import run as run_kills
from benchmarks.soak.ledger import Down, Entry, Fate, Ledger, is_unfinished
from benchmarks.soak.plan import FAULTS, POSTGRES, SQLITE, make_plan
from benchmarks.soak.records import Records, Stored
from benchmarks.soak.report import as_json, exceptions_in, promises, show
from benchmarks.soak.soak import Options, Soak
from benchmarks.soak.trouble import APPLY
from bot.platforms.local.records import Interaction, Kind, Message, Status
from bot.platforms.local.state import State

SENT = 1_700_000_000.0
STATE = State(lambda: SENT)
MEMBER = STATE.guild.member


def message(content: str = "", *, loading: bool = False, private: bool = True) -> Message:
    flags = (64 if private else 0) | (128 if loading else 0)
    bot = STATE.guild.bot
    return Message("1", "2", bot, SENT, content=content, flags=flags)


def entry(
    status: Status = Status.ANSWERED,
    answer: Message | None = None,
    *,
    delivered: float | None = 0.1,
    source: Message | None = None,
    worked: str = "won",
    at: float = 0.0,
) -> Entry:
    """An interaction; times in seconds after `SENT`."""
    kind = Kind.COMPONENT if source else Kind.COMMAND
    asked = Interaction("3", f"token {at}", kind, MEMBER, "/x", {}, SENT + at, "4", source)
    asked.status, asked.original = status, answer
    asked.delivered_at = None if delivered is None else SENT + delivered
    asked.acknowledged_at = SENT + at + 0.5 if asked.acknowledged else None
    return Entry("x", asked, lambda text: re.search(worked, text) is not None)


def fate(one: Entry, **ledger: object) -> Fate:
    return Ledger(entries=[one], **ledger).fate(one)[0]  # type: ignore[arg-type]


def test_fates_of_acknowledged_interactions() -> None:
    assert fate(entry(answer=message("You won"))) is Fate.ANSWERED
    assert fate(entry(answer=message("The bot is busy"))) is Fate.REFUSED
    assert fate(entry(Status.DEFERRED, message(loading=True))) is Fate.LOST
    dropped = message("You won")
    dropped.deleted = True  # by the simulator, which keeps 500 messages
    assert fate(entry(answer=dropped)) is Fate.ANSWERED
    assert fate(entry(answer=message("a line\n✒️ …"), worked="line")) is Fate.LOST
    card = message("names", private=False)
    assert fate(entry(answer=card, source=card)) is Fate.ANSWERED  # a counted vote
    unsaid = entry(Status.DEFERRED, card, source=card)
    assert fate(unsaid) is Fate.LOST
    assert fate(unsaid, downs=[Down("", SENT + 2, SENT + 9, True)]) is Fate.EXCEPTED
    assert fate(unsaid, downs=[Down("", SENT + 2, SENT + 9, False)]) is Fate.LOST


def test_fates_of_others() -> None:
    assert fate(entry(Status.FAILED)) is Fate.LOST
    assert fate(entry(Status.FAILED, delivered=None)) is Fate.EXCEPTED
    assert fate(entry(Status.FAILED, delivered=2.0)) is Fate.EXCEPTED
    assert fate(entry(Status.FAILED), disturbed={"token 0.0"}) is Fate.EXCEPTED


@pytest.mark.parametrize(
    ("killed", "after", "expected"),
    [
        (True, 2.0, Fate.EXCEPTED),  # it had no time to answer
        (True, 4.0, Fate.LOST),
        (False, 2.0, Fate.LOST),  # a bot that stops answers first
        (False, 0.5, Fate.EXCEPTED),
    ],
)
def test_fates_around_an_end(killed: bool, after: float, expected: Fate) -> None:
    down = Down("", SENT + after, SENT + 9, killed)
    assert fate(entry(Status.FAILED), downs=[down]) is expected


def test_unfinished_messages() -> None:
    assert is_unfinished(message(loading=True))
    assert is_unfinished(message("Shall I\n✒️ …"))
    assert not is_unfinished(message("Shall I"))


def stored(**rows: object) -> Stored:
    empty: dict[str, object] = {
        "votes": {},
        "poems": frozenset(),
        "namers": frozenset(),
        "minutes": None,
        "winners": {},
        "trainings": {},
    }
    return Stored(**empty | rows)  # type: ignore[arg-type]


def test_lost_votes() -> None:
    records = Records()
    card = message("names", private=False)
    yes = entry(answer=message("You voted for Rex"))
    unheard = entry(Status.FAILED, at=5.0)
    records.press(("1", 7), yes, 2)
    (lost,) = records.lost(stored(), [])
    assert lost.startswith("poll 1, member 7: None is stored, not 2")
    assert records.lost(stored(votes={("1", 7): 2}), []) == []
    records.press(("1", 7), unheard, 3)
    for position in (2, 3):
        assert records.lost(stored(votes={("1", 7): position}), []) == []
    assert records.lost(stored(), [])
    records.press(("1", 8), entry(answer=card, source=card), 1)
    assert len(records.lost(stored(votes={("1", 7): 2}), [])) == 1
    records.forgets.append((8, entry(answer=message("no longer stores anything about you"), at=1)))
    assert records.lost(stored(votes={("1", 7): 2}), []) == []
    assert records.confirmed == 2


def test_contradicted_votes() -> None:
    records = Records()
    records.press(("1", 7), entry(answer=message("so nothing was saved; try again")), 2)
    assert records.contradictions(stored()) == []
    assert len(records.contradictions(stored(votes={("1", 7): 2}))) == 1


def test_lost_records_of_other_kinds() -> None:
    records = Records()
    records.keeps[7, 1] = [entry(answer=message("Kept. You have 1 poem: /poems"))]
    records.imports["elves"] = entry(answer=message("✅ elves is ready"))
    records.settings.append((2, entry(answer=message("New polls stay open for 2 minutes here"))))
    records.cards["5"] = message("The poll is closed: Rex has won.", private=False)
    assert len(records.lost(stored(), [])) == 4
    whole = stored(
        poems=frozenset({(7, 1)}), namers=frozenset({"elves"}), minutes=2, winners={"5": "Rex"}
    )
    assert records.lost(whole, []) == []


def test_plan_repeats() -> None:
    plans = [make_plan(seed, 600, 60, database=SQLITE, has_clock=True) for seed in (1, 1, 2)]
    assert plans[0] == plans[1] != plans[2]
    assert plans[0][-1].at < 540
    everything = make_plan(1, 6000, 60, database=POSTGRES, has_clock=False)
    names = {step.fault for step in everything}
    assert names == {f.name for f in FAULTS if f.database != SQLITE and not f.needs_clock}
    assert {fault.name for fault in FAULTS} == APPLY.keys()
    with pytest.raises(ValueError, match="SIGTERM"):
        make_plan(1, 60, 0, database=SQLITE, has_clock=True, only=["earthquake"])


def test_exceptions_in_the_log() -> None:
    trace = "Traceback (most recent call last):\\n  File x\\nValueError: no"
    handled = f'{{"message": "Attempting a reconnect in 1s", "exception": "{trace}"}}'
    unknown = f'{{"message": "Unknown error", "exception": "{trace}"}}'
    printed = "Traceback (most recent call last):\n  File y\nKeyError: 1"
    found = exceptions_in("\n".join([handled, unknown, '{"message": "fine"}', printed]))
    assert [one.error for one in found] == ["ValueError: no", "KeyError: 1"]


async def test_short_soak(tmp_path: Path) -> None:
    """Every promise is kept, with the faults of a seed."""
    faults = ("SIGKILL", "answers 502", "database locked", "SIGTERM")
    options = Options(
        seconds=33, rate=4.0, quiet_s=3.0, large_namers=1, quick=True, members=60, only=faults
    )
    soak = Soak(tmp_path, options, console := Console(record=True, width=120))
    outcome = await soak.run()
    assert len(outcome.faults) == len(faults)
    assert len(outcome.ledger.entries) > 60
    assert outcome.records.confirmed > 5
    show(console, outcome)
    assert as_json(outcome)["promises"]
    assert [promise for promise in promises(outcome) if not promise.is_kept] == []


async def test_kills(tmp_path: Path) -> None:
    """Those during votes are in `test_votes_benchmark`, and in the soak above."""
    results = await run_kills(tmp_path, votes=0, trainings=0, migrations=1, seed=0)
    assert {name: result.wrong for name, result in results.items() if result.kills} == {
        "migrations": []
    }
