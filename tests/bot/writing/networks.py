"""Networks that behave badly in another process. Importable there."""

import os
import signal
import time

import numpy as np
from numpy.typing import NDArray

from models.networks.lstm import LSTM
from models.networks.network import State


class Abroad(LSTM):
    """An LSTM that knows in which process it was made."""

    home: int

    @classmethod
    def of(cls, network: LSTM) -> "Abroad":
        """The same network, made in this process."""
        copy = cls(network.vocabulary, network.layers, network.Wy, network.by)
        object.__setattr__(copy, "home", os.getpid())
        return copy

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        if os.getpid() != self.home:
            self.misbehave()
        return super().step(x, state)

    def misbehave(self) -> None:
        raise NotImplementedError


class Deadly(Abroad):
    """Kills every other process that runs it."""

    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Stopped(Abroad):
    """Stops every other process that runs it, so that it never answers."""

    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)


class Slow(Abroad):
    """Takes long in every other process, but notices between two steps that it should stop."""

    def misbehave(self) -> None:
        time.sleep(0.05)


class Faulty(Abroad):
    """Raises an error in every other process."""

    def misbehave(self) -> None:
        raise ArithmeticError("a fault abroad")
