"""Pages that must not lag behind the code."""

import re
import subprocess
import tomllib

from gateway.cli.commands import app, catalog_app
from gateway.cli.failures import EXIT_CODES, INTERRUPTED
from gateway.demo.mesh import CATALOG

ROOT = CATALOG.parent


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_every_dependency_has_its_purpose() -> None:
    project = tomllib.loads(page("pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    names = {re.match(r"[\w.-]+", requirement)[0] for requirement in wanted}
    assert names <= set(re.findall(r"^\| `([\w.-]+)` \| \w", page("docs/dependencies.md"), re.MULTILINE))


def test_every_direct_dependency_is_pinned_by_hash_and_no_index_is_named() -> None:
    project = tomllib.loads(page("pyproject.toml"))
    clients = sorted((ROOT / "tests/services/clients").glob("*.in"))
    assert clients
    for lock, requirements in (
        ("requirements.lock", project["project"]["dependencies"] + project["project"]["optional-dependencies"]["demo"]),
        ("requirements-test.lock", project["dependency-groups"]["test"]),
        *((str(wanted.with_suffix("").relative_to(ROOT)) + ".lock", wanted.read_text().split()) for wanted in clients),
    ):
        text = page(lock)
        pinned = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
        assert {re.match(r"[\w.-]+", requirement)[0].lower() for requirement in requirements} <= pinned
        assert "://" not in text
        assert not re.search(r"^--", text, re.MULTILINE)
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", text.strip()))


def test_every_command_and_exit_code_is_on_the_page() -> None:
    text = page("docs/cli.md")
    commands = [f"headgate {command.callback.__name__}" for command in app.registered_commands]
    commands += [f"headgate catalog {command.name}" for command in catalog_app.registered_commands]
    assert len(commands) == 7
    for command in commands:
        assert f"`{command}" in text
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert codes == {0, 2, INTERRUPTED, *EXIT_CODES.values()}


def test_there_are_at_most_twelve_doors_and_make_lists_each() -> None:
    targets = re.search(r"^\.PHONY: (.+)$", page("Makefile"), re.MULTILINE)[1].split()
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(targets) <= 12
    assert [line.split()[1] for line in listed.stdout.splitlines()] == targets


def test_every_page_and_file_that_the_readme_names_exists() -> None:
    text = page("README.md")
    names = re.findall(r"\]\(((?!http)[^)]+)\)", text) + re.findall(r"^\d\. `([\w./]+)`", text, re.MULTILINE)
    missing = [name for name in names if not (ROOT / name).exists()]
    assert not missing
