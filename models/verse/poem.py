"""Writing a sonnet, or a poem of another form, line by line.

A draft holds everything that its next line needs, and `extend` is a pure function from drafts to
drafts: it may run in a thread or in another process, be cancelled between two lines, and write for
several members in one batch. Each line draws from its own generator, seeded with the poem's seed,
so a poem does not depend on the other poems of its batch.

For each line several candidates are sampled: by words in forms with a metre (`metrical`), by
characters in the others, and by networks that know no English (`free_lines`). None may be a copy.
In metre, the best few candidates are all continued, as hypotheses, and the best one is chosen
(`search`) when a stanza is complete: whether a line was good shows in what can follow it.

This module is a `models.text_generator.TextGenerator`.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from data.lexicon import load_lexicon
from data.text import LETTER, fold, words_of
from models.fingerprints import Fingerprints
from models.networks.network import State, read
from models.networks.vocabulary import END
from models.text_generator import (
    Accept,
    GenerationError,
    Sample,
    ShouldStop,
    check_stop,
    never,
    out_of_range,
)
from models.verse.forms import DEFAULT_FORM, FORMS, Form, form_of
from models.verse.free_lines import (
    MAX_LENGTH,
    TOP_P,
    Bounds,
    FreeLine,
    FreeLineRequest,
    generate_lines,
)
from models.verse.metrical import (
    MetricalWriter,
    NextLine,
    encoded_prefix,
    is_modern,
    metrical_writer_of,
    wrap_opening,
)
from models.verse.search import ranked
from models.verse.subject import NO_SUBJECT, Subject
from models.verse.word_lines import MetricalLine
from models.weights import Trained

MOST_DRAFTS = 16
"""Drafts that `extend` handles well in one call. A poem takes half of the time that it takes alone;
with more of them no less than that."""
DEFAULT_TEMPERATURE = 0.55
OPENING_LIMIT = 300
"""Maximum characters of an opening."""
FREE = 4
"""Candidates for each line without metre."""
COUNTED = 1
"""Candidates in a form that counts characters: plain sampling, as in the notebook."""
MAX_PARTICLES, PARTICLES, FEW_PARTICLES = 24, 16, 3
"""Drafts of each line in metre that are written side by side: at most, by default, and when many
members wait."""
PER_HYPOTHESIS = 4
"""Particles that continue each hypothesis."""
MAX_ATTEMPTS = 4
"""How often new candidates are sampled when all were rejected."""
WARMING = 0.3
"""Temperature that each further attempt has at least."""


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
    temperature: float = DEFAULT_TEMPERATURE
    form: str = DEFAULT_FORM
    """A name in `models.verse.forms.FORMS`."""
    about: str = ""
    """A subject in the member's words, which the poem names (`mentions`), or, if characters write
    it, begins with unless it has an opening; if empty, the subject is that of the opening."""
    particles: int = PARTICLES
    """Drafts of each line in metre that are written side by side, from 1 to `MAX_PARTICLES`. With
    fewer of them a poem is written sooner, and is worse."""
    known: tuple[str, ...] = ()
    """Words for what is known of a name in `about` or `opening`, the most telling ones first."""


@dataclass(frozen=True, eq=False)
class SonnetDraft:
    """A partly written poem."""

    request: SonnetRequest
    weights: str
    """Digest of the weights that started the draft; others cannot continue it."""
    lines: tuple[str, ...]
    """The complete lines, as displayed: the opening as typed, capitals restored."""
    prefix: str
    """The words that the next line begins with, the member's or a name, as displayed."""
    encoded_prefix: str
    """These words as the network read them."""
    opening_length: int
    """Characters at the beginning of the poem that the member wrote."""
    state: State = field(repr=False)
    """The state of the network, a batch of one: of the words in a form with metre, else of the
    characters."""
    logits: NDArray[np.float32] | None = field(repr=False)
    """The character network's prediction, `(1, vocabulary)`."""
    subject: Subject = NO_SUBJECT
    """Subject of the poem; none in a form without metre."""
    modern: bool = False
    """Whether archaic words are left out since the opening is English of today."""
    without: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64), repr=False)
    """Columns of words that the poem does without (`models.verse.metrical`)."""
    hypotheses: tuple["SonnetDraft", ...] = field(default=(), repr=False)
    """Continuations by some lines, the best first, until one is chosen; empty if none is begun."""
    scored: tuple[float, int] = (0.0, 0)
    """Score of a hypothesis's lines since the last choice, and the number of their predictions."""

    @property
    def form(self) -> Form:
        """The form of the poem."""
        return form_of(self.request.form, modern=self.modern)

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

    def generator(self, *use: int) -> np.random.Generator:
        """A generator for the next line. Each `use` has its own, and each opening too."""
        words = f"{self.request.opening}{self.request.about}"
        opening = hashlib.blake2b(words.encode(errors="replace"), digest_size=8)
        seed = [self.request.seed, int.from_bytes(opening.digest()), len(self.lines), *use]
        return np.random.default_rng(seed)


