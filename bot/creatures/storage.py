"""Profiles as JSON, for the database: codes and figures."""

from bot.creatures.profile import Profile


def to_json(profile: Profile) -> str:
    """Encode a profile. Equal profiles have equal texts."""
    import msgspec  # not before a creature is stored

    return msgspec.json.encode(profile).decode()


def from_json(text: str | bytes) -> Profile:
    """Decode a profile. Raises `ValueError` for anything else."""
    import msgspec

    return msgspec.json.decode(text, type=Profile)
