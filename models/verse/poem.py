"""A sonnet, or a poem of another form, written a line at a time.

A draft holds all that its next line needs, and `extend` is a function from drafts to drafts: it may
run in a thread or in another process, be left between two lines, and write for several members in
one batch. Each line draws from a generator of its own, seeded with the poem's seed, so a poem does
not depend on what shares its batch.

For each line several candidates are drawn (`metrical_lines` for the forms that rhyme and
scan, `free_lines` for the others), and the likeliest is kept that tells nothing again.
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
from models.verse import free_lines, metrical_lines
from models.verse.forms import DEFAULT_FORM, FORMS, Form
from models.verse.free_lines import CountingWalk, FreeWalk
from models.verse.line_generator import (
    Breadth,
    Candidate,
    LineRequest,
    generate_lines,
)
from models.verse.metrical_lines import MetricalWalk, Plan
from models.verse.opening import encoded_prefix, start_of, wrapped
from models.verse.reranking import Poem, score
from models.verse.rhyme_and_metre import RhymeAndMetreIndex, rhyme_and_metre_of
from models.weights import Trained

OPENING_LIMIT = 300
METRICAL = Breadth(rows=22, stems=7, branches=6)
"""Metrical lines that are drawn for each that is kept."""
FREE = Breadth(rows=4)
"""The same of free lines."""
COUNTED = Breadth(rows=1)
"""And where characters are counted, which is to draw as the notebook did."""
TRIES = 4
"""How often new candidates are drawn when all were refused."""
ENDINGS, PARTNERS = 0.05, 0.3
"""Shares of the words that a line may end in, without and with a rhyme to meet.

Left to itself the network ends every other line in *thee* or *me*.
"""
TRIES_TO_RHYME = 3
"""How often a line is to rhyme before one is taken that does not."""
FEWEST_RHYMES = 8
"""Common words that rhyme with a word, itself counted, if another line is to rhyme with it."""


class SonnetError(GenerationError):
    """A sonnet cannot be written. The message is a sentence for the member who asked for it."""


@dataclass(frozen=True)
class SonnetRequest:
    """A member's wish."""

    opening: str
    """The member's own words, as typed; may be empty."""
    seed: int
    """From 0. The same request with the same seed and weights gives the same poem."""
    temperature: float = 0.8
    form: str = DEFAULT_FORM
    """A name in `models.verse.forms.FORMS`."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A poem as far as it is written."""

    request: SonnetRequest
    weights: str
    """Digest of the weights that it was begun with; others cannot go on with it."""
    lines: tuple[str, ...]
    """The whole lines so far, as they are shown: the opening as typed, capitals restored."""
    prefix: str
    """The member's words with which the next line begins, as they are shown."""
    encoded_prefix: str
    """The same words as the network read them."""
    opening_length: int
    """How many characters at the beginning of the poem's text are the member's own."""
    state: State = field(repr=False)
    """What the network remembers, a batch of one."""
    logits: NDArray[np.float32] = field(repr=False)
    """What it expects next, `(1, vocabulary)`."""

    @property
    def form(self) -> Form:
        """What the poem is to be."""
        return FORMS[self.request.form]

    @property
    def characters_left(self) -> int:
        """How many characters the network is still to write, in a form that counts them."""
        written = len("\n".join((*self.lines, self.prefix))) - self.opening_length
        return (self.form.characters or 0) - written

    @property
    def finished(self) -> bool:
        """Whether the poem has all its lines, or characters."""
        if self.form.lines is not None:
            return len(self.lines) >= self.form.lines
        return self.characters_left <= 0

    def generator(self, use: int) -> np.random.Generator:
        """A generator for a use of its own in the next line: a draw of it, or of its endings."""
        opening = hashlib.blake2b(self.request.opening.encode(errors="replace"), digest_size=8)
        seed = [self.request.seed, int.from_bytes(opening.digest()), len(self.lines), use]
        return np.random.default_rng(seed)


def begin(trained: Trained, request: SonnetRequest) -> Draft:
    """Let the network read the opening.

    Raises `SonnetError` for one that is too long, and for a form that there is not.
    """
    if len(request.opening) > OPENING_LIMIT:
        raise SonnetError(
            f"An opening has at most {OPENING_LIMIT} characters, yours has "
            f"{len(request.opening)}; try its first line, for example: Shall I compare thee"
        )
    if request.form not in FORMS:
        raise SonnetError(
            f"There is no form {request.form!r}; it can be {', '.join(FORMS)}, "
            f"for example: {DEFAULT_FORM}"
        )
    network = trained.network
    *whole, begun = lines = wrapped(
        request.opening, FORMS[request.form], rhyme_and_metre_of(trained)
    )
    read_last = encoded_prefix(network.vocabulary, begun)
    above = "".join(encoded_prefix(network.vocabulary, line).strip() + END for line in whole)
    text = END + above.lstrip(END) + read_last
    logits, state = read(network, text, network.initial_state(1))
    length = len("\n".join(lines))
    return Draft(request, trained.digest, tuple(whole), begun, read_last, length, state, logits)


