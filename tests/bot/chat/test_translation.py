"""Catalogues: how they are read."""

from bot.chat.translation import read_catalogue

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
