"""Writing a sonnet, or a poem of another form, line by line.

A draft holds everything that its next line needs, and `extend` is a pure function from drafts to
drafts: it may run in a thread or in another process, be cancelled between two lines, and write for
several members in one batch. Each line draws from its own generator, seeded with the poem's seed,
so a poem does not depend on the other poems of its batch.

For each line several candidates are sampled (`metrical_lines` for forms with rhyme and metre,
`free_lines` for the others), and the best one that is not a copy is kept.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from data.text import fold, words_of
from models.fingerprints import LONGEST_RUN, Fingerprints, runs_of
from models.networks.network import State, read
from models.networks.vocabulary import END
from models.text_generator import GenerationError
from models.verse.constrained import free_lines, metrical_lines
from models.verse.constrained.free_lines import CharacterBudget, LengthConstraint
from models.verse.constrained.line_generator import (
    Candidate,
    CandidateCounts,
    LineRequest,
    generate_lines,
)
from models.verse.constrained.metrical_lines import MetricalConstraint, Plan
from models.verse.constrained.rhyme_and_metre import RhymeAndMetreIndex, rhyme_and_metre_of
from models.verse.forms import DEFAULT_FORM, FORMS, Form
from models.verse.opening import encoded_prefix, start_of, wrap_opening
from models.verse.reranking import PreviousLines, score
from models.weights import Trained

__all__ = [
    "OPENING_LIMIT",
    "Draft",
    "NoLineFound",
    "SonnetError",
    "SonnetRequest",
    "begin",
    "extend",
]

OPENING_LIMIT = 300
"""Maximum characters of an opening."""
METRICAL = CandidateCounts(rows=22, stems=7, branches=6)
"""Candidates for each line with metre."""
FREE = CandidateCounts(rows=4)
"""Candidates for each line without metre."""
COUNTED = CandidateCounts(rows=1)
"""Candidates in a form that counts characters: plain sampling, as in the notebook."""
MAX_ATTEMPTS = 4
"""How often new candidates are sampled when all were rejected."""
ENDING_SHARE, RHYME_SHARE = 0.05, 0.3
"""Share of the possible words that a line may end in, without and with a rhyme to match. With all
of them the network would end every other line in *thee* or *me*."""
RHYME_ATTEMPTS = 3
"""Attempts after which a line may end without its rhyme."""
MIN_RHYMES = 8
"""Common words that have to rhyme with a word, including itself, if a later line has to rhyme."""


class SonnetError(GenerationError):
    """A poem that cannot be written."""


class NoLineFound(SonnetError):  # noqa: N818 (a state)
    """No candidate for the next line is new and passes the word filter."""


@dataclass(frozen=True)
class SonnetRequest:
    """A request for a poem."""

    opening: str = ""
    """The first words, as the member typed them; may be empty."""
    seed: int = 0
    """0 or more. The same request with the same seed and weights gives the same poem."""
    temperature: float = 0.8
    form: str = DEFAULT_FORM
    """A name in `models.verse.forms.FORMS`."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A partly written poem."""

    request: SonnetRequest
    weights: str
    """Digest of the weights that started the draft; others cannot continue it."""
    lines: tuple[str, ...]
    """The complete lines, as displayed: the opening as typed, capitals restored."""
    prefix: str
    """The member's words at the beginning of the next line, as displayed."""
    encoded_prefix: str
    """The same words as the network read them."""
    opening_length: int
    """Characters at the beginning of the poem that the member wrote."""
    state: State = field(repr=False)
    """The network's state, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """The network's prediction, `(1, vocabulary)`."""

    @property
    def form(self) -> Form:
        """The form of the poem."""
        return FORMS[self.request.form]

    @property
    def characters_left(self) -> int:
        """Characters that the network still has to write, in a form that counts them."""
        written = len("\n".join((*self.lines, self.prefix))) - self.opening_length
        return (self.form.characters or 0) - written

    @property
    def finished(self) -> bool:
        """Whether the poem has all its lines, or all its characters."""
        if self.form.lines is not None:
            return len(self.lines) >= self.form.lines
        return self.characters_left <= 0

    def generator(self, use: int) -> np.random.Generator:
        """A generator for the next line. Each `use` has its own, and each opening too."""
        opening = hashlib.blake2b(self.request.opening.encode(errors="replace"), digest_size=8)
        seed = [self.request.seed, int.from_bytes(opening.digest()), len(self.lines), use]
        return np.random.default_rng(seed)


