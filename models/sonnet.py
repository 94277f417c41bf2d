"""A sonnet, written a line at a time.

A draft holds all that its next line needs, and `extend` is a function from drafts to drafts: it may
run in a thread or in another process, be left between two lines, and write for several members in
one batch. Each candidate line draws from a generator of its own, seeded with the poem's seed, so a
poem does not depend on what shares its batch.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.text import fold, unify_newlines
from models.known import Known
from models.network import State, join_states, log_softmax, read, state_of
from models.prosody import count_syllables
from models.sampling import sample
from models.vocabulary import END, Vocabulary
from models.weights import Trained

LINES = 14
OPENING_LIMIT = 300
LINE_SYLLABLES = 10
SHORTEST_LINE = 20
"""Characters that a line has before it may end."""
LONGEST_LINE = 56
"""Characters after which a line ends at the next space: Shakespeare's have 43, at most 63."""
NUCLEUS = 0.95
"""The rare rest is never drawn: it is where misspelt words come from."""
CANDIDATES = 4
"""Lines that are written for each that is kept."""
TRIES = 4
"""How often new candidates are written when all were refused."""


class SonnetError(Exception):
    """A sonnet cannot be written. The message is a sentence for the member who asked for it."""


@dataclass(frozen=True)
class SonnetRequest:
    """A member's wish."""

    opening: str
    """The member's own words, as typed; may be empty."""
    seed: int
    temperature: float = 0.7


@dataclass(frozen=True, eq=False)
class Draft:
    """A poem as far as it is written."""

    request: SonnetRequest
    weights: str
    """Digest of the weights that it was begun with; others cannot go on with it."""
    lines: tuple[str, ...]
    """The whole lines so far, as they are shown: the opening as typed, capitals restored."""
    begun: str
    """The member's words with which the next line begins, as they are shown."""
    heard: str
    """The same words as the network read them."""
    state: State = field(repr=False)
    """What the network remembers, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """What it expects next, `(1, vocabulary)`."""

    @property
    def finished(self) -> bool:
        """Whether the poem has all its lines."""
        return len(self.lines) >= LINES

    @property
    def opening_length(self) -> int:
        """How many characters at the beginning of the poem's text are the member's own."""
        return len("\n".join(_wrapped(self.request.opening)))


def begin(trained: Trained, request: SonnetRequest) -> Draft:
    """Let the network read the opening. Raises `SonnetError` for one that is too long."""
    if len(request.opening) > OPENING_LIMIT:
        raise SonnetError(
            f"An opening has at most {OPENING_LIMIT} characters, yours has "
            f"{len(request.opening)}; try its first line, for example: Shall I compare thee"
        )
    network = trained.network
    *whole, begun = _wrapped(request.opening)
    heard = _heard(network.vocabulary, begun)
    above = "".join(_heard(network.vocabulary, line).strip() + END for line in whole)
    logits, state = read(network, END + above.lstrip(END) + heard, network.initial_state(1))
    return Draft(request, trained.digest, tuple(whole), begun, heard, state, logits)


def extend(trained: Trained, drafts: Sequence[Draft], accept: Callable[[str], bool]) -> list[Draft]:
    """Give each draft its next line. Finished drafts come back as they are.

    Of some candidates the likeliest is kept that is neither refused by `accept`, nor a line of the
    corpus, nor in the poem already. Raises `SonnetError` if for one draft there is none, and
    `ValueError` for a draft that was begun with other weights.
    """
    if any(draft.weights != trained.digest for draft in drafts):
        raise ValueError("a draft can only go on with the weights that it was begun with")
    extended: dict[int, Draft] = {i: draft for i, draft in enumerate(drafts) if draft.finished}
    for attempt in range(TRIES):
        waiting = [i for i in range(len(drafts)) if i not in extended]
        if not waiting:
            break
        written = _write_candidates(trained, [drafts[i] for i in waiting], attempt)
        for i, candidates in zip(waiting, written, strict=True):
            best = _best(trained, drafts[i], candidates, accept)
            if best is not None:
                extended[i] = best
    if len(extended) < len(drafts):
        raise SonnetError(
            "No line to go on with could be found that is new and that the word filter accepts; "
            "try again, or try another opening."
        )
    return [extended[i] for i in range(len(drafts))]


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A way in which a line could go on."""

    text: str
    """What the network wrote, without the member's words before it and the `END` behind it."""
    score: float
    """Mean log p of its characters, in nats."""
    state: State
    logits: NDArray[np.float32]


