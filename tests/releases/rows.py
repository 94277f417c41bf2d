"""Rows that the databases of releases have, apart from those of 0.7.0."""

import hashlib
from datetime import UTC, datetime, timedelta

from bot.community.queries import Communities, Stopped
from bot.creatures.animal import profile_of
from bot.discoveries.queries import Discoveries
from bot.eggs.queries import NestRecord, Nests
from bot.giving.queries import Offers
from bot.platforms.slack.queries import Uploads
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import Ballot, PollRecord, Polls
from bot.polls.removal_queries import remove
from bot.store import Store
from bot.trainer.queries import (
    CustomModels,
    StoredList,
    TrainingRequest,
    Trainings,
    VersionFiles,
    VersionRecord,
    Versions,
)
from tests.texts import WORDS, named

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
PARK, QUIET, CHANNEL = 86, 87, 88
ADA, BOB, CAT = 91, 92, 93
DAILY, FOUND, SHOWN = 7004, 7005, 7106
EGGS, SWAPPED = ("Aosaurus", "Bosaurus", "Cosaurus"), "Dosaurus"
NAMES, REASON = ("Mangopelta",), "Somebody has stopped it."
DWARVES = StoredList("dwarves.txt", ("Balin", "Dwalin"))


async def swap(store: Store, nest: NestRecord) -> None:
    """Swap what has hatched for what hatches from a nest."""
    await store[Nests].hatch(nest, profile_of(SWAPPED), [SWAPPED], NOW)
    given, wanted = [await store[Discoveries].named(QUIET, name) for name in (EGGS[0], SWAPPED)]
    assert given is not None
    assert wanted is not None
    ids = ADA, CAT, given.id, wanted.id
    await store[Offers].offer(QUIET, *ids, NOW, NOW + timedelta(days=1))
    (offer,) = await store[Offers].of_member(WORDS, QUIET, CAT, NOW)
    await store[Offers].accept(offer, NOW)


async def add_rows(store: Store, weights: bytes) -> None:
    """What 0.7.0 did not have. `weights`: a file, of a namer and of a version."""
    await store[Communities].change(
        PARK,
        votes_needed=2,
        in_public_hall=False,
        accepts_shared=False,
        shows_strips=False,
        daily_channel_id=CHANNEL,
        daily_hour=18,
        daily_zone="Europe/Berlin",
        daily_hours=4,
        daily_from=TODAY,
        language="pt-BR",
        asked_in="de en-US",
    )
    await store[Communities].change(
        QUIET, daily_stopped=Stopped.QUIET, has_eggs=True, egg_channel_id=CHANNEL, shows_typed=False
    )
    nest = await store[Nests].lay(QUIET, ADA, EGGS, NOW)
    await store[Nests].hatch(nest, profile_of(EGGS[0]), EGGS, NOW)
    await store[Nests].lay(QUIET, BOB, EGGS[1:], NOW)
    await swap(store, await store[Nests].lay(QUIET, CAT, [SWAPPED], NOW))
    ends, names = NOW + timedelta(hours=4), named("Bravosaurus", "Mangoraptor")
    daily = PollRecord(DAILY, PARK, CHANNEL, 7104, None, None, names, NOW, ends, day=TODAY)
    await store[Polls].open_daily(daily)
    names = named("Ödlandosaurus", "Mangopelta")
    await store[Polls].open(PollRecord(FOUND, PARK, CHANNEL, 7105, ADA, "Ada", names, NOW, ends))
    for poll in (DAILY, FOUND):
        for voter in (BOB, CAT):
            await store[Polls].cast(Ballot(poll, voter, 1), NOW)
        await store[Polls].close(poll, NOW)
    await store[HallOfFame].note_shown(PARK, CHANNEL, SHOWN, [FOUND], now=NOW)
    await store[HallOfFame].note_shown(PARK, CHANNEL, SHOWN + 1, names=["Bravosaurus"], now=NOW)
    async with store.database.writing() as session:
        await remove(store.database, session, PARK, NOW, candidate=(FOUND, 0))
    found = await store[Discoveries].named(PARK, "Mangopelta")
    assert found is not None
    await store[Discoveries].favour(PARK, ADA, found.id)
    await store[Discoveries].hide(PARK, ADA, hidden=True)
    request = TrainingRequest(
        policy="shared", task="names", recipe="quick", seed=8, queued_at=NOW, extra_names=NAMES
    )
    await store[Trainings].enqueue(request)
    await store[Trainings].request_stop(await store[Trainings].enqueue(request), REASON, NOW)
    digest = hashlib.sha256(weights).hexdigest()
    namer = await store[CustomModels].create(
        community_id=PARK, name="Dwarves", member_id=ADA, corpus=DWARVES, now=NOW, most=9
    )
    await store[CustomModels].trained(namer.id, weights, digest, 1.5)
    version = VersionRecord(
        task="names",
        digest=digest,
        corpus="dinosaurs",
        corpus_sha256="0" * 64,
        recipe="quick",
        seed=8,
        validation=1.5,
        reference_loss=1.5,
    )
    await store[Versions].add(version, VersionFiles(weights), NOW)
    await store[Uploads].begin("T1", ["F1", "F2"], NOW)
    await store[Uploads].place(["F2"], "C1 1700000000.000001")
