"""Writing lines in metre and rhyme with a network over words: sequential Monte Carlo.

A line is written towards its last word. The network predicts that word first (the token `PLAN`), so
that a rhyme is a choice among the network's own predictions, and then reads it beside every token
of the line. Several drafts of the line, the particles, are written side by side, each towards a
last word of its own. Before every token the network's prediction is masked: words that the metre
has no place for, and words after which the last word would not fit any more. Masking alone would
let a particle go on that has come to a place where the network wants what the metre forbids. So
each particle carries a weight, the product of the shares of the prediction that were allowed; when
the weights become unequal, particles are drawn anew in proportion to them, and those that are stuck
die out (Doucet & Johansen, 2009; for language models: Lew et al., 2023). The particles at the end
of the line are a sample of the network's lines that meet the constraint.

Shapes: R particles of all lines that are written in one batch, C columns (`WordIndex`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.lexicon import syllables_of
from data.text import fold
from data.tokens import is_word, join_tokens
from models.networks.network import Array, State, log_softmax
from models.networks.words import LINE_END, MAX_SYLLABLES, NONE, PLAN, UNKNOWN, WordLSTM
from models.verse.forms import Metre
from models.verse.grammar import CONSONANT, VOWEL
from models.verse.mentions import Mention, encode
from models.verse.word_index import Columns, Output, WordIndex

Indices = NDArray[np.int64]

MIN_P = 0.03
"""Words with a smaller share of the likeliest word's probability are not drawn (min-p sampling:
Nguyen et al., 2024)."""
LIKELIHOOD = 1.5
"""Nats of `fit` for each of ln p, beside those of the classifier."""
FIT_WEIGHTS = np.array((0.62, 0.058, -1.25, 0.79, -2.99, -0.29), np.float32)
"""Weights of the classifier of `fit`, for its features of a token: ln p, its square, the entropy,
ln rank, whether the token is a surprise, whether it is common."""
SURPRISING, FEW = -6.0, 60
"""ln p below which a word is a surprise, and the number of words that are very common."""
SMALLEST_LOGIT = -1e4
SMALLEST_MASS = 1e-30
"""Smaller sums of probabilities are not exact in a float32."""
RESAMPLE_BELOW = 0.5
"""Particles are drawn anew when the effective number of them is below this share."""


MENTION_SHARE = 0.25
"""The most that the bias of a mention can make of its probability: grammar chooses its place."""
MAX_TOKENS = 24
"""Tokens after which a line is dropped."""
PREDICTED_AT_ONCE = 64
"""Predictions over the whole vocabulary that are held in memory."""
END_TEMPERATURE = 1.5
"""Factor of the temperature for last words, which rhyme leaves little choice: with less of it,
lines end in the few long words that fit anywhere (*liberty*, *company*)."""
ENOUGH = 0.7
"""Share of a line's particles that have to be finished: the last ones have many short words."""


@dataclass(frozen=True)
class Start:
    """A line after the member's words that it begins with."""

    positions: int
    """Positions in the metre after the last complete word."""
    text: str = ""
    """The text as the network read it."""
    tokens: tuple[str, ...] = ()
    """The complete words and marks."""
    fragment: str = ""
    """The letters of an incomplete word."""
    after_word: bool = False
    """Whether a mark may follow."""
    complete: bool = False
    """Whether the line may end here."""


