"""``config.toml``: read, checked as a whole, and written as an example."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import tomli_w

from tobs import strict
from tobs.config import Config, Filters, TelegramConfig
from tobs.errors import ConfigError

# In the file these tables stand at the top, where a person looks for them; in
# the classes they belong to the export that they steer.
_OF_EXPORT = ("media", "pipeline", "shutdown")
_CHAT = "chat"  # [[chat]] may stand as often as there are chats
_FILTERS = tuple(field.name for field in attrs.fields(Filters))  # flat in the file, together in the classes
_TABLES = ("telegram", "sessions", "export", *_OF_EXPORT, _CHAT, "logging")
_ENVIRONMENT = {"TOBS_API_ID": "api_id", "TOBS_API_HASH": "api_hash", "TOBS_PHONE": "phone"}
_HEAD = """\
# tobs: copy this file to config.toml, or run `tobs init`. Every key may be left out; these are the defaults.
# Relative paths start from the folder of this file. TOBS_API_ID, TOBS_API_HASH and TOBS_PHONE override it.
"""


_FOOT = """
# A table [[chat]] for each chat with filters of its own: its name, and any of the keys from since to search, which go
# before those of [export]. The chat is exported as if it stood in chats.
"""


def load_config(path: Path | str = "config.toml", environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration in the file at `path`; relative paths in it start from its folder.

    ``TOBS_API_ID``, ``TOBS_API_HASH`` and ``TOBS_PHONE`` in `environ` go before
    the file. Raises `ConfigError` with every problem at once.
    """
    path = Path(path)
    tables, problems = _nested(_read(path), path.name)
    overrides, wrong = _overrides(environ)
    telegram = tables.get("telegram", {})
    if isinstance(telegram, dict):
        tables["telegram"] = {**telegram, **overrides}
    config, found = strict.structure(tables, Config)
    problems += [_as_written(problem, path.name) for problem in found] + wrong
    if config is not None:
        problems += [f"{problem} @ {path.name}: telegram.server" for problem in _server_problems(config.telegram)]
    if problems or config is None:
        raise ConfigError(problems)
    return _anchored(_inherited(config, tables), path.absolute().parent)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        problem = f"there is no file {path}; make one with `tobs init`, or name yours with --config"
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}); check its name and permissions"
    except UnicodeDecodeError:
        problem = f"{path} is not UTF-8 text; save it again as UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem = f"{path} is not valid TOML: {error}"
    raise ConfigError([problem])


def _nested(written: dict[str, Any], file: str) -> tuple[dict[str, Any], list[str]]:
    """The tables of the file where the classes have them, and a problem for each that has no place."""
    tables = {name: value for name, value in written.items() if name in _TABLES}
    problems = [f"unknown key{strict.hint(name, _TABLES)} @ {file}: {name}" for name in written if name not in _TABLES]
    export = tables.get("export", {})
    moved = {name: tables.pop(name) for name in (*_OF_EXPORT, _CHAT) if name in tables}
    literal = _literal_filters(export, moved.get(_CHAT))
    problems += [f"unknown key; write since, last and the others without it @ {file}: {where}" for where in literal]
    if isinstance(moved.get(_CHAT), list):
        moved[_CHAT] = [_with_filters(chat) for chat in moved[_CHAT]]
    if isinstance(export, dict):
        wrong = [name for name in (*_OF_EXPORT, _CHAT) if name in export]
        problems += [f"unknown key; the table is called [{name}] @ {file}: export.{name}" for name in wrong]
        kept = {name: value for name, value in export.items() if name not in wrong}
        tables["export"] = {**_with_filters(kept), **moved}
    return tables, problems


def _with_filters(table: Any) -> Any:
    """A table with its filters together, as the classes have them; they may be written as dates of TOML."""
    if not isinstance(table, dict):
        return table
    filters = {name: _written(value) for name, value in table.items() if name in _FILTERS}
    rest = {name: value for name, value in table.items() if name not in _FILTERS}
    return {**rest, "filters": filters}


