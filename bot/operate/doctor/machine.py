"""The machine: Python and its packages, the state directory, weight files, fonts, and ports."""

import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import socket
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from bot.monitoring.sentry import sentry_host
from bot.operate.doctor.findings import INSTALL, Finding, fine, problem, refused, warning
from bot.operate.healthcheck import REFUSALS, ask
from bot.settings import Settings
from bot.startup import StartupError, check_folder, closed_port, unusable
from bot.text.technical import technical

CHECKOUT = Path(__file__).parents[3]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)\s*(;.*)?\\?$", re.MULTILINE)
PORT, REPORTS = "Monitoring port", "Error reports"
WEIGHTS = CHECKOUT / "models" / "weights"
NEEDED = ("names.safetensors", "sonnets.safetensors")
"""Weights without which the bot does not start; the others are for training."""
BASELINES = "baselines/"
"""Weights that only the scoreboard needs; a container does without them."""
LITTLE = 200 * 2**20
"""Bytes of free space below which a training may fail."""
TOO_LITTLE = 20 * 2**20
RESTORE = "Restore models/weights from the repository (git checkout -- models/weights)."
SCRIPTS = {
    "Latin": technical("Ástrid"),
    "Greek": technical("Αθηνά"),
    "Cyrillic": technical("Иван"),
    "Arabic": technical("ليلى"),
    "Hebrew": technical("נועה"),
    "Devanagari": technical("गंगा"),
    "Thai": technical("มะลิ"),
    "Chinese": technical("龍山"),
    "Japanese": technical("ひなた"),
    "Korean": technical("하나"),
}


def examine_packages(_settings: Settings) -> list[Finding]:
    """Python's version, missing packages, and those of another version than the pinned one."""
    python = ".".join(map(str, sys.version_info[:3]))
    packages = _packages(CHECKOUT / "requirements.txt")
    has_keras = all(importlib.util.find_spec(name) for name in ("keras", "tensorflow"))
    training = (
        "Names and verse can be trained in the chat."
        if has_keras
        else "Names can be trained in the chat; verse can't, which needs requirements-train.txt."
    )
    return [fine("Python", f"{python}."), *packages, fine("Training", training)]


def _packages(requirements: Path) -> Iterator[Finding]:
    try:
        text = requirements.read_text()
    except OSError as error:
        found = f"{requirements.name} can't be read ({error.strerror})."
        yield problem("Packages", found, "Get the code again.")
        return
    pinned: dict[str, set[str]] = defaultdict(set)
    everywhere = set()
    for name, version, marker in _PINNED.findall(text):
        pinned[name].add(version)  # several, if older versions of Python need an older one
        if not marker.strip("; \\"):
            everywhere.add(name)
    installed = {name: _version(name) for name in pinned}
    missing = [name for name in sorted(everywhere) if installed[name] is None]
    others = [
        f"{name} {version} instead of {' or '.join(sorted(pinned[name]))}"
        for name, version in installed.items()
        if version is not None and version not in pinned[name]
    ]
    if missing:
        yield problem("Packages", f"Not installed: {', '.join(missing)}.", f"{INSTALL}.")
    if others:
        found = f"Other versions than tested: {', '.join(others)}."
        yield warning("Packages", found, f"{INSTALL}.")
    if not missing and not others:
        yield fine("Packages", "All of requirements.txt are installed.")


def _version(name: str) -> str | None:
    try:
        return normalized(metadata.version(name))
    except metadata.PackageNotFoundError:
        return None


def normalized(version: str) -> str:
    """A version as requirements are pinned (PEP 440): `2.012` is `2.12`.

    >>> normalized("2.012"), normalized("1.0.0"), normalized("2026.10.19.post1")
    ('2.12', '1.0.0', '2026.10.19.post1')
    """
    return re.sub(r"\b0+(?=\d)", "", version)


def examine_state_dir(settings: Settings) -> list[Finding]:
    """Whether files can be written to the state directory, and how much space is left."""
    check, folder = "State folder", settings.state_dir
    existing = _nearest(folder)
    try:
        if existing == folder.absolute():
            check_folder(folder)
            found = fine(check, f"{folder} can be written to.")
        elif existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
            found = fine(check, f"{folder} will be created at the first start.")
        else:
            code = errno.EACCES if existing.is_dir() else errno.ENOTDIR
            raise unusable(folder, OSError(code, os.strerror(code)))
        return [found, _space(existing)]
    except StartupError as error:
        return [refused(check, error)]


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    for path in (folder, *folder.parents):
        with suppress(OSError):  # a folder that this user cannot look into
            path.stat()
            return path
    return folder