@dataclass(frozen=True, eq=False)
class LineRequest:
    """A line to write."""

    state: State = field(repr=False)
    """The network's state after the poem so far, a batch of one."""
    metre: Metre
    start: Start
    ends: Columns = field(repr=False)
    """The words that the line may end in, `(C,)`."""
    bias: NDArray[np.float32] = field(repr=False)
    """Bias added to the logits, `(C,)`: the subject; −∞ for words that must not be written."""
    features: Indices = field(repr=False)
    """Features of the line, `(slots,)`, for a network that reads them; its rhyme only if an
    earlier line decides it."""
    subject: Indices = field(repr=False)
    """`(SUBJECT_WORDS,)`, for a network that reads it."""
    temperature: float
    particles: int
    """Drafts of the line that are written side by side."""
    closing: str
    """The marks of which one has to end it; empty if it may end with any, or with none."""
    rng: np.random.Generator
    """Generator of this line, so that it does not depend on the other lines of the batch."""
    mentions: tuple[Mention, ...] = ()
    """Mentions that the columns `WordIndex.mentions` stand for; at most one for each."""
    once: bool = False
    """Whether a content word comes only once in the line."""
    first: NDArray[np.float32] = field(default_factory=lambda: np.zeros(1, np.float32), repr=False)
    """Bias added to the logits of its first token after the member's, `(C,)`."""


@dataclass(frozen=True, eq=False)
class MetricalLine:
    """A finished line."""

    start: Start
    """The beginning of the line."""
    tokens: tuple[str, ...]
    """Words and marks that the network wrote, without the line feed."""
    log_weight: float
    """The particle's weight, in nats."""
    score: float
    """The sum of `fit` over its tokens and the line feed, in nats."""
    state: State = field(repr=False)
    """State after the last token before the line feed."""
    logits: None = field(default=None, init=False)
    """The character network predicts nothing for it."""

    @property
    def predictions(self) -> int:
        """Number of predictions that `score` is the sum of."""
        return len(self.tokens) + 1

    @property
    def written(self) -> str:
        """Text that the network wrote; it continues `Start.text`."""
        start = self.start
        typed = join_tokens(start.tokens)
        written = join_tokens([*start.tokens, *self.tokens])[len(typed) :]
        if start.fragment or start.text.endswith(" "):
            written = written.lstrip(" ")[len(start.fragment) :]
        return written


def write_lines(
    network: WordLSTM,
    index: WordIndex,
    output: Output,
    requests: Sequence[LineRequest],
) -> list[list[MetricalLine]]:
    """Candidates for each line, at most one per particle; none if no known words lead to an end."""
    batch = _ParticleBatch(network, index, output, requests)
    batch.plan()
    batch.read_starts()
    for step in range(MAX_TOKENS):
        if not len(batch.rows):
            break
        batch.write(step)
    return batch.candidates


_ALL = slice(None)
_PARTICLE = np.dtype(
    [
        ("line", np.int64),  # index of the request that it is a draft of
        ("end", np.int64),  # column of the planned last word; 0 if the member has written it
        ("ending", np.uint64),  # the positions where that word can start
        ("positions", np.uint64),  # in the metre, see `Start`
        ("syllables", np.int64),
        ("may_mark", np.bool_),  # whether the last token is a word, so that a mark may follow
        ("closed", np.bool_),  # whether the last word of the line is written
        ("log_weight", np.float64),
        ("score", np.float64),
        ("written", np.int64, (MAX_TOKENS,)),  # columns
    ]
)
_OF_SETS = ["line", "positions", "ending", "closed", "may_mark"]


