"""How to say a name, in the way of English field guides: `STEN-oh-TIE-tan`.

Syllables and stress follow the English school pronunciation of Greek and Latin: the syllable before
the last is stressed if it is closed or has a double vowel, else the one before it; from there,
every second syllable back. Common endings are said as everybody says them. Names that look Chinese
have the consonants of pinyin.
"""

import re
from dataclasses import dataclass

from data.text import clean_name

_SOUNDS = re.compile(
    r"(?P<vowel>ae|oe|au|ai|ei|eu(?!s$)|ou|oo|ee|aa|ii|uu|(?<=[^aeiouy])y|^y(?=[^aeiouy])|[aeiou])"
    r"|(?P<consonant>sch|ng(?=long)|ch|ph|th|rh|sh|zh|kh|(?<!n)gh|qu|[a-zYW])"
)
_START = re.compile("(?:[bcfgkp]|ch|ph)l|(?:[bcdfgkptv]|ch|ph|th)r|s(?:[cklmnptw]|ph|th)r?|gw")
"""Groups of consonants that begin a syllable inside a name."""
_ENDINGS = {
    "titan": "TIE-tan",
    "ceratops": "SER-ah-tops",
    "mimus": "MIE-mus",
    "gnathus": "NAY-thus",
    "lestes": "LES-tees",
    "venator": "veh-NAY-tor",
    "cheirus": "KIE-rus",
    "suchus": "SUE-kus",
    "spinax": "SPIE-nax",
    "dromeus": "DROH-mee-us",
}
_SILENT = re.compile("^(?:ps|pt|pn|mn|gn|ct|cn|cht|bd|ts|tm|kn)")
"""Groups at the beginning of a name of which only the last letter is heard."""
_PINYIN = re.compile(
    "zh|q(?!u)|^x(?=i(?!ph)|u)|[iu][ao]ng|[aeiu]ng(?=(?:o?saurus|o?titan|long)?$)|[ghk]uan"
    "|^ch[aeiou]n(?=[^aeiouy])|^shu|^jia|^hua|^tian"
)

_DOUBLE = {
    "ae": "ee", "oe": "ee", "au": "aw", "ai": "ie", "ei": "ay", "eu": "yoo", "ou": "oo",
    "oo": "oo", "ee": "ee", "aa": "ah", "ii": "ee", "uu": "oo",
}  # fmt: skip
_OPEN = {"a": "ah", "e": "eh", "i": "ih", "o": "oh", "u": "oo", "y": "ih"}
_LONG = {"a": "ay", "e": "ee", "i": "ie", "o": "oh", "u": "oo", "y": "ie"}
_PINYIN_OPEN = {"a": "ah", "e": "uh", "i": "ee", "o": "oh", "u": "oo", "y": "ee"}
_CONSONANTS = {"ph": "f", "rh": "r", "sch": "sk", "kh": "k", "gh": "g", "qu": "kw", "q": "k"}
_OF_PINYIN = {"zh": "j", "x": "sh", "q": "ch"}
_DOUBLED = "[bdfjklmnprstvz]|(?<!n)g"
_UNWANTED = frozenset({"dik", "fag", "fuk", "kak", "kok", "kum", "nig", "pis", "shat", "tit"})
"""Syllables that nobody wants to read in capitals; their vowel is drawn out."""
_DRAWN_OUT = str.maketrans({"a": "ah", "i": "ee", "o": "oh", "u": "oo"})
_GLIDES = {"i": "Y", "u": "W"}
"""Vowels of pinyin that are said as consonants before others, as in *xiong*."""


@dataclass
class _Syllable:
    start: list[str]
    vowel: str
    end: list[str]


def pronunciation(name: str) -> str:
    """Syllables with hyphens between them, the stressed ones in capitals."""
    letters = clean_name(name)
    pinyin = bool(_PINYIN.search(letters))
    if pinyin:
        letters = re.sub("(?<=[^aeiou])[iu](?=[aeou])", lambda vowel: _GLIDES[vowel[0]], letters)
    else:
        letters = re.sub("(?<=[aeiouy])xs?(?=[aeiouy])", "ks", letters)
    ending = next((e for e in _ENDINGS if letters.endswith(e) and letters != e), "")
    syllables = _syllables(_SILENT.sub(lambda match: match[0][-1], letters.removesuffix(ending)))
    stressed = _stressed(syllables, ending)
    for place in stressed:
        _close(syllables, place, is_last=place >= len(syllables) - 2 and not ending)
    said = []
    for place, syllable in enumerate(syllables):
        following = syllables[place + 1] if place + 1 < len(syllables) else None
        is_stressed = place in stressed
        text = _spelled(syllable, following, place, pinyin=pinyin, is_stressed=is_stressed).lower()
        said.append(text.upper() if is_stressed else text)
    if not ending and re.search("[^e]es$", said[-1]):
        said[-1] = f"{said[-1][:-2]}ees"  # -phytes, -nectes
    return _undoubled("-".join([*said, *filter(None, [_ENDINGS.get(ending)])]))


def _undoubled(said: str) -> str:
    """Consonants that two syllables share only once, in the stressed one: *ah-GUS-us*."""
    said = re.sub(
        f"([a-z])({_DOUBLED})-(?=([A-Z])(?!H))",
        lambda match: _before_stress(match[1]) if match[2].upper() == match[3] else match[0],
        said,
    )
    return re.sub(rf"({_DOUBLED})-\1(?!h)", r"\1-", said, flags=re.IGNORECASE)


