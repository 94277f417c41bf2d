"""Commands of docs/hosting/server.md and docs/upgrading.md, run with a user other than root."""

import os
import re
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
USER, GROUP = "nobody", "nogroup"
PYTHON = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
OF_THE_MACHINE = ("apt", "useradd", "editor", "systemctl", "cp deploy", "journalctl", "pip install")
"""Commands that change the machine, or download packages."""


def commands(page: str, heading: str, last: str) -> list[str]:
    """The indented commands of a page from one line to another, without those of the machine."""
    text = (CHECKOUT / "docs" / page).read_text()
    part = text[text.index(heading) :].partition(last)[0]
    lines = re.findall(r"^ {4,}(\S.*)$", part, re.MULTILINE)
    return [line for line in lines if re.match("sudo|cd ", line)]


class Server:
    """A folder that stands for the root of a server."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root, root / "opt"

    def run(self, *lines: str) -> str:
        """Run commands of a page in order; returns what they print. Fails with the first one."""
        return "".join(map(self._run, lines))

    def _run(self, line: str) -> str:
        if line.startswith("cd ") or any(word in line for word in OF_THE_MACHINE):
            return ""
        if "-m venv" in line:  # the packages of this environment instead of a download
            line = f"{PYTHON} -m venv --without-pip .venv"
        line = line.replace("sudo -u mangosaurus", f"runuser -u {USER} --").replace("sudo ", "")
        line = line.replace("/opt/mangosaurus", str(self.home)).replace("ADDRESS", self.origin)
        line = line.replace("/var/lib/mangosaurus", str(self.root / "lib"))
        line = line.replace("-o mangosaurus", f"-o {USER}").replace("-g mangosaurus", f"-g {GROUP}")
        folder = self.home if self.home.exists() else self.root
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False
        )
        found = done.stdout + done.stderr
        is_doctor = line.endswith("doctor")  # which misses a token
        assert done.returncode == (13 if is_doctor else 0), f"{line}\n{found}"
        return found

    @property
    def origin(self) -> str:
        """The address of the repository."""
        return f"file://{self.root / 'origin'}"

    def publish(self) -> None:
        """Add an empty commit to the repository."""
        git = ("git", "-C", self.root / "origin", "-c", "user.name=a", "-c", "user.email=a@b.c")
        new = (*git, "commit-tree", "main^{tree}", "-p", "main", "-m", "Newer")
        commit = subprocess.run(new, capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run([*git, "update-ref", "refs/heads/main", commit], check=True)


@pytest.fixture
def server() -> Iterator[Server]:
    if os.name != "posix" or os.geteuid() or not shutil.which("runuser"):
        pytest.skip("needs root, who can run commands as another user")
    packages = site.getsitepackages()[0]
    probe = ["runuser", "-u", USER, "--", "env", f"PYTHONPATH={packages}", PYTHON]
    if subprocess.run([*probe, "-c", "import sqlalchemy"], check=False).returncode:
        pytest.skip(f"{USER} can't run {PYTHON} with the packages of {packages}")
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    server = Server(root)
    try:
        git = ("git", "clone", "--quiet", "--bare", "--depth", "1", f"file://{CHECKOUT}", "origin")
        subprocess.run(git, cwd=root, check=True)
        at = ("git", "-C", root / "origin")
        subprocess.run([*at, "update-ref", "refs/heads/main", "HEAD"], check=True)
        subprocess.run([*at, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
        yield server
    finally:
        shutil.rmtree(root)


def test_pages(server: Server) -> None:
    """Install, back up, upgrade, go back: what the page says, with no other command."""
    install = commands("hosting/server.md", "# On a server", "## Restarts")
    before_doctor = [line for line in install if not line.endswith("doctor")]
    server.run(*before_doctor)
    (folder,) = (server.home / ".venv" / "lib").glob("python*/site-packages")
    (folder / "environment.pth").write_text(f"{site.getsitepackages()[0]}\n")
    with (server.home / ".env").open("a") as settings:
        settings.write(f"\nSTATE_DIR={server.root / 'lib'}\n")
    assert "Settings: All are valid" in server.run(*set(install).difference(before_doctor))
    server.run("sudo -u mangosaurus .venv/bin/python -m bot migrate")
    old = server.run("sudo git rev-parse HEAD")

    server.publish()
    server.run(*commands("upgrading.md", "# Upgrading", "## What an upgrade"))
    assert server.run("sudo git rev-parse HEAD") != old
    assert (server.root / "lib" / "before.zip").exists()

    server.run(*commands("upgrading.md", "## How to go back", "\0"))
    assert server.run("sudo git rev-parse HEAD") == old
    database = server.root / "lib" / "mangosaurus.db"
    assert database.owner() == USER
    assert (server.root / "lib" / "newer" / "mangosaurus.db").exists()
    server.run("sudo git switch main")
