"""`python -m bot`: run the bot, on Discord, on Slack, or on a local simulation of both."""

import os

# One core serves; more threads of the matrix library cost memory and save no time. This must be
# set before NumPy is imported; values from the environment win.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bot.arguments import count
from bot.startup import Exit, exit_without_package, stop_at_once_if_told

INTERRUPTED, CUT_OFF = 130, 141
"""Exit codes of an operation that Ctrl-C has ended, and of one whose output nobody reads anymore;
those of shells."""
OLDEST = (3, 11)
"""The oldest version of Python that has what the bot uses."""

GARBAGE = (2_000, 10, 30)
"""Thresholds for collecting new, younger and all objects (`gc.set_threshold`). Collecting all takes
0.15 s while a thousand requests wait, in which the event loop does nothing else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot until it is stopped, or an operation. Returns the exit code."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:2]))
        sys.stderr.write(f"This is Python {found}. Install Python 3.11 or newer.\n")
        return Exit.MISSING_PACKAGE
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # of `python -m bot doctor | head`, say
        if options.operation is None:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is buffered
        return CUT_OFF
    except ModuleNotFoundError as error:
        exit_without_package(error)


def _run(options: argparse.Namespace) -> int:
    """Run what is asked for. Imports only what that needs, as packages may be missing."""
    match options.operation:
        case None if options.version:
            from bot.version import checkout_version  # needs `OLDEST`

            sys.stdout.write(f"{checkout_version()}\n")
            return Exit.OK
        case None:
            stop_at_once_if_told()  # before the imports, which take a second
            with _imports():
                from bot.operate.serving.process import serve

            return serve(local=options.local)
        case "doctor":
            from bot.operate.doctor.examination import examine

            return examine(local=options.local)
        case "healthcheck":
            from bot.operate.healthcheck import healthcheck

            return healthcheck()
    from bot.launch import launch

    if options.operation == "slack-manifest":
        from bot.features import REGISTRY
        from bot.platforms.slack.manifest import print_manifest

        return launch(lambda settings: print_manifest(REGISTRY, settings.slack_command_prefix))
    from bot.operate.database import back_up, check_backup, migrate, restore

    match options.operation:
        case "migrate":
            work = migrate
        case "backup" if options.check:
            work = partial(check_backup, path=options.file)
        case "backup":
            work = partial(back_up, path=options.file, keep=options.keep)
        case _restore:
            work = partial(restore, path=options.file, replace=options.replace)
    return launch(work, local=options.local)


@contextmanager
def _imports() -> Iterator[None]:
    """Import without looking for garbage, then or later: what is imported stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run Mangosaurus, the bot for Discord and Slack that names dinosaurs and "
        "writes sonnets. Settings come from the environment or from .env; .env.example explains "
        "each of them.",
        epilog="exit codes: "
        + ", ".join(f"{code} {code.name.lower().replace('_', ' ')}" for code in Exit)
        + ". SIGTERM and Ctrl-C let running answers finish, then exit with 0; with 14 if "
        "something still hangs after 7.25 seconds. It ends itself with 15 if its networks hang.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    parser.add_argument(
        "--local",
        action="store_true",
        help="simulate Discord and Slack on this machine, and print the address of a page to try "
        "the bot on. Needs no token and no account, and keeps its state apart, in STATE_DIR/local; "
        "before an operation, it means that state",
    )
    operations = parser.add_subparsers(
        dest="operation", metavar="OPERATION", title="operations, instead of running the bot"
    )
    operations.add_parser(
        "doctor",
        help="look for problems, and say what to do",
        description="Check settings, packages, token, intents, permissions, gateway, clock, "
        "database, migrations, weights, disk and fonts. Changes nothing and prints no secret. "
        f"Exits with {Exit.PROBLEMS_FOUND} if something is wrong.",
    )
    operations.add_parser(
        "healthcheck",
        help="ask the running bot whether it is well, for a container",
        description="Ask /healthz on METRICS_PORT. Exits with 0 if the bot answers, with 1 if not.",
    )
    operations.add_parser(
        "slack-manifest",
        help="print the manifest of the app on Slack",
        description="Print the manifest of the app, for the page From a manifest on "
        "https://api.slack.com/apps. slack/manifest.yaml has it without SLACK_COMMAND_PREFIX.",
    )
    operations.add_parser(
        "migrate",
        help="bring the database's tables to this version",
        description="Bring the database's tables to this version, as each start does.",
    )
    backup = operations.add_parser(
        "backup",
        help="write everything that is in the database to a file",
        description="Write everything that is in the database to a file, also while the bot runs. "
        "The file can be restored into either kind of database, by this version or a newer one.",
    )
    backup.add_argument("file", metavar="FILE", type=Path)
    mode = backup.add_mutually_exclusive_group()
    mode.add_argument(
        "--keep",
        metavar="NUMBER",
        type=count,
        help="FILE is a folder: write a file there that is named by the time, and delete the "
        "oldest ones of such names beyond this number",
    )
    mode.add_argument(
        "--check",
        action="store_true",
        help="write nothing: restore FILE into a temporary database, and say what it holds; exits "
        f"with {Exit.BAD_BACKUP} if it can't be restored",
    )
    restore = operations.add_parser(
        "restore",
        help="fill the database from such a file",
        description="Fill an empty database from a file that backup has written: with everything, "
        "or, if anything is wrong, with nothing. Stop the bot first, and start it afterwards.",
    )
    restore.add_argument("file", metavar="FILE", type=Path)
    restore.add_argument(
        "--replace", action="store_true", help="delete what is in the database first"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
