"""What all tests share."""

from hypothesis import settings

# How long an example takes says more of the machine than of the code.
settings.register_profile("default-without-deadline", deadline=None)
settings.load_profile("default-without-deadline")

pytest_plugins = ["tests.databases"]
