"""`/dinosaur`: the animal of a name."""

import re

import pytest

from bot.chat.translation import in_language, language_of, languages
from bot.creatures.animal import profile_of
from bot.creatures.description import description
from bot.creatures.names import LONGEST_NAME, has_creature
from bot.museum.dinosaur import DinosaurOptions, dinosaur, lines_of
from bot.polls.plaques import meaning_of
from bot.text.spans import plain
from bot.words import Strictness, WordFilter
from tests.bot.champions import crown
from tests.bot.chats.protocol import Actor, Chat
from tests.bot.creatures.names import NAMES
from tests.bot.opened_polls import a_poll
from tests.bot.turns import FakePlatform, FakeTurn

OTHER_GUILD = 12


@pytest.mark.both
async def test_real_genus(chat: Chat) -> None:
    shown = await chat.alice.use("dinosaur", name="stegosaurus")
    assert not shown.is_private
    assert shown.title == "🦕 Stegosaurus"
    assert shown.lines[:2] == [
        "Say STEG-oh-SOR-us.",
        "It may mean roof lizard: stego (Greek stegos: roof) and saurus (Greek sauros: lizard).",
    ]
    size = "23 ft long, 8,800 lb" if chat.name == "discord" else "7 m long, 4 t"
    for fact in (  # the simulated server's locale is en-US
        "Family: stegosaur",
        "Lived: Late Jurassic\n",
        "Found in: North America",
        "Eats: plants",
        f"Size: {size}",
    ):
        assert fact in shown.words
    assert "A real dinosaur." in shown.words
    (plate,) = shown.files
    assert plate.name == "stegosaurus.png"
    assert plate.description.startswith("Drawing of Stegosaurus, ")
    assert "plates, spikes" in plate.description
    await chat.restart()
    dissected = await chat.alice.press(shown, "Dissect")
    assert dissected.title == "🔬 Stegosaurus"


async def test_rarity_is_told(chat: Chat) -> None:
    shown = await chat.alice.use("dinosaur", name="Spenochen")
    assert "Rare: a white animal (about one dinosaur in 40 is rare)" in shown.words
    usual = await chat.alice.use("dinosaur", name="Mangosaurus")
    assert "Rare:" not in usual.words


@pytest.mark.both
async def test_dissection_shows_it(chat: Chat) -> None:
    dissected = await chat.alice.use("dissect", name="minmi")
    shown = await chat.alice.press(dissected, "Show the dinosaur")
    assert shown.title == "🦕 Minmi"


async def test_imagined_meaning_is_marked(chat: Chat) -> None:
    shown = await chat.alice.use("dinosaur", name="Zaplosaurus")
    assert "zaplo (imagined: " in shown.body
    assert "An imagined dinosaur." in shown.words
    assert " million years ago" in shown.words
    listed = await chat.alice.use("dinosaur", name="Microraptor")
    assert "imagined: " not in listed.body


async def test_only_known_names_are_public(chat: Chat) -> None:
    """Names of this community's polls are; those of others, of namers, and removed ones are not."""
    chat.writer.names_found = ("kilosaurus", "minmi")
    await a_poll(chat)
    store, now = chat.app.store, chat.now()
    await crown(store, "Farsaurus", at=now, community_id=OTHER_GUILD)
    await crown(store, "Elrond", at=now, community_id=chat.community_id, namer="elves")
    for name, is_private in (
        ("kiloSAURUS", False),
        ("Farsaurus", True),
        ("Elrond", True),
        ("Newsaurus", True),
        ("Minmi", False),
    ):
        assert await is_shown_privately(chat.alice, name) == is_private, name
    poll = chat.history()[0]
    mo = await chat.add_moderator()
    for name in ("Kilosaurus", "Minmi"):
        asked = await mo.open_menu("Moderate this message", poll)
        await mo.press(asked, f"Remove {name}")
        assert await is_shown_privately(chat.alice, name)
    assert not await is_shown_privately(chat.alice, "Stegosaurus")


async def is_shown_privately(member: Actor, name: str) -> bool:
    shown = await member.use("dinosaur", name=name)
    assert shown.title == f"🦕 {name.capitalize()}"
    assert len(shown.files) == 1
    assert ("Only you can see this" in shown.text) == shown.is_private
    return shown.is_private


@pytest.mark.parametrize("typed", ["Tyrannosaurus rex", "T. rex", "T-Rex", "t rex", "T.rex"])
async def test_scientific_name(chat: Chat, typed: str) -> None:
    shown = await chat.alice.use("dinosaur", name=typed)
    assert shown.title == "🦕 Tyrannosaurus"
    assert not shown.is_private


