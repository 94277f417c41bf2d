"""What inference answers, with which filter, and without blocking the event loop."""

import asyncio
from dataclasses import replace

import pytest

from bot.writing import Caller
from models.networks.vocabulary import END
from models.text_generator import Accept
from models.verse.dissection import NoWordNetwork
from tests.bot.writing.serving import NAMES, POEM, Serve, last_of, poem_of
from tests.models.tiny import poet, words_and_characters


async def test_dissect_line(serve: Serve) -> None:
    """By the network for verse. Rejected words are no alternatives."""
    inference = serve(sonnets=poet(words_and_characters()))
    dissection = await inference.dissect_line("The rose of day")
    assert dissection is not None
    assert [choice.token for choice in dissection.words] == ["the", "rose", "of", "day", END]
    assert await inference.dissect_line("Tyrannosaurus rex") is None
    with pytest.raises(NoWordNetwork):
        await serve(sonnets=replace(poet(), words=("the", "rose"))).dissect_line("The rose")
    assert inference.at_work == 0


async def test_sonnet(serve: Serve) -> None:
    drafts = [draft async for draft in serve().sonnet(POEM)]
    assert [len(draft.lines) for draft in drafts] == list(range(1, 15))
    assert drafts[-1].finished


async def test_word_filter_of_a_request(serve: Serve) -> None:
    """Each text of a batch is judged by its own request's filter."""
    asked: dict[str, list[str]] = {"ours": [], "theirs": []}

    def words(whose: str) -> Accept:
        def accept(text: str) -> bool:
            asked[whose].append(text)
            return True

        return accept

    inference = serve(accept=lambda _: False)
    requests = {"ours": POEM, "theirs": replace(POEM, opening="Never", seed=2)}
    poems = await asyncio.gather(
        *(last_of(inference.sonnet(r, Caller(words(whose)))) for whose, r in requests.items())
    )
    for whose, lines in zip(asked, poems, strict=True):
        assert set(lines) <= set(asked[whose])
    assert not set(asked["ours"]) & set(asked["theirs"])
    names = (await inference.names(NAMES, caller=Caller(words("ours")))).names
    assert set(names) <= set(asked["ours"])
    line = poet(words_and_characters())
    asked["theirs"].clear()
    await serve(sonnets=line).dissect_line("The rose of day", Caller(words("theirs")))
    assert asked["theirs"]


async def test_unexpected_error(serve: Serve) -> None:
    broken = True

    def accept(_line: str) -> bool:
        if broken:
            raise RuntimeError("the filter fell over")
        return True

    inference = serve(accept=accept)
    outcomes = await asyncio.gather(
        poem_of(inference, POEM), poem_of(inference, replace(POEM, seed=2)), return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes] == ["the filter fell over"] * 2
    broken = False
    assert await poem_of(inference, POEM)