Candidates = Sequence[tuple[SonnetDraft, FreeLine | MetricalLine]]
"""Lines with the drafts that they continue, in the order in which they are tried."""


def batch_size(request: SonnetRequest) -> int:
    """`MOST_DRAFTS`."""
    return MOST_DRAFTS


def begin(trained: Trained, request: SonnetRequest) -> SonnetDraft:
    """Start a draft by reading the opening.

    Raises `SonnetError` for an opening or a subject that is too long, for a temperature, a seed or
    particles out of their range, and for an unknown form.
    """
    for what, text, advice in (
        ("An opening", request.opening, "its first line, for example: Shall I compare thee"),
        ("A subject or name", request.about, "a shorter one, for example: the sea"),
    ):
        if len(text) > OPENING_LIMIT:
            limit = f"{what} has at most {OPENING_LIMIT} characters"
            raise SonnetError(f"{limit}, and yours has {len(text)}; try {advice}")
    if fault := out_of_range(request.temperature, request.seed):
        raise SonnetError(fault)
    if not 1 <= request.particles <= MAX_PARTICLES:
        limit = f"There are 1 to {MAX_PARTICLES} particles"
        raise SonnetError(f"{limit}, not {request.particles}; try 8.")
    if request.form not in FORMS:
        raise SonnetError(f"Unknown form {request.form!r}; try one of {', '.join(FORMS)}")
    network, writer = trained.network, _writer_of(trained, FORMS[request.form])
    index = writer.index if writer else None
    about = " ".join(request.about.split())
    opening = request.opening or ("" if writer else about)
    *complete, prefix = lines = wrap_opening(opening, FORMS[request.form], index)
    read_prefix = encoded_prefix(network.vocabulary, prefix)
    folded = [encoded_prefix(network.vocabulary, line).strip() for line in complete]
    modern = writer is not None and is_modern(lines, FORMS[request.form], writer.index)
    draft = SonnetDraft(
        request,
        trained.digest,
        tuple(complete),
        prefix,
        read_prefix,
        opening_length=len("\n".join(lines)),
        state=network.initial_state(1),
        logits=None,
        modern=modern,
    )
    if writer is not None:
        rng = draft.generator(MAX_ATTEMPTS)
        if about:
            subject = writer.topics.about(about, rng)
        else:
            found = writer.topics.of_opening(opening)
            subject = found or writer.topics.draw(rng, draft.form.subjects)
        subject = writer.topics.knowing(subject, request.known)
        without = writer.without(subject, rng)
        if not opening and (named := writer.naming(subject, draft.form, rng)):
            read_prefix = encoded_prefix(network.vocabulary, named)
            draft = replace(draft, prefix=named, encoded_prefix=read_prefix)
        state = writer.read(folded, draft.form, subject)
        return replace(draft, state=state, subject=subject, without=without)
    text = END + "".join(line + END for line in folded).lstrip(END) + read_prefix
    logits, state = read(network, text, draft.state)
    return replace(draft, state=state, logits=logits)


