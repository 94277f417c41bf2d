"""The outbox, deletions of members whose requests may still run, and names that stay removed."""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _add_outbox()
    _add_deletions()
    _add_removed_names()


def _add_outbox() -> None:
    pass


def _add_deletions() -> None:
    pass


def _add_removed_names() -> None:
    pass
