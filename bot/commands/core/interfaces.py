"""The interface of inference that commands use, implemented by `Inference`."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from models.names.dissection import Dissection
from models.names.generator import NamesRequest, NamesResult
from models.verse.poem import Draft, SonnetRequest
from models.weights import ModelCard, Trained


class TextGenerator(Protocol):
    """Generates names and poems. See `Inference` for the errors raised."""

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        """Model cards of the served networks, by task."""

    @property
    def digests(self) -> Mapping[str, str]:
        """Digests of their weights, by task."""

    @property
    def genera(self) -> tuple[str, ...]:
        """The names that the served network for names was trained on, sorted."""

    async def names(self, request: NamesRequest, trained: Trained | None = None) -> NamesResult:
        """Generate names of dinosaurs, or with the weights of a custom model."""

    async def dissect(self, name: str, trained: Trained | None = None) -> Dissection:
        """Compute how likely each letter of a name is."""

    def sonnet(self, request: SonnetRequest) -> AsyncGenerator[Draft, None]:
        """Generate a poem. Yields a draft after each line; the last one is finished."""

    async def close(self) -> None:
        """Cancel requests in progress."""
