"""Versions of the networks: kept in the database, compared with what is live, served everywhere.

What is live stands in the database. Every process looks there again and again, so that an
activation in one of them is served by all of them within seconds.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from bot.services.concurrency import PeriodicTask
from bot.services.inference import (
    Accept,
    Audition,
    Inference,
    Load,
    open_inference,
)
from bot.services.training.events import Done
from bot.services.training.retraining import Kept, Order
from bot.store import Store, Unavailable
from bot.store.versions import Live, NewVersion, VersionRecord
from models.reference_loss import reference_loss_of
from models.weights import (
    KINDS,
    SHIPPED,
    Kind,
    Trained,
    WeightsError,
    load_shipped,
    read_card,
    read_weights,
)

log = logging.getLogger(__name__)

MARGIN = 0.05
"""Nats per character by which a version may be worse than the live one and still go live.

Names trained in seconds (the recipe `quick`, seeds 1 to 6) are 0.023 to 0.027 behind the shipped
ones, which took minutes, and read no worse; another seed makes a difference of 0.005. Twice that
distance lets every sound training through, and stops what has learned something else: a list of
elves is behind by whole nats.
"""
INTERVAL = 1.0
"""Seconds between two looks at what is live: one small query each."""
IMPORTED = ".imported"
LONGEST_TITLE, LONGEST_RECIPE = 200, 40
"""Characters that the database has room for."""


class Networks(Protocol):
    """What serves; `bot.services.inference.Inference` does."""

    async def audition(self, kind: Kind, load: Load, *, whole: bool = True) -> Audition:
        """Load a network and let it write, a whole poem or a few lines. Raises `WeightsError`."""

    async def prepare(self, kind: Kind, load: Load) -> Trained:
        """Load a network that has passed its audition. Raises `WeightsError`."""

    def swap(self, kind: Kind, trained: Trained) -> None:
        """Serve it."""


@dataclass(frozen=True)
class VersionSummary:
    """What is known of a version without looking at its weights."""

    kind: Kind
    number: int | None
    """`None` for the weights that come with the bot."""
    corpus: str
    recipe: str
    seed: int | None
    validation: float | None
    yardstick: float | None
    created: datetime | None = None
    """`None` for the shipped ones, which came with the bot."""
    seconds: float | None = None
    live_yardstick: float | None = None
    """The figure that it was held against when it was made."""
    samples: tuple[str, ...] = ()
    usable: bool = True
    """Whether its weights are still kept."""


@dataclass(frozen=True)
class VersionPage:
    """Some of the versions of a kind, the newest first, and what is live."""

    kind: Kind
    versions: tuple[VersionSummary, ...]
    live: Live
    number: int
    """Of the page, from 0."""
    pages: int


@dataclass(frozen=True)
class VersionComparison:
    """A version beside those that it is compared with."""

    facts: VersionSummary
    live: Live
    before: VersionSummary | None
    """The version of its kind that was made before it, if there is one."""
    shipped: VersionSummary
    curve: bytes | None


class NothingBefore(Exception):  # noqa: N818 (it is an answer, not a fault)
    """There is nothing to go back to."""


class ModelRegistry:
    """What is live, in the database and in this process."""

    def __init__(
        self,
        store: Store,
        networks: Networks,
        *,
        now: Callable[[], datetime],
        served: Mapping[Kind, Live] | None = None,
        interval: float | None = INTERVAL,
    ) -> None:
        """`served` is what the networks serve now; without `interval` (in s) nothing is watched."""
        self._records = store.versions
        self._networks = networks
        self._now = now
        self._served: dict[Kind, Live] = {k: (served or {}).get(k, Live(0, None)) for k in KINDS}
        self._seen = {kind: live.activation_id for kind, live in self._served.items()}
        self._interval = interval
        self._shipped: dict[Kind, VersionSummary] = {}
        self._turn = asyncio.Lock()
        """Whoever swaps."""
        self._watch: PeriodicTask | None = None

    @property
    def interval(self) -> float | None:
        """Seconds between two looks at the database, `None` if nobody looks."""
        return self._interval

    @property
    def served(self) -> Mapping[Kind, Live]:
        """What this process serves of each kind."""
        return self._served

    def watch(self) -> None:
        """Follow from now on what other processes make live."""
        if self._interval is not None and self._watch is None:
            self._watch = PeriodicTask(self._look, self._interval)

    async def close(self) -> None:
        """Watch no longer."""
        if self._watch is not None:
            await self._watch.close()
            self._watch = None

    async def catch_up(self) -> None:
        """Serve what is live by now. Raises `Unavailable`; unusable weights are logged, once."""
        live_now = await self._records.live()
        for kind in KINDS:
            live = live_now[kind]
            async with self._turn:
                if live.activation_id > self._seen[kind]:
                    await self._follow(kind, live)

    async def offer(self, order: Order, done: Done) -> Kept:
        """Keep what a training has made, and make it live if it is no worse, or is forced.

        Raises `WeightsError` for weights that cannot be used, `OSError` and `Unavailable` for what
        cannot be read or kept; none of that changes anything.
        """
        content, curve, history = await asyncio.to_thread(_results, done)
        load = partial(read_weights, content, done.weights.name)
        audition = await self._networks.audition(order.kind, load)
        live = (await self._records.live())[order.kind]
        bar = await self._bar(order.kind, live)
        version = replace(
            _new_version(audition.trained, content),
            baseline_loss=bar,
            member_id=order.member_id,
            seconds=done.seconds,
            history=history,
            curve=curve,
            samples=json.dumps(audition.samples, ensure_ascii=False),
        )
        why = "forced" if order.force else ""
        if is_no_worse(version.reference_loss, bar):
            why = "better"
        if why:
            async with self._turn:
                number, live = await self._records.add_live(version, why, self._now())
                self._serve(order.kind, live, audition.trained)
        else:
            number = await self._records.add(version, self._now())
        return Kept(number, audition.trained.card, done, curve, why, version.reference_loss, bar)

    async def activate(
        self, kind: Kind, number: int | None, *, member_id: int | None, why: str = "activated"
    ) -> Live:
        """Make a version live, or the shipped weights.

        Raises `WeightsError` if it cannot be used, which changes nothing.
        """
        audition = await self._audition(kind, number)
        return await self._make_live(kind, number, audition.trained, member_id, why)

    async def roll_back(self, kind: Kind, *, member_id: int | None) -> Live:
        """Make live what was live before. Raises `NothingBefore`, and as `activate` does."""
        async with self._turn:
            found = await self._records.before(kind)
            if found is None:
                raise NothingBefore
            audition = await self._audition(kind, found.version_id)
            live = await self._records.roll_back(kind, member_id=member_id, now=self._now())
            if live is None:
                raise NothingBefore
            if live.version_id == found.version_id:
                self._serve(kind, live, audition.trained)
            else:  # somebody else went back at the same moment
                await self._follow(kind, live)
            return live

    async def is_live(self, kind: Kind, number: int | None) -> bool:
        """Whether a version is live everywhere, and is served here."""
        live = (await self._records.live())[kind]
        return live.version_id == number == self._served[kind].version_id

    async def find(self, number: int) -> VersionSummary | None:
        """A version by its number."""
        record = await self._records.get(number)
        return None if record is None else _facts(record)

    async def newest(self) -> list[VersionSummary]:
        """The newest versions of both kinds, the newest first."""
        return [_facts(record) for record in await self._records.of()]

    async def page(self, kind: Kind, number: int, size: int) -> VersionPage:
        """The versions of a kind, `size` at a time. The last page ends with the shipped weights."""
        total = await self._records.count(kind) + 1
        pages = -(-total // size)
        number = min(max(number, 0), pages - 1)
        records = await self._records.of(kind, skip=number * size, most=size)
        versions = [_facts(record) for record in records]
        if number == pages - 1:
            versions.append(await self._shipped_facts(kind))
        live = (await self._records.live())[kind]
        return VersionPage(kind, tuple(versions), live, number, pages)

    async def sheet(self, kind: Kind, number: int | None) -> VersionComparison | None:
        """All about a version, or about the shipped weights of a kind; `None` if there is none."""
        shipped = await self._shipped_facts(kind, heard=True)
        live = (await self._records.live())[kind]
        if number is None:
            return VersionComparison(shipped, live, None, shipped, None)
        record = await self._records.get(number)
        if record is None:
            return None
        before = await self._records.previous(kind, number)
        curve = await self._records.curve(number)
        facts = _facts(record)
        if facts.usable and not facts.samples:  # it was taken over
            with suppress(WeightsError):
                facts = replace(facts, samples=(await self._audition(kind, number)).samples)
        return VersionComparison(facts, live, _facts(before) if before else None, shipped, curve)

    async def _look(self) -> None:
        with suppress(Unavailable):  # the database has said so in the log, once
            await self.catch_up()

    async def _follow(self, kind: Kind, live: Live) -> None:
        """Serve what was made live elsewhere, if it can be served here.

        It has passed its audition there. A poem more would take seconds in which the processes
        differ, and each word that it writes passes the filter anyway.
        """
        try:
            load = await self._load(kind, live.version_id)
            trained = await self._networks.prepare(kind, load)
        except WeightsError as error:
            log.error("%s live of %s cannot be served here: %s", _named(live), kind, error)
            self._seen[kind] = live.activation_id
        else:
            self._serve(kind, live, trained)

    async def _make_live(
        self, kind: Kind, number: int | None, trained: Trained, member_id: int | None, why: str
    ) -> Live:
        async with self._turn:
            live = await self._records.activate(
                kind, number, member_id=member_id, reason=why, now=self._now()
            )
            self._serve(kind, live, trained)
        return live

    def _serve(self, kind: Kind, live: Live, trained: Trained) -> None:
        self._networks.swap(kind, trained)
        self._served[kind] = live
        self._seen[kind] = live.activation_id
        log.info("%s of %s is live (%s)", _named(live), kind, live.reason)

    async def _audition(self, kind: Kind, number: int | None) -> Audition:
        """What a version writes that has once written a whole poem. Raises `WeightsError`."""
        load = await self._load(kind, number)
        return await self._networks.audition(kind, load, whole=False)

    async def _load(self, kind: Kind, number: int | None) -> Load:
        """How a version is read. Raises `WeightsError` if there is nothing to read."""
        if number is None:
            return partial(load_shipped, kind)
        content = await self._records.weights(number)
        if content is None:
            raise WeightsError(f"The weights of version {number} are not kept any more.")
        return partial(read_weights, content, f"Version {number}")

    async def _bar(self, kind: Kind, live: Live) -> float | None:
        """The yardstick of what is live; if that has none, of the shipped weights.

        What went live by itself passes on the figure that it had to reach: else each of many
        versions could be a little worse than the one before.
        """
        record = await self._records.get(live.version_id) if live.version_id else None
        if record is None or record.reference_loss is None:
            return (await self._shipped_facts(kind)).yardstick
        if live.reason == "better" and record.baseline_loss is not None:
            return min(record.reference_loss, record.baseline_loss)
        return record.reference_loss

    async def _shipped_facts(self, kind: Kind, *, heard: bool = False) -> VersionSummary:
        """Of the weights that come with the bot; `heard` with samples, which take a second."""
        facts = self._shipped.get(kind)
        if facts is None:
            facts = await asyncio.to_thread(_shipped_facts, kind)
        if heard and not facts.samples:
            facts = replace(facts, samples=(await self._audition(kind, None)).samples)
        self._shipped[kind] = facts
        return facts


def is_no_worse(yardstick: float | None, bar: float | None) -> bool:
    """Whether a version may go live by itself: both figures are known, and close enough."""
    return yardstick is not None and bar is not None and yardstick <= bar + MARGIN


async def open_versions(
    store: Store,
    state_dir: Path,
    accept: Accept,
    *,
    now: Callable[[], datetime],
    interval: float | None = INTERVAL,
) -> tuple[Inference, ModelRegistry]:
    """Serve what the database says is live, and where that cannot be, the shipped weights.

    Raises `Unavailable`, and `WeightsError` if even the shipped ones cannot be used.
    """
    await import_retrained(store, state_dir, now)
    live = await store.versions.live()
    contents: dict[Kind, bytes] = {}
    served: dict[Kind, Live] = {kind: live[kind] for kind in KINDS}
    for kind, one in served.items():
        if one.version_id is not None:
            # Of a version whose weights are lost nothing is left to read: that is said as well.
            contents[kind] = await store.versions.weights(one.version_id) or b""
    inference = await open_inference(accept, contents)
    for kind, content in contents.items():
        if inference.digests[kind] != hashlib.sha256(content).hexdigest():
            served[kind] = Live(live[kind].activation_id, None)
    return inference, ModelRegistry(store, inference, now=now, served=served, interval=interval)


def retrained_path(state_dir: Path, kind: Kind) -> Path:
    """Where version 0.2.0 kept retrained weights."""
    return state_dir / "weights" / f"{kind}.safetensors"


async def import_retrained(store: Store, state_dir: Path, now: Callable[[], datetime]) -> None:
    """Take what version 0.2.0 has retrained into the database, once. Raises `Unavailable`."""
    live = await store.versions.live()
    for kind in KINDS:
        path = retrained_path(state_dir, kind)
        if live[kind].activation_id or not await asyncio.to_thread(path.exists):
            continue
        try:
            content, trained, made = await asyncio.to_thread(_retrained, path, kind)
        except (OSError, WeightsError) as error:
            log.warning("%s cannot be taken over: %s The shipped weights are served.", path, error)
            continue
        number, _ = await store.versions.add_live(_new_version(trained, content), "imported", made)
        log.info("%s is version %d in the database now", path, number)
        try:
            await asyncio.to_thread(path.rename, path.with_suffix(IMPORTED))
        except OSError as error:
            log.warning("%s could not be renamed: %s", path, error)


def _retrained(path: Path, kind: Kind) -> tuple[bytes, Trained, datetime]:
    content = path.read_bytes()
    trained = read_weights(content, path.name)
    if trained.card.kind != kind:
        raise WeightsError(f"It writes {trained.card.kind}, not {kind}.")
    return content, trained, datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _shipped_facts(kind: Kind) -> VersionSummary:
    card = read_card(SHIPPED / f"{kind}.safetensors")
    return VersionSummary(
        kind=kind,
        number=None,
        corpus=card.corpus,
        recipe=card.recipe,
        seed=card.seed,
        validation=card.validation,
        yardstick=reference_loss_of(card),
    )


def _results(done: Done) -> tuple[bytes, bytes, str | None]:
    """The weights, the picture of the losses, and the losses."""
    history = done.weights.with_suffix(".json")
    return (
        done.weights.read_bytes(),
        done.plot.read_bytes(),
        history.read_text() if history.exists() else None,
    )


def _new_version(trained: Trained, content: bytes) -> NewVersion:
    """What the card of a weight file tells of it."""
    card = trained.card
    return NewVersion(
        task=card.kind,
        digest=trained.digest,
        weights=content,
        corpus=card.corpus[:LONGEST_TITLE],
        corpus_sha256=card.corpus_sha256,
        recipe=card.recipe[:LONGEST_RECIPE],
        seed=card.seed,
        validation=card.validation,
        reference_loss=reference_loss_of(card),
        baseline_loss=None,
    )


def _facts(record: VersionRecord) -> VersionSummary:
    return VersionSummary(
        kind="names" if record.task == "names" else "sonnets",
        number=record.id,
        corpus=record.corpus,
        recipe=record.recipe,
        seed=record.seed,
        validation=record.validation,
        yardstick=record.reference_loss,
        created=record.created_at,
        seconds=record.seconds,
        live_yardstick=record.baseline_loss,
        samples=tuple(json.loads(record.samples)),
        usable=record.has_weights,
    )


def _named(live: Live) -> str:
    return "The shipped version" if live.version_id is None else f"Version {live.version_id}"
