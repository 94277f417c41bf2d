"""The door between the event loop and the networks: batches, limits, swaps, and no blocking."""

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

from bot.services.inference import Busy, Inference, TooSlow, open_inference
from models import weights
from models.fingerprints import Fingerprints
from models.names.generator import NamesError, NamesRequest
from models.networks.lstm import LSTM
from models.networks.network import State
from models.networks.vocabulary import END
from models.tasks import TASKS
from models.verse.poem import Draft, SonnetError, SonnetRequest, extend
from models.verse.text_generator import SonnetGenerator
from models.weights import Trained, WeightsError, load_weights, save_weights
from tests.bot.tiny import tiny_namer
from tests.models.tiny import LETTERS, VERSE, card, lstm, namer, poet

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
    """A function that opens a door; all doors are closed in the end."""
    opened: list[Inference] = []

    def open_door(
        *,
        names: Trained | None = None,
        sonnets: Trained | None = None,
        accept: Callable[[str], bool] = anything,
        queue: int = 16,
        deadline: float = 20.0,
    ) -> Inference:
        served: dict[str, Trained] = {"names": names or namer(), "sonnets": sonnets or poet()}
        opened.append(Inference(served, accept, queue=queue, deadline=deadline))
        return opened[-1]

    yield open_door
    for door in opened:
        await door.close()


Serve = Callable[..., Inference]


async def drafts_of(door: Inference, request: SonnetRequest) -> list[Draft]:
    """A whole poem, as it grows."""
    return [draft async for draft in door.sonnet(request)]


async def poem_of(door: Inference, request: SonnetRequest) -> tuple[str, ...]:
    """A whole poem."""
    return (await drafts_of(door, request))[-1].lines


async def in_thread(event: threading.Event) -> None:
    """Wait for what happens in the networks' thread."""
    assert await asyncio.to_thread(event.wait, 10)


def save(path: Path, trained: Trained) -> None:
    save_weights(path, trained.network.arrays(), trained.card, Fingerprints.of([]))


async def swap(door: Inference, kind: str, path: Path) -> None:
    """Serve the weights of a file, as an activation does."""
    door.swap(kind, (await door.validate(kind, partial(load_weights, path))).trained)


