"""The compiler of the parts of speech: `python -m tools.compilers.parts_of_speech`.

It reads WordNet, and which words stand beside each other in the prepared verse of a long training.
"""

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from data.files import write_atomically
from data.parts_of_speech import CLOSED, COMPILED, Part

IRREGULAR = """
abide abode abode|arise arose arisen|awake awoke awoke|bear bore,bare borne,born
beat beat beaten,beat|become became become|befall befell befallen|beget begot,begat begotten,begot
begin began begun|behold beheld beheld|bend bent bent|bereave bereft bereft
beseech besought besought|beset beset beset|bespeak bespoke,bespake bespoken,bespoke
bestride bestrode bestrid|betake betook betaken|bethink bethought bethought|bid bade,bid bidden,bid
bind bound bound|bite bit bitten,bit|bleed bled bled|blow blew blown|break broke,brake broken,broke
breed bred bred|bring brought brought|build built built|burn burnt burnt|burst burst burst
buy bought bought|cast cast cast|catch caught caught|chide chid chidden,chid
choose chose chosen,chose|cleave clove,cleft,clave cloven,cleft|cling clung clung|clothe clad clad
come came come|cost cost cost|creep crept crept|curse curst curst|cut cut cut|deal dealt dealt
dig dug dug|draw drew drawn|dream dreamt dreamt|drink drank,drunk drunk,drank
drive drove,drave driven,drove|dwell dwelt dwelt|eat ate,eat eaten,eat|fall fell fallen,fell
feed fed fed|feel felt felt|fight fought fought|find found found|flee fled fled|fling flung flung
fly flew flown|forbear forbore forborne|forbid forbade,forbid forbidden,forbid
foresee foresaw foreseen|foretell foretold foretold|forget forgot forgotten,forgot
forgive forgave forgiven|forsake forsook forsaken,forsook|freeze froze frozen,froze
get got,gat got,gotten|gild gilt gilt|gird girt girt|give gave given|go went gone
grind ground ground|grow grew grown|hang hung hung|hear heard heard|heave hove hove|hew hewed hewn
hide hid hidden,hid|hit hit hit|hold held held,holden|hurt hurt hurt|keep kept kept
kneel knelt knelt|knit knit knit|know knew known|lade laded laden|lay laid laid|lead led led
lean leant leant|leap leapt leapt|learn learnt learnt|leave left left|lend lent lent|lie lay lain
light lit lit|lose lost lost|make made made|mean meant meant|meet met met
mistake mistook mistaken,mistook|outrun outran outrun|overcome overcame overcome
overtake overtook overtaken|overthrow overthrew overthrown|partake partook partaken|pass past past
pay paid paid|pen pent pent|put put put|quit quit quit|read read read|rend rent rent|rid rid rid
ride rode,rid ridden,rode|ring rang,rung rung|rise rose risen,rose|rive rived riven|run ran run
say said said|see saw seen|seek sought sought|sell sold sold|send sent sent|set set set
shake shook shaken,shook|shed shed shed|shew shewed shewn|shine shone shone|shoot shot shot
show showed shown|shrink shrank,shrunk shrunk,shrunken|shut shut shut|sing sang,sung sung
sink sank,sunk sunk,sunken|sit sat,sate sat,sate|slay slew slain|sleep slept slept|slide slid slid
sling slung slung|slink slunk slunk|smell smelt smelt|smite smote smitten,smote,smit
speak spoke,spake spoken,spoke|speed sped sped|spell spelt spelt|spend spent spent
spill spilt spilt|spin spun,span spun|spit spat,spit spit|split split split|spoil spoilt spoilt
spread spread spread|spring sprang,sprung sprung|stand stood stood|stay staid staid
steal stole stolen,stole|stick stuck stuck|sting stung stung|strew strewed strewn
stride strode stridden|strike struck struck,stricken,strucken|string strung strung
strive strove striven|swear swore,sware sworn,swore|sweep swept swept|swell swelled swollen,swoln
swim swam,swum swum|swing swung swung|take took taken,took,ta'en|teach taught taught|tear tore torn
tell told told|think thought thought|thrive throve thriven|throw threw thrown|thrust thrust thrust
toss tost tost|tread trod trodden,trod|undergo underwent undergone
understand understood understood|undo undid undone|uphold upheld upheld|wake woke woke
wear wore worn|weave wove woven,wove|weep wept wept|wet wet wet|win won won|wind wound wound
withdraw withdrew withdrawn|withhold withheld withheld|withstand withstood withstood
work wrought wrought|wring wrung wrung|write wrote,writ written,writ,wrote|bless blest blest
mix mixt mixt|fix fixt fixt|drop dropt dropt|step stept stept|stop stopt stopt|kiss kist kist
dress drest drest|press prest prest|slip slipt slipt|wrap wrapt wrapt|help holp holpen
engrave engraved engraven|load loaded loaden|melt melted molten|shear shore shorn
unbind unbound unbound|repay repaid repaid|mislead misled misled
overspread overspread overspread|forego forewent foregone|bespread bespread bespread"""
"""Base, past and participle of irregular verbs, with forms that only verse has."""
PLURALS = """man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|ox oxen
brother brethren|life lives|wife wives|knife knives|wolf wolves|leaf leaves|thief thieves
half halves|self selves|calf calves|sheaf sheaves|elf elves|staff staves|person people"""
COMMON = 60
"""Occurrences of a word from which its neighbours tell what it is not."""


