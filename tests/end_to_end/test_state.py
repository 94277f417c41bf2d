"""State of the simulator, with a fake clock and without sockets."""

import pytest

from simulators.common.payloads import Upload
from simulators.discord.limits import ApiError
from simulators.discord.records import Interaction
from simulators.discord.state import State
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


def test_file_names_are_sanitised(state: State) -> None:
    message = state.channel.post({}, [Upload('../"<b>.txt', b"x")])
    (file,) = message.files
    assert file.filename == ".._" + "__b_.txt"
    assert file.url.endswith(file.filename)


def test_longest_alternative_text(state: State) -> None:
    message = state.channel.post({}, [Upload("a.png", b"x", "x" * 1024)])
    with pytest.raises(ApiError, match="Invalid Form Body"):
        state.channel.post({}, [Upload("a.png", b"x", "x" * 1025)])
    assert [*state.channel.messages.values()] == [message]