class _ParticleBatch:
    """The particles of all lines. Those that are finished or stuck are removed."""

    def __init__(
        self,
        network: WordLSTM,
        index: WordIndex,
        output: Output,
        requests: Sequence[LineRequest],
    ) -> None:
        self.network, self.index, self.output = network, index, output
        self.requests = requests
        self.candidates: list[list[MetricalLine]] = [[] for _ in requests]
        # For each line, `(lines, …)`.
        self.fits = np.stack([index.positions(request.metre) for request in requests])
        self.cold = np.array([[1 / r.temperature] for r in requests], np.float32)
        self.bias = np.stack([request.bias for request in requests])  # (lines, C)
        self.features = np.stack([request.features for request in requests])
        self.subjects = np.stack([request.subject for request in requests])
        self.once = np.array([request.once for request in requests])
        self.mentions = np.full((len(requests), len(index.mentions)), NONE)  # tokens
        self.counted = np.zeros(self.mentions.shape, np.int64)  # syllables
        self.patterns: dict[tuple[int, int], list[tuple[int, int]]] = {}
        """Places in its line where each pattern of each mention fits, and its syllables."""
        for line, request in enumerate(requests):
            for k, mention in enumerate(request.mentions):
                self.mentions[line, k] = mention.token
                self.counted[line, k] = len(mention.stresses[0])
                self.patterns[line, k] = [
                    (request.metre.positions_of(stresses), len(stresses))
                    for stresses in mention.stresses
                ]
        typed = ["".join(request.start.tokens[-1:]) for request in requests]
        self.typed_last = np.array([index.column.get(text, index.line_end) for text in typed])
        """The column of the last token that the member typed in each line, or the line feed's."""
        # Drawn in advance, in one call per line, so that lines do not depend on each other.
        self.particles = np.array([request.particles for request in requests])
        uniform = [r.rng.random((r.particles, MAX_TOKENS)) for r in requests]
        self.uniform = np.concatenate(uniform).astype(np.float32)  # (R, MAX_TOKENS), R at first
        self.offset = np.stack([r.rng.random(MAX_TOKENS + 1) for r in requests])
        self.enough = np.zeros(len(requests), np.bool_)
        """Whether most particles of the line are finished."""
        # For each particle, `(R, …)`; those of a line side by side.
        self.rows = np.zeros(len(self.uniform), _PARTICLE)
        self.rows["line"] = np.arange(len(requests)).repeat(self.particles)
        self.first = self.particles.cumsum() - self.particles
        """The first particle of each line at the beginning, `(lines,)`."""
        self.rows["positions"] = [requests[i].start.positions for i in self.rows["line"].tolist()]
        self.state = np.concatenate([request.state for request in requests])  # until `plan`

    def plan(self) -> None:
        """Draw a last word for each particle, and read the line feed before the line."""
        index, lines, rows = self.index, len(self.requests), self.rows
        nowhere = self.network.towards(np.full(lines, NONE), self.features, self.subjects)
        zeros = np.zeros(lines, np.int64)
        h, state = self.network.step(np.full(lines, PLAN), zeros, nowhere, self.state)
        logits = self.output.logits(h)  # (lines, C)
        typed = np.full(lines, NONE)
        for number, request in enumerate(self.requests):
            of_line = slice(first := int(self.first[number]), first + request.particles)
            if request.start.complete:
                typed[number] = self._typed_end(request.start)
                continue
            columns = np.flatnonzero(request.ends & (request.bias > -np.inf))
            if not columns.size:
                continue  # the member's last word is read as the others are
            scaled = logits[number] / (request.temperature * END_TEMPERATURE) + request.bias
            p = np.exp(scaled[columns] - scaled[columns].max())
            some = np.flatnonzero(p >= MIN_P * p.max())
            # Systematic: the particles spread over the distribution.
            u = np.arange(request.particles) + self.offset[number, MAX_TOKENS]
            chosen = columns[some][invert(np.cumsum(p[some]), u / request.particles)]
            rows["end"][of_line] = chosen
            rows["ending"][of_line] = index.endings(request.metre)[chosen]
        end = np.where(rows["end"] > 0, index.tokens[rows["end"]], typed[rows["line"]])
        line = rows["line"]
        self.towards = self.network.towards(end, self.features[line], self.subjects[line])
        self.h, self.state = self.network.step(
            np.full(len(rows), LINE_END),
            rows["syllables"],
            self.towards,
            state.repeat(self.particles, axis=0),
        )

    def _typed_end(self, start: Start) -> int:
        """The last word that the member typed; `NONE` if the network does not know it."""
        words = [token for token in start.tokens if is_word(token)]
        known = encode(words[-1:], self.network.vocabulary)
        known = known[known != UNKNOWN]
        return int(known[0]) if known.size else NONE

    def read_starts(self) -> None:
        """Read the member's words; a last word that does not go with them loses weight."""
        rows, starts = self.rows, [request.start for request in self.requests]
        of_rows = [starts[line] for line in rows["line"].tolist()]
        before, read = [], []  # h before each word of each particle; the particle and the word
        for t in range(max(len(start.tokens) for start in starts)):
            some = np.flatnonzero([t < len(start.tokens) for start in of_rows])
            texts = [of_rows[row].tokens[t] for row in some.tolist()]
            x = encode(texts, self.network.vocabulary)
            before.append(self.h[some])
            read.append(np.stack((some, x)))
            rows["syllables"][some] += [syllables_of(text) for text in texts]
            self.h[some], self.state[some] = self._read(x, some)
        if read:
            self._weigh(np.concatenate(before), *np.concatenate(read, axis=1))
        rows["may_mark"] = [start.after_word for start in of_rows]
        rows["closed"] = [start.complete for start in of_rows]
        self._resample(MAX_TOKENS - 1)

    def _weigh(self, h: NDArray[np.float32], rows: Indices, x: Indices) -> None:
        """Multiply weights of particles by the probabilities of tokens x after h, `(tokens,)`."""
        for begin in range(0, len(h), PREDICTED_AT_ONCE):
            some = slice(begin, begin + PREDICTED_AT_ONCE)
            log_p = log_softmax(self.network.logits(h[some]))  # (tokens, vocabulary)
            log_p = log_p[np.arange(len(log_p)), x[some]]
            np.add.at(self.rows["log_weight"], rows[some], log_p)

    def write(self, step: int) -> None:
        """Write a token in every particle."""
        index, rows, line = self.index, self.rows, self.rows["line"]
        logits = self._logits()  # (R, C)
        number = np.arange(len(rows)) - line.searchsorted(line)  # within its line
        u = self.uniform[self.first[line] + number, step]
        # One product serves both: what is drawn from, and the network's own prediction.
        scaled = logits * self.cold[line] + self.bias[line]
        self._limit_mentions(scaled)
        if step == 0:
            for row, number_of_line in enumerate(line.tolist()):
                scaled[row] += self.requests[number_of_line].first
        x, log_share = draw(scaled, self._allowed(step), u)
        rows["log_weight"] += log_share
        total, entropy = log_sum_exp(logits)
        log_p = logits[np.arange(len(x)), x] - total
        rows["score"] += fit(log_p, entropy, index.tokens[x])
        kept = log_share > -np.inf
        for row in (kept & (x == index.line_end)).nonzero()[0].tolist():
            self._finish(row, step)
            kept[row] = False
        kept &= ~self.enough[line]
        if not kept.all():
            self._select(kept.nonzero()[0])
            x = x[kept]
        if len(x):
            self._advance(x, step)
            self._resample(step)
            self.h, self.state = self._read(self._tokens(self.rows["written"][:, step]))

    def _logits(self) -> NDArray[np.float32]:
        """The prediction of each particle, `(R, C)`."""
        logits, tokens = self.output.logits(self.h), self.mentions[self.rows["line"]]
        for k, column in enumerate(self.index.mentions):
            some = tokens[:, k] != NONE
            logits[some, column] = self.output.logits_of(self.h[some], tokens[some, k])
        return logits

    def _limit_mentions(self, scaled: NDArray[np.float32]) -> None:
        """Let no mention have more than `MENTION_SHARE` of a prediction `(R, C)`: it may wait."""
        for column in self.index.mentions:
            some = (self.bias[self.rows["line"], column] > 0).nonzero()[0]
            if some.size:
                biased = scaled[some, column]
                scaled[some, column] = -np.inf
                most = log_sum_exp(scaled[some])[0] + np.log(MENTION_SHARE, dtype=np.float32)
                scaled[some, column] = np.minimum(biased, most)

    def _tokens(self, x: Indices) -> Indices:
        """The tokens that the network reads for a column of each particle, `(R,)`."""
        tokens = self.index.tokens[x]
        for k, column in enumerate(self.index.mentions):
            some = x == column
            tokens[some] = self.mentions[self.rows["line"][some], k]
        return tokens

    def _after_mention(self, line: int, k: int, positions: int) -> int:
        """The positions of a line after a mention; 0 if it does not fit."""
        after = 0
        for fits, syllables in self.patterns.get((line, k), ()):
            after |= (positions & fits) << syllables
        return after

    def _advance(self, x: Indices, step: int) -> None:
        """Append a column to each particle, `(R,)`."""
        index, rows = self.index, self.rows
        counted, positions = index.counted[x], rows["positions"]
        ends = (x == rows["end"]) & (positions & rows["ending"] != 0)
        after = index.after(self.fits, rows["line"], positions, x)
        for k, column in enumerate(index.mentions):
            for row in (x == column).nonzero()[0].tolist():
                line = int(rows["line"][row])
                counted[row] = self.counted[line, k]
                after[row] = self._after_mention(line, k, int(positions[row]))
        is_word = counted > 0
        rows["positions"] = np.where(is_word, after, positions)
        rows["closed"] = np.where(is_word, ends, rows["closed"])
        rows["may_mark"] = is_word
        rows["syllables"] += counted
        rows["written"][:, step] = x

    def _allowed(self, step: int) -> NDArray[np.bool_]:
        """The columns that each particle may write next, `(R, C)`."""
        index, rows, requests = self.index, self.rows, self.requests
        sets = [
            index.after_ending(may_mark=bool(may_mark), closing=requests[line].closing)
            if closed
            else index.inner(requests[line].metre, positions, ending)
            for line, positions, ending, closed, may_mark in rows[_OF_SETS].tolist()
        ]
        allowed = np.concatenate(sets).reshape(len(rows), -1)
        some = self.once[rows["line"]].nonzero()[0]
        used = np.zeros((len(some), index.families + 1), np.bool_)
        come = np.column_stack((rows["written"][some, :step], rows["end"][some]))
        used[np.arange(len(some))[:, np.newaxis], index.family[come]] = True
        used[:, -1] = False  # of words without a family, −1
        allowed[some] &= ~used[:, index.family]
        unclosed = ~rows["closed"]
        some = unclosed.nonzero()[0]
        allowed[some, rows["end"][some]] = (rows["positions"] & rows["ending"] != 0)[some]
        last = rows["written"][:, step - 1] if step else self.typed_last[rows["line"]]
        allowed[np.arange(len(rows)), last] &= index.twice[last]
        follows = index.before_noun[last]
        named = np.isin(rows["written"][:, :step], index.mentions).any(axis=1)
        for row in (unclosed & ~named).nonzero()[0].tolist():  # once in a line
            line, positions, ending, *_ = rows[_OF_SETS][row].tolist()
            viable = requests[line].metre.positions_before(ending)
            for k, mention in enumerate(requests[line].mentions):
                fits = self._after_mention(line, k, positions) & viable != 0
                allowed[row, index.mentions[k]] = fits and (mention.bare or follows[row])
        for number, request in enumerate(requests if step == 0 else ()):
            if request.start.fragment:
                of_line = (rows["line"] == number) & unclosed
                allowed[of_line] &= index.starting_with(request.start.fragment)
        some = (unclosed & rows["may_mark"] & allowed.any(axis=1)).nonzero()[0]
        allowed[some[:, np.newaxis], index.marks] = True
        return allowed

    def _read(self, x: Indices, rows: Indices | slice = _ALL) -> tuple[NDArray[np.float32], State]:
        """h and state of some particles after a token of the vocabulary each."""
        syllables = np.minimum(self.rows["syllables"][rows], MAX_SYLLABLES)
        return self.network.step(x, syllables, self.towards[rows], self.state[rows])

    def _resample(self, step: int) -> None:
        """Draw the particles of each line anew if few of them have most of the weight."""
        line, log_weight = self.rows["line"], self.rows["log_weight"].copy()
        is_first = np.ones(len(line), np.bool_)
        is_first[1:] = line[1:] > line[:-1]
        begins, chosen = is_first.nonzero()[0], np.arange(len(line))
        groups = uneven(log_weight, begins)
        for begin, number in zip(begins[groups], line[begins[groups]], strict=True):
            of_line = slice(begin, begin + np.count_nonzero(line == number))
            drawn, log_weight[of_line] = resample(log_weight[of_line], self.offset[number, step])
            chosen[of_line] = begin + drawn
        if len(groups):
            self._select(chosen)
            self.rows["log_weight"] = log_weight

    def _select(self, chosen: Indices) -> None:
        """Keep only these particles, in this order."""
        self.rows, self.towards = self.rows[chosen], self.towards[chosen]
        self.h, self.state = self.h[chosen], self.state[chosen]

    def _finish(self, row: int, step: int) -> None:
        """Make a candidate of a particle that has come to the end of its line."""
        particle, texts = self.rows[row], self.index.texts
        columns, line = particle["written"][:step].tolist(), int(particle["line"])
        shown = dict(zip(self.index.mentions.tolist(), self.requests[line].mentions, strict=False))
        # A space stands before an emoji, too.
        named = {c: m.text if is_word(m.text) else f" {m.text}" for c, m in shown.items()}
        tokens = tuple(with_articles([named.get(c, texts[c]) for c in columns]))
        state = self.state[row : row + 1].copy()
        start, found = self.requests[line].start, self.candidates[line]
        nats = float(particle["log_weight"]), float(particle["score"])
        found.append(MetricalLine(start, tokens, *nats, state))
        self.enough[line] = len(found) >= ENOUGH * self.particles[line]


