"""State of the simulator, with a fake clock and without sockets."""

import pytest

from bot.platforms.local.limits import ApiError, Upload
from bot.platforms.local.records import Interaction, Status
from bot.platforms.local.state import State
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> State:
    made = State(clock, history=2)
    made.overwrite_commands([{"name": "hello", "description": "Greets"}])
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


def test_expired_token(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    answer(state, asked, 5)
    state.expire(asked)
    assert asked.failed
    with pytest.raises(ApiError, match="Invalid Webhook Token"):
        state.follow_up(asked.token, {"content": "late"})


def test_acknowledged_press_does_not_fail(state: State) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "A", "custom_id": "a"}]}
    card = state.channel.post({"content": "Choose", "components": [row]})
    asked = state.press(state.guild.member, card.id, "a")
    answer(state, asked, 6)
    assert not asked.settled
    state.expire(asked)
    assert asked.status is Status.ANSWERED


def test_remove_bot(state: State) -> None:
    state.remove_bot()
    assert state.picker(state.guild.admin) == []
    with pytest.raises(ApiError, match="Missing Access"):
        state.invoke(state.guild.member, "hello")


def test_rejected_answer_can_be_repeated(state: State) -> None:
    asked = state.invoke(state.guild.member, "hello")
    with pytest.raises(ApiError, match="Invalid Form Body"):
        answer(state, asked, 4, content="x" * 2001)
    with pytest.raises(ApiError, match=r"one of {4, 5, 9}"):
        answer(state, asked, 8)
    answer(state, asked, 4, content="shorter")
    assert asked.message.content == "shorter"


def test_file_names_are_sanitised(state: State) -> None:
    message = state.channel.post({}, [Upload('../"<b>.txt', b"x")])
    (file,) = message.files
    assert file.filename == ".._" + "__b_.txt"
    assert file.url.endswith(file.filename)


def test_ephemeral_messages_keep_others(state: State) -> None:
    state.channel.say(state.guild.member, "a poll")
    for number in range(3):
        asked = state.invoke(state.guild.member, "hello")
        answer(state, asked, 4, content=f"receipt {number}", flags=64)
    kept = [message.content for message in state.channel.messages.values()]
    assert kept == ["a poll", "receipt 1", "receipt 2"]


def test_replies_name_message_and_channel(state: State) -> None:
    """discord.py fails on a press below a reply without them."""
    first = state.channel.post({"content": "one"})
    reference = {"message_id": first.id, "channel_id": state.guild.channel_id}
    reply = state.channel.post({"content": "two", "message_reference": reference})
    assert reply.payload()["message_reference"] == reference
