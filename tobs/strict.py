"""Plain data from TOML to frozen classes: nothing is coerced, and everything that is wrong is found at once."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationError,
    IterableValidationNote,
)
from cattrs.gen import make_dict_structure_fn, override

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_NAMES: dict[type, str] = {bool: "true or false", int: "a whole number", str: 'text in "quotes"'}


class WrongValue(ValueError):
    """A value of the wrong kind. `wanted` is the part of the sentence that does not repeat the value."""

    def __init__(self, wanted: str, value: object, hint: str = "") -> None:
        self.wanted = wanted
        super().__init__(f"expected {wanted}, not {_shown(value)}{hint}")


def structure(data: object, cls: type[T]) -> tuple[T | None, list[str]]:
    """`data` as `cls`, or None and every problem as ``what @ key.path``."""
    try:
        return _converter().structure(data, cls), []
    except BaseValidationError as error:
        return None, list(_problems(error, ()))


def hint(name: str, known: Sequence[str]) -> str:
    """``; did you mean …?`` when a known name is close, else nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _problems(error: BaseException, path: tuple[str, ...]) -> Iterator[str]:
    """The leaves of cattrs' tree of errors."""
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _problems(inner, _below(path, inner))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl)]
        for name in sorted(error.extra_fields):
            yield f"unknown key{hint(name, known)} @ {'.'.join((*path, name))}"
    else:
        yield f"{error} @ {'.'.join(path)}"


def _below(path: tuple[str, ...], error: BaseException) -> tuple[str, ...]:
    """Where `error` lies, as cattrs noted on it."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (*path, note.name)
        if isinstance(note, IterableValidationNote):
            return (*path[:-1], f"{path[-1]}[{note.index}]")
    return path


@functools.cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind in _NAMES:
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(Path, _path)
    converter.register_structure_hook_func(_is_literal, _one_of)
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _list(converter, get_args(kind)[0]))
    converter.register_structure_hook_factory(attrs.has, lambda cls: _table(converter, cls))
    return converter


def _is_literal(kind: Any) -> bool:
    return bool(get_origin(kind) is Literal)


def _is_tuple(kind: Any) -> bool:
    return bool(get_origin(kind) is tuple)


def _exactly(kind: type) -> Hook:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:  # not isinstance: True is an int
            raise WrongValue(_NAMES[kind], value)
        return value

    return check


def _number(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise WrongValue("a number", value)
    return float(value)


def _path(value: Any, _: Any) -> Path:
    if type(value) is not str or not value or "\0" in value:
        raise WrongValue('a path in "quotes"', value)
    return Path(value)


def _one_of(value: Any, kind: Any) -> Any:
    choices = get_args(kind)
    if value not in choices:
        raise WrongValue(f"one of {', '.join(choices)}", value, hint(value, choices) if isinstance(value, str) else "")
    return value


def _list(converter: Converter, kind: Any) -> Hook:
    def check(value: Any, cls: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise WrongValue("a list in [brackets]", value)
        items, errors = [], []
        for index, item in enumerate(value):
            try:
                items.append(converter.structure(item, kind))
            except (WrongValue, BaseValidationError) as error:
                error.add_note(IterableValidationNote("", index, kind))
                errors.append(error)
        if errors:
            raise IterableValidationError("", errors, cls)
        return tuple(items)

    return check


def _table(converter: Converter, cls: type) -> Hook:
    # cattrs runs validators only when all keys have the right type. As part of
    # each key's own hook they are reported together with everything else.
    hooks: Any = {
        field.name: override(struct_hook=_validated(converter, field))
        for field in attrs.fields(attrs.resolve_types(cls))
    }
    build: Hook = make_dict_structure_fn(
        cls, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **hooks
    )

    def check(value: Any, kind: Any) -> Any:
        if not isinstance(value, dict):
            raise WrongValue("a table", value)
        return build(value, kind)

    return check


def _validated(converter: Converter, field: attrs.Attribute[Any]) -> Hook:
    kind: Any = field.type

    def check(value: Any, _: Any) -> Any:
        try:
            result = converter.structure(value, kind)
        except WrongValue as error:
            if field.repr:
                raise
            raise ValueError(f"expected {error.wanted}") from None  # a secret is not repeated
        if field.validator is not None:
            field.validator(None, field, result)
        return result

    return check


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
