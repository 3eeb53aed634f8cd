"""Options that limit what is read: the keys of the configuration, told in its own sentences."""

from __future__ import annotations

import re
from typing import Annotated

import attrs
from cyclopts import Parameter

from tobs import strict
from tobs.config import Config, Filters
from tobs.errors import ConfigError
from tobs.selecting import overridden

_DOC = {field.name: field.metadata["doc"] for field in attrs.fields(Filters)}


@attrs.frozen
class Chosen:
    """The filters that were given; None for those that were not."""

    since: Annotated[str | None, Parameter(help=_DOC["since"])] = None
    until: Annotated[str | None, Parameter(help=_DOC["until"])] = None
    last: Annotated[int | None, Parameter(help=_DOC["last"])] = None
    min_id: Annotated[int | None, Parameter(help=_DOC["min_id"])] = None
    max_id: Annotated[int | None, Parameter(help=_DOC["max_id"])] = None
    sender: Annotated[str | None, Parameter(help=_DOC["sender"])] = None
    topics: Annotated[
        tuple[str, ...] | None, Parameter("--topic", negative=(), help=f"{_DOC['topics']} May be repeated.")
    ] = None
    only: Annotated[tuple[str, ...] | None, Parameter(negative=(), help=f"{_DOC['only']} May be repeated.")] = None
    search: Annotated[str | None, Parameter(help=_DOC["search"])] = None


FilterOptions = Annotated[Chosen | None, Parameter(name="*")]


def with_filters(config: Config, chosen: Chosen | None) -> Config:
    """The configuration with these filters for every chat. Raises `ConfigError` with all that is wrong."""
    given = {name: value for name, value in attrs.asdict(chosen).items() if value is not None} if chosen else {}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    filters, problems = strict.structure(plain, Filters)
    if filters is None:
        raise ConfigError([re.sub(r" @ (\w+)", _option, problem) for problem in problems])
    return attrs.evolve(config, export=overridden(config.export, filters, tuple(given)))


def _option(key: re.Match[str]) -> str:
    name = "topic" if key[1] == "topics" else key[1].replace("_", "-")
    return f" @ --{name}"
