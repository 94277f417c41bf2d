"""Why a poem cannot be written, as data.

Each problem is a frozen dataclass of facts, from which a command builds its reply. `str()` of a
problem is a plain English sentence for terminals and logs.
"""

from dataclasses import dataclass

from models.text_generator import GenerationError


@dataclass(frozen=True)
class OpeningTooLong:
    """The opening has more characters than the limit."""

    length: int
    limit: int

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            f"An opening has at most {self.limit} characters, and yours has {self.length}; "
            "try its first line, for example: Shall I compare thee"
        )


@dataclass(frozen=True)
class UnknownForm:
    """The requested form does not exist."""

    form: str
    forms: tuple[str, ...]
    """The names of all forms, the default first."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return f"Unknown form {self.form!r}; try one of {', '.join(self.forms)}"


@dataclass(frozen=True)
class NoLineFound:
    """No candidate for the next line is new and passes the word filter."""

    def __str__(self) -> str:
        """Plain English, for terminals and logs."""
        return (
            "No next line was found that is new and that the word filter accepts; "
            "try again, or try another opening."
        )


SonnetProblem = OpeningTooLong | UnknownForm | NoLineFound


class SonnetError(GenerationError):
    """A poem that cannot be written. `str(error)` is the sentence of its `problem`."""

    def __init__(self, problem: SonnetProblem) -> None:
        """Keep the problem, so that a command can word its reply."""
        super().__init__(problem)
        self.problem = problem
