"""Build backend that refuses: an installed package would lack weights, corpora and pages."""

from typing import NoReturn


def refuse(*_: object, **_settings: object) -> NoReturn:
    """End the build of a package with what to do instead."""
    raise SystemExit(
        "Mangosaurus runs from a clone of its repository and can't be installed as a package. "
        "Install what it needs: python -m pip install --require-hashes -r requirements.txt, "
        "and run it in the clone: python -m bot"
    )


# What tools that build look for, or call first.
get_requires_for_build_wheel = get_requires_for_build_sdist = refuse
get_requires_for_build_editable = build_editable = refuse
