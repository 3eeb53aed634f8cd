"""The Bases, evaluated over a vault as Obsidian documents them."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from tests.bases import SUMMARIES, VIEW_KEYS, Base, File, Link, bases
from tests.obsidian import Vault, links, properties, views
from tests.processes import tobs
from tobs.config import ExportConfig
from tobs.render import render_vault

PROPERTY = re.compile(r"(?:note|file|formula)\.\w+")
NOTE_PROPERTY = re.compile(r"\b(?:note\.(\w+)|(tg_\w+))")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    folder = tmp_path_factory.mktemp("demo")
    run = tobs("demo", "--vault", str(folder))
    assert run.code == 0, run.err
    return Vault(folder)


@pytest.fixture(scope="module")
def posts(demo: Vault, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """The same account with a note for every post."""
    folder = tmp_path_factory.mktemp("posts") / "vault"
    shutil.copytree(demo.root, folder)
    render_vault(ExportConfig(vault=folder, layout="post", timezone="Europe/Berlin"), relayout=True)
    return Vault(folder)


@pytest.fixture(scope="module")
def by_name(demo: Vault) -> dict[str, Base]:
    return {base.path.name: base for base in bases(demo)}


def kinds(vault: Vault) -> dict[str, set[str]]:
    """The types that each property has in the vault."""
    found: dict[str, set[str]] = {}
    for note in vault.notes():
        for name, value in properties(note).items():
            found.setdefault(name, set()).add(kind(value))
    return found


def kind(value: Any) -> str:
    for types, name in (((bool,), "checkbox"), ((int,), "number"), ((datetime,), "time"), ((date,), "date")):
        if isinstance(value, types):
            return name
    return "list" if isinstance(value, list) else type(value).__name__


def strings(tree: Any) -> Iterator[str]:
    """All texts of a YAML tree but the names that people read, keys included."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in ("displayName", "name", "type", "summaries"):
                yield key
                yield from strings(value)
    elif isinstance(tree, list):
        for one in tree:
            yield from strings(one)
    elif isinstance(tree, str):
        yield tree


def test_there_are_three(by_name: dict[str, Base]) -> None:
    assert {base.path.parent.name for base in by_name.values()} == {"Telegram"}
    assert by_name.keys() == {"Telegram.base", "Media.base", "People.base"}


def test_a_property_has_one_type_in_all_notes(demo: Vault, posts: Vault) -> None:
    found = kinds(demo)
    for name, types in kinds(posts).items():
        found.setdefault(name, set()).update(types)
    assert {name: types for name, types in found.items() if len(types) > 1} == {}


def test_every_property_is_one_that_notes_have(demo: Vault, posts: Vault, by_name: dict[str, Base]) -> None:
    there = kinds(demo).keys() | kinds(posts).keys()
    for base in by_name.values():
        used = {name for text in strings(base.tree) for pair in NOTE_PROPERTY.findall(text) for name in pair if name}
        assert used <= there, base.path.name


def test_views_are_as_documented(by_name: dict[str, Base]) -> None:
    for base in by_name.values():
        assert base.tree.keys() <= {"filters", "formulas", "properties", "views"}
        assert len(set(views(base.path))) == len(base.tree["views"])
        for view in base.tree["views"]:
            assert view.keys() <= VIEW_KEYS[view["type"]]
            sorts = [*view.get("sort", ()), *([view["groupBy"]] if "groupBy" in view else [])]
            assert all(one.keys() == {"property", "direction"} for one in sorts)
            columns = [*view["order"], *(one["property"] for one in sorts), *view.get("summaries", ())]
            assert all(PROPERTY.fullmatch(column) for column in columns)
            assert {*view.get("summaries", {}).values()} <= SUMMARIES
            assert not re.search(r"[\[\]|#^]", view["name"])


def test_every_column_gives_a_value(demo: Vault, by_name: dict[str, Base]) -> None:
    start = File(demo, demo.root / "Telegram/Telegram.md")
    for base in by_name.values():
        for view in base.tree["views"]:
            for row in base.shown(view["name"], start):
                for column in (*view["order"], *([view["image"]] if "image" in view else [])):
                    base.value(column, *row, start)