def extend(
    trained: Trained,
    drafts: Sequence[SonnetDraft],
    accepts: Accept | Sequence[Accept],
    should_stop: ShouldStop = never,
) -> list[SonnetDraft]:
    """Write the next line of each draft. Finished drafts are returned unchanged.

    In metre, lines appear in the draft when they are chosen: the first ones together, then each
    stanza. Only candidates are kept that pass the word filter, that are not a line of a text that
    the network was trained on, nor have a long run of its words, nor are in the poem already.
    `accepts` is one word filter for all drafts, or one for each. Raises `NoLineFound` if a draft
    has no such candidate, `ValueError` for a draft that other weights started, and `Abandoned`.
    """
    of_each = [accepts] * len(drafts) if callable(accepts) else accepts
    if any(draft.weights != trained.digest for draft in drafts):
        raise ValueError("a draft can only be continued with the weights that started it")
    drafts = [_begun(trained, d, accept) for d, accept in zip(drafts, of_each, strict=True)]
    extended: dict[int, SonnetDraft] = {
        i: draft for i, draft in enumerate(drafts) if draft.finished
    }
    for attempt in range(MAX_ATTEMPTS):
        waiting = [i for i in range(len(drafts)) if i not in extended]
        if not waiting:
            break
        check_stop(should_stop)
        written = _write_candidates(trained, [drafts[i] for i in waiting], attempt)
        for i, candidates in zip(waiting, written, strict=True):
            kept = _acceptable(trained, candidates, of_each[i], _beam(trained, drafts[i]))
            if kept:
                extended[i] = _chosen(drafts[i], kept)
    if len(extended) < len(drafts):
        raise NoLineFound(
            "No next line was found that is new and that the word filter accepts; "
            "try again, or try another opening."
        )
    return [extended[i] for i in range(len(drafts))]


def _begun(trained: Trained, draft: SonnetDraft, accept: Accept) -> SonnetDraft:
    """The draft with the first line of its story, if its form has one put together."""
    writer = _writer_of(trained, draft.form)
    if writer is None or draft.request.opening or draft.lines or draft.hypotheses:
        return draft
    rng = draft.generator(MAX_ATTEMPTS, 0)
    for line in filter(accept, writer.beginnings(draft.form, draft.subject, rng)):
        about = bool(draft.request.about.strip())
        subject = draft.subject if about else replace(draft.subject, mentions=())
        state = writer.read([fold(line)], draft.form, subject)
        return replace(draft, lines=(line,), state=state, subject=subject)
    return draft


