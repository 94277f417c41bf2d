"""`/dinoname`: new dinosaurs on a card, and a button for more."""

import re
from dataclasses import dataclass

from bot.commands.reply import Button, Card, Refusal, Reply, Tone, strong, text
from bot.commands.writer import Words, Writer
from bot.formats import plural
from data.text import clean_name
from models.names import NamesRequest, NamesResult

ACTION = "names"
MOST_NAMES = 10
COLDEST, HOTTEST = 0.1, 2.0
"""Temperatures that are accepted: below, it repeats itself; above, it babbles."""

_STATE = re.compile(r"(?P<count>\d+):(?P<temperature>\d+(?:\.\d+)?):(?P<starts_with>.*)")


@dataclass(frozen=True)
class NamesAsk:
    """What a member can ask of `/dinoname`."""

    count: int = 5
    starts_with: str = ""
    temperature: float = 1.0

    def to_state(self) -> str:
        """All of this in a button's state; `starts_with` as the network reads it."""
        return f"{self.count}:{round(self.temperature, 2):g}:{clean_name(self.starts_with)}"

    @classmethod
    def from_state(cls, state: str) -> "NamesAsk":
        """The inverse of `to_state`. Raises `Refusal` for a button of another version."""
        match = _STATE.fullmatch(state)
        if match is None:
            raise Refusal("This button is from another version of me; use /dinoname instead.")
        return cls(int(match["count"]), match["starts_with"], float(match["temperature"]))


def check(ask: NamesAsk, words: Words) -> None:
    """Raise `Refusal` for what cannot be met."""
    if not 1 <= ask.count <= MOST_NAMES:
        raise Refusal(f"I write 1 to {MOST_NAMES} names at a time, for example 5.")
    check_temperature(ask.temperature)
    # As the beginning of a name, as typed and as the network reads it: *tit* is harmless in one.
    beginnings = (ask.starts_with, clean_name(ask.starts_with))
    if not all(words.allows(f"{beginning}saurus") for beginning in beginnings):
        raise Refusal("No dinosaur of mine begins like that; try another beginning.")


def check_temperature(temperature: float) -> None:
    """Raise `Refusal` for a temperature out of range."""
    if not COLDEST <= temperature <= HOTTEST:
        raise Refusal(
            f"The temperature goes from {COLDEST:g} (sober) to {HOTTEST:g} (wild), for example 0.8."
        )


async def answer(ask: NamesAsk, seed: int, writer: Writer) -> Reply:
    """Name some dinosaurs. Raises what `Writer.names` raises."""
    request = NamesRequest(ask.count, seed, ask.starts_with, ask.temperature)
    return reply(ask, seed, await writer.names(request))


def reply(ask: NamesAsk, seed: int, result: NamesResult) -> Reply:
    """What the answer says."""
    if not result.names:
        return Reply(content=text(result.reason or "No new name could be found."), private=True)
    lines = [text(strong(name.capitalize())) for name in result.names]
    if result.reason:
        lines += [(), text(result.reason)]
    return Reply(
        cards=(
            Card(
                title=f"🦕 {plural(len(result.names), 'new dinosaur')}",
                lines=tuple(lines),
                footer=f"temperature {round(ask.temperature, 2):g} · seed {seed}",
                tone=Tone.NAMES,
            ),
        ),
        buttons=(Button("More", ACTION, ask.to_state(), emoji="🥚"),),
    )
