"""`python -m bot`: settings, then the bot, on Discord or on the local stand-in."""

import os

# One core serves; more threads of the matrix library cost memory and save no time. It must be
# told before NumPy is imported; whoever sets these variables keeps the last word.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import asyncio
import errno
import logging
import signal
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from enum import IntEnum
from pathlib import Path

import aiohttp
import discord
from discord import app_commands

from bot.discord.client import Mangosaurus
from bot.logs import set_up_logs
from bot.services.custom_models import CustomModels
from bot.services.inference import Inference
from bot.services.model_registry import open_versions
from bot.services.training.retraining import Retraining
from bot.services.word_filter import WordFilter
from bot.settings import Settings, SettingsError, load_settings, suspicious_names
from bot.store import Database, Store, StoreError, Unavailable, url_of
from models.weights import WeightsError

log = logging.getLogger("bot")

CHECKOUT = Path(__file__).parent.parent
LOCALHOST = "127.0.0.1"
UNREACHABLE = (
    aiohttp.ClientError,
    OSError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
)


class Exit(IntEnum):
    """How the process ends. 1 is a bug, with a traceback; 2 are wrong options."""

    OK = 0
    BAD_SETTINGS = 3
    NO_TOKEN = 4
    TOKEN_REJECTED = 5
    UNREACHABLE = 6
    BAD_WEIGHTS = 7
    BAD_STATE_DIR = 8
    PORT_IN_USE = 9
    BAD_DATABASE = 10


class StartupError(Exception):
    """The bot cannot start. The message is a sentence for the operator."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot until it is told to stop; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        token = settings.discord_token.get_secret_value() if settings.discord_token else None
        set_up_logs(settings.log_format, settings.log_level, token)
        for sentence in suspicious_names():
            log.warning(sentence)
        if not (token or options.local):
            raise StartupError(
                Exit.NO_TOKEN,
                "There is no token. To run the bot on Discord, put DISCORD_TOKEN into .env (see "
                ".env.example); to try it without an account, run: python -m bot --local",
            )
        if token and any(character.isspace() for character in token):
            raise StartupError(
                Exit.BAD_SETTINGS,
                "DISCORD_TOKEN holds a space or a line break, as no token does; copy it again.",
            )
        asyncio.run(_run_local(settings) if options.local else _run(settings, token or ""))
    except SettingsError as error:
        problems = "\n".join(f"  - {problem}" for problem in error.problems)
        sys.stderr.write(f"The settings need a look (.env.example explains each):\n{problems}\n")
        return Exit.BAD_SETTINGS
    except KeyboardInterrupt:  # before the bot listens to signals
        return Exit.OK
    except StartupError as error:
        log.debug("Start-up failed", exc_info=error)
        if settings.log_format == "json":  # whoever reads JSON lines reads nothing else
            log.critical(str(error))
        else:
            sys.stderr.write(f"{error}\n")
        return error.code
    return Exit.OK


async def _run(settings: Settings, token: str) -> None:
    """Serve Discord."""
    inference, bot = await build(settings)
    try:
        async with bot:
            await _serve(bot, token)
    except discord.LoginFailure as error:
        raise StartupError(
            Exit.TOKEN_REJECTED,
            "Discord does not accept DISCORD_TOKEN. Copy the token again, or reset it, on the page "
            "Bot of your application: https://discord.com/developers/applications",
        ) from error
    except app_commands.CommandSyncFailure:
        raise  # Discord was reached, and did not like what this code sent
    except UNREACHABLE as error:
        raise StartupError(
            Exit.UNREACHABLE, f"Discord cannot be reached ({error}); is there a network?"
        ) from error
    finally:
        await inference.close()


async def _run_local(settings: Settings) -> None:
    """Serve a small Discord on this machine, with a page to try the bot on."""
    # Nobody else needs the stand-in, so nobody else pays for it.
    from bot.local.server import LocalDiscord

    inference, bot = await build(settings, always_sync=True)
    try:
        async with LocalDiscord(host=LOCALHOST, port=settings.local_port) as local:
            with local.pointing_clients_here():
                sys.stdout.write(f"Mangosaurus is at {local.url}\n")
                sys.stdout.flush()
                async with bot:
                    await _serve(bot, local.token)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        why = "is in use, perhaps by another bot; stop that one"
        if error.errno == errno.EACCES:
            why = "is not open to this user; run the bot as another one"
        raise StartupError(
            Exit.PORT_IN_USE,
            f"Port {settings.local_port} {why}, or set "
            f"LOCAL_PORT to another port, for example LOCAL_PORT={settings.local_port % 65535 + 1}",
        ) from error
    finally:
        await inference.close()


async def build(settings: Settings, *, always_sync: bool = False) -> tuple[Inference, Mangosaurus]:
    """Put the bot together."""
    try:
        await asyncio.to_thread(_check_folder, settings.state_dir)
    except OSError as error:
        raise StartupError(
            Exit.BAD_STATE_DIR,
            f"STATE_DIR={settings.state_dir} is not a folder that I can write to "
            f"({error.strerror}); name another one, for example STATE_DIR=state",
        ) from error
    words = WordFilter(settings.blocked_words, settings.allowed_words)
    store = await _open_store(settings)
    now = discord.utils.utcnow
    try:
        inference, versions = await open_versions(store, settings.state_dir, words.allows, now=now)
    except (WeightsError, StoreError) as error:
        await store.close()
        code = Exit.BAD_WEIGHTS if isinstance(error, WeightsError) else Exit.BAD_DATABASE
        raise StartupError(code, str(error)) from error
    retraining = Retraining(
        settings.state_dir,
        versions.offer,
        store.versions,
        rest=timedelta(minutes=settings.retrain_cooldown_minutes),
        now=now,
    )
    bot = Mangosaurus(
        settings=settings,
        writer=inference,
        words=words,
        retraining=retraining,
        namers=CustomModels(settings.state_dir, store, inference, now=discord.utils.utcnow),
        store=store,
        versions=versions,
        version=_version(),
        always_sync=always_sync,
    )
    return inference, bot


async def _open_store(settings: Settings) -> Store:
    address = settings.database_url.get_secret_value() if settings.database_url else None
    try:
        database = Database(url_of(address, settings.state_dir))
        await database.migrate()
    except Unavailable as error:
        where = "DATABASE_URL" if address else "STATE_DIR"
        raise StartupError(Exit.BAD_DATABASE, f"{error}; is {where} right?") from error
    except StoreError as error:
        raise StartupError(Exit.BAD_DATABASE, str(error)) from error
    return Store(database)


async def _serve(bot: Mangosaurus, token: str) -> None:
    """Run the bot until it ends by itself or a signal asks it to."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    running = asyncio.create_task(bot.start(token))
    stopping = asyncio.create_task(asked.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        await bot.shut_down()
        running.cancel()
        await asyncio.wait([running])
    else:
        stopping.cancel()
        await running


def _check_folder(folder: Path) -> None:
    """Make a folder if it is missing. Raises `OSError` unless files can be written there."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _version() -> str:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run Mangosaurus, the Discord bot that names dinosaurs and writes sonnets. "
        "Settings come from the environment or from .env; .env.example explains each of them.",
        epilog="exit codes: "
        + ", ".join(f"{code} {code.name.lower().replace('_', ' ')}" for code in Exit)
        + ". SIGTERM and Ctrl-C let running answers finish, then end with 0.",
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="serve a small Discord on this machine instead, and print the address of a page to "
        "try the bot on; needs no token and no account",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