def _write_candidates(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[_Candidate]]:
    """Sample `CANDIDATES` lines for each draft, all in one batch."""
    network = trained.network
    end = network.vocabulary.end
    row_drafts = [draft for draft in drafts for _ in range(CANDIDATES)]
    rngs = [
        np.random.default_rng([abs(draft.request.seed), len(draft.lines), attempt, k])
        for draft in drafts
        for k in range(CANDIDATES)
    ]
    temperatures = np.array([[draft.request.temperature] for draft in row_drafts])
    state = join_states([draft.state for draft in row_drafts])
    logits = np.concatenate([draft.logits for draft in row_drafts])
    texts = [""] * len(row_drafts)
    scores = np.zeros(len(row_drafts))
    done: list[_Candidate | None] = [None] * len(row_drafts)
    while not all(done):
        lengths = [len(d.heard) + len(t) for d, t in zip(row_drafts, texts, strict=True)]
        allowed = _allow_ends(logits, network.vocabulary, texts, lengths)
        x = sample(allowed / temperatures, rngs, top_p=NUCLEUS)
        scores += log_softmax(logits)[np.arange(len(x)), x]
        logits, state = network.step(x, state)
        for row, index in enumerate(x):
            if done[row] is None and index == end:
                mean = float(scores[row]) / (len(texts[row]) + 1)
                done[row] = _Candidate(
                    texts[row], mean, state_of(state, row), logits[row : row + 1]
                )
            elif done[row] is None:
                texts[row] += network.vocabulary.symbols[index]
    found = [candidate for candidate in done if candidate is not None]
    return [found[i : i + CANDIDATES] for i in range(0, len(found), CANDIDATES)]


def _allow_ends(
    logits: NDArray[np.float32],
    vocabulary: Vocabulary,
    texts: Sequence[str],
    lengths: Sequence[int],
) -> NDArray[np.float32]:
    """Logits by which a line can neither end too early nor go on for ever."""
    allowed = logits.copy()
    for row, (text, length) in enumerate(zip(texts, lengths, strict=True)):
        if length < SHORTEST_LINE:
            allowed[row, vocabulary.end] = -np.inf
        elif length > 2 * LONGEST_LINE or (length > LONGEST_LINE and text.endswith(" ")):
            allowed[row] = -np.inf
            allowed[row, vocabulary.end] = 0
    return allowed


def _best(
    trained: Trained, draft: Draft, candidates: Sequence[_Candidate], accept: Callable[[str], bool]
) -> Draft | None:
    for candidate in sorted(candidates, key=lambda c: c.score, reverse=True):
        line = _shown(draft, candidate.text, trained.proper)
        heard = (draft.heard + candidate.text).strip()
        # What a member typed may be a copy or stand there twice; only the network may not.
        stale = bool(candidate.text.strip()) and (heard in trained.known or line in draft.lines)
        if not stale and accept(line):
            return replace(
                draft,
                lines=(*draft.lines, line),
                begun="",
                heard="",
                state=candidate.state,
                logits=candidate.logits,
            )
    return None


def _shown(draft: Draft, text: str, proper: Known) -> str:
    """A line as it is shown: the member's words, then the network's with their capitals."""
    text = _with_capitals(draft.heard + text.rstrip(), proper)[len(draft.heard) :]
    if len(draft.lines) == LINES - 1:
        text = text.rstrip(",;:- ")
        text += "." * ((draft.begun + text)[-1:] not in tuple(".!?"))
    if not draft.begun.strip():
        text = text.lstrip()
        text = text[:1].upper() + text[1:]
    elif text[:1].isalpha() and not fold(draft.begun[-1]).endswith(draft.heard[-1:] or " "):
        text = " " + text  # behind an emoji, say, which the network has not seen
    return draft.begun + text


def _with_capitals(text: str, proper: Known) -> str:
    """Restore the capitals of *I*, of the vocative *O*, and of names. The length stays."""
    text = re.sub(r"\bi\b|(?<!')\bo\b(?!')", lambda match: match[0].upper(), text)
    names = re.compile("[a-z]{2,}")
    return names.sub(lambda m: m[0].capitalize() if m[0] in proper else m[0], text)


def _heard(vocabulary: Vocabulary, line: str) -> str:
    """What the network reads of a typed line: folded, without leading and repeated spaces."""
    return re.sub(" +", " ", vocabulary.fold(line.replace("\t", " "))).lstrip()


def _wrapped(opening: str) -> list[str]:
    """The lines of an opening, as typed. The last one is to be gone on with, and may be empty.

    Typed line breaks are kept, empty lines are dropped, and lines of more than `LINE_SYLLABLES` are
    broken between words. What would make more lines than a sonnet has is joined with its shorter
    neighbour.
    """
    *whole, last = unify_newlines(opening).split("\n")
    lines = [part for line in whole if line.strip() for part in _broken(line)] + _broken(last)
    while len(lines) > LINES:
        lengths = [len(a) + len(b) for a, b in pairwise(lines)]
        shortest = lengths.index(min(lengths))
        lines[shortest : shortest + 2] = [lines[shortest].rstrip() + " " + lines[shortest + 1]]
    return lines


def _broken(line: str) -> list[str]:
    """Break a line before the word that would give it more than `LINE_SYLLABLES`."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*|\s+", line):
        if lines[-1] and count_syllables(fold(lines[-1] + word)) > LINE_SYLLABLES:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word
    return lines
