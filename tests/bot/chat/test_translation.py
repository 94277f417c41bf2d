"""Catalogues: how they are read, and what is said if they are wrong."""

from pathlib import Path

import pytest

from bot.chat import translation
from bot.chat.translation import _, in_language, language_of, ngettext, read_catalogue
from bot.text.technical import technical

CATALOGUE = r"""
# A comment with "quotation marks".
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && "
"(n%100<10 || n%100>=20) ? 1 : 2);\n"

#. A comment of the source.
#, python-brace-format
msgid "{count} vote"
msgid_plural "{count} votes"
msgstr[0] "{count} głos"
msgstr[1] "{count} głosy"
msgstr[2] "{count} głosów"

msgid "A \"long\" "
"sentence.\n"
msgstr "Długie "
"„zdanie”.\n"

#, fuzzy
msgid "unsure"
msgstr "niepewne"

msgid "sure"
msgstr "pewne"

msgid "missing"
msgstr ""

msgid "{count} name"
msgid_plural "{count} names"
msgstr[0] ""
msgstr[1] "{count} nazwy"
msgstr[2] ""

msgid "{count} poem"
msgid_plural "{count} poems"
msgstr[0] "{count} wiersz"

#~ msgid "former"
#~ msgstr "dawne"
"""


def test_read_catalogue() -> None:
    polish = read_catalogue("pl", CATALOGUE)
    forms = [polish.translation("{count} vote", "{count} votes", n) for n in (1, 2, 5, 22)]
    assert forms == ["{count} głos", "{count} głosy", "{count} głosów", "{count} głosy"]
    assert polish.translation('A "long" sentence.\n') == "Długie „zdanie”.\n"
    assert polish.translation("sure") == "pewne"
    for untranslated in ("unsure", "missing", "former"):
        assert polish.translation(untranslated) == untranslated


def test_half_translated() -> None:
    """A plural form that is missing or empty is English."""
    polish = read_catalogue("pl", CATALOGUE)
    forms = [polish.translation("{count} name", "{count} names", n) for n in (1, 2, 5)]
    assert forms == ["{count} name", "{count} nazwy", "{count} names"]
    forms = [polish.translation("{count} poem", "{count} poems", n) for n in (1, 2, 5)]
    assert forms == ["{count} wiersz", "{count} poems", "{count} poems"]


@pytest.mark.parametrize("translated", ["{nmae}", "{}", "{0}", "{name:d}", "{name", "{name.x}"])
def test_wrong_fields_are_english(translated: str, caplog: pytest.LogCaptureFixture) -> None:
    source = f"{{name}} is not {translated.replace('{', '').replace('}', '')}."
    french = read_catalogue("fr", f'msgid "{source}"\nmsgstr "{translated}"\n')
    phrase = _(source).format(name=_("Ada"))
    assert [in_language(phrase, french) for _each in "ab"] == [str(phrase)] * 2
    (logged,) = caplog.messages
    assert source in logged


def test_wrong_plural_forms_are_english() -> None:
    forms = 'msgid "a"\nmsgid_plural "b"\nmsgstr[0] "x"\n'
    french = read_catalogue("fr", f'msgid ""\nmsgstr ""\n"plural=1/(n-1);"\n\n{forms}')
    assert [in_language(ngettext("a", "b", n), french) for n in (1, 2)] == ["a", "b"]


@pytest.mark.parametrize("wrong", [rb'"plural=(n > ;\n"', rb'"\q"', b'"\xff"'])
def test_unreadable_catalogue(
    wrong: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fr" / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'msgid ""\nmsgstr ""\n' + wrong + b'\n\nmsgid "a"\nmsgstr "x"\n')
    monkeypatch.setattr(translation, "LOCALES", tmp_path)
    assert translation._language.__wrapped__("fr").translation("a") == "a"


def test_american_spelling() -> None:
    sentence = _("Colours of {colour}: grey, its favourite.").format(
        colour=technical("Colourosaurus")
    )
    american = "Colors of Colourosaurus: gray, its favorite."
    assert in_language(sentence, language_of("en-US")) == american
    assert in_language(sentence, language_of("en-GB")) == sentence