def _beam(trained: Trained, draft: SonnetDraft) -> int:
    """Number of hypotheses that are continued."""
    if _method_of(trained, draft) is not _write_metrical:
        return 1
    return max(1, _particles(draft) // PER_HYPOTHESIS)


def _particles(draft: SonnetDraft) -> int:
    """Number of drafts of a line that are written side by side."""
    return draft.request.particles * draft.form.drafts


def _chosen(draft: SonnetDraft, kept: Sequence[SonnetDraft]) -> SonnetDraft:
    """The draft with new hypotheses, or the best of them where it is time to choose."""
    best = kept[0]
    if len(kept) == 1 or best.finished or len(best.lines) in best.form.choices:
        return replace(best, hypotheses=(), scored=(0.0, 0))
    return replace(draft, hypotheses=tuple(kept))


def _write_candidates(
    trained: Trained, drafts: Sequence[SonnetDraft], attempt: int
) -> list[Candidates]:
    """Candidates for the next line of each draft. Drafts of one method share a batch."""
    found: list[Candidates] = [[] for _ in drafts]
    for write in (_write_metrical, _write_free, _write_counted):
        selected = [i for i, draft in enumerate(drafts) if _method_of(trained, draft) is write]
        if selected:
            batch = [drafts[i] for i in selected]
            for i, candidates in zip(selected, write(trained, batch, attempt), strict=True):
                found[i] = candidates
    return found


Write = Callable[[Trained, Sequence[SonnetDraft], int], Sequence[Candidates]]


def _method_of(trained: Trained, draft: SonnetDraft) -> Write:
    if draft.form.lines is None:
        return _write_counted
    return _write_metrical if _writer_of(trained, draft.form) else _write_free


def _writer_of(trained: Trained, form: Form) -> MetricalWriter | None:
    return metrical_writer_of(trained) if form.metres else None


def next_line(
    draft: SonnetDraft, attempt: int = 0, hypothesis: int = 0, particles: int = FEW_PARTICLES
) -> NextLine:
    """The next line of a draft in a form with metre, for an attempt at writing it."""
    return NextLine(
        draft.state,
        draft.lines,
        draft.encoded_prefix,
        draft.form,
        draft.subject,
        _temperature(draft, attempt),
        particles,
        draft.generator(attempt, hypothesis),
        attempt,
        draft.without,
    )


def _write_metrical(
    trained: Trained, drafts: Sequence[SonnetDraft], attempt: int
) -> Sequence[Candidates]:
    writer = metrical_writer_of(trained)
    assert writer is not None  # noqa: S101 (see `_method_of`)
    beams = [draft.hypotheses or (draft,) for draft in drafts]
    lines = [
        next_line(hypothesis, attempt, number, max(1, _particles(draft) // len(beam)))
        for draft, beam in zip(drafts, beams, strict=True)
        for number, hypothesis in enumerate(beam)
    ]
    written = iter(writer.write(lines))
    found: list[Candidates] = []
    for draft, beam in zip(drafts, beams, strict=True):
        pool = [(hypothesis, line) for hypothesis in beam for line in next(written)]
        rng = beam[0].generator(attempt, len(beam))
        found.append(ranked(writer, draft.subject, pool, rng))
    return found


def _write_free(
    trained: Trained, drafts: Sequence[SonnetDraft], attempt: int
) -> Sequence[Candidates]:
    requests = [
        _request(trained, d, attempt, Bounds.of_line(len(d.encoded_prefix))) for d in drafts
    ]
    found = generate_lines(trained.network, requests, FREE, max_length=MAX_LENGTH, top_p=TOP_P)
    return _of_drafts(drafts, found)


def _write_counted(
    trained: Trained, drafts: Sequence[SonnetDraft], attempt: int
) -> Sequence[Candidates]:
    # Not the maximum over this batch: random numbers must not depend on the rest of the batch.
    max_length = max(form.characters or 0 for form in FORMS.values()) + len(END)
    left = [draft.characters_left for draft in drafts]
    bounds = [Bounds(0, n, n) for n in left]
    requests = [_request(trained, d, attempt, b) for d, b in zip(drafts, bounds, strict=True)]
    found = generate_lines(trained.network, requests, COUNTED, max_length=max_length, top_p=None)
    return _of_drafts(drafts, found)


def _of_drafts(
    drafts: Sequence[SonnetDraft], found: Sequence[Sequence[FreeLine]]
) -> list[Candidates]:
    return [[(d, line) for line in lines] for d, lines in zip(drafts, found, strict=True)]


def _temperature(draft: SonnetDraft, attempt: int) -> float:
    """The temperature of the request, or more in later attempts: tame lines often are copies."""
    return max(draft.request.temperature, WARMING * attempt)


def _request(trained: Trained, draft: SonnetDraft, attempt: int, bounds: Bounds) -> FreeLineRequest:
    assert draft.logits is not None  # noqa: S101 (see `begin`)
    temperature, rng = _temperature(draft, attempt), draft.generator(attempt)
    after_word = _ends_in_word(trained, draft)
    return FreeLineRequest(draft.state, draft.logits, temperature, rng, bounds, after_word)


def _ends_in_word(trained: Trained, draft: SonnetDraft) -> bool:
    """Whether the member's words end in a complete word: a known one, or the subject."""
    letters = re.findall(rf"(?:{LETTER}|')+$", draft.encoded_prefix)
    if not letters:
        return False
    word = letters[0].strip("'")
    known = bool(load_lexicon().entry(word)) or word in trained.words
    return known or not draft.request.opening


def _acceptable(
    trained: Trained, candidates: Candidates, accept: Accept, most: int
) -> list[SonnetDraft]:
    """The drafts with their first acceptable candidates, at most so many, without repetitions."""
    kept: dict[tuple[str, ...], SonnetDraft] = {}
    for draft, candidate in candidates:
        written = candidate.written
        line = _format_line(draft, written, trained)
        # A member may copy or repeat a line; the network may not.
        repeats = bool(words_of(written)) and line in draft.lines
        before = "\n".join((*draft.lines, draft.encoded_prefix))
        lines = (*draft.lines, line)
        if repeats or lines in kept or trained.copies(before, written) or not accept(line):
            continue
        score, predictions = draft.scored
        if isinstance(candidate, MetricalLine):
            score, predictions = score + candidate.score, predictions + candidate.predictions
        kept[lines] = replace(
            draft,
            lines=lines,
            prefix="",
            encoded_prefix="",
            state=candidate.state,
            logits=candidate.logits,
            scored=(score, predictions),
        )
        if len(kept) == most:
            break
    return [*kept.values()]


def _format_line(draft: SonnetDraft, text: str, trained: Trained) -> str:
    """A line as displayed: the member's words, then the network's.

    Simplified English gets its capitals and, at the end of the poem, a full stop.
    """
    if trained.is_simplified:
        read = draft.encoded_prefix
        text = _with_capitals(read + text, trained.proper)[len(read) :]
    if draft.form.characters is None:
        text = text.rstrip() if draft.prefix.strip() else text.strip()
    if trained.is_simplified and len(draft.lines) + 1 == draft.form.lines:
        text = text.rstrip(",;:- ")
        # A comma that the member typed stays, and nothing is added after it.
        if not (draft.prefix + text).endswith(tuple(".!?,;:-")):
            text += "."
    if not draft.prefix.strip():
        return draft.prefix + (text[:1].upper() + text[1:] if trained.is_simplified else text)
    last, read = draft.prefix[-1], draft.encoded_prefix[-1:] or " "
    if text[:1].isalpha() and last != read and not fold(last).endswith(read):
        text = " " + text  # after an emoji, for example, which the network did not read
    return draft.prefix + text


def _with_capitals(text: str, proper: Fingerprints) -> str:
    """Restore capitals: *I*, the vocative *O*, proper names, and the first letter of a sentence.

    The length stays the same.
    """
    text = re.sub(r"\bi\b|(?<!')\bo\b(?!')|(?<=[.?] )[a-z]", lambda match: match[0].upper(), text)
    names = re.compile("[a-z]{2,}+(?!'t)")
    return names.sub(lambda m: m[0].capitalize() if m[0] in proper else m[0], text)


SAMPLE_LINES = 4
"""Lines of the poem in a sample."""


def prepare(trained: Trained) -> None:
    """Fill the caches that the first request would otherwise have to wait for."""
    metrical_writer_of(trained)


def sample(trained: Trained, seed: int, accept: Accept, *, full: bool) -> Sample:
    """Write the first lines of a sonnet; if `full`, write all of it and return its first lines."""
    lines: tuple[str, ...] = ()
    try:
        draft = begin(trained, SonnetRequest("", seed))
        while not draft.finished and (full or len(lines) < SAMPLE_LINES):
            (draft,) = extend(trained, [draft], accept)
            lines = draft.lines[:SAMPLE_LINES]
    except SonnetError as error:
        return Sample(lines, f"It cannot write a poem. {error}")
    return Sample(lines)
