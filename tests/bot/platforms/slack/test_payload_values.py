import pytest

from bot.platforms.slack.payloads import FileRef, file_of, is_true, list_of, part_of, text_of

FILE = {"id": "F1", "name": "names.txt", "size": 3, "url_private": "https://files.slack.com/f"}
WITHIN: tuple[object, ...] = (None, [1], {"b": None}, {"b": {}}, "x")
ODD: tuple[object, ...] = (None, 1, "x", [], *({"a": each} for each in WITHIN))


def test_reads_what_is_there() -> None:
    payload = {"a": {"b": "text", "c": [{"d": 1}, 2, {"d": 3}], "e": True}}
    assert part_of(payload, "a")["b"] == "text"
    assert text_of(payload, "a", "b") == "text"
    assert list_of(payload, "a", "c") == [{"d": 1}, {"d": 3}]
    assert list_of(payload, "a", "c", most=1) == [{"d": 1}]
    assert is_true(payload, "a", "e")
    assert text_of({"a": "x" * 255}, "a") == "x" * 255
    assert text_of({"a": "x" * 256}, "a") == ""
    assert not is_true({"a": 1}, "a")
    assert not is_true({"a": "true"}, "a")


@pytest.mark.parametrize("payload", ODD)
def test_odd_payloads(payload: object) -> None:
    assert part_of(payload, "a", "b") == {}
    assert text_of(payload, "a", "b") == ""
    assert list_of(payload, "a", "b") == ()
    assert not is_true(payload, "a", "b")
    assert file_of(payload) is None


def test_file() -> None:
    assert file_of(FILE) == FileRef("F1", "names.txt", 3, "https://files.slack.com/f")
    direct = FILE | {"url_private_download": "https://files.slack.com/download/f"}
    assert file_of(direct) == FileRef("F1", "names.txt", 3, "https://files.slack.com/download/f")
    assert "files.slack.com" not in repr(file_of(FILE))


@pytest.mark.parametrize(
    "change", [{"size": -1}, {"size": "3"}, {"size": True}, {"url_private": ""}, {"id": 1}]
)
def test_odd_file(change: dict[str, object]) -> None:
    assert file_of(FILE | change) is None