def extend(trained: Trained, drafts: Sequence[Draft], accept: Callable[[str], bool]) -> list[Draft]:
    """Give each draft its next line. Finished drafts come back as they are.

    Of some candidates the likeliest is kept that is neither refused by `accept`, nor a line of the
    corpus or a long run of its words, nor in the poem already. Raises `SonnetError` if for one
    draft there is none, and `ValueError` for a draft that was begun with other weights.
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


def _write_candidates(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    """Draw candidates for the next line of each draft, those of a kind in one batch."""
    poetics = rhyme_and_metre_of(trained)
    found: list[list[Candidate]] = [[] for _ in drafts]
    for write in (_write_metrical, _write_free, _write_counted):
        mine = [i for i, draft in enumerate(drafts) if _writer_of(draft, poetics) is write]
        if mine:
            chosen = [drafts[i] for i in mine]
            for i, candidates in zip(mine, write(trained, chosen, attempt), strict=True):
                found[i] = candidates
    return found


Write = Callable[[Trained, Sequence[Draft], int], list[list[Candidate]]]


def _writer_of(draft: Draft, poetics: RhymeAndMetreIndex | None) -> Write:
    if draft.form.lines is None:
        return _write_counted
    return _write_metrical if draft.form.metres and poetics else _write_free


def _write_metrical(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    poetics = rhyme_and_metre_of(trained)
    assert poetics is not None  # noqa: S101 (see `_writer_of`)
    plans = [_plan(poetics, draft, attempt) for draft in drafts]
    walk = MetricalWalk(trained.network.vocabulary, poetics, plans, METRICAL.rows)
    return generate_lines(
        trained.network,
        _tasks(drafts, attempt),
        walk,
        METRICAL,
        longest=metrical_lines.LONGEST,
        top_p=metrical_lines.NUCLEUS,
    )


def _write_free(trained: Trained, drafts: Sequence[Draft], attempt: int) -> list[list[Candidate]]:
    begun = [len(draft.encoded_prefix) for draft in drafts]
    walk = FreeWalk(trained.network.vocabulary, begun, FREE.rows)
    return generate_lines(
        trained.network,
        _tasks(drafts, attempt),
        walk,
        FREE,
        longest=free_lines.LONGEST,
        top_p=free_lines.NUCLEUS,
    )


def _write_counted(
    trained: Trained, drafts: Sequence[Draft], attempt: int
) -> list[list[Candidate]]:
    left = [draft.characters_left for draft in drafts]
    walk = CountingWalk(trained.network.vocabulary, left, COUNTED.rows)
    # Not by what is left in this batch: what is drawn must not depend on who shares it.
    longest = max(form.characters or 0 for form in FORMS.values()) + len(END)
    tasks = _tasks(drafts, attempt)
    return generate_lines(trained.network, tasks, walk, COUNTED, longest=longest, top_p=None)


def _tasks(drafts: Sequence[Draft], attempt: int) -> list[LineRequest]:
    return [
        LineRequest(draft.state, draft.logits, draft.request.temperature, draft.generator(attempt))
        for draft in drafts
    ]


def _plan(poetics: RhymeAndMetreIndex, draft: Draft, attempt: int) -> Plan:
    """What the next line is to be: its metre, and the words that it may end in."""
    number = len(draft.lines)
    metre, closes = draft.form.metre_of(number), number + 1 == draft.form.lines
    start = start_of(draft.encoded_prefix, metre, poetics)
    for chosen in _endings(poetics, draft, attempt):
        plan = Plan(metre, start, poetics.endings(metre, chosen), closes)
        if plan.can_be_met(poetics):
            return plan
    # No word that fits begins with the member's last letters; so they are a word of their own.
    return replace(plan, start=start_of(draft.encoded_prefix, metre, poetics, finished=True))


def _endings(
    poetics: RhymeAndMetreIndex, draft: Draft, attempt: int
) -> Iterator[NDArray[np.bool_]]:
    """Words that the next line may end in, `(words + 1,)`; then others, if it cannot end so."""
    form, number = draft.form, len(draft.lines)
    ends = [_last_word(line) for line in draft.lines]
    rhymes = [poetics.rhyme_of(word) for word in ends]
    rng = draft.generator(TRIES + attempt)  # the uses before are those of `_tasks`
    taken = poetics.spelt_like(ends)
    new = poetics.richness > 0
    new[taken] = False
    wanted = {rhymes[i] for i in form.rhymes_of(number)}
    partners = (poetics.rhyme >= 0) & np.isin(poetics.rhyme, list(wanted))
    partners[taken] = False
    if partners.any() and attempt < TRIES_TO_RHYME:
        if attempt == 0:
            yield _some_of(poetics, partners, PARTNERS, rng)
        yield partners
    fewest = FEWEST_RHYMES if form.rhymes_to_come(number) else 1
    others = new & (poetics.richness >= fewest) & ~np.isin(poetics.rhyme, rhymes)
    yield _some_of(poetics, others, ENDINGS, rng)
    yield others
    yield new


def _some_of(
    poetics: RhymeAndMetreIndex, words: NDArray[np.bool_], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """A share of some words, drawn without replacement, the commonest the least likely.

    A word comes with a weight w and gets the key ln(u) / w, u uniform in (0, 1]; the highest keys
    win (Efraimidis & Spirakis, 2006).
    """
    indices = np.flatnonzero(words)
    count = max(FEWEST_RHYMES, round(share * len(indices)))
    u = 1 - rng.random(len(words))[indices]
    keys = np.log(u) / poetics.ending_weight[indices]
    drawn = np.zeros_like(words)
    drawn[indices[np.argsort(-keys, kind="stable")[:count]]] = True
    return drawn


def _best(
    trained: Trained, draft: Draft, candidates: Sequence[Candidate], accept: Callable[[str], bool]
) -> Draft | None:
    for candidate in _best_first(trained, draft, candidates):
        line = _shown(draft, candidate.text, trained.proper)
        # What a member typed may be a copy or stand there twice; only the network may not.
        new = bool(words_of(candidate.text))
        whole = (draft.encoded_prefix + candidate.text).strip()
        stale = new and (whole in trained.known or line in draft.lines)
        if not stale and not _tells_again(trained.runs, draft, candidate.text) and accept(line):
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
    poetics = rhyme_and_metre_of(trained)
    if draft.form.metres is None or poetics is None:
        return sorted(candidates, key=lambda c: float(c.log_p.mean()), reverse=True)
    poem = Poem([fold(line) for line in draft.lines])
    worths = [score(c, draft.encoded_prefix, poem, poetics) for c in candidates]
    order = np.argsort(np.negative(worths), kind="stable")
    return [candidates[i] for i in order]


def _tells_again(runs: Fingerprints, draft: Draft, text: str) -> bool:
    """Whether with this text, or across the ends of lines before, a long run is told again."""
    line = words_of(draft.encoded_prefix + text)  # the text may begin in the middle of a word
    above = words_of(fold("\n".join(draft.lines[-LONGEST_RUN:])))
    words = (above + line)[-len(words_of(text)) - LONGEST_RUN :]
    return any(run in runs for run in runs_of(words))


def _last_word(line: str) -> str:
    return (words_of(fold(line)) or [""])[-1]


def _shown(draft: Draft, text: str, proper: Fingerprints) -> str:
    """A line as it is shown: the member's words, then the network's with their capitals."""
    text = _with_capitals(draft.encoded_prefix + text, proper)[len(draft.encoded_prefix) :]
    if draft.form.characters is None:
        text = text.rstrip() if draft.prefix.strip() else text.strip()
    if len(draft.lines) + 1 == draft.form.lines:
        text = text.rstrip(",;:- ")
        # A member's own comma stays, and nothing comes behind it.
        if not (draft.prefix + text).endswith(tuple(".!?,;:-")):
            text += "."
    if not draft.prefix.strip():
        text = text[:1].upper() + text[1:]
    elif text[:1].isalpha() and not fold(draft.prefix[-1]).endswith(
        draft.encoded_prefix[-1:] or " "
    ):
        text = " " + text  # behind an emoji, say, which the network has not seen
    return draft.prefix + text


def _with_capitals(text: str, proper: Fingerprints) -> str:
    """Restore the capitals of *I*, of the vocative *O*, of names, and behind a full stop.

    The length stays.
    """
    text = re.sub(r"\bi\b|(?<!')\bo\b(?!')|(?<=[.?] )[a-z]", lambda match: match[0].upper(), text)
    names = re.compile("[a-z]{2,}")
    return names.sub(lambda m: m[0].capitalize() if m[0] in proper else m[0], text)
