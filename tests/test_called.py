"""Sentences that name a command name all of it: as this run was called, of the same account and vault."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import serving, tobs
from tobs.cli.app import make_app
from tobs.cli.called import WITH_VAULT, WITHOUT_CONFIG, Called
from tobs.cli.settings import DEFAULT, ConfigFile

ROOT = Path(__file__).parent.parent / "tobs"
NAMES = {name for name in make_app() if not name.startswith("-")}
# Where a command is spoken of and not asked for: help, the keys' sentences, who holds a lock, and a written sign.
SPOKEN_OF = {"cli/app.py", "config.py", "configfile.py", "watch.py", "share.py"}


@pytest.mark.parametrize(
    ("called", "said"),
    [
        (Called(), "Run `tobs login`, then `tobs export --no-takeout`; see tobs login."),
        (
            Called(ConfigFile(account="work")),
            "Run `tobs login --account work`, then `tobs export --no-takeout --account work`; see tobs login.",
        ),
        (
            Called(ConfigFile(Path("my notes/c.toml")), Path("v")),
            "Run `tobs login --config 'my notes/c.toml'`, then"
            " `tobs export --no-takeout --config 'my notes/c.toml' --vault v`; see tobs login.",
        ),
    ],
)
def test_a_command_is_named_with_what_it_needs(called, said):
    assert called.says("Run `tobs login`, then `tobs export --no-takeout`; see tobs login.") == said


def test_options_go_only_to_commands_that_have_them():
    called = Called(ConfigFile(Path("c"), "work"), Path("v"))
    for name in NAMES:
        command = make_app()[name].default_command
        has = inspect.signature(command).parameters
        assert ("config" in has) == (name not in WITHOUT_CONFIG), name
        assert ("vault" in has) == (name in WITH_VAULT), name
        told = called.says(f"`tobs {name}`")
        assert ("--account work --config c" in told, "--vault v" in told) == ("config" in has, "vault" in has)
    assert Called.of({}) == Called.of({"config": DEFAULT, "vault": None}) == Called()


def sentences(path: Path) -> Iterator[str]:
    """The texts of a file that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    bodies = [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    docstrings = {id(first.value) for first in bodies if isinstance(first, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_every_command_in_a_sentence_stands_between_backticks():
    bare = re.compile(rf"(?<!`)\btobs ({'|'.join(NAMES)})\b")
    files = [path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).as_posix() not in SPOKEN_OF]
    found = [(path.name, text) for path in files for text in sentences(path) if bare.search(text)]
    assert found == []
    assert any("`tobs login" in text for path in files for text in sentences(path))


def test_what_a_person_reads(tmp_path):
    with serving(tmp_path / "server", "--scenario", "sample"):
        mine = tmp_path / "my notes.toml"
        mine.write_text(
            f"{(tmp_path / 'server' / 'config.toml').read_text()}\n[accounts.work.export]\nvault = 'work'\n"
        )
        mine.chmod(0o600)
        work = ("--account", "work", "--config", str(mine))
        whole = f"--account work --config '{mine}'"
        checks = {each["what"]: each for each in map(json.loads, tobs("doctor", "--offline", *work).out.splitlines())}
        assert f"`tobs login {whole}`" in checks["session"]["advice"]
        for command in (("export", "all"), ("chats",), ("logout",)):
            run = tobs(*command, *work)
            assert (run.code, run.err.count("\n")) == (3, 1), run.err
            assert f"`tobs login {whole}`" in run.err
        assert f"`tobs export {whole}`" in tobs("verify", *work).err
        assert f"`tobs export {whole} --vault v`" in tobs("report", *work, "--vault", "v").err
        assert f"`tobs export all {whole}`" in tobs("plan", *work).err
        only = ("--config", str(mine), "--vault", str(tmp_path / "v"))
        assert tobs("export", "@slow_news_demo", *only).code == 0
        next((tmp_path / "v").glob("Telegram/Chats/*/*.md")).unlink()
        groups = json.loads(tobs("verify", *only).out)["findings"]
        advice = next(group["advice"] for group in groups if group["kind"] == "note_gone")
        assert advice == f"Run `tobs render --config '{mine}' --vault {tmp_path / 'v'}`."
