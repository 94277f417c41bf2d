"""Lines in metre and rhyme for drafts of poems: openings, which words may end a line, its start."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.lexicon import count_syllables, load_lexicon, rhyme_of, syllables_of
from data.pronunciation import is_archaic
from data.text import fold, unify_newlines, words_of
from data.tokens import is_word, tokenise
from models.networks.network import State
from models.networks.vocabulary import Vocabulary
from models.networks.words import (
    LINE_END,
    NONE,
    PLAN,
    UNKNOWN,
    WordLSTM,
    running_syllables,
    subject_of,
)
from models.serving.low_rank import BlockMatrix
from models.serving.words import FastWordsAndCharacters
from models.verse.forms import Form, Metre
from models.verse.grammar import (
    DANGLING,
    UNFINISHED,
    can_end,
    has_verb,
    is_question,
    is_whole,
)
from models.verse.mentions import bias_of, encode, stresses_of, thing
from models.verse.story import is_present, is_spoken
from models.verse.subject import NO_SUBJECT, Subject, Topics, bias_towards
from models.verse.word_index import Columns, Output, WordIndex, english_index
from models.verse.word_lines import (
    Indices,
    LineRequest,
    MetricalLine,
    Start,
    write_lines,
)
from models.weights import Trained, cached_with_weights

# Openings -----------------------------------------------------------------------------------------

FREE_SYLLABLES = 10
"""Maximum syllables of an opening's line in a form without metre."""
MAX_LINES = 14
"""Maximum lines of an opening in a form that counts characters."""
LONGER, SHORTER, SHORTER_STORY = 4, 4, 1
"""Syllables by which an opening's line may be too long or too short if its sentence ends there."""
SHORTEST = 4
"""Syllables of a line that an opening is broken into at a mark."""
TODAY = re.compile("(n't|'m|'re|'ve)$|^(it|that|what|there|who|let|how|where)'s$")
"""Contractions that verse of former centuries seldom has."""
STOPS = re.compile("[.?!;:]")
SYMBOL = re.compile(r"\w(?=\W*[\u2190-\U0010ffff])\W*$")
"""A word, then an emoji or the like, at the end of a line."""


def encoded_prefix(vocabulary: Vocabulary, line: str) -> str:
    """A typed line as the network reads it: folded, without leading and repeated spaces.

    It does not know figures, and reads a number in their place; and a full stop for an emoji.
    """
    if "0" not in vocabulary.symbols:
        line = re.sub(r"\d+", "ten", line)
    read = re.sub(" +", " ", vocabulary.fold(line.replace("\t", " "))).lstrip()
    last = "".join(read.split()[-1:])
    if (
        SYMBOL.search(line)
        and last[-1:].isalpha()
        and last not in UNFINISHED
        and "." in vocabulary.symbols
    ):
        read = read.rstrip() + ". "
    return read


def wrap_opening(opening: str, form: Form, index: WordIndex | None) -> list[str]:
    """The lines of an opening, as typed. The last one will be continued, and may be empty.

    Typed line breaks stay, empty lines are dropped, and lines that are too long for the form are
    broken between words. If that makes more lines than the form has, the shortest neighbours are
    joined.
    """
    lines: list[str] = []
    *complete, last = unify_newlines(opening).split("\n")
    for line in [line for line in complete if line.strip()] + [last]:
        lines += _wrap(line, len(lines), form, index)
    if index and (metre := _metre_of(form, len(lines) - 1)):
        head, tail = _before_dangling(lines[-1])
        if head and _min_syllables(lines[-1], index) >= metre.syllables - 1:
            lines[-1:] = [head, tail]
    while len(lines) > (form.lines or MAX_LINES):  # each pass removes a line
        lengths = [len(a) + len(b) for a, b in pairwise(lines)]
        shortest = lengths.index(min(lengths))
        lines[shortest : shortest + 2] = [lines[shortest].rstrip() + " " + lines[shortest + 1]]
    return lines


