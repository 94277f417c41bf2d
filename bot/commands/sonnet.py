"""`/sonnet`: a poem that begins with the member's own words, and a button for another.

All that another poem needs stands in the footer of the card: the opening exactly as it was typed,
the form and the temperature. So the button works for as long as the card is there.
"""

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.commands.hall_of_fame import LONGEST_NAME
from bot.commands.interfaces import TextGenerator
from bot.commands.message import (
    Button,
    Embed,
    Message,
    Text,
    Tone,
    UserError,
    text,
)
from bot.commands.names import check_temperature
from bot.commands.poems import KEEP
from bot.formats import human_join, plural, shortened, without_bidi_controls
from bot.services.word_filter import WordFilter
from data.text import unify_newlines
from models.verse.forms import DEFAULT_FORM, FORMS, Form
from models.verse.poem import OPENING_LIMIT, Draft, SonnetRequest

ACTION = "sonnet"
WRITING = text("✒️ …")
"""The last line of a card while its poem is being written."""

_FOOTER = re.compile(
    r"(?:From “(?P<opening>.*)” · )?"
    r"(?:(?P<form>[a-z-]+) · )?"  # cards of the first version have none
    r"temperature (?P<temperature>\d+(?:\.\d+)?) · seed \d+",
    re.DOTALL,
)


@dataclass(frozen=True)
class SonnetOptions:
    """What a member can ask of `/sonnet`. An empty opening lets the bot begin."""

    opening: str = ""
    temperature: float = 0.8
    form: str = DEFAULT_FORM
    """A name in `models.verse.forms.FORMS`."""

    def __post_init__(self) -> None:
        """Drop what would turn the bot's own words about, and an opening of nothing but spaces."""
        opening = without_bidi_controls(self.opening)
        object.__setattr__(self, "opening", opening if opening.strip() else "")

    def to_footer(self, seed: int) -> str:
        """All of this, for a card's footer. The quotes keep the spaces around an opening."""
        source = f"From “{unify_newlines(self.opening)}” · " if self.opening else ""
        return f"{source}{self.form} · temperature {round(self.temperature, 2):g} · seed {seed}"

    @classmethod
    def from_footer(cls, footer: str) -> "SonnetOptions":
        """The inverse of `to_footer`. Raises `UserError` for a card of another version."""
        match = _FOOTER.fullmatch(footer)
        form = (match and match["form"]) or DEFAULT_FORM
        if match is None or form not in FORMS:
            raise UserError("I cannot read the opening on this card any more; use /sonnet instead.")
        return cls(match["opening"] or "", float(match["temperature"]), form)


def about(name: str, opening: str) -> str:
    """The opening of a poem about a name, which is to have no other.

    The comma ends the name, lest the network go on with it. Raises `UserError`.
    """
    if opening.strip():
        raise UserError(
            "A poem about a name begins with that name, so leave out the opening: "
            "/sonnet about:Mangosaurus"
        )
    words = " ".join(name.split())
    if len(words) > LONGEST_NAME:
        raise UserError(
            f"A name has at most {plural(LONGEST_NAME, 'character')} and yours has {len(words):,}; "
            "to begin a poem with more, use /sonnet opening:"
        )
    return f"{words}, " if words else ""


def check(ask: SonnetOptions, words: WordFilter) -> None:
    """Raise `UserError` for what cannot be met."""
    check_temperature(ask.temperature)
    if ask.form not in FORMS:
        raise UserError(f"A poem of mine can be {human_join([*FORMS], 'or')}, and no {ask.form!r}.")
    length = len(unify_newlines(ask.opening))
    if length > OPENING_LIMIT:
        raise UserError(
            f"An opening has at most {OPENING_LIMIT} characters and yours has {length:,}; "
            f"try its first line. Yours was: “{shortened(ask.opening, 1000)}”"
        )
    if not words.allows(ask.opening):
        raise UserError("I would rather not begin a poem with those words; try other ones.")


async def answer(
    ask: SonnetOptions, seed: int, writer: TextGenerator
) -> AsyncGenerator[Message, None]:
    """Write a poem: the whole answer again after every line. Raises what the generator raises."""
    request = SonnetRequest(unify_newlines(ask.opening), seed, ask.temperature, ask.form)
    async with aclosing(writer.sonnet(request)) as drafts:
        async for draft in drafts:
            yield reply(ask, seed, draft)


def reply(ask: SonnetOptions, seed: int, draft: Draft) -> Message:
    """What the answer says when so much of the poem is written."""
    form = FORMS[ask.form]
    lines = tuple(_in_stanzas(draft.lines, form))
    return Message(
        embeds=(
            Embed(
                title=f"📜 {form.title}",
                lines=lines if draft.finished else (*lines, WRITING),
                footer=ask.to_footer(seed),
                tone=Tone.VERSE,
            ),
        ),
        buttons=(another(), KEEP) if draft.finished else (),
    )


def _in_stanzas(lines: Sequence[str], form: Form) -> Iterator[Text]:
    """The lines, with an empty one behind each stanza."""
    for number, line in enumerate(lines, start=1):
        yield text(line)
        if number in form.stanza_ends:
            yield ()


def broken_off(shown: Message, why: Text) -> Message:
    """The same answer when the poem cannot be finished: its lines are kept, and the reason said."""
    (card,) = shown.embeds
    lines = [line for line in card.lines if line != WRITING]
    if lines and lines[-1]:
        lines.append(())
    return replace(
        shown,
        embeds=(replace(card, lines=(*lines, why), tone=Tone.TROUBLE),),
        buttons=(another(),),
    )


def another() -> Button:
    """The button for another poem from the same opening."""
    return Button("Another", ACTION, emoji="🪶")