def names(base: Base, view: str, this: File) -> set[str]:
    return {file.name.removesuffix(".md") for file, _ in base.shown(view, this)}


def test_the_views_of_chats(demo: Vault, by_name: dict[str, Base]) -> None:
    base, start = by_name["Telegram.base"], File(demo, demo.root / "Telegram/Telegram.md")
    chats = names(base, "Chats", start)
    assert {"Maya Lindqvist", "Tiny Tools Forum", "Sunday Hikers 🥾"} <= chats
    assert names(base, "Chats by kind", start) == chats
    notes = names(base, "Timeline", start)
    assert "Maya Lindqvist messages" in notes
    assert not notes & chats
    chat = File(demo, demo.root / "Telegram/Chats/Sunday Hikers 🥾/Sunday Hikers 🥾.md")
    assert names(base, "Notes here", chat) == {
        "Sunday Hikers 🥾 messages",
        "Sunday Hikers 🥾 › basic group messages",
    }
    assert "Tiny Tools Forum › Ideas 💡" in names(base, "Topics", start)
    assert names(base, "Posts and promoted messages", start) == set()


def test_the_views_of_posts_and_articles(posts: Vault) -> None:
    (base,) = (base for base in bases(posts) if base.path.name == "Telegram.base")
    start = File(posts, posts.root / "Telegram/Telegram.md")
    assert "How we choose › Slow News 17" in names(base, "Posts and promoted messages", start)
    assert names(base, "Articles", start) == {
        "Rice, explained slowly › World Kitchen 世界厨房 🍲 recipes all 70 article"
    }
    assert len(names(base, "Places", start)) > 0
    chat = File(posts, posts.root / "Telegram/Chats/Slow News/Slow News.md")
    assert "How we choose › Slow News 17" in names(base, "Notes here", chat)
    for view in base.tree["views"]:
        for row in base.shown(view["name"], start):
            assert all(base.value(column, *row, start) is not NotImplemented for column in view["order"])


def test_the_views_of_people(demo: Vault, by_name: dict[str, Base]) -> None:
    base, start = by_name["People.base"], File(demo, demo.root / "Telegram/Telegram.md")
    assert "Олена Коваленко" in names(base, "People", start)
    assert "Weather Bot (person)" in names(base, "Bots", start)
    assert not names(base, "People", start) & names(base, "Bots", start)
    chat = File(demo, demo.root / "Telegram/Chats/Maya Lindqvist/Maya Lindqvist.md")
    assert {"Maya Lindqvist (person)", "Alex Winter"} <= names(base, "People here", chat)
    (count,) = {
        base.value("note.tg_chat_count", *row, start) for row in base.shown("Bots", start) if "Weather" in row[0].name
    }
    assert count == 1


def test_the_views_of_files(demo: Vault, by_name: dict[str, Base]) -> None:
    base, start = by_name["Media.base"], File(demo, demo.root / "Telegram/Telegram.md")
    files = [path.name for path in demo.files() if "attachments" in path.parts]
    assert sorted(names(base, "Files", start)) == sorted(files)
    pictures = base.shown("Pictures", start)
    assert {file.ext for file, _ in pictures} >= {"jpg", "webp"}
    for file, note in pictures:
        assert base.value("formula.picture", file, note, start) == file
        assert re.fullmatch(r"\d{4}-\d\d", base.value("formula.month", file, note, start))
        chat = base.value("formula.chat", file, note, start)
        assert isinstance(chat, Link)
        assert (file.at.parents[2] / f"{chat.text}.md").is_file()
    chat = File(demo, demo.root / "Telegram/Chats/Maya Lindqvist/Maya Lindqvist.md")
    here = names(base, "Pictures here", chat)
    assert here
    assert here < names(base, "Pictures", start)


def test_pages_lead_to_the_bases(demo: Vault) -> None:
    every = [link for note in demo.notes() for link in links(note)]
    used = {(link.target, link.anchor) for link in every if link.target.endswith(".base")}
    assert {target for target, _ in used} == {"Telegram/Telegram.base", "Telegram/Media.base", "Telegram/People.base"}
    assert ("Telegram/Media.base", "Pictures here") in used
