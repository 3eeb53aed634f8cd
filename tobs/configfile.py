"""``config.toml``: read, checked as a whole, and written with the sentence of every key."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import tomli_w

from tobs import strict
from tobs.config import ChatConfig, Config, FileFilters, Filters, MediaConfig, TelegramConfig
from tobs.configaccounts import Where, account_problems, name_problems, overlaid, rooted, successor
from tobs.errors import ConfigError
from tobs.places import place_of

# In the file these tables stand at the top, where a person looks for them; in
# the classes they belong to the export, or the connections, that they steer.
_OF_EXPORT = ("media", "pipeline", "sync", "shutdown")
_ROUTING = "dc_routing"
_CHAT = "chat"  # [[chat]] may stand as often as there are chats
_ACCOUNTS = "accounts"  # [accounts.NAME.telegram] and so on, for further accounts
_FILTERS = tuple(field.name for field in attrs.fields(Filters))  # flat in the file, together in the classes
_TABLES = ("telegram", _ROUTING, "sessions", "export", *_OF_EXPORT, _CHAT, "logging")
_ROOT = "root"  # what the class has and the file has not
_OF_ACCOUNT = ("telegram", "export", "media", _CHAT)  # what an account may have of its own
_ENVIRONMENT = {"TOBS_API_ID": "api_id", "TOBS_API_HASH": "api_hash", "TOBS_PHONE": "phone"}
_HEAD = """\
# tobs: copy this file to config.toml, or run `tobs init`. Every key may be left out; these are the defaults.
# Relative paths start from the folder of this file. TOBS_API_ID, TOBS_API_HASH and TOBS_PHONE override it.
"""


_FOOT = """
# A table [[chat]] for each chat with filters of its own: its name, and any of the keys from since to search, which go
# before those of [export]. The chat is exported as if it stood in chats. Behind it [chat.media] may say what of
# [media] is different for its files: enabled, types, max_size_mb, size_limits and extensions.

# Further accounts, for tobs --account NAME: [accounts.NAME.telegram], [accounts.NAME.export], [accounts.NAME.media] and
# [[accounts.NAME.chat]] hold what differs from the tables above. Each has chats of its own; several may
# share a vault, in which the names of all but the first of them end in ‹NAME›.
"""


def load_config(
    path: Path | str = "config.toml",
    environ: Mapping[str, str] = os.environ,
    account: str = "",
    vault: Path | None = None,
) -> Config:
    """The configuration in the file at `path`; relative paths in it start from its folder.

    `account` names one of ``[accounts]``, and `vault` stands for the one that
    it has there. ``TOBS_API_ID``, ``TOBS_API_HASH``
    and ``TOBS_PHONE`` in `environ` go before the file. Raises `ConfigError`
    with every problem at once.
    """
    path = Path(path)
    return parse_config(_read(path), path, environ, account, vault)


def parse_config(
    text: str, path: Path, environ: Mapping[str, str] = {}, account: str = "", vault: Path | None = None
) -> Config:
    """What `text` would say as the file at `path`, as `load_config` says it."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path} is not valid TOML: {error}"]) from None
    overrides, problems = _overrides(environ)
    named = written.pop(_ACCOUNTS, {})
    problems += [f"{problem} @ {path.name}: {_ACCOUNTS}" for problem in name_problems(named, account)]
    if problems:
        named = {}
    bodies = {"": _Body(written, path.name, given=overrides if not account else {})}
    for name, own in named.items():
        given = overrides if name == account else {}
        bodies[name] = _Body(own, path.name, f"{_ACCOUNTS}.{name}.", _OF_ACCOUNT, given)
    problems += [problem for body in bodies.values() for problem in body.problems]
    if problems:
        raise ConfigError(problems)
    folder = path.absolute().parent
    configs = {name: _anchored(body.config(bodies[""], name), folder) for name, body in bodies.items()}
    if vault is not None:
        chosen = configs[account]
        configs[account] = attrs.evolve(chosen, export=attrs.evolve(chosen.export, vault=vault))
    where = cache(place_of)
    configs = rooted(configs, where)
    problems = [
        f"{problem} @ {path.name}: {bodies[name].prefix}{key}" for name, key, problem in _together(configs, where)
    ]
    if problems:
        raise ConfigError(problems)
    return attrs.evolve(
        configs.pop(account), other_sessions=frozenset(each.telegram.session for each in configs.values())
    )


def _together(configs: Mapping[str, Config], where: Where) -> Iterator[tuple[str, str, str]]:
    """Account, key and problem, for each problem that no key has alone."""
    for name, config in configs.items():
        for problem in _server_problems(config.telegram):
            yield name, "telegram.server", problem
    yield from account_problems(configs, where)


class _Body:
    """The tables of one account: those at the top, or those of ``[accounts.NAME]`` with only what differs."""

    def __init__(
        self,
        written: Any,
        file: str,
        prefix: str = "",
        allowed: Sequence[str] = _TABLES,
        given: Mapping[str, Any] = {},
    ) -> None:
        self.prefix = prefix
        if not isinstance(written, dict):
            self.problems = [f"expected a table, not {written!r} @ {file}: {prefix[:-1]}"]
            return
        self._tables, problems = _nested(written, allowed)
        telegram = self._tables.get("telegram", {})
        if isinstance(telegram, dict) and (telegram or given):
            self._tables["telegram"] = {**telegram, **given}
        self._own, found = strict.structure(self._tables, Config)
        problems += map(_as_written, found)
        told = (problem.rpartition(" @ ") for problem in problems)
        self.problems = [f"{what} @ {file}: {prefix}{where}" for what, _, where in told]

    def config(self, first: _Body, name: str) -> Config:
        """The whole configuration, which may only be asked for if there are no problems."""
        own, base = self._own, first._own
        assert own is not None
        assert base is not None
        if name:
            own = overlaid(successor(base, name), own, self._tables)
        return _inherited(own, self._tables)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problem = f"there is no file {path}; make one with `tobs init`, or name yours with --config"
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}); check its name and permissions"
    except UnicodeDecodeError:
        problem = f"{path} is not UTF-8 text; save it again as UTF-8"
    raise ConfigError([problem])


