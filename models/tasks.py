"""The list of tasks: what the bot can be trained to write.

A task holds everything in which one kind of text differs from the others. All other code asks the
task instead of comparing names. To add one, write a folder in `models/` and an entry in `TASKS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from data import corpora
from data.corpora import Corpus
from models import weights
from models.names import generator as names_generator
from models.names import recipes as names_recipes
from models.text_generator import Accept, Sample, TextGenerator
from models.training.recipe import Options, Recipe, are_installed
from models.training.run import LossCurve, TrainingRun, new_card
from models.verse import poem
from models.verse import recipes as verse_recipes
from models.weights import ModelCard, Trained, WeightsError


class Sampler(Protocol):
    """Lets a network write without a prompt."""

    def __call__(self, trained: Trained, seed: int, accept: Accept, *, full: bool) -> Sample:
        """Write a sample; the same arguments give the same one.

        `full` asks for all that a version is judged by, which may take a second; otherwise the
        sample is short.
        """
        ...


def _nothing(_: Trained) -> None:
    """No check, or nothing to prepare."""


@dataclass(frozen=True)
class Task:
    """A kind of text, and how networks that write it are trained, checked and run."""

    name: str
    """Identifies the task in the database, in weight files and on the command line."""
    recipes: Mapping[str, Recipe]
    """Recipes by name. The first is the default of `python -m bot.train`."""
    chat_recipe: str
    """The recipe for trainings that are started from the chat."""
    load_corpus: Callable[[], Corpus]
    """Loads the project's corpus. Its validation part is what reference losses are measured on.
    Raises `CorpusError`."""
    parse_corpus: Callable[[bytes, str], Corpus]
    """Checks and splits an uploaded corpus: its content and its title. Raises `CorpusError`."""
    generator: TextGenerator[Any, Any]
    """A module, or an object."""
    sample: Sampler
    check: Callable[[Trained], None] = _nothing
    """Raises `ValueError` for weights that cannot be served; the message completes a sentence."""
    prepare: Callable[[Trained], None] = _nothing
    """Fills the caches that the first request would otherwise have to wait for."""
    takes_extra_names: bool = False
    """Whether names of the hall of fame can be added to the corpus."""
    samples_are_names: bool = False
    """Whether each text of a sample is a name; otherwise, they are the lines of one text."""
    requirements: tuple[str, ...] = ()
    """Optional modules that training needs."""
    folder: Path | None = None
    """Folder of the shipped weights, `<name>.safetensors`, listed in its SHA256SUMS; `None` is
    `models.weights.SHIPPED`."""

    def can_train(self) -> bool:
        """Whether everything that training needs is installed."""
        return are_installed(self.requirements)

    def read(
        self,
        content: bytes,
        title: str,
        *,
        digest: str | None = None,
        most_bytes: int | None = None,
    ) -> Trained:
        """Load the content of a weight file of this task; `title` is what messages call it.

        Raises `WeightsError`, also if the content has another digest than `digest`, or if the
        weights are of another task, or cannot be served; and `TooLarge` if they would take more
        than `most_bytes` of memory.
        """
        trained = weights.read_weights(content, title, digest, most_bytes=most_bytes)
        return self._checked(trained, title)

    def load(self, path: Path) -> Trained:
        """Load a weight file of this task. Raises `WeightsError` as `read` does."""
        return self._checked(weights.load_weights(path), path.name)

    def load_shipped(self) -> Trained:
        """Load the weights that come with the bot. Raises `WeightsError` as `read` does."""
        trained = weights.load_shipped(self.name, self.folder)
        return self._checked(trained, self.shipped_path.name)

    @property
    def shipped_path(self) -> Path:
        """The weight file that comes with the bot."""
        return (self.folder or weights.SHIPPED) / f"{self.name}.safetensors"

    @property
    def shipped_card(self) -> ModelCard:
        """The model card of the shipped weights. Raises `WeightsError`."""
        return _card_of(self.shipped_path)

    def reference_loss(self, card: ModelCard) -> float | None:
        """A loss that compares all networks of this task, whatever their corpus.

        It is measured on the validation part of the project's corpus, in nats per character. The
        card says so, or it is the card's validation loss if the network was trained on the rest of
        that corpus, as the shipped weights were. `None` if it is unknown: a network that was
        trained on the validation part, as the recipes `notebook` do, would look better than it is.
        """
        if card.reference_loss is not None:
            return card.reference_loss
        if card.recipe == "notebook" or card.reads_all:
            return None
        is_same = card.corpus_sha256 == self.shipped_card.corpus_sha256
        return card.validation if is_same else None

    def read_corpus(self, path: Path) -> Corpus:
        """Read and check an operator's corpus file. Raises `CorpusError`."""
        return self.parse_corpus(corpora.read_file(path), path.name)

    def start(self, recipe: str, options: Options, out: Path, draw: LossCurve) -> TrainingRun:
        """Plan a training that writes its weights to `out`.

        Raises `RecipeError`, `CorpusError` and `WeightsError` if it cannot start, and `OSError` if
        the folder of `out` cannot be written to.
        """
        plan = self.recipes[recipe].plan(options)
        card = new_card(self.name, recipe, plan)
        sample = partial(self.sample, full=False)
        run = TrainingRun(plan, card, out, sample, draw, options.units)
        run.check_folder()
        return run

    def _checked(self, trained: Trained, title: str) -> Trained:
        if trained.card.task != self.name:
            raise WeightsError(f"{title} writes {trained.card.task}, not {self.name}.")
        try:
            self.check(trained)
        except ValueError as error:
            raise WeightsError(f"{title} cannot write {self.name}: {error}.") from error
        return trained


@cache
def _card_of(path: Path) -> ModelCard:
    return weights.read_card(path)


_NAMES = Task(
    name="names",
    recipes=names_recipes.RECIPES,
    chat_recipe="best",
    load_corpus=corpora.load_names,
    parse_corpus=partial(corpora.parse_corpus, kind="names"),
    generator=names_generator,
    sample=names_generator.sample,
    check=names_generator.check,
    prepare=names_generator.prepare,
    takes_extra_names=True,
    samples_are_names=True,
)
_SONNETS = Task(
    name=verse_recipes.TASK,
    recipes=verse_recipes.RECIPES,
    chat_recipe="default",
    load_corpus=corpora.load_sonnets,
    parse_corpus=partial(corpora.parse_corpus, kind="verse"),
    generator=poem,
    sample=poem.sample,
    prepare=poem.prepare,
    requirements=verse_recipes.REQUIREMENTS,
)
TASKS: dict[str, Task] = {task.name: task for task in (_NAMES, _SONNETS)}
"""All tasks by name. Code that needs the list reads it when it runs, not when it is imported."""


def task_of(name: str) -> Task:
    """The task of a name. Raises `LookupError` with a sentence that lists the tasks."""
    if name not in TASKS:
        raise LookupError(f"There is no task {name!r}; it can be {' or '.join(TASKS)}.")
    return TASKS[name]
