"""What accounts may be called, and which folders are one place."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs.accountnames import clashes, name_problem
from tobs.configfile import parse_config
from tobs.errors import ConfigError
from tobs.places import place_of


@pytest.mark.parametrize("name", ["work", "Büro", "работа", "しごと-2", "仕事", "a_1", "2nd", "console", "ñ" * 40])
def test_names_of_all_languages_are_names(name):
    assert name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, "by letters, digits") for name in ("", "-x", ".", "work.", "a b", "../x", "work\u202e", "a\u200db")),
        *((name, "Windows can have no file") for name in ("con", "NUL", "Aux", "com1", "lpt9")),
        ("x" * 41, "may have 40 characters, not 41"),
        *((name, "letters that look like others, or like nothing") for name in ("ｗork", "ﬁle", "w\u3164", "a\u115f")),
        ("wоrk", "has Cyrillic and Latin letters"),
        ("αlpha", "has Greek and Latin letters"),
    ],
)  # fmt: skip
def test_what_is_no_name_is_told_in_one_sentence(name, said):
    assert said in name_problem(name)
    with pytest.raises(ConfigError) as caught:
        parse_config(f'[accounts."{name}".export]\nvault = "w"\n', Path("config.toml"))
    (problem,) = caught.value.problems
    assert problem == f"{name_problem(name)} @ config.toml: accounts"
    assert problem.isprintable()  # nothing of it can turn a terminal's line around


@pytest.mark.parametrize("pair", [("Work", "work"), ("straße", "STRASSE"), ("сосо", "coco"), ("αο", "ao")])
def test_names_that_a_disk_or_an_eye_takes_for_the_same(pair):
    (said,) = clashes(pair)
    assert "call one of them otherwise" in said
    assert list(clashes(("work", "home"))) == []


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=45))
def test_a_name_that_may_be_is_one_file_on_every_disk(name):
    if name_problem(name) == "":
        assert name == unicodedata.normalize("NFC", name)
        assert len(f"{name}.session-journal".encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|. ')
        assert name.isprintable()
        assert list(clashes((name, name.upper()))) or name == name.upper()


def problems(folder, vault, **more):
    """What is told of two accounts, of which the second has this vault."""
    own = {"export": {"vault": str(vault)}} | more
    text = "\n".join(["[export]", "vault = 'notes/tg'", *toml("accounts.work", own)])
    try:
        return parse_config(text, folder / "config.toml", account="work").export.root.name
    except ConfigError as error:
        return error.problems


def toml(name, tables):
    for table, keys in tables.items():
        yield f"[{name}.{table}]"
        yield from (f"{key} = '{value}'" for key, value in keys.items())


@pytest.mark.parametrize("there", [True, False])
def test_two_paths_to_one_vault_are_one_vault(there, tmp_path):
    vault = tmp_path / "notes" / "tg"
    (vault if there else vault.parent).mkdir(parents=True)
    (tmp_path / "link").symlink_to(vault)
    (tmp_path / "above").symlink_to(tmp_path / "notes")
    for path in (vault, "notes/tg/", "notes/../notes/tg", "./notes//tg", "link", "above/tg", "link/../tg"):
        assert problems(tmp_path, path) == "work", path  # a part of the vault with its name, as in any shared one
    for path in ("above", "link/inner", "above/tg/a/b", ".", "notes/tg/../../notes"):
        assert "lies in the vault of the first account or around it" in problems(tmp_path, path)[0], path
    for path in ("notes/tg2", "other", "notes/tg/../x"):
        assert problems(tmp_path, path) == "", path


def test_upper_and_lower_case_are_one_place_where_the_disk_says_so(tmp_path):
    (tmp_path / "Notes").mkdir()
    same = (tmp_path / "nOTES").exists()
    assert (place_of(tmp_path / "Notes") == place_of(tmp_path / "nOTES")) == same
    assert (place_of(tmp_path / "Notes" / "a") == place_of(tmp_path / "Notes" / "A")) == same
    if not same:  # a disk that answers to both
        (tmp_path / "nOTES").symlink_to(tmp_path / "Notes")
    assert place_of(tmp_path / "Notes" / "a") == place_of(tmp_path / "nOTES" / "A")
    assert place_of(tmp_path / "Notes" / "a") != place_of(tmp_path / "Notes" / "b")


def test_a_folder_that_is_mounted_twice_is_one_place(tmp_path):
    for name in ("notes", "mounted"):
        (tmp_path / name).mkdir()
    (tmp_path / "notes" / "inner").mkdir()
    code = (
        "from pathlib import Path; from tobs.places import place_of;"
        "notes, mounted = place_of(Path('notes')), place_of(Path('mounted'));"
        "assert notes == mounted; assert place_of(Path('mounted/inner')).within(notes);"
        "assert place_of(Path('mounted/inner/new')) == place_of(Path('notes/inner/new'))"
    )
    mount = 'mount --bind notes mounted || exit 77; exec "$0" -c "$1"'
    try:
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, sys.executable, code],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode in (1, 77) and "Traceback" not in done.stderr:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def test_a_session_in_one_folder_by_two_names_is_one_session(tmp_path):
    (tmp_path / "sessions").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "sessions")
    own = {"telegram": {"sessions_dir": "link", "session": "tobs"}}
    assert "this session is the first account's" in problems(tmp_path, "own", **own)[0]
    assert problems(tmp_path, "own", telegram={"sessions_dir": "link"}) == ""
    own = {"telegram": {"session": "aux"}}
    assert "must be another name than 'aux', which Windows keeps" in problems(tmp_path, "own", **own)[0]


def test_a_path_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert place_of(tmp_path / "round" / "v") == place_of(tmp_path / "round" / "v")
    assert problems(tmp_path, "round/v") == ""