def start_of(line: str, metre: Metre, index: WordIndex, *, finished: bool = False) -> Start:
    """The metrical state after the words that a line starts with, folded.

    A word that does not fit the metre still takes its syllables. A last word that has a reading is
    complete; so is any other if it is `finished`.
    """
    complete, fragment = line, re.findall("[a-z']*$", line)[0]
    unfinished = (
        not finished
        and len(fragment) > 0
        and fragment not in index.column
        and not index.stresses_of(fragment)
        and bool(index.starting_with(fragment).any())
    )
    if unfinished:
        complete = line.removesuffix(fragment)
    positions, fits = metre.starts, True
    for word in words_of(complete):
        shifted = 0
        for stresses in index.stresses_of(word) or ("?" * count_syllables(word),):
            shifted |= metre.shift(positions, len(stresses))
        positions = metre.after(positions, index.stresses_of(word)) or shifted
        fits = fits and positions != 0
    may_end = bool(complete.strip()) and (not fits or bool(positions & metre.full))
    if unfinished and may_end:  # the letters are the last word
        return start_of(line, metre, index, finished=True)
    tokens = tuple(tokenise(complete.strip()))
    # No mark follows a space.
    after_word = bool(tokens) and is_word(tokens[-1]) and line == complete.rstrip()
    return Start(positions, line, tokens, fragment if unfinished else "", after_word, may_end)


def _wrap(line: str, number: int, form: Form, index: WordIndex | None) -> list[str]:
    """Break a line before each word that would give it too many syllables.

    `number` is that of its first line in the poem.
    """
    if _is_complete(line, number, form, index) or _is_little_longer(line, number, form, index):
        return [line]
    lines = [""]
    for word in re.findall(r"\s*\S+\s*|\s+", line):
        metre = _metre_of(form, number + len(lines) - 1)
        limit = metre.syllables if metre else FREE_SYLLABLES
        if lines[-1] and _min_syllables(lines[-1] + word, index) > limit:
            lines[-1:] = _broken(lines[-1], number + len(lines) - 1, form, index)
        lines[-1] += word
    return lines


def _is_little_longer(line: str, number: int, form: Form, index: WordIndex | None) -> bool:
    """Whether a line is one sentence, or part of one, and not much too long."""
    metre, tokens = _metre_of(form, number), tokenise(fold(line))
    return (
        index is not None
        and metre is not None
        and _min_syllables(line, index) <= metre.syllables + LONGER
        and not STOPS.search(line.rstrip()[:-1])
        and is_whole(tokens)
    )


def _broken(line: str, number: int, form: Form, index: WordIndex | None) -> list[str]:
    """A full line, and the beginning of the next: what follows its last mark, if that is better."""
    at_mark = re.fullmatch(r"(.*[,.;:?!])\s+(\S.*)", line, re.DOTALL)
    if (
        at_mark
        and not _is_complete(line, number, form, index)
        and _min_syllables(at_mark[1], index) >= SHORTEST
    ):
        return [at_mark[1], at_mark[2]]
    return [line.rstrip(), ""]


def _before_dangling(line: str) -> tuple[str, str]:
    """A line in two parts, the second of which is made of words that go with those to come."""
    words = line.split(" ")
    first = len(words)
    while first and (not words[first - 1] or fold(words[first - 1]) in DANGLING):
        first -= 1
    tail = " ".join(words[first:])
    return (" ".join(words[:first]), tail) if tail.strip() else ("", line)


def _is_complete(line: str, number: int, form: Form, index: WordIndex | None) -> bool:
    """Whether a line fits its metre exactly, possibly with a feminine ending."""
    metre = _metre_of(form, number)
    if metre is None or index is None:
        return False
    positions = metre.starts
    for word in words_of(fold(line)):
        positions = metre.after(positions, index.stresses_of(word))
    return bool(positions & metre.ends)


def _metre_of(form: Form, number: int) -> Metre | None:
    """The metre of a line. A line beyond the end of the form has that of its last line."""
    return form.metre_of(min(number, len(form.scheme) - 1)) if form.metres else None


def _min_syllables(line: str, index: WordIndex | None) -> int:
    """The smallest number of syllables that a line can have."""
    return sum(
        min(map(len, index.stresses_of(word) if index else ()), default=count_syllables(word))
        for word in words_of(fold(line))
    )


