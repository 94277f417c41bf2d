"""Inference: batches, limits, swaps, and an event loop that is never blocked."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.services.inference import DISSECTION, Inference, open_inference
from bot.services.queueing.errors import Busy, TooMany, TooSlow
from models import weights
from models.fingerprints import Fingerprints
from models.names.generator import MAX_FRUITLESS, NamesError, NamesRequest
from models.networks.lstm import LSTM
from models.networks.network import State
from models.networks.vocabulary import END
from models.tasks import TASKS
from models.text_generator import Accept, ShouldStop, never
from models.verse.dissection import NoWordNetwork
from models.verse.poem import Draft, SonnetError, SonnetRequest, extend
from models.verse.text_generator import SonnetGenerator
from models.weights import Trained, WeightsError, load_weights, save_weights
from tests.bot.tiny import tiny_namer
from tests.models.tiny import LETTERS, VERSE, card, lstm, namer, poet, words_and_characters
from tests.models.verse.versifier import VERSIFIER

NAMES = NamesRequest(count=3, seed=1)
POEM = SonnetRequest("Shall I", seed=1)


def anything(_text: str) -> bool:
    return True


KANA = tuple(a + b + c for a in "サクタマ" for b in "トクロ" for c in "シラウミ")


def kana(**facts: object) -> Callable[[], Trained]:
    """Loads small weights for names in kana."""
    return partial(TASKS["names"].read, tiny_namer(KANA, **facts), "kana")  # type: ignore[arg-type]


class Gated(LSTM):
    """A network that waits in its thread until a gate opens, and tells that it does."""

    gate: threading.Event
    reached: threading.Event

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        self.reached.set()
        assert self.gate.wait(timeout=10)
        return super().step(x, state)


def gated(network: LSTM) -> Gated:
    copy = Gated(network.vocabulary, network.layers, network.Wy, network.by)
    object.__setattr__(copy, "gate", threading.Event())
    object.__setattr__(copy, "reached", threading.Event())
    return copy


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Inference]]:
    """A function that opens a inference; all doors are closed in the end."""
    opened: list[Inference] = []

    def open_door(
        *,
        names: Trained | None = None,
        sonnets: Trained | None = None,
        accept: Callable[[str], bool] = anything,
        queue: int = 16,
        per_member: int = 20,
        deadline: float = 20.0,
    ) -> Inference:
        served: dict[str, Trained] = {"names": names or namer(), "sonnets": sonnets or poet()}
        opened.append(
            Inference(served, accept, queue=queue, per_member=per_member, deadline=deadline)
        )
        return opened[-1]

    yield open_door
    for inference in opened:
        await inference.close()


Serve = Callable[..., Inference]


async def drafts_of(inference: Inference, request: SonnetRequest) -> list[Draft]:
    """A whole poem, as it grows."""
    return [draft async for draft in inference.sonnet(request)]


async def poem_of(inference: Inference, request: SonnetRequest) -> tuple[str, ...]:
    """A whole poem."""
    return (await drafts_of(inference, request))[-1].lines


async def in_thread(event: threading.Event) -> None:
    """Wait for what happens in the networks' thread."""
    assert await asyncio.to_thread(event.wait, 10)


def save(path: Path, trained: Trained) -> None:
    save_weights(path, trained.network.arrays(), trained.card, Fingerprints.of([]))


async def swap(inference: Inference, kind: str, path: Path) -> None:
    """Serve the weights of a file, as an activation does."""
    inference.swap(kind, (await inference.validate(kind, partial(load_weights, path))).trained)


