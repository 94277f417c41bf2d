"""The compiler of the parts of speech."""

from data.parts_of_speech import COMPILED, load_parts_of_speech
from tools.compilers.parts_of_speech import compiled


def test_shipped_table_is_as_compiled() -> None:
    assert compiled(load_parts_of_speech()) == COMPILED.read_text()
