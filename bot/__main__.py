"""`python -m bot`: run the bot, on Discord or on a local simulation of it."""

import os

# One core serves; more threads of the matrix library cost memory and save no time. This must be
# set before NumPy is imported; values from the environment win.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import asyncio
import errno
import logging
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import discord
from discord import app_commands

from bot.app import build_app
from bot.discord.client import Mangosaurus
from bot.logs import set_up_logs
from bot.settings import Settings, SettingsError, load_settings, suspicious_names
from bot.startup import Exit, StartupError

log = logging.getLogger("bot")

LOCALHOST = "127.0.0.1"
UNREACHABLE = (
    aiohttp.ClientError,
    OSError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bot until it is stopped. Returns the exit code."""
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
                "No token is set. To run the bot on Discord, put DISCORD_TOKEN into .env (see "
                ".env.example); to try it without an account, run: python -m bot --local",
            )
        if token and any(character.isspace() for character in token):
            raise StartupError(
                Exit.BAD_SETTINGS,
                "DISCORD_TOKEN contains a space or a line break. Copy it again.",
            )
        asyncio.run(_run_local(settings) if options.local else _run(settings, token or ""))
    except SettingsError as error:
        problems = "\n".join(f"  - {problem}" for problem in error.problems)
        sys.stderr.write(f"Some settings are wrong (.env.example explains each):\n{problems}\n")
        return Exit.BAD_SETTINGS
    except KeyboardInterrupt:  # before the bot listens to signals
        return Exit.OK
    except StartupError as error:
        log.debug("Start-up failed", exc_info=error)
        if settings.log_format == "json":  # the reader of JSON lines reads nothing else
            log.critical(str(error))
        else:
            sys.stderr.write(f"{error}\n")
        return error.code
    return Exit.OK


async def _run(settings: Settings, token: str) -> None:
    """Serve Discord."""
    try:
        async with running_bot(settings) as bot:
            await _serve(bot, token)
    except discord.LoginFailure as error:
        raise StartupError(
            Exit.TOKEN_REJECTED,
            "Discord does not accept DISCORD_TOKEN. Copy the token again, or reset it, on the page "
            "Bot of your application: https://discord.com/developers/applications",
        ) from error
    except app_commands.CommandSyncFailure:
        raise  # Discord was reached and refused what this code sent
    except UNREACHABLE as error:
        raise StartupError(
            Exit.UNREACHABLE, f"Discord cannot be reached ({error}). Check the network."
        ) from error


async def _run_local(settings: Settings) -> None:
    """Serve the simulator of Discord on this machine, with a page to try the bot on."""
    from bot.local.server import LocalDiscord  # here: only this needs the simulator

    settings = local_settings(settings)
    try:
        async with (
            LocalDiscord(host=LOCALHOST, port=settings.local_port) as local,
            running_bot(settings, always_sync=True) as bot,
        ):
            with local.pointing_clients_here():
                sys.stdout.write(f"Mangosaurus is at {local.url}\n")
                sys.stdout.flush()
                await _serve(bot, local.token)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "is in use, perhaps by another bot. Stop that one"
        if error.errno == errno.EACCES:
            reason = "is not open to this user. Run the bot as another user"
        other = settings.local_port % 65535 + 1
        raise StartupError(
            Exit.PORT_IN_USE,
            f"Port {settings.local_port} {reason}, or set another port, for example "
            f"LOCAL_PORT={other}",
        ) from error


@asynccontextmanager
async def running_bot(
    settings: Settings, *, always_sync: bool = False
) -> AsyncIterator[Mangosaurus]:
    """A client with all its services, closed at the end. Raises `StartupError`."""
    app = await build_app(settings)
    try:
        async with Mangosaurus(app, always_sync=always_sync) as bot:
            yield bot
    finally:
        await app.inference.close()


def local_settings(settings: Settings) -> Settings:
    """The settings for `--local`, which keep its state apart from that of the bot on Discord."""
    return settings.model_copy(
        update={"state_dir": settings.state_dir / "local", "database_url": None}
    )


async def _serve(bot: Mangosaurus, token: str) -> None:
    """Run the bot until it ends or receives a signal."""
    loop = asyncio.get_running_loop()
    stop_requested = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop_requested.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop_requested.set))
    running = asyncio.create_task(bot.start(token))
    stopping = asyncio.create_task(stop_requested.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        await bot.shut_down()
        running.cancel()
        await asyncio.wait([running])
    else:
        stopping.cancel()
        await running


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run Mangosaurus, the Discord bot that names dinosaurs and writes sonnets. "
        "Settings come from the environment or from .env; .env.example explains each of them.",
        epilog="exit codes: "
        + ", ".join(f"{code} {code.name.lower().replace('_', ' ')}" for code in Exit)
        + ". SIGTERM and Ctrl-C let running answers finish, then exit with 0.",
    )
    parser.add_argument(
        "--local",
        action="store_true",
        help="simulate Discord on this machine, and print the address of a page to try the bot on. "
        "Needs no token and no account, and keeps its state apart, in STATE_DIR/local",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