def batch_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many poems get a line together, call by call from now on."""
    sizes: list[int] = []

    def counted(
        trained: Trained,
        drafts: Sequence[Draft],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[Draft]:
        sizes.append(len(drafts))
        return extend(trained, drafts, accepts, should_stop)

    monkeypatch.setattr("models.verse.poem.extend", counted)
    return sizes


async def test_names(serve: Serve) -> None:
    result = await serve().names(NAMES)
    assert len(result.names) == 3
    assert result.shortfall is None


async def test_words_and_digests(serve: Serve) -> None:
    inference = serve(names=replace(namer(), words=("minmi",), digest="of minmi"))
    assert inference.genera == ("minmi",)
    assert inference.digests["names"] == "of minmi"


async def test_dissect(serve: Serve) -> None:
    dissection = await serve().dissect("Mango")
    assert [choice.letter for choice in dissection.letters] == [*"mango", END]


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


async def test_dissect_invalid_name(serve: Serve) -> None:
    with pytest.raises(NamesError):
        await serve().dissect("🦖")


async def test_sonnet(serve: Serve) -> None:
    drafts = await drafts_of(serve(), POEM)
    assert [len(draft.lines) for draft in drafts] == list(range(1, 15))
    assert drafts[-1].finished


async def test_word_filter(serve: Serve) -> None:
    asked: list[str] = []

    def accept(text: str) -> bool:
        asked.append(text)
        return True

    inference = serve(accept=accept)
    names = (await inference.names(NAMES)).names
    lines = await poem_of(inference, POEM)
    assert {*names, *lines} <= set(asked)


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
        *(last_of(inference.sonnet(r, accept=words(whose))) for whose, r in requests.items())
    )
    for whose, lines in zip(asked, poems, strict=True):
        assert set(lines) <= set(asked[whose])
    assert not set(asked["ours"]) & set(asked["theirs"])
    names = (await inference.names(NAMES, accept=words("ours"))).names
    assert set(names) <= set(asked["ours"])
    line = poet(words_and_characters())
    asked["theirs"].clear()
    await serve(sonnets=line).dissect_line("The rose of day", accept=words("theirs"))
    assert asked["theirs"]


async def test_invalid_requests_free_the_queue(serve: Serve) -> None:
    inference = serve(queue=1)
    with pytest.raises(NamesError):
        await inference.names(replace(NAMES, starts_with="🦖"))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, opening="a" * 301))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, about="a" * 301))
    assert inference.at_work == 0
    assert (await inference.names(NAMES)).names


async def test_full_queue(serve: Serve) -> None:
    network = gated(lstm())
    inference = serve(sonnets=poet(network), queue=2)
    poems = [asyncio.create_task(poem_of(inference, replace(POEM, seed=seed))) for seed in (1, 2)]
    await in_thread(network.reached)
    assert inference.at_work == 2
    with pytest.raises(Busy) as busy:
        await poem_of(inference, POEM)
    assert busy.value.ahead == 2
    names = asyncio.create_task(inference.names(NAMES))  # have another queue
    await asyncio.sleep(0)
    assert inference.at_work == 3
    network.gate.set()
    assert (await names).names
    await asyncio.gather(*poems)
    assert inference.at_work == 0


async def test_many_of_a_member(serve: Serve) -> None:
    network = gated(lstm())
    inference = serve(sonnets=poet(network), per_member=1)
    poem = asyncio.create_task(last_of(inference.sonnet(POEM, requester=7)))
    await in_thread(network.reached)
    with pytest.raises(TooMany):
        await last_of(inference.sonnet(POEM, requester=7))
    others = asyncio.create_task(last_of(inference.sonnet(POEM, requester=8)))
    network.gate.set()
    assert await poem == await others


async def test_name_does_not_wait_for_all_poems(serve: Serve) -> None:
    """With a hundred poems in the queue, a name is the second turn."""
    network = gated(lstm())
    inference = serve(sonnets=poet(network), queue=100)
    turns: list[str] = []
    inference.observe(lambda kind, size, seconds: turns.append(kind))
    poems = [
        asyncio.create_task(poem_of(inference, replace(POEM, seed=seed))) for seed in range(100)
    ]
    await in_thread(network.reached)
    names = asyncio.create_task(inference.names(NAMES))
    await asyncio.sleep(0)
    assert inference.queues["sonnets"].waiting + inference.queues["sonnets"].in_progress == 100
    assert inference.queues["names"].waiting == 1
    network.gate.set()
    assert (await names).names
    assert turns.index("names") == 1
    for poem in poems:
        poem.cancel()
    await asyncio.wait(poems)
    assert inference.at_work == 0


async def test_deadline(serve: Serve) -> None:
    network = gated(lstm(LETTERS))
    inference = serve(names=namer(network), deadline=0.05)
    try:
        with pytest.raises(TooSlow, match=r"within 0\.05 s"):
            await inference.names(NAMES)
        assert inference.at_work == 0
        assert inference.stuck == 1
        assert inference.is_ready
    finally:
        network.gate.set()


async def test_blocked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.queueing.worker.MOST_STUCK", 1)
    network = gated(lstm(LETTERS))
    inference = serve(names=namer(network), deadline=0.05)
    try:
        assert inference.blocked_for == 0
        with pytest.raises(TooSlow):
            await inference.names(NAMES)
        monkeypatch.setattr(inference._worker, "_clock", lambda: float("inf"))
        assert inference.blocked_for == float("inf")
    finally:
        network.gate.set()


async def test_dissection_frees_the_queue(serve: Serve) -> None:
    """Whether it succeeds, fails or is cancelled, of a name or of a line."""
    inference = serve(sonnets=poet(words_and_characters()), per_member=1)
    for _ in range(2):
        assert await inference.dissect("Mango", requester=7)
        assert await inference.dissect_line("The rose of day", requester=7)
        with pytest.raises(NamesError):
            await inference.dissect("🦖", requester=7)
        doomed = asyncio.create_task(inference.dissect("Mango", requester=7))
        await asyncio.sleep(0)
        assert inference.queues[DISSECTION].waiting == 1
        doomed.cancel()
        await asyncio.wait([doomed])
        assert inference.at_work == 0


async def test_cancelled_names_are_not_sampled_on(serve: Serve) -> None:
    """Names that are refused for ever, to the limit of fruitless ones."""
    refused = threading.Event()
    asked: list[str] = []

    def refuse(name: str) -> bool:
        asked.append(name)
        refused.set()
        return False

    network = gated(lstm(LETTERS))
    network.gate.set()
    inference = serve(names=namer(network), accept=refuse)
    doomed = asyncio.create_task(inference.names(NAMES))
    await in_thread(refused)
    network.gate.clear()
    doomed.cancel()
    await asyncio.wait([doomed])
    network.gate.set()
    assert (await inference.dissect("Mango")).letters  # the thread is free
    assert len(asked) < MAX_FRUITLESS / 2


async def test_weights_that_load_for_ever(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused, and do not keep others from being loaded."""
    monkeypatch.setattr("bot.services.inference.LOADING_S", 0.05)
    monkeypatch.setattr("bot.services.queueing.worker.GRACE_S", 0.01)
    inference, gate = serve(), threading.Event()

    def load() -> Trained:
        gate.wait(10)
        raise WeightsError("late")

    try:
        with pytest.raises(WeightsError, match="no answer within"):
            await inference.validate("names", load)
        assert inference.stuck == 1
        with pytest.raises(WeightsError, match="broken"):
            await inference.prepare("names", broken)
    finally:
        gate.set()