def with_articles(tokens: Sequence[str]) -> Iterator[str]:
    """Tokens with *a* or *an* as the next one's spelling asks for, where that is certain."""
    for token, after in zip(tokens, [*tokens[1:], ""], strict=False):
        if token in ("a", "an") and VOWEL.match(fold(after)):
            yield "an"
        elif token in ("a", "an") and CONSONANT.match(fold(after)):
            yield "a"
        else:
            yield token


# Arithmetic of particles --------------------------------------------------------------------------


def draw(
    logits: Array, allowed: NDArray[np.bool_], u: NDArray[np.floating]
) -> tuple[Indices, NDArray[np.float64]]:
    """Draw a column for each particle from the allowed part of its prediction.

    logits, allowed: `(R, C)`; u: uniform numbers, `(R,)`. Returns the columns `(R,)`, and ln of the
    share of the prediction that was allowed `(R,)`: −∞ for a particle that has no allowed column,
    whose column is 0.
    """
    highest = logits.max(axis=1, keepdims=True)  # (R, 1)
    p = logits - highest
    np.exp(p, out=p)
    # A product sums faster than `sum`.
    total = np.vecdot(p, np.ones(p.shape[1], np.float32))
    mass = np.vecdot(p, allowed.astype(np.float32))
    log_share = np.log(np.maximum(mass, SMALLEST_MASS) / total).astype(np.float64)
    for row in (mass < SMALLEST_MASS).nonzero()[0].tolist():
        columns = np.flatnonzero(allowed[row] & (logits[row] > -np.inf))
        if not columns.size:
            log_share[row] = -np.inf
            continue
        # All of them are too unlikely for a float32: compare them with the likeliest.
        best = logits[row, columns].max()
        p[row, columns] = np.exp(logits[row, columns] - best)
        mass[row] = p[row, columns].sum()
        log_share[row] = best - highest[row, 0] + np.log(mass[row] / total[row])
    return _draw_likely(p, allowed, u), log_share


