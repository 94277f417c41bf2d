"""State of the simulator, with a fake clock and without sockets."""

import pytest

from bot.local.limits import JSON, ApiError, Upload
from bot.local.records import Event, Interaction, Status
from bot.local.state import State


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


COMMANDS: list[JSON] = [
    {"name": "hello", "description": "Greets"},
    {
        "name": "retrain",
        "description": "Trains",
        "default_member_permissions": "8",
        "options": [
            {
                "type": 1,
                "name": "names",
                "description": "The names",
                "options": [
                    {"type": 11, "name": "corpus", "description": "A list"},
                    {"type": 3, "name": "recipe", "description": "How", "autocomplete": True},
                ],
            }
        ],
    },
]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> State:
    made = State(clock)
    made.overwrite_commands(None, COMMANDS)
    return made


def answer(state: State, asked: Interaction, kind: int, **data: object) -> None:
    state.answer(asked.id, asked.token, {"type": kind, "data": data})


def test_deadline_uses_the_clock(state: State, clock: Clock) -> None:
    in_time = state.invoke(state.guild.member, "hello")
    clock.now += 3.0
    answer(state, in_time, 4, content="hello")
    late = state.invoke(state.guild.member, "hello")
    clock.now += 3.01  # a blocked event loop would delay timers too
    with pytest.raises(ApiError, match="Unknown interaction"):
        answer(state, late, 4, content="hello")
    assert [message.content for message in state.channel.messages.values()] == ["hello"]


def test_answered_interaction_cannot_fail(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 4, content="hello")
    state.give_up(asked)
    state.expire(asked)
    assert asked.status is Status.ANSWERED


def test_expired_token(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 5)
    state.expire(asked)
    assert asked.failed
    with pytest.raises(ApiError, match="Invalid Webhook Token"):
        state.follow_up(asked.token, {"content": "late"})


def test_acknowledged_press_does_not_fail(state: State) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "A", "custom_id": "a"}]}
    card = state.channel.post(state.guild.channel_id, {"content": "Choose", "components": [row]})
    asked = state.press(state.guild.member, card.id, "a")
    answer(state, asked, 6)
    assert not asked.settled
    state.expire(asked)
    assert asked.status is Status.ANSWERED


def test_acknowledged_at(state: State, clock: Clock) -> None:
    asked = state.invoke(state.guild.member, "hello")
    assert asked.acknowledged_at is None
    clock.now += 2.0
    answer(state, asked, 5)
    clock.now += 2.0
    state.follow_up(asked.token, {"content": "hello"})
    assert asked.acknowledged_at == asked.created_at + 2.0


def test_add_member(state: State) -> None:
    before = state.guild.payload()["member_count"]
    grace = state.guild.add_member("Grace Hopper", locale="el")
    boss = state.guild.add_member("Boss", administrator=True)
    assert state.guild.payload()["member_count"] == before + 2
    assert state.guild.user(grace.id).payload()["username"] == "grace_hopper"
    asked = state.invoke(grace, "hello")
    member = state.interaction_payload(asked)["member"]
    assert (member["user"]["global_name"], member["roles"]) == ("Grace Hopper", [])
    assert "retrain names" not in [line["name"] for line in state.picker(grace)]
    assert "retrain names" in [line["name"] for line in state.picker(boss)]


def test_remove_bot(state: State) -> None:
    card = state.channel.post(state.guild.channel_id, {"content": "here"})
    state.remove_bot()
    assert state.picker(state.guild.admin) == []
    for refused in (
        lambda: state.channel.post(state.guild.channel_id, {"content": "there"}),
        lambda: state.channel.edit(state.guild.channel_id, card.id, {"content": "there"}),
        lambda: state.invoke(state.guild.member, "hello"),
    ):
        with pytest.raises(ApiError, match="Missing Access"):
            refused()
    state.add_bot()
    assert state.picker(state.guild.admin)
    answer(state, state.invoke(state.guild.member, "hello"), 4, content="back")


def test_rejected_answer_can_be_repeated(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    with pytest.raises(ApiError, match="Invalid Form Body"):
        answer(state, asked, 4, content="x" * 2001)
    with pytest.raises(ApiError, match="no modals"):
        answer(state, asked, 9)
    answer(state, asked, 4, content="shorter")
    assert asked.message.content == "shorter"


def test_rejected_edit_changes_nothing(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 4, content="before")
    with pytest.raises(ApiError, match="Invalid Form Body"):
        state.edit_reply(asked.token, "@original", {"content": "after", "embeds": [{}] * 11})
    assert (asked.message.content, asked.message.edits) == ("before", [])


def test_interaction_payload(state: State) -> None:
    asked = state.invoke(state.guild.admin, "retrain names", {"corpus": Upload("a.txt", b"rex\n")})
    payload = state.interaction_payload(asked)
    (subcommand,) = payload["data"]["options"]
    (corpus,) = subcommand["options"]
    attachment = payload["data"]["resolved"]["attachments"][corpus["value"]]
    assert (subcommand["name"], corpus["name"]) == ("names", "corpus")
    assert (attachment["filename"], attachment["size"]) == ("a.txt", 4)
    assert int(payload["member"]["permissions"]) & 8
    assert payload["context"] == 0


def test_files_are_deleted_with_their_interaction(state: State) -> None:
    asked = state.invoke(state.guild.admin, "retrain names", {"corpus": Upload("a.txt", b"rex\n")})
    assert len(state.channel.attachments) == 1
    state.expire(asked)
    assert state.channel.attachments == {}


def test_focused_option(state: State) -> None:
    asked = state.complete(state.guild.admin, "retrain names", {"recipe": "note"}, "recipe")
    (recipe,) = asked.data["options"][0]["options"]
    assert recipe == {"name": "recipe", "type": 3, "value": "note", "focused": True}


def test_dismiss(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 4, content="psst", flags=64)
    with pytest.raises(ApiError, match="Unknown Message"):
        state.channel.dismiss(state.guild.admin, asked.message.id)
    state.channel.dismiss(state.guild.member, asked.message.id)
    assert state.channel.messages == {}


def test_file_names_are_sanitised(state: State) -> None:
    message = state.channel.post(state.guild.channel_id, {}, [Upload('../"<b>.txt', b"x")])
    (file,) = message.files
    assert file.filename == ".._" + "__b_.txt"
    assert file.url.endswith(file.filename)


def test_history_is_limited(state: State) -> None:
    first = state.channel.say(state.guild.member, "the first")
    for number in range(500):
        state.channel.say(state.guild.member, f"{number}")
    assert first.deleted
    assert len(state.channel.messages) == 500


def test_ephemeral_messages_keep_others(clock: Clock) -> None:
    state = State(clock, history=2)
    state.overwrite_commands(None, COMMANDS)
    state.channel.say(state.guild.member, "a poll")
    for number in range(3):
        asked = state.invoke(state.guild.member, "hello")
        answer(state, asked, 4, content=f"receipt {number}", flags=64)
    kept = [message.content for message in state.channel.messages.values()]
    assert kept == ["a poll", "receipt 1", "receipt 2"]


def test_listeners(state: State) -> None:
    heard: list[Event] = []
    state.events.listeners.append(heard.append)
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 5)
    state.edit_reply(asked.token, "@original", {"content": "done"})
    state.delete_reply(asked.token, "@original")
    assert [event.name for event in heard] == [
        *("interaction", "message", "progress"),
        *("edit", "progress", "delete", "progress"),
    ]
