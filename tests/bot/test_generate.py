"""`python -m bot.generate`: names and sonnets in the terminal."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.generate import main
from models.fingerprints import Fingerprints
from models.weights import load_shipped, save_weights
from tests.models.tiny import LETTERS, VERSE, card, lstm


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, str]:
    """Small weights for each thing that can be written, as an option's value."""
    names, sonnet = str(tmp_path / "names.safetensors"), str(tmp_path / "sonnet.safetensors")
    for path, task, vocabulary in ((names, "names", LETTERS), (sonnet, "sonnets", VERSE)):
        facts = card(task, vocabulary)
        save_weights(Path(path), lstm(vocabulary).arrays(), facts, Fingerprints.of([]))
    return {"names": names, "sonnet": sonnet}


Lines = Callable[..., list[str]]


@pytest.fixture
def lines(weights: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Lines:
    """Runs the command, with small weights if none are given. Returns its lines of output."""

    def run(what: str, *arguments: str) -> list[str]:
        assert main([what, "--weights", weights[what], *arguments]) == 0
        captured = capsys.readouterr()
        assert captured.err == "" or re.fullmatch(r"\(seed \d+\)\n", captured.err)
        return captured.out.splitlines()

    return run


def verse(lines: list[str]) -> list[str]:
    """The lines of a poem without the empty ones between its stanzas."""
    return [line for line in lines if line]


def test_names(lines: Lines) -> None:
    names = lines("names")
    assert len(set(names)) == 10
    assert all(name.isalpha() and name == name.capitalize() for name in names)
    names = lines("names", "Mango", "-n", "3")
    assert len(names) == 3
    assert all(name.startswith("Mango") for name in names)


LONG = "Shall I compare thee to a summer's day, or is it rather autumn now?"


def test_openings(lines: Lines) -> None:
    opening = "[b]O :dinosaur:[/b] “É” "
    short, long = verse(lines("sonnet", opening)), verse(lines("sonnet", LONG))
    assert len(short) == len(long) == 14
    assert short[0].startswith(opening)
    assert long[0] == "Shall I compare thee to a summer's day,"
    assert long[1].startswith("or is it rather autumn now?")
    assert verse(lines("sonnet", "--about", " Rex "))[0].startswith("Rex")
    assert verse(lines("sonnet", "Shall I", "--about", "Rex"))[0].startswith("Shall I")


def test_empty_lines(lines: Lines) -> None:
    text = "\n".join(lines("sonnet", "-n", "2", "--seed", "5"))
    first, second = text.split("\n\n\n")
    assert first.split("\n") == lines("sonnet", "--seed", "5")
    assert second.split("\n") == lines("sonnet", "--seed", "6")
    assert [stanza.count("\n") + 1 for stanza in first.split("\n\n")] == [4, 4, 4, 2]


def test_poems_as_json(lines: Lines) -> None:
    poems = [
        json.loads(line) for line in lines("sonnet", "Shall", "-n", "2", "--seed", "5", "--json")
    ]
    assert [poem["lines"] for poem in poems] == [
        verse(lines("sonnet", "Shall", "--seed", seed)) for seed in ("5", "6")
    ]
    assert [poem["opening_length"] for poem in poems] == [len("Shall")] * 2


def test_constraints(lines: Lines) -> None:
    constraints = ("--ends-with", "raptor", "--contains", "ee", "--length", "13")
    names = lines("names", "Dr", *constraints, "-n", "3")
    assert len(names) == 3
    assert all(re.fullmatch("(?=.{13}$)Dr.*ee.*raptor", name) for name in names)


def test_seed_and_temperature(lines: Lines) -> None:
    seventh = lines("names", "--seed", "7")
    assert seventh == lines("names", "--seed", "7") != lines("names", "--seed", "8")
    assert lines("names") != lines("names")
    tame, wild = (lines("names", "--seed", "7", "--temperature", t) for t in ("0.1", "2"))
    assert tame != wild


def test_shortfall(tmp_path: Path, lines: Lines) -> None:
    path = tmp_path / "names.safetensors"
    arrays = lstm(LETTERS).arrays()
    silent = {name: 0 * array for name, array in arrays.items()}
    silent["by"][LETTERS.end] = 100
    silent["by"][LETTERS.encode("a")] = 50
    save_weights(path, silent, card("names", LETTERS), Fingerprints.of([]))
    first, reason = lines("names", "mango", "--weights", str(path))
    assert first == "Mangoa"
    assert reason.startswith("(The bot could only find 1 new name (starts_with:mango). ")


def refusal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The error for impossible constraints."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.replace("\n", " ")


def test_invalid_requests(weights: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    sonnet, names = (["--weights", weights[what]] for what in ("sonnet", "names"))
    assert "at most 300 characters" in refusal(["sonnet", "a" * 301, *sonnet], capsys)
    assert "at most 300 characters" in refusal(["sonnet", "--about", "a" * 301, *sonnet], capsys)
    for words in (["names", "--contains", "fuck"], ["sonnet", "--about", "fuck"]):
        assert "The word filter rejects those words" in refusal(words, capsys)
    assert "Try starts_with:tyranno" in refusal(["names", "🦖", *names], capsys)
    assert "writes names, not sonnets" in refusal(["sonnet", *names], capsys)
    assert "Cannot read" in refusal(["names", "--weights", "missing.safetensors"], capsys)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["limericks"], "invalid choice"),
        (["names", "-n", "0"], "not a number from 1 to 10000, for example 10"),
        (["names", "-n", "ten"], "not a number from 1 to 10000"),
        (["names", "--length", "27"], "not a number from 3 to 26, for example 12"),
        (["sonnet", "--form", "haiku"], "invalid choice"),
        (["names", "--seed", "x"], "not a whole number from 0, for example 7"),
        (["names", "--temperature", "0"], "not a number from 0.1 to 2, for example 0.8"),
        (["names", "--temperature", "nan"], "not a number from 0.1 to 2"),
        (["names", "--temperature", "warm"], "not a number from 0.1 to 2"),
    ],
)
def test_wrong_options(options: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(options)
    assert left.value.code == 2
    assert why in capsys.readouterr().err


def test_shipped_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["names", "-n", "20", "--seed", "0"]) == 0
    names = capsys.readouterr().out.lower().split()
    assert len(set(names)) == 20
    assert not [name for name in names if name in load_shipped("names").known]
    assert main(["sonnet", "Forsooth this maketh no sense ", "--seed", "0"]) == 0
    poem = verse(capsys.readouterr().out.splitlines())
    assert len(poem) == 14
    assert poem[0].startswith("Forsooth this maketh no sense ")


def test_form(lines: Lines) -> None:
    assert len(verse(lines("sonnet", "--form", "limerick"))) == 5
