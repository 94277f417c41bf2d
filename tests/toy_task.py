"""A third task, to prove that adding one takes an entry in `TASKS`: lower-case words by n-grams."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from data.corpora import Corpus, CorpusError, load_names, read_file
from models.fingerprints import Fingerprints
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.tasks import TASKS, Task
from models.text_generator import Accept, GenerationError, Sample, ShouldStop, never
from models.training.losses import losses_of
from models.training.recipe import Arrays, Figures, Options, Plan, Recipe, Update, library_versions
from models.training.run import TrainingRun
from models.weights import Trained

NAME = "words"
LONGEST_WORD = 12
TRIES = 50
LETTERS = Vocabulary(END + "abcdefghijklmnopqrstuvwxyz")


def parse_corpus(raw: bytes, title: str) -> Corpus:
    """A word per line. Raises `CorpusError`."""
    words = tuple(sorted({word for word in raw.decode().split() if word.isascii()}))
    if len(words) < 10 or not all(word.isalpha() and word.islower() for word in words):
        raise CorpusError(f"{title} needs ten words in lower case.")
    training, validation = words[2:], words[:2]
    return Corpus(title, "names", words, training, validation, (), "\n".join(words))


def load_corpus() -> Corpus:
    """Beginnings of the project's names."""
    words = sorted({name[:5] for name in load_names().training[:200]})
    return parse_corpus("\n".join(words).encode(), "Short words")


class WordTrainer:
    """Counts a quarter of the corpus with each update. A `models.training.recipe.Trainer`."""

    steps = 4

    def __init__(self, corpus: Corpus, order: int) -> None:
        self._texts = [word + END for word in corpus.training]
        self._validation = [word + END for word in corpus.validation]
        self._order = order
        self._updates = 0

    def train(self) -> Iterator[Update]:
        """Yield the updates that are left."""
        while self._updates < self.steps:
            self._updates += 1
            loss = losses_of(self.network(), self._validation).nats_per_character
            yield Update(self._updates, loss, len(self._texts), validation=loss)

    def network(self) -> NGram:
        """The n-grams counted so far."""
        counted = self._texts[: max(1, len(self._texts) * self._updates // self.steps)]
        return NGram.fit(counted, LETTERS, self._order, 0.5)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The parameters of `network()`."""
        return self.network().arrays()

    def checkpoint(self) -> Arrays:
        """The number of updates."""
        return {"updates": np.array(self._updates)}

    def restore(self, checkpoint: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue after so many updates."""
        self._updates = int(checkpoint["updates"])


def _plan(order: int, options: Options) -> Plan:
    options.refuse("extra_names", "initial_weights", "units")
    corpus = load_corpus()
    if options.corpus is not None:
        corpus = parse_corpus(read_file(options.corpus), options.corpus.name)
    trainer, known = WordTrainer(corpus, order), Fingerprints.of(corpus.known())
    reference = [word + END for word in load_corpus().validation]

    def figures() -> Figures:
        loss = losses_of(trainer.network(), reference).nats_per_character
        return Figures(reference_loss=loss)

    versions = library_versions("numpy")
    seed = options.seed or 0
    return Plan(corpus, trainer, "ngram", seed, known, versions, keeps_last=True, figures=figures)


@dataclass(frozen=True)
class WordsRequest:
    """How many words, and the seed."""

    count: int
    seed: int


@dataclass(frozen=True)
class WordsDraft:
    """Words as far as they are written."""

    request: WordsRequest
    words: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether all words are written."""
        return len(self.words) >= self.request.count


class WordsGenerator:
    """Writes a word per step. A `models.text_generator.TextGenerator`."""

    def batch_size(self, request: WordsRequest) -> int:
        """Four drafts of any kind."""
        return 4

    def begin(self, trained: Trained, request: WordsRequest) -> WordsDraft:
        """A draft without a word."""
        return WordsDraft(request)

    def extend(
        self,
        trained: Trained,
        drafts: Sequence[WordsDraft],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[WordsDraft]:
        """Add a word to each draft. Raises `GenerationError` if none is accepted."""
        return [
            draft if draft.finished else _longer(trained, draft, accept)
            for draft, accept in zip(drafts, accepts, strict=True)
        ]


def _longer(trained: Trained, draft: WordsDraft, accept: Accept) -> WordsDraft:
    rng = np.random.default_rng([draft.request.seed, len(draft.words)])
    for _ in range(TRIES):
        word = _word(trained, rng)
        if word and word not in draft.words and accept(word):
            return replace(draft, words=(*draft.words, word))
    raise GenerationError("No new word could be found; try another seed.")


def _word(trained: Trained, rng: np.random.Generator) -> str:
    network = trained.network
    symbols, x = network.vocabulary.symbols, network.vocabulary.encode(END)
    state, word = network.initial_state(1), ""
    for _ in range(LONGEST_WORD):
        log_p, state = network.step(x, state)
        p = np.exp(log_p[0].astype(np.float64))
        letter = symbols[rng.choice(len(symbols), p=p / p.sum())]
        if letter == END:
            break
        word, x = word + letter, network.vocabulary.encode(letter)
    return word


def _sample(trained: Trained, seed: int, accept: Accept, *, full: bool) -> Sample:
    generator = WordsGenerator()
    draft = generator.begin(trained, WordsRequest(8 if full else 3, seed))
    for _ in range(draft.request.count):
        (draft,) = generator.extend(trained, [draft], [accept])
    return Sample(draft.words)


def words_task(folder: Path) -> Task:
    """The task, with its shipped weights in a folder."""
    return Task(
        name=NAME,
        recipes={
            "trigrams": Recipe("counts three letters", lambda options: _plan(3, options)),
            "bigrams": Recipe("counts two letters", lambda options: _plan(2, options)),
        },
        chat_recipe="bigrams",
        load_corpus=load_corpus,
        parse_corpus=parse_corpus,
        generator=WordsGenerator(),
        sample=_sample,
        samples_are_names=True,
        folder=folder,
    )


def start(task: Task, out: Path, recipe: str = "trigrams", **options: object) -> TrainingRun:
    """A training of the task, without a plot."""
    chosen = Options(**options)  # type: ignore[arg-type]
    return task.start(recipe, chosen, out, lambda *_: b"plot")


def register(folder: Path) -> Task:
    """Train the weights that the task ships with, and add it to the list of tasks."""
    task = words_task(folder)
    list(start(task, task.shipped_path).events(Event(), longest=60))
    digest = task.load(task.shipped_path).digest
    (folder / "SHA256SUMS").write_text(f"{digest}  {NAME}.safetensors\n")
    TASKS[NAME] = task
    return task
