"""What is fuzzed: each target takes any bytes, and lets only unexpected errors through."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.numpy import save

from bot.chat.message import UserError
from bot.platforms.slack.names import WORDS
from bot.platforms.slack.network.members import member_of
from bot.platforms.slack.options import parse
from bot.platforms.slack.payloads import list_of, part_of, text_of
from bot.platforms.slack.views.modals import submitted, suggestion_of
from bot.platforms.slack.views.rendering import button_of
from data.corpora import CorpusError
from data.lists import parse_list
from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest, generate_names
from models.serving.mixture import ParallelMixture
from models.tasks import TASKS
from models.weights import WeightsError, card_to_json, save_weights
from tests.bot.platforms.slack.commands import COMMANDS as SLACK
from tests.bot.platforms.slack.payloads import PAYLOADS
from tests.models.tiny import LETTERS, card, lstm, ngram, words_and_characters

NAMES = ("mango", "tango", "saurus")


@dataclass(frozen=True)
class Target:
    """A parser under test."""

    run: Callable[[bytes], None]
    """Returns normally for every input that is parsed, or refused with the parser's own error."""
    seeds: Callable[[], list[bytes]]
    """Valid inputs, from which the mutations start."""
    longest: int = 16 * 1024
    """Bytes of an input."""


def read_names(content: bytes) -> None:
    """A weight file for names. What is accepted can also generate names."""
    try:
        trained = TASKS["names"].read(content, "theirs")
    except WeightsError:
        return
    generate_names(trained, NamesRequest(2, 0), lambda _: True)


def read_card(content: bytes) -> None:
    """The model card of an intact weight file."""
    read_names(_names_file(content.decode("utf-8", "replace")))


def read_verse(content: bytes) -> None:
    """A weight file for verse."""
    try:
        TASKS["sonnets"].read(content, "theirs")
    except WeightsError:
        return


def read_list(content: bytes) -> None:
    """A list of names."""
    try:
        found = parse_list(content, "theirs.txt", lambda text: "x" not in text)
    except CorpusError as error:
        _check_sentence(str(error))
        return
    assert len(set(found.names)) == len(found.names), "a name is listed twice"


def read_corpus(task: str, content: bytes) -> None:
    """A corpus for `/retrain`."""
    try:
        TASKS[task].parse_corpus(content, "theirs.txt")
    except CorpusError as error:
        _check_sentence(str(error))


def read_payload(content: bytes) -> None:
    """A payload of Slack: what was typed, pressed, submitted or asked for in a form."""
    try:
        payload = json.loads(content)
    except (ValueError, RecursionError):
        return
    for read in (
        lambda: parse(SLACK, text_of(payload, "command"), text_of(payload, "text", most=10_000)),
        lambda: submitted(SLACK, part_of(payload, "view")),
        lambda: suggestion_of(SLACK, part_of(payload)),
    ):
        with suppress(UserError):
            read()
    member_of(payload, "T1")
    for action in list_of(payload, "actions"):
        button_of(action)


def _check_sentence(text: str) -> None:
    assert text.endswith("."), f"no sentence: {text!r}"
    assert len(text) < 4_000, f"too long to show: {len(text)} characters"


@cache
def _names_arrays() -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    mixture = ParallelMixture(
        (lstm(LETTERS, units=4), ngram(LETTERS)), np.array([0.5, 0.5], np.float32)
    )
    return {name: array.astype(np.float16) for name, array in mixture.arrays().items()} | {
        "known": Fingerprints.of(NAMES).fingerprints,
        "proper": np.zeros(0, np.uint64),
        "runs": np.zeros(0, np.uint64),
        "words": np.frombuffer("\n".join(NAMES).encode(), np.uint8),
    }


def _card() -> str:
    return card_to_json(card("names", LETTERS, architecture="mixture", recipe="list"))


def _names_file(card_text: str) -> bytes:
    return save(_names_arrays(), {"format": "mangosaurus-1", "card": card_text})


def _verse_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sonnets.safetensors"
        network = words_and_characters()
        save_weights(
            path, network.arrays(), card(architecture="words"), Fingerprints.of(["shall i"])
        )
        return path.read_bytes()


def _lists() -> list[bytes]:
    starts = ("Mar", "Lo", "Ti", "Ka", "Zoë", "Łu", "O’Ne")
    names = [f"{start}{end}" for start in starts for end in ("tin", "ra", "mo", "nì-na")]
    table = "name;height\n" + "".join(f'"{name}";{n}\n' for n, name in enumerate(names))
    greek = [f"{start}{end}" for start in ("Αθ", "Σο", "Ει", "Να", "Ηρ") for end in "αηοωυ"]
    ligature = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"  # 18 characters when folded
    return [
        "\n".join(names).encode(),
        table.encode(),
        "\r\n".join(names).encode("utf-16"),
        "\n".join(greek).encode(),
        "\n".join([*names, ligature * 10]).encode(),
    ]


def _payloads() -> list[bytes]:
    lines = ("count:3 starts_with:draco", 'create "the elves" ?', "block <@U1|mary> why", "?")
    typed = [{"command": f"/{word}", "text": line} for word in WORDS for line in lines]
    return [json.dumps(each).encode() for each in (*(payload for _, payload in PAYLOADS), *typed)]


def _verse() -> list[bytes]:
    lines = "Shall I compare thee to a summer's day?\nThou art more lovely\n\n[Exit HAMLET]\n"
    return [
        lines.encode() * 70,
        lines.encode("latin-1") * 70,
        "Où sont les neiges d’antan\n\n".encode() * 200,
    ]


TARGETS = {
    "names-weights": Target(read_names, lambda: [_names_file(_card())], 256 * 1024),
    "model-card": Target(read_card, lambda: [_card().encode()]),
    "verse-weights": Target(read_verse, lambda: [_verse_file()], 512 * 1024),
    "list": Target(read_list, _lists),
    "names-corpus": Target(partial(read_corpus, "names"), _lists),
    "verse-corpus": Target(partial(read_corpus, "sonnets"), _verse),
    "slack-payload": Target(read_payload, _payloads),
}