def is_modern(lines: Sequence[str], form: Form, index: WordIndex) -> bool:
    """Whether an opening is English of today, so that its poem should be, too.

    It is unless it has a word of former times. A whole line in metre needs proof: a contraction, or
    a thing of today.
    """
    words = words_of(fold(" ".join(lines)))
    if not words:
        return any(map(str.strip, lines))
    if any(map(_is_old, words)):
        return False
    whole = all(_is_complete(line, n, form, index) for n, line in enumerate(lines))
    return not whole or any(TODAY.search(word) or thing(word) for word in words)


def _is_old(word: str) -> bool:
    return word == "shall" or is_archaic(word, load_lexicon().entry)


def ends_early(start: Start, metre: Metre, index: WordIndex, *, story: bool) -> bool:
    """Whether the member's sentence may end a line that lacks syllables."""
    if not start.tokens or start.fragment:
        return False
    lacking = metre.syllables - _min_syllables(start.text, index)
    if lacking > (SHORTER_STORY if story else SHORTER):
        return False
    if start.tokens[-1] in ",-":
        return lacking <= 1
    return bool(STOPS.match(start.tokens[-1])) or is_whole(start.tokens)


# Lines --------------------------------------------------------------------------------------------

SUBJECT_STRENGTH = 7.0
"""β of `models.verse.subject`, in nats."""
RETURNING = 0.25
"""Factor of the bias of a word for each time that the poem has it."""
MOST_WORDS = 9_500
"""Words that poems in metre are made of. Rarer ones are seldom drawn, and cost time."""
CONTENT = 0.8
"""Nats by which content words become likelier. What constraints leave of a line is filled with
small words, *that it is*; readers find verse with more content clearer, too. A story needs them."""
KNOWN = 2.5
"""Nats by which a word for what is known of the subject becomes likelier until the poem has it."""
OVERUSED, LEFT_OUT = 300, 0.6
"""Content words that are overused, the most common ones; chance that a poem does without one."""
MENTION_ATTEMPTS = 2
"""Attempts after which a line does not name the subject, and words may come again."""
CLAUSE, MARK = 3, 2.0
"""Words of a clause, and nats by which a mark becomes more likely after it."""
QUESTION = 4.0
"""Nats by which a question mark is likelier after a question, and less likely after others."""
STALE = 3.0
"""Nats by which words become less likely that a line of a story should not begin with."""
STARTS = 5.0
"""Nats by which words become likelier that a line of a story should begin with."""
RHYME_ATTEMPTS = 3
"""Attempts after which a line may end without its rhyme."""
LYRIC, MODERN = 1850, 1900
"""The periods that poems are written in, for a network that reads one. Readers follow verse of the
first better than that of 1600, whose *thou* and inversions a small network gets wrong."""
NAMING = (
    "The {} has",
    "The {} had",
    "The {} was",
    "The {} is",
    "{} has",
    "{} had",
    "{} was",
    "{} is",
)
"""First words that name an animal."""
BEGINNINGS = 500
"""First lines of a story that are drawn until one is in metre."""
MIN_RHYMES = 6
"""Common words that have to rhyme with a word, including itself, if a later line has to rhyme."""