@pytest.mark.both
async def test_show_everybody(chat: Chat) -> None:
    """With the picture and who shows it; a moderator can remove it like any answer."""
    asked = await chat.alice.use("dinosaur", name="Kevin Miller")
    assert asked.is_private
    assert asked.title == "🦕 Kevinmiller"
    await chat.alice.press(asked, "Show everybody")
    (shown,) = (each for each in chat.history() if each.cards)
    assert not shown.is_private
    assert shown.title == asked.title
    assert "Shown by: @alice" in shown.words
    assert "Show everybody" not in shown.buttons
    assert len(chat.files()) == 1
    assert not chat.notified()
    mo = await chat.add_moderator()
    await mo.press(await mo.open_menu("Moderate this message", shown), "Remove it")
    assert not any(each.cards for each in chat.history())
    assert not chat.files()


@pytest.mark.both
async def test_managers_keep_typed_names_private(chat: Chat) -> None:
    """Not those of polls or real ones, which everybody sees anyway."""
    asked = await chat.alice.use("dinosaur", name="Newsaurusrex")
    boss = await chat.add_manager()
    told = await boss.use("settings", typed_names=False)
    assert told.text == "Dinosaurs for names that members type in themselves stay private here."
    refused = await chat.alice.press(asked, "Show everybody")
    assert refused.is_private
    assert refused.text.startswith(
        "Managers here have chosen to keep a dinosaur private if a member "
    )
    assert "Show everybody" not in (await chat.alice.use("dinosaur", name="Newsaurusrex")).buttons
    assert not (await chat.alice.use("dinosaur", name="Stegosaurus")).is_private


async def test_checks_before_everybody_sees_it(chat: Chat) -> None:
    asked = await chat.alice.use("dinosaur", name="Newsaurusrex")
    boss, mo = await chat.add_manager(), await chat.add_moderator()
    await boss.use("settings", blocked_words="newsaurusrex")
    refused = await chat.alice.press(asked, "Show everybody")
    assert refused.text.startswith("The bot won't show a dinosaur of that name")
    await boss.use("settings", blocked_words="none")
    poll = await a_poll(chat)
    await mo.press(await mo.open_menu("Moderate this message", poll), "Remove Kilosaurus")
    removed = await chat.alice.use("dinosaur", name="Kilosaurus")
    assert removed.is_private
    assert "Show everybody" not in removed.buttons
    for state, told in (
        ("Kilosaurus", "A moderator removed this name here."),
        ("two words", "another version"),
    ):
        chat.rewrite_button(asked, "Show everybody", f"dinosaur:everybody:{state}")
        assert told in (await chat.alice.press(asked, "Show everybody")).text
    await mo.use("moderate block", member=chat.alice)
    assert "blocked you" in (await chat.alice.press(asked, "Show everybody")).text


async def test_near_genera(chat: Chat) -> None:
    """They are suggested; others are as they were typed, and a typo costs no cooldown."""
    await chat.restart(cooldown_seconds=10)
    refused = await chat.alice.use("dinosaur", name="Tyranosaurus Rex")
    assert refused.text == "Did you mean Tyrannosaurus?"
    assert refused.buttons[0] == "Show the dinosaur"
    shown = await chat.alice.press(refused, "Show the dinosaur")
    assert shown.title == "🦕 Tyrannosaurus"
    for name, genus in (("Microrapter", "Microraptor"), ("Mangosaurus", ""), ("Newsauru", "")):
        await chat.pass_time(10)
        shown = await chat.alice.use("dinosaur", name=name)
        assert shown.title == f"🦕 {name}"
        assert ("Did you mean " in shown.text) == bool(genus)
        assert not genus or genus in shown.buttons


async def test_no_removed_genus_is_suggested(chat: Chat) -> None:
    """Nor one that the word filter refuses."""
    await crown(chat.app.store, "Microraptor", at=chat.now(), community_id=chat.community_id)
    mo, boss = await chat.add_moderator(), await chat.add_manager()
    asked = await mo.use("moderate winner", name="Microraptor")
    await mo.press(asked, asked.buttons[0])
    assert "Did you mean" not in (await chat.alice.use("dinosaur", name="Microrapter")).text
    await boss.use("settings", blocked_words="tyrannosaurus")
    shown = await chat.alice.use("dinosaur", name="Tyranosaurus Rex")
    assert "Did you mean" not in shown.text


@pytest.mark.parametrize(
    ("name", "told"),
    [("Pteranodon", "They flew"), ("PTERODACTYL", "They flew"), ("Mosasaurus", "They swam")],
)
async def test_kin_are_no_dinosaurs(chat: Chat, name: str, told: str) -> None:
    shown = await chat.alice.use("dinosaur", name=name)
    assert told in shown.text
    assert len(shown.files) == 1


