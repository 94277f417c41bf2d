"""The votes benchmark: it detects lost votes, and no others."""

from pathlib import Path

import pytest

from benchmarks.ballots import Press, allowed_votes, database_url, poll_of, shows, wrong_votes
from benchmarks.votes import KILLED, Outcome, report, run, shortcomings
from bot.platforms.local.limits import JSON
from bot.platforms.local.records import Interaction, Kind, Message
from bot.platforms.local.state import State

NAMES = ["Mangosaurus", "Mangosaur", "Rex"]


def message(
    description: str = "", fields: list[JSON] | None = None, labels: tuple[str, ...] = ()
) -> Message:
    """A poll that shows this."""
    state = State(lambda: 1_700_000_000.0)
    buttons = [
        {"type": 2, "style": 2, "label": label, "custom_id": f"vote:a1:{position}"}
        for position, label in enumerate(labels)
    ]
    payload: JSON = {"content": "poll", "embeds": [{"description": description}]}
    payload["embeds"][0]["fields"] = fields or []
    payload["components"] = [{"type": 1, "components": buttons}] if buttons else []
    return state.channel.post(state.guild.channel_id, payload)


def press(position: int, *, acknowledged: bool = True, poll: str = "c", member: int = 1) -> Press:
    state = State(lambda: 1_700_000_000.0)
    at = 1_700_000_001.0 if acknowledged else None
    user = state.guild.member
    sent = 1_700_000_000.5
    asked = Interaction("1", "t", Kind.COMPONENT, user, "", {}, sent, "2", acknowledged_at=at)
    return Press(poll, member, position, asked)


@pytest.mark.parametrize(
    ("description", "fields", "labels"),
    [
        ("**Mangosaurus** ▰▰▱ 1,234\n**Mangosaur** — 5 votes (0%)\n**Rex**", [], ()),
        (
            "",
            [
                {"name": "1. Mangosaurus", "value": "1234 votes"},
                {"name": "2. Mangosaur", "value": "5 votes"},
                {"name": "3. Rex", "value": "0 votes"},
            ],
            (),
        ),
        ("", [], ("Mangosaurus (1234)", "Mangosaur (5)", "Rex")),
        ("**Mangosaurus**\n**Mangosaur**\n**Rex**", [], ("Mangosaurus 1234", "Mangosaur 5", "Rex")),
    ],
)
def test_shows(description: str, fields: list[JSON], labels: tuple[str, ...]) -> None:
    poll = message(description, fields, labels)
    assert shows(poll, NAMES, [1234, 5, 0])
    assert not shows(poll, NAMES, [1233, 5, 0])
    assert not shows(poll, NAMES, [1234, 6, 0])
    assert not shows(poll, NAMES, [1234, 5, 1])


def test_vote_buttons() -> None:
    poll = poll_of(message(labels=("Rex", "Ox")))
    assert poll.id == "a1"
    assert poll.buttons == {0: "vote:a1:0", 1: "vote:a1:1"}


def test_message_without_vote_buttons() -> None:
    with pytest.raises(LookupError, match="takes no votes"):
        poll_of(message("Rex"))


def test_allowed_votes() -> None:
    presses = [press(0), press(1), press(2, acknowledged=False), press(3, poll="d", member=2)]
    allowed = allowed_votes(presses, {("c", 9): 4, ("d", 2): 0})
    assert allowed == {("c", 1): {1, 2}, ("c", 9): {4}, ("d", 2): {3}}
    assert allowed_votes([press(0, acknowledged=False)], {}) == {("c", 1): {None, 0}}


def test_late_acknowledgement_confirms_nothing() -> None:
    """The bot acknowledges after two seconds, also while the vote waits for the database."""
    late = press(0)
    late.asked.created_at -= 2
    assert allowed_votes([late], {}) == {("c", 1): {None, 0}}
    late.asked.followups = [message()]
    assert allowed_votes([late], {}) == {("c", 1): {None, 0}}
    late.asked.followups[0].content = "You voted for Rex."
    assert allowed_votes([late], {}) == {("c", 1): {0}}


def test_wrong_votes() -> None:
    allowed: dict[tuple[str, int], set[int | None]] = {("c", 1): {1}, ("c", 2): {None, 0}}
    assert wrong_votes(allowed, {("c", 1): 1}) == []
    assert wrong_votes(allowed, {("c", 1): 1, ("c", 2): 0}) == []
    assert wrong_votes(allowed, {}) == ["poll c, member 1: None is stored, not 1"]
    assert wrong_votes(allowed, {("c", 1): 0}) == ["poll c, member 1: 0 is stored, not 1"]
    assert len(wrong_votes(allowed, {("c", 1): 1, ("c", 3): 0})) == 1


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        (None, "sqlite+aiosqlite:///x/mangosaurus.db"),
        ("postgres://u:p@h/db", "postgresql+asyncpg://u:p@h/db"),
        ("postgresql://u:p@h:5432/db", "postgresql+asyncpg://u:p@h:5432/db"),
        ("sqlite:///y.db", "sqlite+aiosqlite:///y.db"),
    ],
)
def test_database_url(given: str | None, opened: str) -> None:
    assert database_url(given, Path("x")).render_as_string(hide_password=False) == opened


def test_early_kill_proves_nothing() -> None:
    assert Outcome(acknowledged_before_kill=0).proves_nothing
    assert not Outcome(acknowledged_before_kill=1).proves_nothing
    assert not Outcome().proves_nothing


async def test_votes_survive_a_kill(tmp_path: Path) -> None:
    """The benchmark itself, with few members."""
    outcomes, memory = await run(tmp_path, members=20, polls=2, seconds=0.5)
    rush, killed, after = outcomes.values()
    assert len(rush.presses) >= 40
    assert len(rush.waits) == len(rush.presses)
    assert 0 < len(killed.presses) < len(rush.presses)
    assert killed.acknowledged_before_kill is not None
    assert 40 / 3 <= killed.acknowledged_before_kill + 1 < 40
    assert not any(outcome.proves_nothing for outcome in outcomes.values())
    assert [outcome.wrong for outcome in outcomes.values()] == [[], [], []]
    assert rush.seconds_to_show is not None
    assert after.seconds_to_show is not None
    assert rush.edits.total() >= 2
    assert report(outcomes, memory).row_count == 12


def test_unacknowledged_votes_are_a_failure() -> None:
    outcome = Outcome([press(0), press(1, acknowledged=False)], seconds_to_show=1.0)
    assert shortcomings({"all": outcome}) == ["all: 1 of 2 votes were not acknowledged in 3 s"]
    assert shortcomings({KILLED: outcome}) == []
    assert shortcomings({"all": Outcome([press(0)], seconds_to_show=1.0)}) == []
