"""The machine: the state directory and its disk, weight files, fonts."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.packages import CHECKOUT
from bot.operate.doctor.subject import Subject

WEIGHTS = CHECKOUT / "models" / "weights"
NEEDED = ("names.safetensors", "sonnets.safetensors")
"""Weights without which the bot does not start; the others are for training."""
BASELINES = "baselines/"
"""Weights that only the scoreboard needs; a container does without them."""
LITTLE = 200 * 2**20
"""Bytes of free space below which a training may fail."""
TOO_LITTLE = 20 * 2**20
TRIAL = bytes(64 * 1024)
RESTORE = "Restore models/weights from the repository (git checkout -- models/weights)."
SCRIPTS = {
    "Latin": "Ástrid",
    "Greek": "Αθηνά",
    "Cyrillic": "Иван",
    "Arabic": "ليلى",
    "Hebrew": "נועה",
    "Devanagari": "गंगा",
    "Thai": "มะลิ",
    "Chinese": "龍山",
    "Japanese": "ひなた",
    "Korean": "하나",
}


def examine_state_dir(subject: Subject) -> list[Finding]:
    """Whether files can be written to the state directory, and how much space is left."""
    check, folder = "State folder", subject.state_dir
    other = "Set STATE_DIR to a folder that the bot's user can write to, or change its owner."
    existing = _nearest(folder)
    try:
        if not existing.is_dir():
            return [problem(check, f"{existing} is not a folder.", other)]
        if existing != folder.absolute():
            if not os.access(existing, os.W_OK | os.X_OK):
                return [problem(check, f"{folder} can't be created in {existing}.", other)]
            found = fine(check, f"{folder} will be created at the first start.")
        else:
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(TRIAL)
                file.flush()
                os.fsync(file.fileno())
            found = fine(check, f"{folder} can be written to.")
    except OSError as error:
        return [problem(check, f"{folder} can't be written to ({error.strerror}).", other)]
    return [found, _space(existing)]


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())


def _space(folder: Path) -> Finding:
    check, advice = "Disk", "Free some space, or set STATE_DIR to a folder on another disk."
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**20:,.0f} MiB are free."
    if free < TOO_LITTLE:
        return problem(check, found, advice)
    if free < LITTLE:
        return warning(check, found, advice)
    return fine(check, found)


def examine_weights(_subject: Subject, folder: Path = WEIGHTS) -> list[Finding]:
    """Whether the shipped weights are there and unchanged."""
    return [*_weights(folder)]


def _weights(folder: Path) -> Iterator[Finding]:
    check = "Weights"
    try:
        lines = (folder / "SHA256SUMS").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        yield problem(check, f"{folder / 'SHA256SUMS'} can't be read.", RESTORE)
        return
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
    yield from bad or [fine(check, "All files have the right digests.")]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def examine_fonts(_subject: Subject) -> list[Finding]:
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