async def test_direct_message(chat: Chat) -> None:
    shown = await chat.alice.use_directly("dinosaur", name="Kilosaurus")
    assert shown.is_private
    assert "Show everybody" not in shown.buttons


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("   ", "Which dinosaur?"),
        ("Mango 2saurus", "must be one or two words"),
        ("Tyrannosaurus rex is the best", "must be one or two words"),
        ("Мангозавр", "at most 40 letters from A to Z"),
        ("竜", "at most 40 letters from A to Z"),
        ("Mango-saurus", "at most 40 letters from A to Z"),
        ("Mango1", "at most 40 letters from A to Z"),
        ("𝓜ango", "at most 40 letters from A to Z"),
        ("<@1>", "at most 40 letters from A to Z"),
        ("Mango\u200bsaurus", "at most 40 letters from A to Z"),
        ("ƿƿƿ", "at most 40 letters from A to Z"),
        ("m" * (LONGEST_NAME + 1), "at most 40 letters from A to Z"),
    ],
)
async def test_other_names_are_refused(chat: Chat, name: str, reason: str) -> None:
    turn = FakeTurn(FakePlatform())
    with pytest.raises(Exception, match=reason) as refused:
        await dinosaur(chat.app, turn, DinosaurOptions(name))
    assert "for example Mangosaurus" in str(refused.value)
    assert not chat.world.renderer.drawn


@pytest.mark.parametrize("name", ["m", "Éomaïa", "e\u0301omaia", "Øreraptor", "m" * LONGEST_NAME])
async def test_accents_and_extremes(chat: Chat, name: str) -> None:
    assert has_creature(name)
    turn = FakeTurn(FakePlatform())
    await dinosaur(chat.app, turn, DinosaurOptions(name))
    assert turn.answers[-1].files


async def test_word_filter(chat: Chat) -> None:
    """A blocked name is refused; sentences with a blocked word are left out, but no labels."""
    manager = await chat.add_manager()
    blocked = "kilosaurus, roof*, boulders, theropod, ovum, feathers"
    await manager.use("settings", blocked_words=blocked)
    refused = await chat.alice.use("dinosaur", name="Kilosaurus")
    assert refused.is_private
    assert "won't show" in refused.text
    assert not refused.files
    shown = await chat.alice.use("dinosaur", name="Stegosaurus")
    assert shown.title == "🦕 Stegosaurus"
    assert "roof" not in shown.words
    assert "boulders" not in (await chat.alice.use("dinosaur", name="Zyxwox")).words
    shown = await chat.alice.use("dinosaur", name="Oviraptor")
    assert "Family: small theropod" in shown.words
    assert "ovum" not in shown.words
    assert [file.description for file in shown.files] == ["Oviraptor"]


@pytest.mark.parametrize("tag", languages())
@pytest.mark.parametrize("strictness", [Strictness.NORMAL, Strictness.STRICT])
def test_lists_are_not_for_translations(tag: str, strictness: Strictness) -> None:
    """Many languages have common words that are profane in another, or in another sense."""
    words, language = WordFilter(strictness=strictness), language_of(tag)
    for name in NAMES:
        profile = profile_of(name)
        told = "\n".join(plain(line, language) for line in lines_of(profile, words, language))
        meaning, sentence = meaning_of(name, words, language)
        expected = [in_language(each, language) for each in description(profile)]
        assert [each for each in (plain(sentence, language), *expected) if each not in told] == []
        assert bool(meaning) == bool(profile.roots), name


def test_own_words_take_out_one_sentence() -> None:
    profile, language = profile_of("Mangosaurus"), language_of("de")
    said, _meaning, empty, told = lines_of(profile, WordFilter(), language)
    sentences = [in_language(each, language) for each in description(profile)]
    for sentence in sentences:
        rest = " ".join(each for each in sentences if each != sentence)
        word = max(re.findall(r"\w+", sentence), key=len)
        server = WordFilter().for_server(Strictness.MILD, [word])
        assert plain(lines_of(profile, server, language)[-1], language) == rest
    server = WordFilter().for_server(Strictness.MILD, ["echse"])
    assert lines_of(profile, server, language) == (said, empty, told)


async def test_without_picture(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    chat.world.renderer.fails = True
    shown = await chat.alice.use("dinosaur", name="Minmi")
    assert shown.title == "🦕 Minmi"
    assert not shown.files
    assert "A picture (_plate_svg) could not be drawn" in caplog.text


async def test_suggestions(chat: Chat) -> None:
    await a_poll(chat)

    async def suggested(typed: str) -> list[str]:
        return [each.value for each in await chat.alice.suggestions("dinosaur", "name", typed)]

    assert (await suggested(""))[:4] == ["Mangosaurus", "Bravosaurus", "Kilosaurus", "Anchisaurus"]
    assert await suggested("braco") == ["Braco"]
    assert await suggested("drac") == ["Drac", "Dracoraptor", "Dracosaurus"]
    assert (await suggested("kilo"))[:2] == ["Kilo", "Kilosaurus"]
    assert await suggested("m" * (LONGEST_NAME + 1)) == []