@dataclass(frozen=True, eq=False)
class MetricalWriter:
    """A writer of lines in metre. It is made once per network."""

    network: WordLSTM
    index: WordIndex
    output: Output
    topics: Topics
    vectors: BlockMatrix = field(repr=False)
    """Word vectors of the columns, as in `topics`, `(D, C)`."""
    correction: NDArray[np.float32]
    """Correction added to the logits, `(C,)`; see `models.verse.calibration`."""

    @cached_property
    def content(self) -> Indices:
        """Columns of the words that say something."""
        return np.flatnonzero(self.index.family >= 0)

    def read(self, lines: Sequence[str], form: Form, subject: Subject = NO_SUBJECT) -> State:
        """The state after the first lines of a poem, a batch of one. `lines`: folded.

        Empty ones are counted, but not read.
        """
        state, vocabulary = self.network.initial_state(1), self.network.vocabulary
        subjects = subject_of(subject.tokens)[np.newaxis]
        for number, line in enumerate(lines):
            if not line:
                continue
            tokens = tokenise(line)
            words = [token for token in tokens if is_word(token)]
            end = int(encode(words[-1:], vocabulary)[0]) if words else NONE
            end = NONE if end == UNKNOWN else end
            syllables = running_syllables(tokens, [syllables_of(token) for token in tokens])
            known = known_of(form, number, rhyme_of(words[-1]) if words else "")
            features = vocabulary.encode_features(known)[np.newaxis]
            nowhere, towards = (
                self.network.towards(np.array([last]), features, subjects) for last in (NONE, end)
            )
            # As in training: the plan, the line feed, then the line beside its last word.
            read = [(PLAN, 0, nowhere)] if end != NONE else []
            read.append((LINE_END, 0, towards))
            encoded = encode(tokens, vocabulary).tolist()
            read += [(x, count, towards) for x, count in zip(encoded, syllables, strict=True)]
            for x, count, input_of_line in read:
                _, state = self.network.step(np.array([x]), np.array([count]), input_of_line, state)
        return state

    def write(self, lines: Sequence["NextLine"]) -> list[list[MetricalLine]]:
        """Candidates for the next line of some poems."""
        return write_lines(self.network, self.index, self.output, self.requests(lines))

    def requests(self, lines: Sequence["NextLine"]) -> list[LineRequest]:
        """The requests to the network for some lines."""
        subjects = [line.subject for line in lines]
        biases = bias_towards(subjects, self.vectors, SUBJECT_STRENGTH)  # (lines, C)
        pairs = zip(lines, biases, strict=True)
        return [self._request(line, line.form.pull * bias) for line, bias in pairs]

    def _request(self, line: "NextLine", bias: NDArray[np.float32]) -> LineRequest:
        ends, start = self._plan(line)
        # A word that has come back is not called for again and again.
        for word, times in Counter(word for words in line.words_above for word in words).items():
            if word in self.index.column:
                bias[self.index.column[word]] *= RETURNING**times
        mentions = line.subject.mentions if line.attempt < MENTION_ATTEMPTS else ()
        of_mentions = bias_of(mentions, (*line.above, line.prefix), line.form)
        for column, nats in zip(self.index.mentions, of_mentions, strict=False):
            bias[column] = nats
        said = {word for words in line.words_above for word in words}
        for word in line.subject.known:
            if word in self.index.column and word not in said:
                bias[self.index.column[word]] += KNOWN
        if not line.form.story:
            bias[self.content] += CONTENT
        bias += self.correction
        bias[self.index.hyphen] = -np.inf  # compounds make little sense: *wood-tree*
        once = line.attempt < MENTION_ATTEMPTS
        if once:
            bias[line.without] = -np.inf
            bias[self.index.alike(line.words_of_stanza)] = -np.inf
        if line.form.modern:
            bias[self.index.archaic] = -np.inf
        if line.form.story:
            self._keep_to_story(line, start, bias)
        above = line.form.rhymes_of(line.number)
        rhyme = rhyme_of(last_word(line.above[above[0]])) if above else ""
        known = known_of(line.form, line.number, rhyme)
        return LineRequest(
            line.state,
            line.metre,
            start,
            ends,
            bias,
            self.network.vocabulary.encode_features(known),
            subject_of(line.subject.tokens),
            line.temperature,
            line.particles,
            _closing(line.form, line.number + 1),
            line.rng,
            mentions,
            once,
            self._first(line, start),
        )

    def without(self, subject: Subject, rng: np.random.Generator) -> Indices:
        """Columns of the overused words that a poem does without.

        The colder a network is sampled, the more its poems are made of the most common words. So
        each poem draws which of these it may have; those of its subject stay.
        """
        index = self.index
        left_out = np.flatnonzero(rng.random(OVERUSED) < LEFT_OUT)
        of_subject = index.family[np.isin(index.tokens, subject.tokens)]
        return np.flatnonzero(np.isin(index.family, np.setdiff1d(left_out, of_subject)))

    def _keep_to_story(self, line: "NextLine", start: Start, bias: NDArray[np.float32]) -> None:
        """Forbid the present, and who speaks, unless the member wrote so."""
        typed = words_of(fold(" ".join((*line.above, line.prefix))))
        if not start.fragment and not any(map(is_present, typed)):
            bias[self.index.present] = -np.inf
        if not start.fragment and not any(map(is_spoken, typed)):
            bias[self.index.spoken] = -np.inf

    def beginnings(self, form: Form, subject: Subject, rng: np.random.Generator) -> Iterator[str]:
        """First lines that name a person and a place: the subject, if it is a listed person.

        None for a form that does not begin so.
        """
        person, metre = subject.words[0] if subject.words else "", form.metre_of(0)
        if person not in form.subjects:
            person = form.subjects[int(rng.integers(len(form.subjects)))] if form.subjects else ""
        for _ in range(BEGINNINGS if form.beginning else 0):
            line = form.beginning.draw(person, rng) if form.beginning else ""
            positions = metre.starts
            for word in words_of(fold(line)):
                positions = metre.after(positions, self.index.stresses_of(word))
            rhyming = self.index.rhyming([self.index.rhyme_of(last_word(line))])
            if positions & metre.ends and np.count_nonzero(rhyming) >= MIN_RHYMES:
                yield line

    def naming(self, subject: Subject, form: Form, rng: np.random.Generator) -> str:
        """First words of a poem about an animal, which name it, in metre; empty if none are.

        The network, which goes on after an auxiliary, has to say something about it.
        """
        if not subject.known or not subject.mentions or form.story:
            return ""
        metre, fitting = form.metre_of(0), []
        for words in [pattern.format(subject.mentions[-1].text) for pattern in NAMING]:
            positions = metre.starts
            for word in words_of(fold(words)):
                stresses = self.index.stresses_of(word) or stresses_of(word)
                positions = metre.after(positions, stresses)
            fitting += [words[0].upper() + words[1:]] if positions else []
        return fitting[int(rng.integers(len(fitting)))] if fitting else ""

    def _plan(self, line: "NextLine") -> tuple[Columns, Start]:
        """The words that the line may end in, and its start."""
        index, metre = self.index, line.metre
        start = start_of(line.prefix, metre, index)
        if ends_early(start, metre, index, story=line.form.story):
            return index.endings(metre) != 0, replace(start, complete=True)
        for finished in (False, True):
            if finished:
                # No word that fits starts with the member's last letters: they are a word.
                start = start_of(line.prefix, metre, index, finished=True)
            for chosen in self._endings(line):
                ends = chosen & self._reachable(start, line)
                if start.complete or ends.any():
                    return ends, start
        return index.endings(metre) != 0, start

    def _first(self, line: "NextLine", start: Start) -> NDArray[np.float32]:
        """The bias of the first token of a line that the member has not written, `(C,)`.

        It is to a mark after a clause of today's English, and against words that earlier lines of a
        story begin with.
        """
        bias = np.zeros(len(self.index.texts), np.float32)
        if start.tokens:
            if line.form.modern and len(start.tokens) >= CLAUSE and is_whole(start.tokens):
                bias[self.index.marks] = MARK * (1 + has_verb(start.tokens))
            elif start.tokens[-1] in UNFINISHED:
                bias[self.index.marks] = -MARK
            if "?" in self.index.column:
                bias[self.index.column["?"]] += QUESTION if is_question(start.tokens) else -QUESTION
        elif line.form.modern and line.number == 1 and not can_end(tokenise(fold(line.above[0]))):
            joining = [w for w in ("and", "but", "or") if w in self.index.column]
            bias[[self.index.column[word] for word in joining]] = -STALE
        if line.form.story and not start.tokens:
            words = {words[0] for words in line.words_above if words}
            bias[[self.index.column[w] for w in words if w in self.index.column]] = -STALE
            beginning = line.form.beginning
            starts = beginning.starts_of(line.above, len(line.form.scheme)) if beginning else ()
            bias[[self.index.column[w] for w in starts if w in self.index.column]] += STARTS
        return bias

    def _reachable(self, start: Start, line: "NextLine") -> Columns:
        """The words that can end a line after its start, `(C,)`."""
        index, metre = self.index, line.metre
        if not start.fragment:
            return index.endings_after(metre, start.positions)
        completed = index.starting_with(start.fragment)
        if line.form.modern:
            completed &= ~index.archaic
        endings = index.endings(metre)
        reachable: Columns = completed & (endings & np.uint64(start.positions) != 0)
        for ending in np.unique(endings).tolist():
            if (index.inner(metre, start.positions, ending) & completed).any():
                reachable |= endings == ending
        return reachable

    def _endings(self, line: "NextLine") -> Iterator[Columns]:
        """Sets of words that the line may end in, `(C,)`, in order of preference."""
        index, form, number = self.index, line.form, line.number
        last_words = [words[-1] if words else "" for words in line.words_above]
        rhymes = [index.rhyme_of(word) for word in last_words]
        new = index.rhyme_count > 0
        new[index.same_spelling(last_words)] = False
        if form.modern:
            new &= ~index.archaic
        if not form.rhymed:
            yield new
            return
        rhyming = new & index.rhyming(rhymes[i] for i in form.rhymes_of(number))
        if rhyming.any() and line.attempt < RHYME_ATTEMPTS:
            yield rhyming
        # A new rhyme. If a later line has to rhyme with it, there must be enough words for that.
        min_rhymes = MIN_RHYMES if form.rhymes_to_come(number) else 1
        yield new & (index.rhyme_count >= min_rhymes) & ~index.rhyming(rhymes)
        yield new