def batch_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many poems get a line together, call by call from now on."""
    sizes: list[int] = []

    def counted(
        trained: Trained, drafts: Sequence[Draft], accept: Callable[[str], bool]
    ) -> list[Draft]:
        sizes.append(len(drafts))
        return extend(trained, drafts, accept)

    monkeypatch.setattr("models.verse.poem.extend", counted)
    return sizes


async def test_names_come(serve: Serve) -> None:
    result = await serve().names(NAMES)
    assert len(result.names) == 3
    assert result.shortfall is None


async def test_what_is_served_tells_its_list_and_its_identity(serve: Serve) -> None:
    door = serve(names=replace(namer(), words=("minmi",), digest="of minmi"))
    assert door.genera == ("minmi",)
    assert door.digests["names"] == "of minmi"


async def test_a_name_is_dissected(serve: Serve) -> None:
    dissection = await serve().dissect("Mango")
    assert [choice.letter for choice in dissection.letters] == [*"mango", END]


async def test_what_cannot_be_dissected_is_said(serve: Serve) -> None:
    with pytest.raises(NamesError):
        await serve().dissect("🦖")


async def test_a_sonnet_comes_line_by_line(serve: Serve) -> None:
    drafts = await drafts_of(serve(), POEM)
    assert [len(draft.lines) for draft in drafts] == list(range(1, 15))
    assert drafts[-1].finished


async def test_every_text_passes_the_filter(serve: Serve) -> None:
    asked: list[str] = []

    def accept(text: str) -> bool:
        asked.append(text)
        return True

    door = serve(accept=accept)
    names = (await door.names(NAMES)).names
    lines = await poem_of(door, POEM)
    assert {*names, *lines} <= set(asked)


async def test_an_unusable_request_is_refused_and_leaves_room_for_others(serve: Serve) -> None:
    door = serve(queue=1)
    with pytest.raises(NamesError):
        await door.names(replace(NAMES, starts_with="🦖"))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(door, replace(POEM, opening="a" * 301))
    assert door.at_work == 0
    assert (await door.names(NAMES)).names


async def test_a_full_queue_is_refused_at_once_with_how_many_are_ahead(serve: Serve) -> None:
    network = gated(lstm())
    door = serve(sonnets=poet(network), queue=2)
    poems = [asyncio.create_task(poem_of(door, replace(POEM, seed=seed))) for seed in (1, 2)]
    await in_thread(network.reached)
    assert door.at_work == 2
    with pytest.raises(Busy) as busy:
        await door.names(NAMES)
    assert busy.value.ahead == 2
    with pytest.raises(Busy):
        await poem_of(door, POEM)
    network.gate.set()
    await asyncio.gather(*poems)
    assert door.at_work == 0
    assert (await door.names(NAMES)).names


async def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    network = gated(lstm(LETTERS))
    door = serve(names=namer(network), deadline=0.05)
    try:
        with pytest.raises(TooSlow, match=r"within 0\.05 s"):
            await door.names(NAMES)
        with pytest.raises(TooSlow):
            await poem_of(door, POEM)  # waits behind the names
        assert door.at_work == 0
    finally:
        network.gate.set()


async def test_the_event_loop_goes_on_while_a_network_runs(serve: Serve) -> None:
    network = gated(lstm(LETTERS))
    door = serve(names=namer(network))
    answer = asyncio.create_task(door.names(NAMES))
    await in_thread(network.reached)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not answer.done()
    network.gate.set()
    assert (await answer).names


async def test_poems_written_together_are_those_written_alone(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [SonnetRequest(f"Poem {'abcdefghijkl'[k]} ", seed=k) for k in range(12)]
    alone = [await poem_of(serve(), request) for request in requests]
    sizes = batch_sizes(monkeypatch)
    door = serve()
    together = await asyncio.gather(*(poem_of(door, request) for request in requests))
    assert together == alone
    assert sum(sizes) == 12 * 14
    assert max(sizes) == SonnetGenerator.batch_size


async def test_two_poems_get_their_lines_in_one_batch_as_soon_as_both_are_begun(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = batch_sizes(monkeypatch)
    door = serve()
    await asyncio.gather(*(poem_of(door, replace(POEM, seed=seed)) for seed in (1, 2)))
    assert sum(sizes) == 2 * 14
    assert sizes.count(2) >= 12


async def test_a_swap_serves_the_new_weights_and_spares_a_begun_poem(
    serve: Serve, tmp_path: Path
) -> None:
    other = poet(lstm(seed=5))
    path = tmp_path / "sonnets.safetensors"
    save(path, other)
    expected = await poem_of(serve(), POEM)
    after = await poem_of(serve(sonnets=other), POEM)
    door = serve()
    lines: tuple[str, ...] = ()
    async with aclosing(door.sonnet(POEM)) as drafts:
        async for draft in drafts:
            lines = draft.lines
            if len(lines) == 3:
                await swap(door, "sonnets", path)
            if len(lines) == 5:
                assert await poem_of(door, POEM) == after
    assert lines == expected
    assert await poem_of(door, POEM) == after != expected


@pytest.mark.parametrize(
    ("kind", "made", "why"),
    [("names", namer, "five names"), ("sonnets", lambda: poet(lstm(seed=5)), "a poem")],
    ids=["names", "sonnets"],
)
async def test_weights_that_write_nothing_fit_to_be_shown_are_not_served(
    tmp_path: Path, kind: str, made: Callable[[], Trained], why: str
) -> None:
    path = tmp_path / f"{kind}.safetensors"
    save(path, made())
    door = Inference({"names": namer(), "sonnets": poet()}, accept=lambda _: False)
    before = dict(door.cards)
    with pytest.raises(WeightsError, match=f"cannot write {why}"):
        await swap(door, kind, path)
    assert door.cards == before
    await door.close()


async def test_poems_of_old_and_new_weights_are_written_at_the_same_time(
    serve: Serve, tmp_path: Path
) -> None:
    other = poet(lstm(seed=5))
    path = tmp_path / "sonnets.safetensors"
    save(path, other)
    door = serve()
    old = door.sonnet(POEM)
    await anext(old)
    await swap(door, "sonnets", path)
    new = door.sonnet(POEM)
    await anext(new)
    rest = [asyncio.create_task(_last(poem)) for poem in (old, new)]
    old_lines, new_lines = await asyncio.gather(*rest)
    assert old_lines == await poem_of(serve(), POEM)
    assert new_lines == await poem_of(serve(sonnets=other), POEM)


async def _last(poem: AsyncIterator[Draft]) -> tuple[str, ...]:
    lines: tuple[str, ...] = ()
    async for draft in poem:
        lines = draft.lines
    return lines


async def test_a_file_that_cannot_be_used_changes_nothing(serve: Serve, tmp_path: Path) -> None:
    door = serve()
    before = await poem_of(door, POEM)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    namers = tmp_path / "namers.safetensors"
    save(namers, namer())
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        await swap(door, "sonnets", broken)
    with pytest.raises(WeightsError, match=r"These weights write names, not sonnets"):
        await swap(door, "sonnets", namers)
    assert await poem_of(door, POEM) == before
    assert door.cards["sonnets"] == poet().card


async def test_the_cards_are_of_what_is_served(serve: Serve, tmp_path: Path) -> None:
    door = serve()
    path = tmp_path / "names.safetensors"
    trained = namer()
    save(path, replace(trained, card=replace(trained.card, recipe="new")))
    await swap(door, "names", path)
    assert door.cards["names"].recipe == "new"
    assert door.cards["sonnets"].recipe == "default"


async def test_a_poem_that_is_cancelled_leaves_the_others_alone(serve: Serve) -> None:
    alone = await poem_of(serve(), POEM)
    network = gated(lstm())
    network.gate.set()
    door = serve(sonnets=poet(network))
    doomed = door.sonnet(replace(POEM, seed=2))
    await anext(doomed)
    network.gate.clear()
    network.reached.clear()
    next_line = asyncio.create_task(doomed.__anext__())
    kept = asyncio.create_task(poem_of(door, POEM))
    await in_thread(network.reached)
    next_line.cancel()
    network.gate.set()
    assert await kept == alone
    assert next_line.cancelled()
    assert door.at_work == 0


async def test_a_poem_that_is_left_between_two_lines_makes_room(serve: Serve) -> None:
    door = serve(queue=1)
    async with aclosing(door.sonnet(POEM)) as drafts:
        await anext(drafts)
    assert door.at_work == 0
    assert await poem_of(door, POEM)


async def test_a_poem_whose_lines_are_all_refused_does_not_stop_those_beside_it(
    serve: Serve,
) -> None:
    doomed = SonnetRequest("Never ", seed=3)
    kept_lines = await poem_of(serve(), POEM)
    accepted = {*kept_lines, *(await poem_of(serve(), doomed))[:5]}
    door = serve(accept=accepted.__contains__)
    refused, kept = await asyncio.gather(
        poem_of(door, doomed), poem_of(door, POEM), return_exceptions=True
    )
    assert isinstance(refused, SonnetError)
    assert kept == kept_lines


async def test_an_unforeseen_error_reaches_whoever_waits_and_the_next_is_served(
    serve: Serve,
) -> None:
    broken = True

    def accept(_line: str) -> bool:
        if broken:
            raise RuntimeError("the filter fell over")
        return True

    door = serve(accept=accept)
    outcomes = await asyncio.gather(
        poem_of(door, POEM), poem_of(door, replace(POEM, seed=2)), return_exceptions=True
    )
    assert [str(outcome) for outcome in outcomes] == ["the filter fell over"] * 2
    broken = False
    assert await poem_of(door, POEM)


async def test_a_closed_door_lets_nobody_in(serve: Serve) -> None:
    door = serve()
    await door.close()
    with pytest.raises(RuntimeError):
        await door.names(NAMES)


async def test_other_names_are_written_and_dissected_by_other_weights(serve: Serve) -> None:
    door = serve()
    heard = await door.validate("names", kana(capitals="^"), full=False)
    assert len(heard.samples) == 10
    result = await door.names(NAMES, heard.trained)
    assert set("".join(result.names)) <= set("".join(KANA))
    assert not set(result.names) & set(KANA)
    dissection = await door.dissect(KANA[0], heard.trained)
    assert [choice.letter for choice in dissection.letters] == [*KANA[0], END]


async def test_weights_are_loaded_without_being_heard(serve: Serve) -> None:
    door = serve(accept=lambda _: False)
    assert (await door.prepare("names", kana())).words == tuple(sorted(KANA))
    with pytest.raises(WeightsError, match="five names that are new and fit to be shown"):
        await door.validate("names", kana(), full=False)


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
async def test_names_weights_that_would_do_harm_are_refused(
    serve: Serve, content: bytes, why: str
) -> None:
    with pytest.raises(WeightsError, match=why):
        await serve().prepare("names", partial(TASKS["names"].read, content, "kana"))


@pytest.mark.usefixtures("shipped")
async def test_the_shipped_weights_are_served_where_none_were_retrained() -> None:
    door = await open_inference(anything)
    assert {card.recipe for card in door.cards.values()} == {"shipped"}
    assert (await door.names(NAMES)).names
    await door.close()


async def test_the_first_answers_wait_for_nothing_that_could_be_made_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: list[str] = []
    for maker in ("names.text_generator.learn_contexts", "verse.text_generator.rhyme_and_metre_of"):
        monkeypatch.setattr(f"models.{maker}", lambda t: prepared.append(t.card.task))
    door = await open_inference(anything)
    assert sorted(prepared) == ["names", "sonnets"]
    await door.close()


@pytest.mark.usefixtures("shipped")
async def test_retrained_weights_win_over_the_shipped_ones(tmp_path: Path) -> None:
    facts = card("names", LETTERS, recipe="retrained")
    path = tmp_path / "names.safetensors"
    save_weights(path, lstm(LETTERS).arrays(), facts, Fingerprints.of([]))
    door = await open_inference(anything, {"names": path.read_bytes()})
    assert door.cards["names"].recipe == "retrained"
    assert door.cards["sonnets"].recipe == "shipped"
    await door.close()


@pytest.mark.usefixtures("shipped")
async def test_retrained_weights_that_cannot_be_used_are_reported_and_the_shipped_ones_serve(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sonnets.safetensors"
    save_weights(path, lstm().arrays(), card("sonnets", VERSE), Fingerprints.of([]))
    verse = path.read_bytes()
    with caplog.at_level(logging.WARNING):
        door = await open_inference(anything, {"names": verse, "sonnets": verse[:-1]})
    assert {card.recipe for card in door.cards.values()} == {"shipped"}
    assert "The live version of names writes sonnets, not names. The shipped" in caplog.text
    assert "The live version of sonnets is not a whole safetensors file" in caplog.text
    await door.close()


async def test_without_any_usable_weights_no_door_opens(
    tmp_path: Path, shipped: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "nowhere")
    with pytest.raises(WeightsError, match="restore both"):
        await open_inference(anything)
