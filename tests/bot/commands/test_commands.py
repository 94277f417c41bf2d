"""What requests and replies are, apart from any chat platform."""

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    custom_models,
    names,
    retrain,
    sonnet,
)
from bot.commands.about import about_reply, help_reply
from bot.commands.message import (
    Embed,
    Message,
    Timestamp,
    UserError,
    plain,
    text,
)
from bot.commands.model_quality import judgement
from bot.discord.buttons import LONGEST_ID
from bot.evaluation.report.headline import Figure
from bot.services.cooldowns import Cooldown
from bot.services.training.events import (
    Failed,
    Planned,
    Progress,
    Samples,
    Stopped,
)
from bot.services.training.retraining import Event, Order
from bot.services.word_filter import WordFilter
from bot.store.versions import Live
from data.text import clean_name, unify_newlines
from models.names.generator import LONGEST_NAME, LONGEST_PIECE, SHORTEST_NAME
from models.verse.forms import FORMS
from models.verse.poem import OPENING_LIMIT
from models.weights import ModelCard
from tests.bot.fakes import card
from tests.bot.hostile import HOSTILE_OPENINGS

COMMANDS = Path(__file__).parents[3] / "bot" / "commands"
NOW = datetime(2025, 1, 1, tzinfo=UTC)
GENERA = ("titanosaurus", "allosaurus")

temperatures = st.integers(10, 200).map(lambda hundredths: hundredths / 100)
openings = st.text(max_size=OPENING_LIMIT) | st.sampled_from(list(HOSTILE_OPENINGS.values()))