def _literal_filters(export: Any, chats: Any) -> Iterator[str]:
    """Where somebody wrote the name under which the classes have the filters, and the file does not."""
    listed = enumerate(chats) if isinstance(chats, list) else ()
    tables = [("export", export), *((f"chat[{index}]", chat) for index, chat in listed)]
    for name, table in tables:
        if isinstance(table, dict) and "filters" in table:
            yield f"{name}.filters"


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _inherited(config: Config, tables: dict[str, Any]) -> Config:
    """Each chat of ``[[chat]]`` is exported, with the filters of ``[export]`` where it has none."""
    export = config.export
    chats = []
    for chat, written in zip(export.chat, tables.get("export", {}).get(_CHAT, ()), strict=True):
        own = {name: getattr(chat.filters, name) for name in written["filters"]}
        chats.append(attrs.evolve(chat, filters=attrs.evolve(export.filters, **own)))
    names = dict.fromkeys((*export.chats, *(chat.name for chat in chats)))
    return attrs.evolve(config, export=attrs.evolve(export, chat=tuple(chats), chats=tuple(names)))


def _as_written(problem: str, file: str) -> str:
    """``what @ export.media.types`` as ``what @ config.toml: media.types``."""
    what, _, where = problem.rpartition(" @ ")
    first, _, rest = where.partition(".")
    if first == "export" and re.split(r"[.\[]", rest)[0] in (*_OF_EXPORT, _CHAT):
        where = rest
    if first == "export":
        where = where.replace(".filters.", ".", 1)
    return f"{what} @ {file}: {where}"


def _overrides(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems = []
    for variable, name in _ENVIRONMENT.items():
        text = environ.get(variable, "").strip()
        if text and name == "api_id" and not (text.isascii() and text.isdigit()):
            problems.append(f"expected a whole number @ environment: {variable}")
        elif text:
            values[name] = int(text) if name == "api_id" else text
    return values, problems


def _server_problems(telegram: TelegramConfig) -> Iterator[str]:
    server = telegram.server
    given = {"dc_id": server.dc_id, "host": server.host, "port": server.port, "public_key": server.public_key}
    missing = [name for name, value in given.items() if not value]
    if missing and len(missing) < len(given):
        yield f"{', '.join(missing)} must be set too"


def _anchored(config: Config, folder: Path) -> Config:
    def anchor(path: Path) -> Path:
        return folder / (path.expanduser() if path.parts[:1] == ("~",) else path)

    server = config.telegram.server
    key = str(anchor(Path(server.public_key))) if server.public_key else ""
    telegram = attrs.evolve(
        config.telegram,
        sessions_dir=anchor(config.telegram.sessions_dir),
        server=attrs.evolve(server, public_key=key),
    )
    export = attrs.evolve(config.export, vault=anchor(config.export.vault))
    file = str(anchor(Path(config.logging.file))) if config.logging.file else ""
    return attrs.evolve(config, telegram=telegram, export=export, logging=attrs.evolve(config.logging, file=file))


def is_private(path: Path) -> bool:
    """Whether only its owner can read the file. True where the system has no such thing."""
    return os.name != "posix" or not path.stat().st_mode & 0o077


def example() -> str:
    """The text of ``config.toml.example``: every key with its default and its sentence."""
    config = Config()
    tables: list[tuple[str, Any]] = [
        ("telegram", config.telegram),
        ("telegram.server", config.telegram.server),
        ("sessions", config.sessions),
        ("export", config.export),
        *((name, getattr(config.export, name)) for name in _OF_EXPORT),
        ("logging", config.logging),
    ]
    return _HEAD + "".join(_table(name, values) for name, values in tables) + _FOOT


def _table(name: str, values: Any) -> str:
    return "\n".join([f"\n[{name}]", *_assignments(values)]) + "\n"


def _assignments(values: Any) -> Iterator[str]:
    for field in attrs.fields(type(values)):
        value = getattr(values, field.name)
        if isinstance(value, Filters):
            yield from _assignments(value)
        elif not attrs.has(type(value)) and field.name != _CHAT:
            yield from (f"# {field.metadata['doc']}", _assignment(field.name, value))


def _assignment(name: str, value: Any) -> str:
    plain = str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
    # tomli_w writes a list over several lines; one line reads better here
    return " ".join(tomli_w.dumps({name: plain}).split()).replace("[ ", "[").replace(", ]", "]")
