"""A server's own words, for what another server made and for what was made before they changed."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.chat.app import App
from bot.chat.commands import NoOptions
from bot.chat.message import Message, UserError
from bot.help import about
from bot.names import custom_model_choice, dissect
from bot.polls.hall_of_fame import HallOfFameOptions, page_of
from bot.text.spans import plain
from bot.trainer.queries import (
    CustomModelRecord,
    CustomModels,
    StoredList,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    VersionFiles,
    Versions,
)
from bot.trainer.registry import version_of
from bot.training import models, namer, requests, usable_models
from bot.training.models import TaskOptions, VersionOptions
from bot.training.namer import CorpusOptions, NameOptions, ShareOptions
from bot.training.progress import TrainingReport
from bot.training.titles import UNNAMED_LIST
from bot.verse import sonnet
from bot.verse.sonnet import SonnetOptions
from bot.words.queries import WordFilters
from bot.writing.filtered import WrittenLines
from models.verse.poem import SonnetRequest
from tests.bot.champions import crown
from tests.bot.conftest import World
from tests.bot.fakes import card, draft
from tests.bot.turns import ADA, COMMUNITY, FakePlatform, FakeTurn, lines_of

ELSEWHERE = 77
BLOCKED = ("mud*", "mango*", "draco*", "time")
SAMPLES = ("Mudosaurus", "Bravosaurus")


@pytest.fixture
async def app(world: World) -> AsyncIterator[App]:
    """A bot in a server that blocks some words, which another one allows."""
    made = world.make_app()
    await made.store[WordFilters].set_blocked_words(COMMUNITY, BLOCKED)
    yield made
    await made.unfinished.wait_written()
    await made.store.close()


@pytest.fixture
def turn() -> FakeTurn:
    return FakeTurn(FakePlatform())


async def model_named(
    app: App, name: str = "mudfolk", community_id: int = ELSEWHERE
) -> CustomModelRecord:
    """A trained namer that is shared."""
    store = app.store[CustomModels]
    corpus = StoredList("list.txt", ("Ann", "Bob"))
    made = await store.create(
        community_id=community_id, name=name, member_id=1, corpus=corpus, now=app.now(), most=9
    )
    await store.trained(made.id, b"weights", "1" * 64, 1.0)
    await store.share(made.id, True)
    found = await store.get(made.id)
    assert found is not None
    return found


async def version(app: App, corpus: str = "mud.txt") -> int:
    """A version of the model for names that another server trained."""
    record = replace(version_of(card("names"), "0" * 64), corpus=corpus, samples=SAMPLES)
    return (await app.store[Versions].add(record, VersionFiles(b"weights"), app.now()))[0]


def words_of(message: Message) -> str:
    """All that members read in an answer."""
    (embed,) = message.embeds
    fields = "\n".join(plain(field.value) for field in embed.fields)
    return f"{embed.title}\n{lines_of(message)}\n{fields}"


@pytest.mark.parametrize("community_id", [ELSEWHERE, COMMUNITY])
async def test_namer_with_blocked_name(app: App, turn: FakeTurn, community_id: int) -> None:
    made = await model_named(app, community_id=community_id)
    for typed in ("mudfolk", f"mudfolk #{made.id}", f"#{made.id}"):
        with pytest.raises(UserError, match="filter here blocks this namer's name"):
            await usable_models.choose(app, turn, typed)
    with pytest.raises(UserError, match="filter here blocks this namer's name"):
        await custom_model_choice.of_button(app, turn, made.id)
    assert not await usable_models.suggest(app, turn, "mud")
    others = replace(turn, community_id=ELSEWHERE)
    assert await usable_models.choose(app, others, f"#{made.id}") == made
    assert await usable_models.suggest(app, others, "mud")


async def test_own_namer_with_blocked_name(app: App, turn: FakeTurn) -> None:
    """Its progress would show the name to everyone, and sharing would show it to other servers."""
    await model_named(app, community_id=COMMUNITY)
    with pytest.raises(UserError, match="filter here blocks this namer's name"):
        await namer.retrain(app, turn, CorpusOptions("mudfolk"))
    assert not turn.platform.shown
    await namer.share(app, turn, ShareOptions("mudfolk"))  # others may allow it
    await model_named(app, "fuckers", COMMUNITY)  # before the operator's list had it
    with pytest.raises(UserError, match="filter here blocks this namer's name"):
        await namer.share(app, turn, ShareOptions("fuckers"))
    await namer.share(app, turn, ShareOptions("fuckers", on=False))


async def test_hall_of_fame_leaves_blocked_namer_out(app: App, turn: FakeTurn) -> None:
    await crown(app.store, "Elrond", 2, at=app.now(), community_id=COMMUNITY, namer="mudfolk")
    page = (await page_of(app, turn, HallOfFameOptions())).message
    assert lines_of(page) == "🥇 Elrond · 2 votes · Ada"


async def training(app: App) -> TrainingRecord:
    """A training in the server that blocks some words."""
    request = TrainingRequest("shared", "names", "default", 1, app.now(), community_id=COMMUNITY)
    record = await app.store[Trainings].get(await app.store[Trainings].enqueue(request))
    assert record is not None
    return record


async def test_training_shows_no_blocked_words(app: App, turn: FakeTurn) -> None:
    number = await version(app)
    report = TrainingReport(app, turn.platform, await training(app))
    assert await report._allowed(("mudfolk", "Bravosaurus")) == ("Bravosaurus",)
    shown = await models.version_report(app, "names", number, COMMUNITY)
    words = words_of(shown)
    assert "(blocked by the word filter)\n\nBravosaurus" in words
    assert "mud" not in words.lower()


async def test_versions_show_no_blocked_words(app: App, turn: FakeTurn) -> None:
    number = await version(app)
    await models.list_(app, turn, TaskOptions("names"))
    await models.info(app, turn, VersionOptions(str(number)))
    listed, compared = map(words_of, turn.answers)
    assert "(blocked by the word filter)" in listed
    assert "Bravosaurus" in compared
    suggested = [choice.label for choice in await models.suggest(app, turn, "")]
    assert not [words for words in (listed, compared, *suggested) if "mud" in words.lower()]
    others = replace(turn, community_id=ELSEWHERE, answers=[])
    await models.list_(app, others, TaskOptions("names"))
    assert "mud.txt" in words_of(others.answers[0])


async def test_about_shows_no_blocked_words(app: App, turn: FakeTurn) -> None:
    """The live version may be trained on what a home server uploaded."""
    await about.about(app, turn, NoOptions())
    assert "A corpus of tests" in words_of(turn.answers[0])
    await app.store[WordFilters].set_blocked_words(COMMUNITY, ("corpus",))
    app.filters.changed(COMMUNITY)
    await about.about(app, turn, NoOptions())
    assert "corpus" not in words_of(turn.answers[1])


async def test_titles_of_uploads(app: App) -> None:
    assert await requests.title_of(app, "mud.txt", COMMUNITY, UNNAMED_LIST) == "The list"
    assert await requests.title_of(app, "mud.txt", ELSEWHERE, UNNAMED_LIST) == "mud.txt"


async def test_title_of_an_older_list(app: App, turn: FakeTurn) -> None:
    """The filter may block what it allowed when the list came."""
    corpus = StoredList("mud.txt", ("Ann", "Bob"))
    await app.store[CustomModels].create(
        community_id=COMMUNITY, name="elves", member_id=1, corpus=corpus, now=app.now(), most=9
    )
    await namer.info(app, turn, NameOptions("elves"))
    assert "(blocked by the word filter)" in words_of(turn.answers[-1])
    assert "mud" not in words_of(turn.answers[-1])
    await namer.retrain(app, turn, CorpusOptions("elves"))
    assert turn.platform.shown
    assert not [each for each in turn.platform.shown.values() if "mud" in words_of(each)]


async def test_who_stopped_a_training(app: App, turn: FakeTurn) -> None:
    """An owner may stop it from another server; the name is shown where it was asked for."""
    record = await training(app)
    stranger = replace(turn, community_id=ELSEWHERE, user=replace(ADA, display_name="mudlark"))
    assert "mudlark" not in await requests.stop_reason(app, stranger, record)
    there = replace(record, community_id=ELSEWHERE)
    assert await requests.stop_reason(app, stranger, there) == "mudlark pressed Stop."


async def test_nearest_names(app: App, turn: FakeTurn) -> None:
    """They come from a list that another server may have uploaded."""
    await dissect.press(app, turn, "minmi")
    (answer,) = turn.answers
    assert "Nearest real genera: Anchisaurus." in lines_of(answer)
    await app.store[WordFilters].set_blocked_words(COMMUNITY, (*BLOCKED, "anchi*"))
    app.filters.changed(COMMUNITY)
    await dissect.press(app, turn, "minmi")
    assert "Nearest" not in lines_of(turn.answers[-1])


async def test_subject_of_poem(app: App) -> None:
    """The network draws it."""
    words = await app.filters.of(COMMUNITY)
    for subject, title in (("love", "📜 A sonnet on love"), ("time", "📜 A sonnet")):
        poem = WrittenLines((), draft(SonnetRequest(), (), (subject,)))
        message = sonnet.poem_message(SonnetOptions(), poem, words)
        assert message.embeds[0].title == title
