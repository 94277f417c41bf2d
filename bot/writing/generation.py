"""The steps of texts as work that a thread, another process or another machine can do."""

import pickle
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.tasks import task_of
from models.text_generator import Abandoned, Accept, Draft, ShouldStop
from models.weights import Trained


@dataclass(frozen=True, eq=False)
class Text:
    """A text that waits for its next step. Can be pickled if its request and its filter can."""

    request: object
    draft: Draft | None
    """`None` if it has not begun."""
    accept: Accept


@dataclass(frozen=True, eq=False)
class Generation:
    """Writes the next step of each of some texts, with the same weights.

    What else is needed to do so elsewhere are the weights, which `trained.digest` identifies.
    """

    task: str
    trained: Trained = field(repr=False)
    is_live: bool = True
    """Whether they are or were the served weights of the task, unlike those of custom models."""

    def __call__(self, texts: Sequence[Text], should_stop: ShouldStop) -> list[Draft | Exception]:
        """The next draft of each text, in one batch, or why there is none.

        Raises `Abandoned`.
        """
        steps = [self._begun(text) for text in texts]
        begun = {place: step for place, step in enumerate(steps) if not isinstance(step, Exception)}
        accepts = [texts[place].accept for place in begun]
        extended = self._extended([*begun.values()], accepts, should_stop)
        for place, step in zip(begun, extended, strict=True):
            steps[place] = step
        return steps

    def _begun(self, text: Text) -> Draft | Exception:
        """The draft of a text. An invalid request costs the others of its batch nothing."""
        try:
            return text.draft or task_of(self.task).generator.begin(self.trained, text.request)
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 (the caller gets it)
            return error

    def _extended(
        self, drafts: Sequence[Draft], accepts: Sequence[Accept], should_stop: ShouldStop
    ) -> list[Draft | Exception]:
        """Drafts that are one step longer, from one call; one by one if that fails."""
        if not drafts:
            return []
        try:
            extend = task_of(self.task).generator.extend
            return [*extend(self.trained, drafts, accepts, should_stop)]
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 (the caller gets it)
            if len(drafts) == 1:
                return [error]
            pairs = zip(drafts, accepts, strict=True)
            return [step for d, a in pairs for step in self._extended([d], [a], should_stop)]


def sendable(error: Exception) -> Exception:
    """The error with a note of where it was raised; another one if it can't be pickled."""
    if not isinstance(error, Abandoned):
        error.add_note("".join(traceback.format_exception(error)).rstrip())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    except Exception:  # noqa: BLE001 (whatever its class does)
        return RuntimeError("".join(traceback.format_exception(error)).rstrip())
    return error