def read_wordnet(folder: Path) -> dict[str, Part]:
    """The words of WordNet, from the index files in its folder `dict`."""
    files = {"noun": Part.NOUN, "verb": Part.BASE, "adj": Part.ADJECTIVE, "adv": Part.ADVERB}
    found: dict[str, Part] = defaultdict(lambda: Part(0))
    for name, part in files.items():
        for line in (folder / f"index.{name}").read_text().splitlines():
            if not line.startswith(" "):
                found[line.split(" ", 1)[0]] |= part
    return found


class Inflection:
    """Finds the parts of speech of inflected and elided forms of a dictionary's words.

    lemmas: its nouns in the singular, adjectives, adverbs and verbs without ending.
    """

    def __init__(self, lemmas: Mapping[str, Part]) -> None:
        self.lemmas = lemmas
        self.irregular: dict[str, Part] = defaultdict(lambda: Part(0))
        self.strong: set[str] = set()
        """Verbs whose past never ends in *-ed*."""
        for verb in re.split(r"[|\n]", IRREGULAR.strip()):
            base, past, participle = verb.split()
            self.irregular[base] |= Part.BASE
            for form in past.split(","):
                self.irregular[form] |= Part.PAST
            for form in participle.split(","):
                self.irregular[form] |= Part.PARTICIPLE
            if not re.search("ed|t\\b", past):
                self.strong.add(base)
        for noun in re.split(r"[|\n]", PLURALS):
            self.irregular[noun.split()[1]] |= Part.PLURAL

    def parts(self, word: str) -> Part:
        """Parts of speech of a word; none if it is unknown, a possessive or of a closed class."""
        bare = word.strip("'")
        if word in CLOSED or bare in CLOSED or re.search("'s$|s'$|^'[dst]|'(ll|re|ve|m)$", word):
            return Part(0)
        found = self._parts(bare)
        if not found and "'" in bare:  # heav'n, gen'rous
            for vowel in "eoiu":
                found |= self._parts(bare.replace("'", vowel))
        return found

    def _parts(self, word: str) -> Part:
        found = self.lemmas.get(word, Part(0)) | self.irregular.get(word, Part(0))
        if self.irregular.get(word, Part(0)) & Part.PLURAL and word != "people":
            found &= ~Part.NOUN
        for stem in _without_s(word):
            if self._can_be(stem, Part.NOUN):
                found = found & ~Part.NOUN | Part.PLURAL
            if self._can_be(stem, Part.BASE):
                found = found & ~Part.BASE | Part.THIRD
        for ending, parts in (
            ("e?th|'th", Part.THIRD),
            ("(?:e?d|')?(?:st|est)", Part.SECOND),
            ("ed|'d", Part.PAST | Part.PARTICIPLE),
            ("ing|in'", Part.GERUND),
        ):
            match = re.fullmatch(f"(.+?)(?:{ending})", word)
            for stem in _stems(match[1]) if match else ():
                weak = parts != Part.PAST | Part.PARTICIPLE or stem not in self.strong
                if weak and self._can_be(stem, Part.BASE):
                    found |= parts
        degree = re.fullmatch("(.+?)(er|est)", word)
        stems = _stems(degree[1]) if degree and not found & ~Part.SECOND else ()
        if any(self._can_be(stem, Part.ADJECTIVE) for stem in stems):
            return Part.ADJECTIVE | Part.ADVERB
        return found

    def _can_be(self, word: str, part: Part) -> bool:
        return bool((self.lemmas.get(word, 0) | self.irregular.get(word, 0)) & part)


