"""Workflows of a forge: they run what exists here, with few rights, and only pinned actions."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[1]
needs_bash = pytest.mark.skipif(sys.platform == "win32", reason="the steps run in bash on Linux")
WORKFLOWS = {
    path.stem: path.read_text() for path in sorted((CHECKOUT / ".github" / "workflows").iterdir())
}


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOWS[name])["jobs"]
    return found


def commands(name: str) -> list[str]:
    """What the steps of a workflow run."""
    steps = [step for job in jobs(name).values() for step in job.get("steps", ())]
    return [step["run"] for step in steps if "run" in step]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_rights_and_limits(name: str) -> None:
    """Nothing may write unless a job says so, and nothing runs or waits for ever."""
    workflow = yaml.safe_load(WORKFLOWS[name])
    assert workflow["permissions"] in ({}, {"contents": "read"})
    assert "cancel-in-progress" in workflow["concurrency"]
    for job in workflow["jobs"].values():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 150


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned(name: str) -> None:
    for action in re.findall(r"uses: (.*)", WORKFLOWS[name]):
        if action.startswith("./"):
            assert (CHECKOUT / action).is_file()
        else:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("name", WORKFLOWS)
def test_commands_exist(name: str) -> None:
    """Targets of make, and files of the checkout."""
    targets = re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE)
    text = "\n".join(commands(name))
    assert {*re.findall(r"\bmake ([a-z-]+)", text)} <= {*targets}
    for path in re.findall(r"\.ci/\w+|tests/\w+|requirements\S*\.txt|[A-Z]\w+\.md", text):
        assert (CHECKOUT / path).exists(), path
    assert all((CHECKOUT / found).is_file() for found in re.findall(r"path: (\S+\.txt)", text))


def run(command: str, folder: Path, tag: str) -> int:
    """The exit code of a step that a tag has started."""
    environment = {"PATH": "/usr/bin:/bin", "GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": "output"}
    done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, check=False)
    return done.returncode


@needs_bash
@pytest.mark.parametrize(
    ("tag", "is_there"), [("v0.7.0", True), ("v0.7", False), ("v9.9.9", False)]
)
def test_section_of_a_release(tag: str, is_there: bool, tmp_path: Path) -> None:
    """A release has the text of its section, and none is made without one."""
    (tmp_path / "CHANGELOG.md").write_bytes((CHECKOUT / "CHANGELOG.md").read_bytes())
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{tag.removeprefix("v")}"\n')

    (check,) = (each for each in commands("release") if "pyproject.toml" in each)
    (section,) = (each for each in commands("release") if "notes.md" in each and "awk" in each)
    assert (run(check, tmp_path, tag) == 0) == is_there
    if is_there:
        assert run(section, tmp_path, tag) == 0
        notes = (tmp_path / "notes.md").read_text()
        assert notes.strip()
        assert notes.strip() in (CHECKOUT / "CHANGELOG.md").read_text()
        assert "\n## " not in notes


@needs_bash
@pytest.mark.parametrize(
    ("tag", "is_newest"), [("v1.10.0", True), ("v1.9.2", False), ("v1.0.2", False)]
)
def test_newest_version(tag: str, is_newest: bool, tmp_path: Path) -> None:
    """An older one leaves `latest` and the site where they are."""
    author = "-c user.name=A -c user.email=a@b.c"
    commit = f"git init -q && git {author} commit -q --allow-empty -m one"
    tags = "for each in v1.0.2 v1.9.2 v1.10.0 v2.0.0-rc1 work; do git tag $each; done"
    assert run(f"{commit} && {tags}", tmp_path, tag) == 0
    (step,) = (each for each in commands("release") if "git tag" in each)
    assert run(step, tmp_path, tag) == 0
    assert (tmp_path / "output").exists() == is_newest
    images = jobs("release")["images"]
    assert images["env"]["NEWEST"] == "${{ needs.version.outputs.newest }}"
    assert "version" in images["needs"]
    assert jobs("release")["site"]["if"] == "needs.version.outputs.newest"
