"""Characters that look like Latin letters."""

import string
import unicodedata

import pytest

from bot.words import WordFilter
from bot.words.lists import listed
from tools.compilers.look_alikes import VARIANT, compiled

WORDS = WordFilter()
BLOCKED = sorted(
    word.spelling for word in listed() if word.size > 3 and not WORDS.allows(word.spelling)
)
EXAMPLES = {c: next(word for word in BLOCKED if c in word) for c in string.ascii_lowercase}
"""A blocked word with each letter."""


def test_variants_of_a_letter_hide_nothing() -> None:
    """Those of Latin letters by their names: with strokes and hooks, raised, combining."""
    found, passing = 0, []
    for code in range(0x80, 0x20000):
        named = VARIANT.fullmatch(name := unicodedata.name(chr(code), ""))
        if named and "WITH SMALL LETTER" not in name:  # which are two
            letter = named[1].lower()
            found += 1
            if WORDS.allows(EXAMPLES[letter].replace(letter, chr(code))):
                passing.append(chr(code))
    assert found > 1_300
    assert len(passing) <= 5, passing  # some are read as others: *ʋ* as *u*


DISGUISES = """
    fʉck FɄCK fᵾck fᶸck shᶦt cuᶰt cuᷠt niᷚger fטck חigger whסre 𝚮ore ⲥⲩⲛⲧ
    ⲛⲓⲅⲅⲉⲣ fⲩck trꬱnny ⅎuck Ⅎuck nꟾgger whoꝛe cuŉt cuǋt spꓲc ภเﻮﻮєг Ŧคﻮﻮ๏Շ
    几工厶厶乇尺! Ҝ丨Ҝ乇 ᑎIGGᕮᖇ ᖴᗩGGOT ᔕᑭIᑕ
"""


@pytest.mark.parametrize(
    "text",
    [
        *DISGUISES.split(),
        *("who\u1dcae", "who\u1de3e", "\u1dd7unt", "几 工 厶 厶 乇 尺"),
        *("nーiーgーgーeーr", "niๆgๆgๆeๆr"),
    ],
)
def test_disguises(text: str) -> None:
    assert not WORDS.allows(text)


@pytest.mark.parametrize(
    "text",
    [
        "כל בני האדם נולדו בני חורין ושווים. שלחתי הודעה בWhatsApp על הiPhone החדש.",
        "ⲡⲉⲛⲉⲓⲱⲧ ⲉⲧϩⲛ ⲙⲡⲏⲩⲉ ⲙⲁⲣⲉ ⲡⲉⲕⲣⲁⲛ ⲟⲩⲟⲡ ⲧⲉⲕⲙⲛⲧⲉⲣⲟ ⲙⲁⲣⲉⲥⲉⲓ",
        "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια",
        "Они наделены разумом и совестью. Съешь ещё этих мягких французских булок.",
        "〇Kだよ。Tシャツを着てPCでＡＢＣスーパーのWebを見る。",
        "山口P和山下K下山。刀口 长工 人口、工厂，他几口就吃完了。我喜欢OK和卡拉OK",
        "山下くんとCDのデータをコピーして、Tシャツ、ゲーム、ラーメン、Gーマーク",
        "مرحبا، كيف حالك اليوم؟ أنا أحب قراءة الكتب وﻮ WhatsApp في ٥ مايو",
        "เราชอบกินข้าวๆ มากๆ และดูหนังOKๆ เรียน ยาย รอ ภาค",
        "ใช้แอปLINEได้ไหม ดูYouTubeกัน การhit",
        "Ħobż, ġurnata. İyi günler, ışık. ʃɪp ðɪs ⟨ʉ⟩ 🏴\U000e0067\U000e0062\U000e0065\U000e007f",
    ],
)
def test_real_text(text: str) -> None:
    assert WORDS.allows(text)


def test_compiled() -> None:
    """Letters of living scripts that are no disguise alone count beside Latin ones only."""
    confusables = (
        "0441 ;\t0063 ;\tMA\t# с\n05D8 ;\t0076 ;\tMA\n2223 ;\t006C ;\tMA\n042E ;\t006C 006F ;\tMA"
    )
    anywhere, beside = compiled(confusables).split("[beside_latin]")
    assert 'c = "' in anywhere
    assert "с" in anywhere
    assert "ʉ" in anywhere
    assert "ט" in beside
    for other in "Ю∣é":  # two letters, a symbol, and what Unicode decomposes
        assert other not in anywhere + beside