@dataclass(frozen=True, eq=False)
class NextLine:
    """The next line of a poem."""

    state: State
    above: tuple[str, ...]
    """The lines so far."""
    prefix: str
    """The member's words at its beginning, folded."""
    form: Form
    subject: Subject
    temperature: float
    particles: int
    rng: np.random.Generator
    attempt: int = 0
    """How often all candidates have been rejected."""
    without: Indices = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    """Columns of words that the poem does without."""

    @property
    def number(self) -> int:
        """Number of the line in the poem, from 0."""
        return len(self.above)

    @cached_property
    def words_above(self) -> list[list[str]]:
        """The words of each line so far, folded."""
        return [words_of(fold(line)) for line in self.above]

    @property
    def words_of_stanza(self) -> list[str]:
        """The words of its stanza so far, folded."""
        first = max((end for end in self.form.stanza_ends if end <= self.number), default=0)
        above = [word for words in self.words_above[first:] for word in words]
        return above + words_of(fold(self.prefix))

    @property
    def metre(self) -> Metre:
        """The metre of the line."""
        return self.form.metre_of(self.number)


def _closing(form: Form, lines: int) -> str:
    """The marks of which one ends a poem, or a stanza: its sentence has to come to an end."""
    if lines == form.lines:
        return ".?!"
    return ".?!;:" if lines in form.stanza_ends else ""