def imported_by(path: Path) -> set[str]:
    """The modules that a file imports."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return modules


def reached_from(path: Path) -> set[str]:
    """The modules that a file imports, and those that they import, as far as they are ours."""
    root = Path(__file__).parents[3]
    reached: set[str] = set()
    waiting = imported_by(path)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        file = root / (module.replace(".", "/") + ".py")
        if file.exists():
            waiting |= imported_by(file) - reached
    return reached


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("*.py")), ids=lambda path: path.name)
def test_no_command_knows_a_chat_platform(path: Path) -> None:
    assert not [module for module in reached_from(path) if module.split(".")[0] == "discord"]


@given(openings, temperatures, st.sampled_from(list(FORMS)), st.integers(0, 2**32))
def test_a_poems_ask_comes_back_from_its_card_exactly(
    opening: str, temperature: float, form: str, seed: int
) -> None:
    ask = sonnet.SonnetOptions(unify_newlines(opening), temperature, form)
    assert sonnet.SonnetOptions.from_footer(ask.to_footer(seed)) == ask


@given(st.text(max_size=OPENING_LIMIT))
def test_a_footer_has_no_white_space_at_its_ends_that_the_platform_would_strip(
    opening: str,
) -> None:
    footer = sonnet.SonnetOptions(opening).to_footer(1)
    assert footer == footer.strip()


@pytest.mark.parametrize("footer", ["", "temperature", "From “x” · temperature a · seed 1"])
def test_a_strange_footer_is_refused(footer: str) -> None:
    with pytest.raises(UserError, match="/sonnet"):
        sonnet.SonnetOptions.from_footer(footer)


pieces = st.text().filter(lambda typed: len(clean_name(typed)) <= LONGEST_PIECE)


@given(
    st.builds(
        names.NamesOptions,
        count=st.integers(1, names.MOST_NAMES),
        starts_with=pieces,
        temperature=temperatures,
        ends_with=pieces,
        contains=pieces,
        length=st.none() | st.integers(SHORTEST_NAME, LONGEST_NAME),
    )
)
def test_a_request_for_names_comes_back_from_its_button(ask: names.NamesOptions) -> None:
    again = names.NamesOptions.from_state(ask.to_state())
    starts, contains, ends = map(clean_name, ask.pieces)
    assert again == replace(ask, starts_with=starts, contains=contains, ends_with=ends)


def test_the_longest_request_for_names_fits_on_its_button() -> None:
    longest = "x" * LONGEST_PIECE
    ask = names.NamesOptions(10, longest, 1.25, longest, longest, LONGEST_NAME)
    assert len(f"{names.ACTION}:{ask.to_state()}") <= LONGEST_ID


@pytest.mark.parametrize("state", ["", "5", "five:1:a", "5:hot:a", "5:1:A", "5:1:a:b"])
def test_a_strange_button_is_refused(state: str) -> None:
    with pytest.raises(UserError, match="/dinoname"):
        names.NamesOptions.from_state(state)


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (names.NamesOptions(count=0), "1 to 10 names"),
        (names.NamesOptions(count=11), "1 to 10 names"),
        (names.NamesOptions(length=2), "3 to 26 letters"),
        (names.NamesOptions(length=27), "3 to 26 letters"),
        (names.NamesOptions(temperature=0.05), "0.1 .* to 2"),
        (names.NamesOptions(temperature=2.01), "0.1 .* to 2"),
    ],
)
def test_a_platform_that_does_not_check_ranges_is_checked(
    ask: names.NamesOptions, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        names.check(ask, WordFilter(), GENERA)


@pytest.mark.parametrize(
    "ask",
    [
        names.NamesOptions(starts_with="asshole"),
        names.NamesOptions(starts_with="Nazi"),
        names.NamesOptions(ends_with="rapist"),
        names.NamesOptions(contains="wh\u00f6re"),
        names.NamesOptions(ends_with="tit"),
    ],
)
def test_a_piece_that_is_rude_by_itself_is_refused(ask: names.NamesOptions) -> None:
    with pytest.raises(UserError, match="try other letters"):
        names.check(ask, WordFilter(), GENERA)


def test_a_piece_that_a_real_genus_has_there_is_not_rude() -> None:
    names.check(names.NamesOptions(starts_with="Tit"), WordFilter(), GENERA)


@pytest.mark.parametrize("opening", ["\u202eevil", "\u2066I\u2069", "  \n"])
def test_an_opening_can_neither_turn_the_text_behind_it_nor_be_nothing(opening: str) -> None:
    ask = sonnet.SonnetOptions(opening)
    assert ask.opening in ("evil", "I", "")
    assert sonnet.SonnetOptions.from_footer(ask.to_footer(1)) == ask


def test_a_platform_that_does_not_check_choices_is_checked() -> None:
    with pytest.raises(UserError, match=r"shakespearean, .* or notebook, and no 'haiku'"):
        sonnet.check(sonnet.SonnetOptions(form="haiku"), WordFilter())


def test_an_opening_at_the_limit_is_accepted_and_line_ends_count_once() -> None:
    sonnet.check(sonnet.SonnetOptions("\r\n" * OPENING_LIMIT), WordFilter())


def test_a_refused_opening_says_the_limit_and_gives_the_text_back() -> None:
    with pytest.raises(UserError, match=r"at most 300 .* has 301.*“b{301}”"):
        sonnet.check(sonnet.SonnetOptions("b" * 301), WordFilter())


def test_a_cooldown_lets_through_once_in_its_rest() -> None:
    cooldown = Cooldown(timedelta(seconds=10))
    cooldown.start("alice", NOW)
    with pytest.raises(UserError) as caught:
        cooldown.start("alice", NOW + timedelta(seconds=9))
    assert Timestamp(NOW + timedelta(seconds=10)) in caught.value.text
    cooldown.start("bob", NOW + timedelta(seconds=9))
    cooldown.start("alice", NOW + timedelta(seconds=10))


def test_a_cooldown_forgets_who_has_rested() -> None:
    cooldown = Cooldown(timedelta(seconds=10))
    for member in range(1000):
        cooldown.start(member, NOW + timedelta(seconds=member))
    assert len(cooldown._until) == 10


@pytest.mark.parametrize(
    ("asker", "homes", "guilds"),
    [
        (retrain.Asker(is_owner=True, is_administrator=False, community_id=9), [], [1, 9]),
        (retrain.Asker(is_owner=False, is_administrator=True, community_id=1), [1, 2], [1, 9]),
        (retrain.Asker(is_owner=False, is_administrator=True, community_id=9), [], [9]),
    ],
)
def test_who_may_retrain(asker: retrain.Asker, homes: list[int], guilds: list[int]) -> None:
    retrain.check_asker(asker, homes, guilds)


@pytest.mark.parametrize(
    ("asker", "homes", "guilds"),
    [
        (retrain.Asker(is_owner=False, is_administrator=False, community_id=1), [1], [1]),
        (retrain.Asker(is_owner=False, is_administrator=True, community_id=9), [1], [9]),
        (retrain.Asker(is_owner=False, is_administrator=True, community_id=9), [], [1, 9]),
        (retrain.Asker(is_owner=False, is_administrator=True, community_id=9), [], []),
    ],
)
def test_who_may_not_retrain(asker: retrain.Asker, homes: list[int], guilds: list[int]) -> None:
    with pytest.raises(UserError):
        retrain.check_asker(asker, homes, guilds)


def test_an_upload_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(UserError, match=r"2\.1 MiB.*at most 2 MiB"):
        retrain.check_upload("mine.txt", 2 * 2**20 + 2**17)


def test_outside_of_a_server_nobody_retrains() -> None:
    asker = retrain.Asker(is_owner=True, is_administrator=True, community_id=None)
    with pytest.raises(UserError, match="from a server only"):
        retrain.check_asker(asker, [], [9])


def words_of(reply: Message) -> str:
    """All text of a reply."""
    parts = [plain(reply.content)]
    for shown in reply.embeds:
        parts += [shown.title, *map(plain, shown.lines), shown.footer]
        parts += [f"{field.name}: {plain(field.value)}" for field in shown.fields]
    return "\n".join(parts)


def told(*events: Event) -> retrain.Run:
    """A run as it is known after these events."""
    run = retrain.Run(Order("names", 5, 7))
    for event in events:
        run = run.after(event, NOW, WordFilter())
    return run


def test_progress_shows_how_far_how_good_and_how_long() -> None:
    planned = Planned(100, "Mine", ("1 dropped.",))
    words = words_of(retrain.reply(told(planned, Progress(25, 100, 2.0, 1.75, 12_345.6, 90))))
    assert "█████░░░░░░░░░░░░░░░ 25%" in words
    assert "Loss: 2.000 nats/char" in words
    assert "Validation: 1.750" in words
    assert "12,346 chars/s" in words
    assert (NOW + timedelta(seconds=90)).isoformat() in words
    assert "1 dropped." in words
    assert "at most 5 minutes" in words


def test_the_latest_samples_stay_in_sight_but_for_those_that_the_filter_stops() -> None:
    planned, progress = Planned(100, "Mine"), Progress(26, 100, 2.0, 1.75, 12_345.6, 90)
    first, second = Samples(1, ("primosaurus",)), Samples(25, ("shitosaurus", "novosaurus"))
    words = words_of(retrain.reply(told(planned, first, second, progress)))
    assert "26%\n\nNovosaurus" in words
    assert "osaurus" not in words.replace("Novosaurus", "")


def test_before_anything_is_known_the_corpus_is_being_read() -> None:
    assert "is being read" in words_of(retrain.reply(told()))
    assert "is being read" not in words_of(retrain.reply(told(Planned(1, "Mine"))))


def test_a_running_training_can_be_stopped_and_an_ended_one_cannot() -> None:
    assert retrain.reply(told()).buttons
    assert retrain.reply(told(Planned(1, "Mine"))).buttons
    assert not retrain.reply(told(Planned(1, "Mine"), Stopped("Enough."))).buttons
    assert not retrain.reply(told(Failed("No."))).buttons


def test_about_says_what_runs_and_how_good_it_is() -> None:
    cards: dict[str, ModelCard] = {
        "names": card("names"),
        "sonnets": card("sonnets", pretraining="Plays", held_out=None),
    }
    libraries = {"Python": "3.11", "NumPy": "2.0"}
    words = words_of(about_reply("1.2.3", NOW, 2, cards, libraries, {"sonnets": ()}))
    assert "Mangosaurus 1.2.3" in words
    assert "in 2 servers" in words
    assert "1.550 nats/char on held-out text" in words
    assert "1.600 nats/char on validation text" in words
    assert "Plays, then A corpus of tests" in words
    assert "Made with Python 3.11 and NumPy 2.0" in words


def test_about_shows_the_headline_of_weights_that_the_scoreboard_has_measured() -> None:
    cards: dict[str, ModelCard] = {"names": card("names"), "sonnets": card("sonnets")}
    rhymes = Figure("Rhyming pairs", "98%", "Shakespeare 78%")
    words = words_of(about_reply("1.2.3", NOW, 2, cards, {}, {"sonnets": (rhymes,)}))
    names, sonnets = words.split("Sonnets: ")
    assert "Rhyming pairs: 98% (Shakespeare 78%)" in sonnets
    assert "nats/char on held-out text" in names
    assert "nats/char on held-out text" not in sonnets


def test_about_says_which_version_is_live() -> None:
    served: dict[str, Live] = {"names": Live(3, 12, NOW, "better"), "sonnets": Live(0, None)}
    cards: dict[str, ModelCard] = {"names": card("names"), "sonnets": card("sonnets")}
    reply = about_reply("1.2.3", NOW, 2, cards, {}, {}, served)
    names, sonnets = (plain(field.value) for field in reply.embeds[0].fields)
    assert names.startswith("Version 12, live since 2025-01-01")
    assert "Version" not in sonnets


def test_help_has_an_example_of_every_command() -> None:
    words = words_of(help_reply())
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    commands = set(re.findall(r"^\| `(/[a-z]+)", readme, re.MULTILINE)) - {"/help"}
    assert len(commands) > 10
    assert sorted(command for command in commands if command not in words) == []


def test_a_refusal_reads_as_a_sentence_without_its_styles() -> None:
    assert (
        str(UserError("Wait until ", Timestamp(NOW), "."))
        == "Wait until 2025-01-01T00:00:00+00:00."
    )


def test_a_broken_off_poem_says_so_once() -> None:
    shown = Message(embeds=(Embed("A sonnet", (text("One,"), sonnet.WRITING)),))
    (broken,) = sonnet.broken_off(shown, text("Why.")).embeds
    assert [plain(line) for line in broken.lines] == ["One,", "", "Why."]


FEW = "A list of 150 names is too small to learn much from"


@pytest.mark.parametrize(
    ("entries", "facts", "said"),
    [
        (1500, (1.3, 1.5, 150), "It foresees names of the list that it has not read better than"),
        (1500, (1.5, 1.5, 150), "It has learned no more than counting letters would."),
        (1500, (1.4999, 1.5001, 150), "It has learned no more than counting letters would."),
        (1500, (1.6, 1.5, 150), "It has learned no more than counting letters would."),
        (250, (1.3, 1.5, 25), "The figures mean little, as only 25 names could be kept aside"),
        (150, (1.3, 1.5, 15), FEW),
        (150, (1.6, 1.5, 40), "It has learned no more than counting letters would."),
        (150, (None, None, None), FEW),
        (1500, (1.3, None, None), "How good it is was not measured."),
    ],
)
def test_a_namer_is_told_of_as_it_is(
    entries: int, facts: tuple[float | None, float | None, int | None], said: str
) -> None:
    validation, kneser_ney, measured = facts
    told = judgement(
        card("names", validation=validation, kneser_ney=kneser_ney, measured=measured), entries
    )
    assert said in told
    assert ("better" in told) == (facts == (1.3, 1.5, 150))


def test_typed_entries_are_parted_however_they_are_parted() -> None:
    assert custom_models.lines_of(" Ann, Bo;Cy\n\nDee ,,") == b"Ann\nBo\nCy\nDee"