def _space(folder: Path) -> Finding:
    check, advice = "Disk", "Free some space, or set STATE_DIR to a folder on another disk."
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**20:,.0f} MiB are free."
    if free < TOO_LITTLE:
        return problem(check, found, advice)
    if free < LITTLE:
        return warning(check, found, advice)
    return fine(check, found)


def examine_weights(_settings: Settings, folder: Path = WEIGHTS) -> list[Finding]:
    """Whether the shipped weights are there and unchanged."""
    check = "Weights"
    try:
        lines = (folder / "SHA256SUMS").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return [problem(check, f"{folder / 'SHA256SUMS'} can't be read.", RESTORE)]
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    bad = []
    for name in sorted({*listed, *NEEDED}):
        report = problem if name in NEEDED else warning
        if name not in listed:
            bad.append(report(check, f"{name} is not listed in SHA256SUMS.", RESTORE))
        elif not (folder / name).is_file():
            if not name.startswith(BASELINES):
                bad.append(report(check, f"{name} is missing.", RESTORE))
        elif _digest(folder / name) != listed[name]:
            bad.append(report(check, f"{name} is damaged: its digest is another one.", RESTORE))
    return bad or [fine(check, "All files have the right digests.")]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def examine_fonts(_settings: Settings) -> list[Finding]:
    """Which alphabets can be drawn on plaques."""
    from bot.pictures.text import FontStyle, drawable_text

    check, style = "Fonts", FontStyle.SERIF_BOLD
    missing = [name for name, text in SCRIPTS.items() if drawable_text(text, style) != text]
    if "Latin" in missing:
        return [
            problem(
                check,
                "Not even Latin letters can be drawn.",
                "Install the packages again; those named fontpkg-… are the fonts.",
            )
        ]
    if missing:
        found = f"Names in these alphabets can't be drawn on plaques: {', '.join(missing)}."
        advice = "Only if you need them, install fonts (Debian: fonts-noto-core, fonts-noto-cjk)."
        return [warning(check, found, advice)]
    return [fine(check, "Every alphabet that was tried can be drawn.")]


def examine_drawings(_settings: Settings) -> list[Finding]:
    """Whether dinosaurs can be drawn."""
    from bot.creatures.animal import profile_of
    from bot.pictures.plates.plate import plate_svg
    from bot.pictures.renderer import png_of_svg

    check = "Drawings"
    try:
        png_of_svg(plate_svg(profile_of("Mangosaurus")))
    except (ImportError, OSError, ValueError) as error:
        advice = "Install the packages again (resvg-py draws); until then, they have no pictures."
        return [warning(check, f"Dinosaurs can't be drawn: {error}.", advice)]
    return [fine(check, "Dinosaurs can be drawn.")]


def examine_monitoring(settings: Settings) -> list[Finding]:
    """Whether METRICS_PORT can be opened, and SENTRY_DSN be used, if they are set."""
    findings = [*_port(settings.metrics_host, settings.metrics_port)]
    if settings.sentry_dsn is not None:
        try:
            host = sentry_host(settings.sentry_dsn.value)
            findings.append(fine(REPORTS, f"Errors are reported to {host}."))
        except StartupError as error:
            findings.append(refused(REPORTS, error))
    return findings


def _port(host: str, port: int | None) -> Iterator[Finding]:
    if port is None:
        if not os.environ.get("METRICS_PORT", "unset").strip():
            yield warning(
                PORT,
                "METRICS_PORT is empty in the environment, so no port is opened, and the health "
                "check of a container fails.",
                "Remove it from the file of --env-file, or set it: METRICS_PORT=9100",
            )
        return
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address, family=family).close()
    except OSError as error:
        if _is_of_a_bot(host, port):
            yield fine(PORT, f"A bot that runs has opened {host}:{port}.")
        else:
            yield refused(PORT, closed_port(error, port, "METRICS_PORT"))
    else:
        yield fine(PORT, f"{host}:{port} is free.")


def _is_of_a_bot(host: str, port: int) -> bool:
    """Whether the pages of a bot are there already: that of this set-up, most likely."""
    try:
        answer = json.loads(ask(host, port, "/readyz")[1])
    except REFUSALS:
        return False
    return isinstance(answer, dict) and {"ready", "checks"} <= answer.keys()
