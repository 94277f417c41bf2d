"""What the commands need of the networks. `bot.services.inference.Inference` is one."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from models.names.dissection import Dissection
from models.names.generator import NamesRequest, NamesResult
from models.verse.poem import Draft, SonnetRequest
from models.weights import ModelCard, Trained


class TextGenerator(Protocol):
    """Writes names and poems; see `Inference` for what its methods raise."""

    @property
    def cards(self) -> Mapping[str, ModelCard]:
        """What is known of the networks that are served."""

    @property
    def digests(self) -> Mapping[str, str]:
        """The identities of their weights."""

    @property
    def genera(self) -> tuple[str, ...]:
        """The names that the network for names learned from, sorted."""

    async def names(self, request: NamesRequest, trained: Trained | None = None) -> NamesResult:
        """Write names of dinosaurs, or of a namer's weights."""

    async def dissect(self, name: str, trained: Trained | None = None) -> Dissection:
        """Find out how the letters of a name would be chosen."""

    def sonnet(self, request: SonnetRequest) -> AsyncGenerator[Draft, None]:
        """Write a poem: a draft after each line, the last one finished."""

    async def close(self) -> None:
        """Stop what is running."""