def broken() -> Trained:
    raise WeightsError("They are broken.")


async def test_event_loop_is_not_blocked(serve: Serve) -> None:
    network = gated(lstm(LETTERS))
    inference = serve(names=namer(network))
    answer = asyncio.create_task(inference.names(NAMES))
    await in_thread(network.reached)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not answer.done()
    network.gate.set()
    assert (await answer).names


async def test_batches_change_no_poem(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [SonnetRequest(f"Poem {'abcdefghijkl'[k]} ", seed=k) for k in range(12)]
    alone = [await poem_of(serve(), request) for request in requests]
    sizes = batch_sizes(monkeypatch)
    inference = serve()
    together = await asyncio.gather(*(poem_of(inference, request) for request in requests))
    assert together == alone
    assert sum(sizes) == 12 * 14
    assert max(sizes) == SonnetGenerator.batch_size


async def test_batches_change_no_poem_in_metre(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do the poems of another form, or about another subject."""
    requests = [
        SonnetRequest("Shall I comp", seed=1),
        SonnetRequest(seed=2, form="limerick", about="Mangosaurus"),
        SonnetRequest(seed=3, form="couplets", about="beauty", temperature=2.0),
        SonnetRequest("Shall I", seed=4, form="free"),
    ]
    alone = [await poem_of(serve(sonnets=VERSIFIER), request) for request in requests]
    sizes = batch_sizes(monkeypatch)
    inference = serve(sonnets=VERSIFIER)
    together = await asyncio.gather(*(poem_of(inference, request) for request in requests))
    assert together == alone
    assert max(sizes) == 4


async def test_two_poems_share_batches(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = batch_sizes(monkeypatch)
    inference = serve()
    await asyncio.gather(*(poem_of(inference, replace(POEM, seed=seed)) for seed in (1, 2)))
    assert sum(sizes) == 2 * 14
    assert sizes.count(2) >= 12


async def test_swap_spares_a_poem_in_progress(serve: Serve, tmp_path: Path) -> None:
    other = poet(lstm(seed=5))
    path = tmp_path / "sonnets.safetensors"
    save(path, other)
    expected = await poem_of(serve(), POEM)
    after = await poem_of(serve(sonnets=other), POEM)
    inference = serve()
    lines: tuple[str, ...] = ()
    async with aclosing(inference.sonnet(POEM)) as drafts:
        async for draft in drafts:
            lines = draft.lines
            if len(lines) == 3:
                await swap(inference, "sonnets", path)
            if len(lines) == 5:
                assert await poem_of(inference, POEM) == after
    assert lines == expected
    assert await poem_of(inference, POEM) == after != expected


@pytest.mark.parametrize(
    ("kind", "made", "why"),
    [("names", namer, "five names"), ("sonnets", lambda: poet(lstm(seed=5)), "a poem")],
    ids=["names", "sonnets"],
)
async def test_weights_with_blocked_samples(
    tmp_path: Path, kind: str, made: Callable[[], Trained], why: str
) -> None:
    path = tmp_path / f"{kind}.safetensors"
    save(path, made())
    inference = Inference({"names": namer(), "sonnets": poet()}, accept=lambda _: False)
    before = dict(inference.cards)
    with pytest.raises(WeightsError, match=f"cannot write {why}"):
        await swap(inference, kind, path)
    assert inference.cards == before
    await inference.close()


async def test_old_and_new_weights_together(serve: Serve, tmp_path: Path) -> None:
    other = poet(lstm(seed=5))
    path = tmp_path / "sonnets.safetensors"
    save(path, other)
    inference = serve()
    old = inference.sonnet(POEM)
    await anext(old)
    await swap(inference, "sonnets", path)
    new = inference.sonnet(POEM)
    await anext(new)
    rest = [asyncio.create_task(last_of(poem)) for poem in (old, new)]
    old_lines, new_lines = await asyncio.gather(*rest)
    assert old_lines == await poem_of(serve(), POEM)
    assert new_lines == await poem_of(serve(sonnets=other), POEM)


async def last_of(poem: AsyncIterator[Draft]) -> tuple[str, ...]:
    lines: tuple[str, ...] = ()
    async for draft in poem:
        lines = draft.lines
    return lines


async def test_invalid_weights_change_nothing(serve: Serve, tmp_path: Path) -> None:
    inference = serve()
    before = await poem_of(inference, POEM)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    namers = tmp_path / "namers.safetensors"
    save(namers, namer())
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        await swap(inference, "sonnets", broken)
    with pytest.raises(WeightsError, match=r"These weights write names, not sonnets"):
        await swap(inference, "sonnets", namers)
    assert await poem_of(inference, POEM) == before
    assert inference.cards["sonnets"] == poet().card


async def test_cards_after_a_swap(serve: Serve, tmp_path: Path) -> None:
    inference = serve()
    path = tmp_path / "names.safetensors"
    trained = namer()
    save(path, replace(trained, card=replace(trained.card, recipe="new")))
    await swap(inference, "names", path)
    assert inference.cards["names"].recipe == "new"
    assert inference.cards["sonnets"].recipe == "default"


async def test_cancelled_poem_leaves_others(serve: Serve) -> None:
    alone = await poem_of(serve(), POEM)
    network = gated(lstm())
    network.gate.set()
    inference = serve(sonnets=poet(network))
    doomed = inference.sonnet(replace(POEM, seed=2))
    await anext(doomed)
    network.gate.clear()
    network.reached.clear()
    next_line = asyncio.create_task(doomed.__anext__())
    kept = asyncio.create_task(poem_of(inference, POEM))
    await in_thread(network.reached)
    next_line.cancel()
    network.gate.set()
    assert await kept == alone
    assert next_line.cancelled()
    assert inference.at_work == 0


async def test_abandoned_poem_frees_the_queue(serve: Serve) -> None:
    inference = serve(queue=1)
    async with aclosing(inference.sonnet(POEM)) as drafts:
        await anext(drafts)
    assert inference.at_work == 0
    assert await poem_of(inference, POEM)


async def test_blocked_poem_leaves_others(
    serve: Serve,
) -> None:
    doomed = SonnetRequest("Never ", seed=3)
    kept_lines = await poem_of(serve(), POEM)
    accepted = {*kept_lines, *(await poem_of(serve(), doomed))[:5]}
    inference = serve(accept=accepted.__contains__)
    refused, kept = await asyncio.gather(
        poem_of(inference, doomed), poem_of(inference, POEM), return_exceptions=True
    )
    assert isinstance(refused, SonnetError)
    assert kept == kept_lines


async def test_unexpected_error(
    serve: Serve,
) -> None:
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


async def test_closed(serve: Serve) -> None:
    inference = serve()
    await inference.close()
    with pytest.raises(RuntimeError):
        await inference.names(NAMES)


async def test_passed_weights(serve: Serve) -> None:
    inference = serve()
    sample = await inference.validate("names", kana(capitals="^"), full=False)
    assert len(sample.samples) == 10
    result = await inference.names(NAMES, sample.trained)
    assert set("".join(result.names)) <= set("".join(KANA))
    assert not set(result.names) & set(KANA)
    dissection = await inference.dissect(KANA[0], sample.trained)
    assert [choice.letter for choice in dissection.letters] == [*KANA[0], END]


async def test_prepare_takes_no_sample(serve: Serve) -> None:
    inference = serve(accept=lambda _: False)
    assert (await inference.prepare("names", kana())).words == tuple(sorted(KANA))
    with pytest.raises(WeightsError, match="five names that are new and fit to be shown"):
        await inference.validate("names", kana(), full=False)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (tiny_namer(KANA, kind="sonnets"), "kana writes sonnets, not names"),
        (tiny_namer([*KANA, *map(chr, range(0x4E00, 0x5000))]), "522 characters, at most 256"),
        (tiny_namer(KANA, layers=40), "40 layers, at most 32"),
        (tiny_namer(KANA)[:-9], "not a whole"),
    ],
    ids=range(4),
)
async def test_harmful_weights(serve: Serve, content: bytes, why: str) -> None:
    with pytest.raises(WeightsError, match=why):
        await serve().prepare("names", partial(TASKS["names"].read, content, "kana"))


@pytest.mark.usefixtures("shipped")
async def test_shipped_weights() -> None:
    inference = await open_inference(anything)
    assert {card.recipe for card in inference.cards.values()} == {"shipped"}
    assert (await inference.names(NAMES)).names
    await inference.close()


async def test_caches_are_filled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: list[str] = []
    for maker in ("names.text_generator.learn_contexts", "verse.text_generator.metrical_writer_of"):
        monkeypatch.setattr(f"models.{maker}", lambda t: prepared.append(t.card.task))
    inference = await open_inference(anything)
    assert sorted(prepared) == ["names", "sonnets"]
    await inference.close()


@pytest.mark.usefixtures("shipped")
async def test_retrained_weights(tmp_path: Path) -> None:
    facts = card("names", LETTERS, recipe="retrained")
    path = tmp_path / "names.safetensors"
    save_weights(path, lstm(LETTERS).arrays(), facts, Fingerprints.of([]))
    inference = await open_inference(anything, {"names": path.read_bytes()})
    assert inference.cards["names"].recipe == "retrained"
    assert inference.cards["sonnets"].recipe == "shipped"
    await inference.close()


@pytest.mark.usefixtures("shipped")
async def test_invalid_retrained_weights(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "sonnets.safetensors"
    save_weights(path, lstm().arrays(), card("sonnets", VERSE), Fingerprints.of([]))
    verse = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        inference = await open_inference(anything, {"names": verse, "sonnets": verse[:-1]})
    assert {card.recipe for card in inference.cards.values()} == {"shipped"}
    assert "The live version of names writes sonnets, not names. The shipped" in caplog.text
    assert "The live version of sonnets is not a whole safetensors file" in caplog.text
    await inference.close()


async def test_no_usable_weights(
    tmp_path: Path, shipped: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "nowhere")
    with pytest.raises(WeightsError, match="restore both"):
        await open_inference(anything)