def known_of(form: Form, number: int, rhyme: str) -> dict[str, object]:
    """Features of a line by slot, for a network that reads them; `rhyme` if it is known."""
    return {
        "rhyme": rhyme,
        "line": number + 1,
        "left": len(form.scheme) - number - 1,
        "syllables": form.metre_of(number).syllables if form.rhymed else "",
        "period": MODERN if form.modern else LYRIC,
        # Prose of that time is plainer than its verse, and has sentences that come to their ends.
        "kind": "prose" if form.modern and not form.story else "verse",
    }


def last_word(line: str) -> str:
    """The last word of a line, folded; empty if there is none."""
    return (words_of(fold(line)) or [""])[-1]


@cached_with_weights
def metrical_writer_of(trained: Trained) -> MetricalWriter | None:
    """The writer of a network; `None` if it does not know English words.

    Cached with the weights. Making it takes a second.
    """
    network = trained.network
    if not isinstance(network, FastWordsAndCharacters) or not trained.is_simplified:
        return None
    words = network.words

    # First the words of its own corpus, then those of the texts that it was pretrained on.
    common = frozenset(trained.words[:MOST_WORDS])

    def may_write(word: str) -> bool:
        """Whether a word is common, and no proper noun: the plays and the Bible have thousands."""
        return word in common and word not in trained.proper

    index = english_index(words.vocabulary, may_write)
    if index is None:
        return None
    return MetricalWriter(
        words.approximated(),
        index,
        Output(words, index),
        Topics(words.vocabulary, network.vectors),
        BlockMatrix.of(network.vectors[index.tokens].T),
        network.correction[index.tokens],
    )