def _draw_likely(p: Array, allowed: NDArray[np.bool_], u: NDArray[np.floating]) -> Indices:
    """Draw an allowed column of each row in proportion to p, `(R, C)`; unlikely ones never."""
    rows, width = p.shape
    p = p * allowed
    drawn = p >= MIN_P * np.maximum(p.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    drawn[:, 0] |= ~drawn.any(axis=1)  # a row without an allowed column, which is dropped
    # One cumulative sum for all rows, one after another.
    places = drawn.ravel().nonzero()[0]  # row · C + column
    end = places.searchsorted(np.arange(width, width * rows + 1, width))
    cumulative = p.ravel()[places].cumsum(dtype=np.float64)
    above = cumulative[end - 1]
    below = np.zeros(rows)
    below[1:] = above[:-1]
    chosen = cumulative.searchsorted(below + u * (above - below), side="right")
    columns: Indices = places[np.minimum(chosen, end - 1)] % width
    return columns


def fit(log_p: Array, entropy: Array, tokens: Indices) -> Array:
    """How well tokens fit where they stand, in nats, `(R,)`.

    log_p: under the network's own prediction, at temperature 1, without metre and bias; entropy: of
    that prediction, in nats; tokens: indices, by which common words come first.

    Likely words alone make lines that say nothing (Li et al., 2016, for conversations). The rest is
    a logistic regression on means of these quantities over the lines so far, which tells quatrains
    of the corpora from an earlier network's own, at temperature 1: people write rarer words in
    places where the network is sure, and seldom one that it does not expect at all.
    """
    squared, rank = np.maximum(log_p, -12) ** 2, np.log1p(tokens)
    columns = (log_p, squared, entropy, rank, log_p < SURPRISING, tokens < FEW)
    quantities = np.stack(columns, axis=1, dtype=np.float32, casting="unsafe")  # (R, 6)
    found: Array = LIKELIHOOD * log_p + quantities @ FIT_WEIGHTS
    return found


def log_sum_exp(logits: Array) -> tuple[Array, Array]:
    """ln Σ exp of each row, and the entropy of its softmax in nats: `(R, C)` → `(R,)`, `(R,)`."""
    highest = logits.max(axis=1, keepdims=True)  # (R, 1)
    p = np.exp(logits - highest)
    mass = np.vecdot(p, np.ones(p.shape[1], np.float32))
    total: Array = np.log(mass) + highest[:, 0]
    # A column that must not be written has a logit of −∞, and no share in the entropy.
    return total, total - np.vecdot(p, np.maximum(logits, SMALLEST_LOGIT)) / mass


def uneven(log_weight: NDArray[np.float64], begins: Indices) -> Indices:
    """The groups of particles of which few have most of the weight.

    log_weight: `(R,)`; begins: the first particle of each group, `(groups,)`.
    """
    group = begins.searchsorted(np.arange(len(log_weight)), side="right") - 1
    w = np.exp(log_weight - np.maximum.reduceat(log_weight, begins)[group])
    effective = np.add.reduceat(w, begins) ** 2 / np.add.reduceat(w * w, begins)
    size = np.bincount(group)
    groups: Indices = ((effective < RESAMPLE_BELOW * size) & (size > 1)).nonzero()[0]
    return groups


def resample(log_weight: NDArray[np.float64], offset: float) -> tuple[Indices, float]:
    """Which particles `(R,)` to continue, and the log weight that each then has.

    offset: a uniform number, for systematic resampling.
    """
    highest = log_weight.max()
    w = np.exp(log_weight - highest)
    u = (np.arange(len(w)) + offset) / len(w)
    return invert(np.cumsum(w), u), float(highest + np.log(w.mean()))


def invert(cumulative: NDArray[np.floating], u: NDArray[np.floating] | float) -> Indices:
    """The first places where a cumulative distribution exceeds u · its total."""
    places = np.searchsorted(cumulative, u * cumulative[-1], side="right")
    # Rounded to 32 bits, u can be 1: the last place with a probability.
    inverse: Indices = np.minimum(places, np.searchsorted(cumulative, cumulative[-1]))
    return inverse