def _nested(written: dict[str, Any], allowed: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The tables of the file where the classes have them, and a problem for each that has no place."""
    tables = {name: value for name, value in written.items() if name in allowed}
    problems = [f"unknown key{strict.hint(name, allowed)} @ {name}" for name in written if name not in allowed]
    problems += _route(tables)
    export = tables.get("export", {})
    moved = {name: tables.pop(name) for name in (*_OF_EXPORT, _CHAT) if name in tables}
    literal = _literal_filters(export, moved.get(_CHAT))
    problems += [f"unknown key; write since, last and the others without it @ {where}" for where in literal]
    if isinstance(moved.get(_CHAT), list):
        moved[_CHAT] = [_with_filters(chat) for chat in moved[_CHAT]]
    if isinstance(export, dict):
        wrong = [name for name in (*_OF_EXPORT, _CHAT) if name in export]
        problems += [f"unknown key; the table is called [{name}] @ export.{name}" for name in wrong]
        kept = {name: value for name, value in export.items() if name not in (*wrong, _ROOT)}
        problems += [f"unknown key @ export.{_ROOT}"] if _ROOT in export else []
        tables["export"] = {**_with_filters(kept), **moved}
    return tables, problems


def _route(tables: dict[str, Any]) -> list[str]:
    """Move ``[dc_routing]`` to where the classes have it; a problem if it is written there already."""
    routing, telegram = tables.pop(_ROUTING, None), tables.get("telegram", {})
    if not isinstance(telegram, dict):
        return []
    written = telegram.pop(_ROUTING, None)
    if routing is not None:
        tables["telegram"] = {**telegram, _ROUTING: routing}
    return [] if written is None else [f"unknown key; the table is called [{_ROUTING}] @ telegram.{_ROUTING}"]


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
        media = _files(chat.media, written["media"], export.media) if chat.media else None
        chats.append(attrs.evolve(chat, filters=attrs.evolve(export.filters, **own), media=media))
    names = dict.fromkeys((*export.chats, *(chat.name for chat in chats)))
    return attrs.evolve(config, export=attrs.evolve(export, chat=tuple(chats), chats=tuple(names)))


def _files(own: FileFilters, written: Mapping[str, Any], media: MediaConfig) -> FileFilters:
    """What ``[media]`` says of files, but for what was written of a chat's own."""
    names = [field.name for field in attrs.fields(FileFilters)]
    return FileFilters(**{name: getattr(own if name in written else media, name) for name in names})


def _as_written(problem: str) -> str:
    """``what @ export.media.types`` as ``what @ media.types``, which is where it stands in the file."""
    what, _, where = problem.rpartition(" @ ")
    first, _, rest = where.partition(".")
    if first == "export" and re.split(r"[.\[]", rest)[0] in (*_OF_EXPORT, _CHAT):
        where = rest
    if first == "telegram" and re.split(r"[.\[]", rest)[0] == _ROUTING:
        where = rest
    if first == "export":
        where = where.replace(".filters.", ".", 1)
    return f"{what} @ {where}"


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
    return dump_config(Config())


def dump_config(config: Config) -> str:
    """The text of a file that says what `config` says, every key with its sentence."""
    tables: list[tuple[str, Any]] = [
        ("telegram", config.telegram),
        ("telegram.server", config.telegram.server),
        (_ROUTING, config.telegram.dc_routing),
        ("sessions", config.sessions),
        ("export", config.export),
        *((name, getattr(config.export, name)) for name in _OF_EXPORT),
        ("logging", config.logging),
    ]
    chats = "".join(_chat(chat) for chat in config.export.chat)
    return _HEAD + "".join(_table(name, values) for name, values in tables) + _FOOT + chats


def _table(name: str, values: Any) -> str:
    return "\n".join([f"\n[{name}]", *_assignments(values)]) + "\n"


def _chat(chat: ChatConfig) -> str:
    lines = [_assignment("name", chat.name), *(_assignment(name, getattr(chat.filters, name)) for name in _FILTERS)]
    if chat.media:
        names = [field.name for field in attrs.fields(FileFilters)]
        lines += ["", f"[{_CHAT}.media]", *(_assignment(name, getattr(chat.media, name)) for name in names)]
    return "\n".join([f"\n[[{_CHAT}]]", *lines]) + "\n"


def _assignments(values: Any) -> Iterator[str]:
    for field in attrs.fields(type(values)):
        value = getattr(values, field.name)
        if isinstance(value, Filters):
            yield from _assignments(value)
        elif not attrs.has(type(value)) and field.name != _CHAT:
            yield from (f"# {field.metadata['doc']}", _assignment(field.name, value))


def _assignment(name: str, value: Any) -> str:
    return f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, tuple):  # tomli_w writes a list over several lines; one line reads better here
        return f"[{', '.join(map(_value, value))}]"
    plain = str(value) if isinstance(value, Path) else value
    return tomli_w.dumps({"value": plain}).removeprefix("value = ").removesuffix("\n")
