"""Changes to a ``config.toml`` that leave everything else in it as a person wrote it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

from tobs.errors import ConfigError

Place = tuple[str, ...]  # the tables and the key: ("export", "vault")


class Named(str):
    """A chat as the file names it; `comment` says in the file what a number means."""

    comment: str = ""

    def __new__(cls, text: str, comment: str = "") -> Named:
        named = super().__new__(cls, text)
        named.comment = comment
        return named


def edited(text: str, changes: Mapping[Place, Any]) -> str:
    """`text`, which is valid TOML, with these values; keys and comments that are not concerned stay."""
    document = tomlkit.parse(text)
    for (*tables, key), value in changes.items():
        table: Any = document
        for name in tables:
            if name not in table:
                inline = isinstance(table, InlineTable)
                table[name] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=name != tables[-1])
            table = table[name]
        item = _item(value)
        if key not in table or table[key] != item:
            if isinstance(table, Table) and table.is_super_table():
                # [a.b] stood without [a]: its comment is not that of the new [a].
                table.trivia.comment_ws = table.trivia.comment = ""
            table[key] = item
    return tomlkit.dumps(document)


def with_topics(text: str, account: str, topics: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """`text` with these topics of chats, by the chat's name, each with what it is called: in ``[[chat]]``.

    No topics means all of them.
    """
    document = tomlkit.parse(text)
    parent: Any = document["accounts"][account] if account else document
    known = {str(chat.get("name")): chat for chat in parent.get("chat", [])}
    for name, (title, wanted) in topics.items():
        if name in known:
            known[name]["topics"] = _item(tuple(wanted))
        elif wanted:
            if "chat" not in parent:
                parent["chat"] = tomlkit.array() if isinstance(parent, InlineTable) else tomlkit.aot()
            chat = _chat(name, title, wanted)
            parent["chat"].append(chat if isinstance(parent["chat"], AoT) else _inline(chat))
    return tomlkit.dumps(document)


def _chat(name: str, title: str, wanted: Sequence[str]) -> Table:
    table = tomlkit.table()
    table.add("name", tomlkit.string(name))
    if title:
        table["name"].comment(_harmless(title))
    table.add("topics", _item(tuple(wanted)))
    table.trivia.indent = "\n"
    return table


def _inline(table: Table) -> InlineTable:
    """The same between braces, where there is no room for comments."""
    inline = tomlkit.inline_table()
    inline.update(table.unwrap())
    return inline


def _item(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if not isinstance(value, tuple | list):
        return value
    array = tomlkit.array()
    if any(isinstance(each, Named) and each.comment for each in value):
        for each in value:
            array.add_line(str(each), comment=_harmless(getattr(each, "comment", "")) or None)
        array.add_line(indent="")
    else:
        array.extend(list(map(str, value)))
    return array


def _harmless(comment: str) -> str:
    """Titles are a stranger's words: in a comment they must not end the line, and begin a table of their own."""
    return "".join(character if character.isprintable() else " " for character in comment).strip()


def write_private(path: Path, text: str) -> None:
    """Put `text` in the place of the file at `path`, whole, and for its owner's eyes only from the first byte.

    A link stays a link. Raises `ConfigError` when it cannot be written, and then nothing has changed.
    """
    target = path.resolve()
    part = ""
    try:
        descriptor, part = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)  # mode 0600
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(target)
    except OSError as error:
        raise ConfigError([f"{path} cannot be written ({error.strerror}); choose another place"]) from error
    finally:
        if part:
            Path(part).unlink(missing_ok=True)
