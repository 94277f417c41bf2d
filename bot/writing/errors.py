"""Errors of the way to the networks."""


class InferenceError(Exception):
    """The networks cannot answer now."""


class Busy(InferenceError):  # noqa: N818 (it is a state, not a fault)
    """The queue is full."""

    def __init__(self, ahead: int) -> None:
        """`ahead` is the number of requests in the queue."""
        super().__init__(f"{ahead} requests are in the queue already")
        self.ahead = ahead


class TooManyQueued(InferenceError):  # noqa: N818
    """The member has too many requests in the queue."""

    def __init__(self, count: int) -> None:
        """`count` is their number."""
        super().__init__(f"{count} requests of this member are in the queue already")
        self.count = count


class WaitedTooLong(InferenceError):  # noqa: N818
    """The request has waited so long that its answer would come too late."""

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long it may wait."""
        super().__init__(f"no turn within {seconds:g} s")
        self.seconds = seconds


class TooSlow(InferenceError):  # noqa: N818
    """A step took longer than its deadline."""


class Stuck(InferenceError):  # noqa: N818
    """Error: so many threads never end that no further one is started."""


class WriterLost(Exception):  # noqa: N818
    """A process or a machine is gone, with the batch that it wrote. Another one can write it."""


class WeightsMissing(WriterLost):
    """The machine has given up the weights for others since it got them."""
