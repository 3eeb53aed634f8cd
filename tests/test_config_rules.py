"""Rules of the configuration for any values: what is valid survives the file, what is not is told with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import attrs
import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from tobs import config as classes
from tobs.config import ChatConfig, Config, ExportConfig, FileFilters, Filters, ServerConfig, TelegramConfig
from tobs.configfile import dump_config, parse_config
from tobs.errors import ConfigError
from tobs.root import PLAIN

FILE = Path("/etc/tobs/config.toml")
# Quotes, escapes, controls, line ends of all kinds, other alphabets, beyond the basic plane; few, which is faster.
TEXT = st.text("a \"'\\#=[]\n\r\t\0\x7f\x85\u2028é日👩", max_size=6)
PATHS = TEXT.map(lambda text: Path("/" + text.replace("\0", "")))
NUMBERS = st.integers(0, 10**12)
CHAT_NAMES = TEXT.map(lambda text: "@" + text)

# Keys that not every value of their type fits.
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "session": st.from_regex(r"[a-z0-9@_+-][a-z0-9@_ .+-]{0,8}", fullmatch=True),
    "proxy": st.sampled_from(["", "socks5://u:p%40x@h:1", "http://[::1]:8080", "socks4://h:1/"]),
    "timezone": st.sampled_from(["", "Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"]),
    "extensions": st.lists(st.sampled_from(["pdf", "jpg", "7z"])).map(tuple),
    "promote": st.lists(st.sampled_from(["pinned", "hashtag:#idée", "reaction:⭐"])).map(tuple),
    "since": st.just("") | st.dates(date(1970, 1, 1), date(2037, 1, 1)).map(str),
    "size_limits": st.lists(st.sampled_from(["video:50", "photo:0.5"])).map(tuple),
    "port": st.integers(0, 65535),
    "file": st.none().map(lambda _: "") | PATHS.map(str),
    "chats": st.lists(TEXT, unique=True, max_size=3).map(tuple),
    "chat": st.lists(st.deferred(lambda: CHATS), max_size=2, unique_by=lambda chat: chat.name).map(tuple),
    "server": st.just(ServerConfig())
    | st.builds(ServerConfig, st.integers(1, 5), TEXT.map("h".__add__), st.integers(1, 65535), PATHS.map(str)),
}  # fmt: skip
STRATEGIES["until"] = STRATEGIES["since"]


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a key that any value of its type fits; numbers are not negative and at least one."""
    if attrs.has(kind):
        return instances(kind)
    if get_origin(kind) is UnionType:
        return st.none() | of_type(get_args(kind)[0])
    if get_origin(kind) is tuple:
        return st.lists(of_type(get_args(kind)[0]), max_size=3).map(tuple)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    numbers = st.integers(1, 10**9)
    return {bool: st.booleans(), int: numbers, float: numbers.map(float) | st.floats(1), str: TEXT, Path: PATHS}[kind]


def instances(cls: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    fields = [field.name for field in attrs.fields(cls)]
    return st.builds(cls, **{name: STRATEGIES.get(name, of_type(hints[name])) for name in fields if name in hints})


CHATS = st.builds(ChatConfig, CHAT_NAMES, instances(Filters), of_type(FileFilters | None))
CONFIGS = st.builds(
    Config,
    instances(TelegramConfig),
    instances(classes.SessionsConfig),
    instances(ExportConfig),
    instances(classes.LoggingConfig),
)


def as_read(config: Config) -> Config:
    """Chats with filters of their own stand among the chats, and no others of the file have sessions."""
    export = config.export
    names = dict.fromkeys((*export.chats, *(chat.name for chat in export.chat)))
    return attrs.evolve(config, export=attrs.evolve(export, chats=tuple(names), root=PLAIN), other_sessions=frozenset())


@settings(max_examples=60, deadline=None)
@given(CONFIGS)
def test_any_valid_configuration_survives_dump_and_load(config):
    assert parse_config(dump_config(config), FILE) == as_read(config)


# Every key of the file, with its place and its type.
TABLES = {
    "telegram": TelegramConfig,
    "telegram.server": ServerConfig,
    "sessions": classes.SessionsConfig,
    "export": ExportConfig,
    "media": classes.MediaConfig,
    "pipeline": classes.PipelineConfig,
    "shutdown": classes.ShutdownConfig,
    "logging": classes.LoggingConfig,
    "chat[0]": Filters,
    "chat[0].media": FileFilters,
}


def keys() -> dict[str, Any]:
    found = {}
    for table, cls in TABLES.items():
        hints = get_type_hints(cls)
        for field in attrs.fields(cls):
            kind = hints[field.name]
            if kind is Filters:
                found |= {f"{table}.{name}": hint for name, hint in get_type_hints(Filters).items()}
            elif not attrs.has(kind) and field.name != "chat":
                found[f"{table}.{field.name}"] = kind
    return found


KEYS = keys()


def wrong_for(kind: Any) -> st.SearchStrategy[Any]:
    """Values that only somebody who guesses would take for the right ones."""
    if get_origin(kind) is tuple:
        return st.sampled_from(["all", 3, {}])
    if get_origin(kind) is Literal:
        return st.sampled_from(["no such word", 1, True, []])
    return {
        bool: st.sampled_from([0, 1, "true", []]),
        int: st.sampled_from(["7", 1.0, True, -1, []]),
        float: st.sampled_from(["7", True, -0.5, float("nan"), []]),
        str: st.sampled_from([7, 1.5, True, [], {}]),
        Path: st.sampled_from([7, True, "", []]),
    }[kind]


@st.composite
def mistakes(draw: st.DrawFn) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=8, unique=True))
    return {place: draw(wrong_for(KEYS[place])) for place in chosen}


@settings(max_examples=150, deadline=None)
@given(mistakes(), st.sampled_from(["", "accounts.work."]))
def test_every_mistake_is_told_with_its_place(wrong, prefix):
    own = ("telegram", "telegram.server", "export", "media", "chat[0]", "chat[0].media")
    wrong = {place: value for place, value in wrong.items() if not prefix or place.rpartition(".")[0] in own}
    document: dict[str, Any] = {}
    for place, value in wrong.items():
        *tables, key = place.split(".")
        table = document
        for name in tables:
            if name == "chat[0]":
                table = table.setdefault("chat", [{"name": "@durov"}])[0]
            else:
                table = table.setdefault(name, {})
        table[key] = value
    text = tomli_w.dumps({"accounts": {"work": document}} if prefix else document)
    told: tuple[str, ...] = ()
    try:
        parse_config(text, FILE)
    except ConfigError as error:
        told = error.problems
    places = [problem.rpartition(" @ config.toml: ")[2] for problem in told]
    assert sorted(places) == sorted(prefix + place for place in wrong)


@pytest.mark.parametrize("place", [place for place, kind in KEYS.items() if kind is int])
@pytest.mark.parametrize("value", ['"7"', "1.0", "true"])
def test_what_only_looks_like_a_whole_number_is_refused(place, value):
    table, _, key = place.rpartition(".")
    head = '[[chat]]\nname = "@durov"' if table == "chat[0]" else f"[{table}]"
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{head}\n{key} = {value}", FILE)
    assert caught.value.problems[0].startswith("expected a whole number, not ")
    assert caught.value.problems[0].endswith(f" @ config.toml: {place}")
