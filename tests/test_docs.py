"""The pages of docs/: the site builds, its links lead somewhere, every exit code is explained."""

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from bot.features import REGISTRY
from bot.startup import Exit

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"
TOURS = ("members", "managers", "operators")
TROUBLESHOOTING = (DOCS / "troubleshooting.md").read_text()
SITE = "http://site/"


class Page(HTMLParser):
    """Links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what refers to something, and what can be referred to."""
        given = {name: value for name, value in attrs if value}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        for name in ("href", "src"):
            if tag in ("link", "script", "img", "iframe") and name in given:
                self.loaded.add(given[name])


def test_site_needs_nothing_of_the_bot() -> None:
    """`make docs` installs the packages of the site, in the versions that the checks use."""
    makefile = (CHECKOUT / "Makefile").read_text()
    (needed,) = re.findall(r"^docs: (\S+)$", makefile, re.MULTILINE)
    assert re.search(rf"^{needed}:.* requirements-docs.txt$", makefile, re.MULTILINE)
    pinned, checked = (
        set(re.findall(r"^\S+==[^ ]+", (CHECKOUT / name).read_text(), re.MULTILINE))
        for name in ("requirements-docs.txt", "requirements-dev.txt")
    )
    assert any(each.startswith("zensical==") for each in pinned)
    assert pinned <= checked
    assert len(pinned) < 20


def test_commands_can_be_copied() -> None:
    """None has a place that only its author could fill in."""
    for page in (CHECKOUT / "README.md", *DOCS.rglob("*.md")):
        assert not re.search(r"git clone <", page.read_text()), page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built so that a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy(CHECKOUT / "zensical.toml", folder)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "out" / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """The pages of the site by their addresses below `SITE`."""
    return {
        str(path.relative_to(site)).removesuffix("index.html"): Page(path)
        for path in site.rglob("*.html")
    }


def test_every_page_is_built(pages: dict[str, Page]) -> None:
    for path in DOCS.rglob("*.md"):
        name = str(path.relative_to(DOCS).with_suffix(""))
        address = "" if name == "index" else f"{name.removesuffix('README')}/".replace("//", "/")
        assert address in pages, path


def test_no_broken_link(site: Path, pages: dict[str, Page]) -> None:
    broken, checked = [], 0
    for address, page in pages.items():
        for link in page.links | page.loaded:
            target = urlsplit(urljoin(SITE + address, link))
            if target.hostname != "site" or target.scheme != "http":
                continue
            checked += 1
            path, anchor = unquote(target.path.lstrip("/")), unquote(target.fragment)
            found = pages.get(path)
            if not (found or (site / path).is_file()) or (
                found and anchor and anchor not in found.anchors
            ):
                broken.append((address, link))
    assert broken == []
    assert checked > 300


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Page]) -> None:
    for address, page in pages.items():
        foreign = [link for link in page.loaded if urlsplit(urljoin(SITE, link)).hostname != "site"]
        assert foreign == [], address


def test_navigation_has_every_page() -> None:
    listed = set(re.findall(r'"([^"]+\.md)"', (CHECKOUT / "zensical.toml").read_text()))
    written = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    assert not written - listed, "add these pages to nav in zensical.toml"
    assert listed <= written


def test_no_picture_is_unused() -> None:
    pages = [CHECKOUT / "README.md", *DOCS.rglob("*.md")]
    shown = {name for page in pages for name in re.findall(r"[\w-]+\.webp", page.read_text())}
    assert shown == {path.name for path in (DOCS / "pictures").iterdir()}


@pytest.mark.parametrize("name", ["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_linked_files_exist(name: str) -> None:
    text = (CHECKOUT / name).read_text()
    targets = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert [target for target in targets if not (CHECKOUT / target).exists()] == []


def test_architecture_names_what_there_is() -> None:
    """Files, folders, and what the code defines."""
    wings = ("bot", "data", "docs", "examples", "models", "simulators", "tests", "tools")
    paths = [p for wing in wings for p in (CHECKOUT / wing, *(CHECKOUT / wing).rglob("*"))]
    known = {f"/{path.with_suffix(end)}" for path in paths for end in ("", path.suffix)}
    sources = "".join(path.read_text() for path in paths if path.suffix == ".py")
    defined = {*re.findall(r"def (\w+)", sources), *re.findall(r"    (\w+): ", sources), "str"}
    for name in re.findall(r"`([a-z][\w./]+?)/?`", (DOCS / "architecture.md").read_text()):
        is_file = any(path.endswith(f"/{name}") for path in known)
        assert is_file or name.rpartition(".")[2] in defined, name


def test_commands_of_the_terminal() -> None:
    pages = [CHECKOUT / "README.md", *DOCS.rglob("*.md")]
    modules = {
        module
        for page in pages
        for module in re.findall(r"python -m ((?:bot|models|data|tools)\b[.\w]*)", page.read_text())
    }
    paths = {module: CHECKOUT.joinpath(*module.rstrip(".").split(".")) for module in modules}
    assert {"bot", "bot.train", "bot.generate", "bot.evaluate"} <= modules
    assert [
        module
        for module, path in paths.items()
        if not (path.with_suffix(".py").exists() or path.is_dir())
    ] == []


def test_the_tours_have_every_command() -> None:
    tours = "".join((DOCS / f"{name}.md").read_text() for name in TOURS)
    named = set(re.findall(r"`/([a-z]+)", tours))
    assert {each.name.partition(" ")[0] for each in REGISTRY.every_command()} <= named


# Troubleshooting


@pytest.mark.parametrize("code", [1, 2, *(set(Exit) - {Exit.OK})])
def test_every_exit_code_is_explained(code: int) -> None:
    assert re.search(rf"^\| {int(code)} \| ", TROUBLESHOOTING, re.MULTILINE)
