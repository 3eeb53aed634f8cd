"""Who may import whom. A room depends only on rooms below it, and the expensive ones stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tobs").rglob("*.py"))

# From the bottom to the top. A file is in the first layer that names it or its folder.
LAYERS = (
    {"errors", "model", "root", "config", "strict", "proxy", "source", "logbatch", "memory"}
    | {"live", "holder", "places"}
    | {"configaccounts", "accountnames", "devices", "configchecks", "configfile", "configedit"},
    {"rawfields", "rawfiles", "rawmedia", "rawemoji", "rawstories", "raw"},
    {"archive", "transfers", "shutdown", "pacing", "behind"},
    {"vault", "progress", "pipeline", "health"},
    {"report", "prepare", "relisting", "redact", "runs", "described"},
    {"files", "pending", "picking", "reading", "redacted", "publishing", "forums"},
    {"pictures", "stories"},
    {"telegram", "testing", "desktop"},
    {"targets", "selecting", "ways", "plan", "planpictures", "exporting", "export", "sync", "imports"}
    | {"watch", "watching", "watchchats", "watchfiles"}
    | {"render", "share", "verify", "doctor"},
    {"cli"},
    {"__main__"},
)
# Values in, values out: usable, and tested, without a loop.
PURE = (
    "errors", "model", "root", "config", "strict", "proxy", "configaccounts", "configchecks", "configfile", "raw",
    "accountnames", "devices", "rawemoji", "rawstories",
    "rawmedia", "rawfiles", "redact", "report", "archive/spans", "selecting", "archive/rows", "archive/codec",
    "vault", "verify/findings", "verify/history", "verify/anchors", "verify/markdown", "verify/links",
    "pacing", "picking", "telegram/convert", "telegram/limits", "telegram/packets", "telegram/ranking",
    "telegram/tlshello",
    "live", "described", "archive/marks", "telegram/boxes", "telegram/happenings", "telegram/gathering",
    "cli/plain", "cli/called", "cli/summary", "cli/outcome", "cli/settings", "cli/app",
)  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "tobs").with_suffix("").as_posix()


def layer_of(name: str) -> int:
    room = name.split("/")[0]
    found = [number for number, rooms in enumerate(LAYERS) if room in rooms]
    assert found, f"tobs/{name}.py is in no layer; say in tests/test_imports.py where it belongs"
    return found[0]


def imports(path: Path, *, at_the_top: bool = False) -> Iterator[str]:
    """The modules that a file imports when it runs, as dotted names."""
    package = ["tobs", *path.relative_to(ROOT / "tobs").parent.parts]
    nodes = walk(ast.parse(path.read_text(encoding="utf-8")), at_the_top)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def walk(node: ast.AST, at_the_top: bool) -> Iterator[ast.AST]:
    """All nodes save those for the type checker and, `at_the_top`, save those in functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if at_the_top and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield child
        yield from walk(child, at_the_top)


def rooms(path: Path) -> Iterator[str]:
    """What of tobs a file imports, as ``vault/names``; names inside a module are cut off."""
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "tobs" and len(parts) > 1:
            known = [
                "/".join(parts[1:end])
                for end in range(len(parts), 1, -1)
                if (ROOT / "tobs").joinpath(*parts[1:end]).with_suffix(".py").exists()
                or (ROOT / "tobs").joinpath(*parts[1:end]).is_dir()
            ]
            yield from known[:1]


def uses(path: Path, *packages: str) -> list[str]:
    return [module for module in imports(path) if module.split(".")[0] in packages]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_room_depends_only_on_rooms_below_it(path):
    if path.name == "__init__.py" and path.parent.name == "tobs":
        return  # the doors of all rooms
    for room in rooms(path):
        assert layer_of(room) <= layer_of(name_of(path)), f"tobs/{name_of(path)}.py must not import tobs/{room}"


def test_only_telegram_and_testing_know_telethon():
    users = {name_of(path).split("/")[0] for path in FILES if uses(path, "telethon")}
    assert users <= {"telegram", "testing"}


def test_only_the_bridge_and_what_is_behind_it_know_asyncio():
    assert [name_of(path) for path in FILES if uses(path, "trio_asyncio")] == ["telegram/bridge"]
    # The connections that Telethon is given live on its side of the bridge.
    users = [name_of(path) for path in FILES if uses(path, "asyncio")]
    assert users == ["telegram/bridge", "telegram/faketls", "telegram/wire"]


@pytest.mark.parametrize("path", [path for path in FILES if name_of(path).startswith(PURE)], ids=name_of)
def test_pure_modules_know_no_trio(path):
    top = [module.split(".")[0] for module in imports(path, at_the_top=True)]
    assert "trio" not in top


def loaded(code: str) -> set[str]:
    """The top-level packages in memory after running `code`."""
    script = f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return {name.split(".")[0] for name in run.stderr.split()}


HEAVY = {"telethon", "trio_asyncio", "asyncio", "trio", "sqlite3"}


def test_import_tobs_is_light():
    assert not HEAVY & loaded("import tobs")


def test_help_is_light():
    assert not HEAVY & loaded("from tobs.cli.app import run; run(['--help']); run(['export', '--help'])")


def test_the_rest_of_the_api_does_without_telethon():
    names = "tobs.export, tobs.Shutdown, tobs.Source, tobs.Report, tobs.load_config"
    assert not {"telethon", "trio_asyncio"} & loaded(f"import tobs; {names}")


def test_every_public_name_is_there():
    code = (
        "import tobs; missing = [name for name in tobs.__all__ if not hasattr(tobs, name)]; assert not missing, missing"
    )
    assert "telethon" in loaded(code)


def test_export_is_the_function_whoever_imports_first():
    loaded("import tobs.export; import tobs; assert callable(tobs.export)")
    loaded("import tobs; tobs.export; import tobs.export; assert callable(tobs.export)")


def test_public_names_are_told_twice_the_same():
    import tobs

    homes = [name for names in tobs._HOMES.values() for name in names]
    assert sorted(homes) == tobs.__all__


def test_help_loads_nothing_heavy():
    assert not HEAVY & loaded("from tobs.cli.app import run; run(['--help'])")