def _before_stress(letter: str) -> str:
    return f"{letter}h-" if letter in "aeiou" else f"{letter}-"


def _syllables(letters: str) -> list[_Syllable]:
    syllables: list[_Syllable] = []
    waiting: list[str] = []
    for sound in _SOUNDS.finditer(letters):
        if sound.lastgroup == "consonant":
            waiting.append(sound[0])
            continue
        start = waiting
        if syllables:
            kept = _coda_size(waiting)
            syllables[-1].end, start = waiting[:kept], waiting[kept:]
        syllables.append(_Syllable(start, sound[0], []))
        waiting = []
    if not syllables:  # no vowel: the letters are said as they are
        return [_Syllable(waiting, "", [])]
    syllables[-1].end = waiting
    return syllables


def _coda_size(consonants: list[str]) -> int:
    """How many consonants between two vowels belong to the first of them."""
    if consonants[-1:] in (["Y"], ["W"]):
        return max(len(consonants) - 2, 0)
    if consonants == ["x"]:
        return 1
    for kept in range(len(consonants) - 1):
        group = "".join(consonants[kept:])
        if _START.fullmatch(group) and (kept or group[0] != "s"):
            return kept
    return max(len(consonants) - 1, 0)


def _stressed(syllables: list[_Syllable], ending: str) -> list[int]:
    """Places of stressed syllables, before an ending if there is one."""
    count = len(syllables)
    if ending:
        last = count - 1 if _ENDINGS[ending][0].islower() else count - 2
    elif count < 3:
        return [0]
    else:
        is_heavy = bool(syllables[-2].end) or syllables[-2].vowel in _DOUBLE
        last = count - 2 if is_heavy else count - 3
    places = []
    while last >= 0:
        if last > 0 and _is_weak(syllables, last):
            last -= 1
        places.append(last)
        last -= 2
    return places


def _is_weak(syllables: list[_Syllable], place: int) -> bool:
    """Whether a syllable ends with a short vowel before another: the second of *BRAK-ee-oh*."""
    syllable = syllables[place]
    before_vowel = place + 1 < len(syllables) and not syllables[place + 1].start
    return syllable.vowel in ("i", "e", "y") and not syllable.end and before_vowel


def _close(syllables: list[_Syllable], place: int, *, is_last: bool) -> None:
    """Give a stressed syllable the next consonant, where that makes its vowel short: *STEN-oh*."""
    syllable = syllables[place]
    if syllable.end or place + 1 >= len(syllables):
        return
    following = syllables[place + 1]
    is_short = not is_last and syllable.vowel in ("a", "e", "i", "o", "y")
    before_group = not is_last and syllable.vowel in ("a", "e") and len(following.start) == 2
    if before_group and following.start[0] in "bcdgkpt" and following.start[1] in "lr":
        syllable.end, following.start = following.start[:1], following.start[1:]
        return
    before_r = syllable.vowel == "au" and following.start[:1] == ["r"]
    if (is_short and len(following.start) == 1 and following.start[0] not in "hjwquy") or before_r:
        syllable.end, following.start = following.start, []


def _spelled(
    syllable: _Syllable, following: _Syllable | None, place: int, *, pinyin: bool, is_stressed: bool
) -> str:
    start = _consonants(syllable.start, syllable.vowel, pinyin=pinyin, begins=place == 0)
    next_vowel = following.vowel if following and not following.start else ""
    end = _consonants(syllable.end, next_vowel, pinyin=pinyin).removesuffix("y")
    vowel = syllable.vowel
    if vowel in _DOUBLE:
        sound = "o" if vowel == "au" and end.startswith("r") else _DOUBLE[vowel]
        if vowel == "eu" and start.endswith(("l", "r", "j", "s")):
            sound = "oo"
    elif end:
        sound = "i" if vowel == "y" else vowel
    elif following and not following.start and vowel in ("i", "e", "y"):
        sound = "ee"  # before another vowel
    elif vowel == "e" and not following and place and not pinyin:
        sound = "ee"  # -lophe
    elif pinyin:
        sound = _PINYIN_OPEN.get(vowel, "")
    else:
        sound = (_LONG if is_stressed else _OPEN).get(vowel, "")
    if sound == "ie" and not start:
        sound = "eye"
    text = start + sound + end
    return text.translate(_DRAWN_OUT) if text in _UNWANTED else text


def _consonants(sounds: list[str], vowel: str, *, pinyin: bool, begins: bool = False) -> str:
    """How consonants before a vowel are written; `vowel` is empty before others or the end."""
    said = ""
    for place, sound in enumerate(sounds):
        before = vowel if place == len(sounds) - 1 else ""
        is_soft = before[:1] in ("e", "i", "y") or before in ("ae", "oe")
        if pinyin and sound in _OF_PINYIN:
            said += _OF_PINYIN[sound]
        elif sound == "c":
            said += "s" if is_soft else "k"
        elif sound == "g" and is_soft and before and not pinyin:
            said += "j"
        elif sound == "ch":
            said += "ch" if pinyin else "k"
        elif sound == "x":
            said += "z" if begins else "x"
        else:
            said += _CONSONANTS.get(sound, sound)
    return re.sub(r"([b-df-hj-np-tv-z])\1+", r"\1", said)
