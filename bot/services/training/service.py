"""The training service."""


class TrainingService:
    """Trains what is queued."""

    def start(self) -> None:
        """Begin."""

    async def close(self) -> None:
        """Stop."""