def begin(trained: Trained, request: SonnetRequest) -> Draft:
    """Start a draft by reading the opening.

    Raises `SonnetError` for an opening that is too long, and for an unknown form.
    """
    if len(request.opening) > OPENING_LIMIT:
        raise SonnetError(
            f"An opening has at most {OPENING_LIMIT} characters, and yours has "
            f"{len(request.opening)}; try its first line, for example: Shall I compare thee"
        )
    if request.form not in FORMS:
        raise SonnetError(f"Unknown form {request.form!r}; try one of {', '.join(FORMS)}")
    network, index = trained.network, rhyme_and_metre_of(trained)
    *complete, prefix = lines = wrap_opening(request.opening, FORMS[request.form], index)
    read_prefix = encoded_prefix(network.vocabulary, prefix)
    above = "".join(encoded_prefix(network.vocabulary, line).strip() + END for line in complete)
    text = END + above.lstrip(END) + read_prefix
    logits, state = read(network, text, network.initial_state(1))
    length = len("\n".join(lines))
    return Draft(
        request, trained.digest, tuple(complete), prefix, read_prefix, length, state, logits
    )


def extend(trained: Trained, drafts: Sequence[Draft], accept: Callable[[str], bool]) -> list[Draft]:
    """Write the next line of each draft. Finished drafts are returned unchanged.

    The best candidate is kept that `accept` accepts, that is not a line of the corpus, nor has a
    long run of its words, nor is in the poem already. Raises `NoLineFound` if a draft has no such
    candidate, and `ValueError` for a draft that other weights started.
    """
    if any(draft.weights != trained.digest for draft in drafts):
        raise ValueError("a draft can only be continued with the weights that started it")
    extended: dict[int, Draft] = {i: draft for i, draft in enumerate(drafts) if draft.finished}
    for attempt in range(MAX_ATTEMPTS):
        waiting = [i for i in range(len(drafts)) if i not in extended]
        if not waiting:
            break
        written = _write_candidates(trained, [drafts[i] for i in waiting], attempt)
        for i, candidates in zip(waiting, written, strict=True):
            best = _best(trained, drafts[i], candidates, accept)
            if best is not None:
                extended[i] = best
    if len(extended) < len(drafts):
        raise NoLineFound(
            "No next line was found that is new and that the word filter accepts; "
            "try again, or try another opening."
        )
    return [extended[i] for i in range(len(drafts))]