def _without_s(word: str) -> Iterator[str]:
    """Words that a plural or a third person may be formed from."""
    if not word.endswith("s") or word.endswith("ss"):
        return
    if not re.search("(s|x|z|ch|sh|[^aeiou]y)s$", word):
        yield word[:-1]
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    elif re.search("(s|x|z|ch|sh|o)es$", word):
        yield word[:-2]


def _stems(rest: str) -> Iterator[str]:
    """The words that a form may be of whose ending is removed: *stopp* → *stop*."""
    yield from (rest, f"{rest}e")
    if re.search(r"([^aeiou])\1$", rest):
        yield rest[:-1]
    if rest.endswith("i"):
        yield f"{rest[:-1]}y"


def read_neighbours(folder: Path, tokens: list[str]) -> NDArray[np.int64]:
    """Counts of each token's neighbours in prepared pentameter (`tools.verse.long_training`).

    `(tokens, 4)`: how often it occurs, after a determiner, between a determiner and a word that
    seldom follows an adjective, and after a pronoun or an auxiliary.
    """
    index = {token: i for i, token in enumerate(tokens)}

    def those(words: str) -> NDArray[np.bool_]:
        return np.isin(np.arange(len(tokens)), [index[word] for word in words.split()])

    determiner = those("a an my thy our your his their this every each no its")
    end = those(
        ", ; : . ? ! of is was are were hath has had shall will did doth that which who can must "
        "may with in and from to on for or nor as by"
    )
    verb = those("to will shall can could would should may might must do did i we they you")
    counts = np.zeros((len(tokens), 4), np.int64)
    for path in sorted(folder.glob("* pentameter.safetensors")):
        text = load_file(path)["tokens"]
        text = text[(text != index["\n"]) & (text != index["\t"])]
        before, word, after = text[:-2], text[1:-1], text[2:]
        kinds = (determiner[before], determiner[before] & end[after], verb[before])
        counts[:, 0] += np.bincount(word, minlength=len(tokens))
        for column, kind in enumerate(kinds, 1):
            counts[:, column] += np.bincount(word[kind], minlength=len(tokens))
    return counts


def corrected(parts: Part, counts: NDArray[np.int64]) -> Part:
    """The parts of speech of a word without those that verse hardly uses, with nouns it does use.

    WordNet lists *great* as a noun. counts: a row of `read_neighbours`.
    """
    total, after_determiner, as_noun, as_verb = counts.tolist()
    if not parts or total < COMMON:
        return parts
    verbal = as_verb > 0.1 * total
    seldom = after_determiner >= 25 and as_noun < 0.15 * after_determiner
    if as_noun >= 3 and as_noun > 0.002 * total and not seldom:
        parts |= Part.NOUN if not parts & Part.PLURAL else Part(0)
    elif parts & (Part.ADJECTIVE | Part.BASE):
        adjectival = bool(parts & Part.ADJECTIVE)
        if (seldom and (adjectival or verbal)) or (verbal and as_noun < 0.002 * total):
            parts = parts & ~Part.NOUN or parts
    if parts & ~Part.BASE and as_verb < 0.012 * total:
        parts &= ~Part.BASE
    return parts


def compiled(words: Mapping[str, Part]) -> str:
    """The content of the table."""
    lines: dict[str, list[str]] = defaultdict(list)
    for word, parts in sorted(words.items()):
        if parts:
            lines[
                " ".join(part.name.lower() for part in Part if part & parts and part.name)
            ].append(word)
    return "".join(f"{names}: {' '.join(found)}\n" for names, found in sorted(lines.items()))


def main() -> None:
    """Compile the table from WordNet and the prepared verse of the long training."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compilers.parts_of_speech", description=main.__doc__
    )
    parser.add_argument("wordnet", type=Path, help="the folder dict of WordNet")
    parser.add_argument("verse", type=Path, help="the folder data of a prepared long training")
    arguments = parser.parse_args()
    tokens = json.loads((arguments.verse / "vocabulary.json").read_text())["tokens"]
    forms = Inflection(read_wordnet(arguments.wordnet))
    neighbours = read_neighbours(arguments.verse, tokens)
    words = {
        token: corrected(forms.parts(token), counts)
        for token, counts in zip(tokens, neighbours, strict=True)
        if re.fullmatch("[a-z']+", token)
    }
    write_atomically(COMPILED, compiled(words).encode())


if __name__ == "__main__":
    main()