def _write_candidates(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    """Sample candidates for the next line of each draft; drafts of one method share a batch."""
    index = rhyme_and_metre_of(trained)
    found: list[list[Candidate]] = [[] for _ in drafts]
    for write in (_write_metrical, _write_free, _write_counted):
        selected = [i for i, draft in enumerate(drafts) if _method_of(draft, index) is write]
        if selected:
            batch = [drafts[i] for i in selected]
            for i, candidates in zip(selected, write(trained, batch, attempt), strict=True):
                found[i] = candidates
    return found


Write = Callable[[Trained, Sequence[Draft], int], list[list[Candidate]]]


def _method_of(draft: Draft, index: RhymeAndMetreIndex | None) -> Write:
    if draft.form.lines is None:
        return _write_counted
    return _write_metrical if draft.form.metres and index else _write_free


def _write_metrical(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    index = rhyme_and_metre_of(trained)
    assert index is not None  # noqa: S101 (see `_method_of`)
    plans = [_plan(index, draft, attempt) for draft in drafts]
    constraint = MetricalConstraint(trained.network.vocabulary, index, plans, METRICAL.rows)
    return generate_lines(
        trained.network,
        _requests(drafts, attempt),
        constraint,
        METRICAL,
        max_length=metrical_lines.MAX_LENGTH,
        top_p=metrical_lines.TOP_P,
    )


def _write_free(trained: Trained, drafts: Sequence[Draft], attempt: int) -> list[list[Candidate]]:
    lengths = [len(draft.encoded_prefix) for draft in drafts]
    constraint = LengthConstraint(trained.network.vocabulary, lengths, FREE.rows)
    return generate_lines(
        trained.network,
        _requests(drafts, attempt),
        constraint,
        FREE,
        max_length=free_lines.MAX_LENGTH,
        top_p=free_lines.TOP_P,
    )


def _write_counted(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    left = [draft.characters_left for draft in drafts]
    constraint = CharacterBudget(trained.network.vocabulary, left, COUNTED.rows)
    # Not the maximum over this batch: random numbers must not depend on the rest of the batch.
    max_length = max(form.characters or 0 for form in FORMS.values()) + len(END)
    requests = _requests(drafts, attempt)
    return generate_lines(
        trained.network, requests, constraint, COUNTED, max_length=max_length, top_p=None
    )


def _requests(drafts: Sequence[Draft], attempt: int) -> list[LineRequest]:
    return [
        LineRequest(draft.state, draft.logits, draft.request.temperature, draft.generator(attempt))
        for draft in drafts
    ]


def _plan(index: RhymeAndMetreIndex, draft: Draft, attempt: int) -> Plan:
    """The metre of the next line, and the words that it may end in."""
    number = len(draft.lines)
    metre, ends_poem = draft.form.metre_of(number), number + 1 == draft.form.lines
    start = start_of(draft.encoded_prefix, metre, index)
    for chosen in _endings(index, draft, attempt):
        plan = Plan(metre, start, index.endings(metre, chosen), ends_poem)
        if plan.is_possible(index):
            return plan
    # No word that fits starts with the member's last letters, so they are a word by themselves.
    return replace(plan, start=start_of(draft.encoded_prefix, metre, index, finished=True))


def _endings(index: RhymeAndMetreIndex, draft: Draft, attempt: int) -> Iterator[NDArray[np.bool_]]:
    """Sets of words that the next line may end in, `(W + 1,)`, in order of preference."""
    form, number = draft.form, len(draft.lines)
    last_words = [_last_word(line) for line in draft.lines]
    rhymes = [index.rhyme_of(word) for word in last_words]
    rng = draft.generator(MAX_ATTEMPTS + attempt)  # lower uses are those of `_requests`
    used = index.same_spelling(last_words)
    new = index.rhyme_count > 0  # (W + 1,)
    new[used] = False
    wanted = {rhymes[i] for i in form.rhymes_of(number)}
    rhyming = (index.rhyme >= 0) & np.isin(index.rhyme, list(wanted))
    rhyming[used] = False
    if rhyming.any() and attempt < RHYME_ATTEMPTS:
        if attempt == 0:
            yield _some_of(index, rhyming, RHYME_SHARE, rng)
        yield rhyming
    # A new rhyme. If a later line has to rhyme with it, there must be enough words for that.
    min_rhymes = MIN_RHYMES if form.rhymes_to_come(number) else 1
    others = new & (index.rhyme_count >= min_rhymes) & ~np.isin(index.rhyme, rhymes)
    yield _some_of(index, others, ENDING_SHARE, rng)
    yield others
    yield new


def _some_of(
    index: RhymeAndMetreIndex, words: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """A random share of words, without replacement, weighted by `ending_weight`: `(W + 1,)`.

    A word with weight w gets the key ln(u) / w, with u uniform in (0, 1]; the highest keys win
    (Efraimidis & Spirakis, 2006).
    """
    indices = np.flatnonzero(words)
    count = max(MIN_RHYMES, round(share * len(indices)))
    u = 1 - rng.random(len(words))[indices]  # one per word of the index, used or not
    keys = np.log(u) / index.ending_weight[indices]
    drawn = np.zeros_like(words)
    drawn[indices[np.argsort(-keys, kind="stable")[:count]]] = True
    return drawn


def _best(
    trained: Trained, draft: Draft, candidates: Sequence[Candidate], accept: Callable[[str], bool]
) -> Draft | None:
    """The draft with its best acceptable candidate, or `None` if there is none."""
    for candidate in _best_first(trained, draft, candidates):
        line = _format_line(draft, candidate.text, trained.proper)
        # A member may copy or repeat a line; the network may not.
        has_words = bool(words_of(candidate.text))
        whole = (draft.encoded_prefix + candidate.text).strip()
        is_copy = has_words and (whole in trained.known or line in draft.lines)
        if not is_copy and not _copies_run(trained.runs, draft, candidate.text) and accept(line):
            return replace(
                draft,
                lines=(*draft.lines, line),
                prefix="",
                encoded_prefix="",
                state=candidate.state,
                logits=candidate.logits,
            )
    return None


def _best_first(trained: Trained, draft: Draft, candidates: Sequence[Candidate]) -> list[Candidate]:
    index = rhyme_and_metre_of(trained)
    if draft.form.metres is None or index is None:
        return sorted(candidates, key=lambda c: float(c.log_p.mean()), reverse=True)
    previous = PreviousLines([fold(line) for line in draft.lines])
    scores = [score(c, draft.encoded_prefix, previous, index) for c in candidates]
    order = np.argsort(np.negative(scores), kind="stable")
    return [candidates[i] for i in order]


def _copies_run(runs: Fingerprints, draft: Draft, text: str) -> bool:
    """Whether this text, together with the lines above, has a long run of words of the corpus."""
    line = words_of(draft.encoded_prefix + text)  # the text may begin in the middle of a word
    above = words_of(fold("\n".join(draft.lines[-LONGEST_RUN:])))
    # Only runs that include a word of this text.
    words = (above + line)[-len(words_of(text)) - LONGEST_RUN :]
    return any(run in runs for run in runs_of(words))


def _last_word(line: str) -> str:
    return (words_of(fold(line)) or [""])[-1]


def _format_line(draft: Draft, text: str, proper: Fingerprints) -> str:
    """A line as displayed: the member's words, then the network's with capitals."""
    text = _with_capitals(draft.encoded_prefix + text, proper)[len(draft.encoded_prefix) :]
    if draft.form.characters is None:
        text = text.rstrip() if draft.prefix.strip() else text.strip()
    if len(draft.lines) + 1 == draft.form.lines:
        text = text.rstrip(",;:- ")
        # A comma that the member typed stays, and nothing is added after it.
        if not (draft.prefix + text).endswith(tuple(".!?,;:-")):
            text += "."
    if not draft.prefix.strip():
        text = text[:1].upper() + text[1:]
    elif text[:1].isalpha() and not fold(draft.prefix[-1]).endswith(
        draft.encoded_prefix[-1:] or " "
    ):
        text = " " + text  # after an emoji, for example, which the network did not read
    return draft.prefix + text


def _with_capitals(text: str, proper: Fingerprints) -> str:
    """Restore capitals: *I*, the vocative *O*, proper names, and the first letter of a sentence.

    The length stays the same.
    """
    text = re.sub(r"\bi\b|(?<!')\bo\b(?!')|(?<=[.?] )[a-z]", lambda match: match[0].upper(), text)
    names = re.compile("[a-z]{2,}")
    return names.sub(lambda m: m[0].capitalize() if m[0] in proper else m[0], text)
