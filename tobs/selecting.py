"""Filters of the configuration, chat by chat (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from tobs.config import ExportConfig, FileFilters, Filters
from tobs.errors import ConfigError
from tobs.model import Chat
from tobs.source import Selection
from tobs.telegram.names import means


def selections(config: ExportConfig, chats: Sequence[Chat], zone: ZoneInfo) -> dict[int, Selection | None]:
    """What to read of each chat; None for nothing at all."""
    heirs = {chat.migrated_from: chat for chat in chats if chat.migrated_from}
    found: dict[int, Selection | None] = {}
    for chat in chats:
        heir = heirs.get(chat.id)
        selection = selection_of(filters_for(config, heir or chat), zone)
        found[chat.id] = before_migration(selection, heir) if heir else selection
    return found


def filters_for(config: ExportConfig, chat: Chat) -> Filters:
    """Those of the first ``[[chat]]`` that means it, else those of ``[export]``.

    The numbers of ``[export]`` are a channel's, and say nothing of the group that its comments come from.
    """
    own = next((each.filters for each in config.chat if means(each.name, chat)), None)
    if own is None and config.comments and chat.kind == "supergroup" and chat.linked_chat:
        return attrs.evolve(config.filters, min_id=0, max_id=0)
    return config.filters if own is None else own


def files_for(config: ExportConfig, chats: Sequence[Chat]) -> dict[int, FileFilters]:
    """Which files of each chat are fetched: as the first ``[[chat]]`` that means it says, else as ``[media]`` says."""
    heirs = {chat.migrated_from: chat for chat in chats if chat.migrated_from}
    return {chat.id: _files_of(config, heirs.get(chat.id, chat)) for chat in chats}


def _files_of(config: ExportConfig, chat: Chat) -> FileFilters:
    return next((each.media for each in config.chat if means(each.name, chat)), None) or config.media


def chosen_in_part(config: ExportConfig, chats: Sequence[Chat]) -> frozenset[int]:
    """The ids of the chats of which the configuration wants a part, with the groups that they were."""
    parts = [chat for chat in chats if filters_for(config, chat) != Filters()]
    heirs = {chat.migrated_from for chat in chats if chat.migrated_from}
    alone = {chat.id for chat in parts if chat.id not in heirs}
    return frozenset(alone | {chat.migrated_from for chat in parts if chat.migrated_from})


def check_filters(config: ExportConfig, zone: ZoneInfo) -> None:
    """Raises `ConfigError` for filters that no message can pass."""
    places = {"export": config.filters, **{f"chat[{n}]": chat.filters for n, chat in enumerate(config.chat)}}
    problems = [f"{problem} @ {place}" for place, filters in places.items() for problem in _empty(filters, zone)]
    if problems:
        raise ConfigError(problems)


def _empty(filters: Filters, zone: ZoneInfo) -> Iterator[str]:
    selection = selection_of(filters, zone)
    if selection.until and selection.since >= selection.until:
        yield f"no message can be since {filters.since} and until {filters.until}"
    if selection.max_id and selection.min_id > selection.max_id:
        yield f"no message can have a number from {filters.min_id} on and up to {filters.max_id}"


def selection_of(filters: Filters, zone: ZoneInfo) -> Selection:
    """The same with times in place of words."""
    values = {field.name: getattr(filters, field.name) for field in attrs.fields(Filters)}
    since, until = moment(filters.since, zone), moment(filters.until, zone, end=True)
    return Selection(**{**values, "since": since, "until": until})


def before_migration(selection: Selection, heir: Chat) -> Selection | None:
    """What a selection means of the group that `heir` was: ids and topics are the supergroup's alone."""
    if selection.min_id or selection.max_id or selection.topics:
        return None
    if not selection.last:
        return selection
    left = selection.last - (heir.count if heir.count >= 0 else heir.top_message)
    return attrs.evolve(selection, last=left) if left > 0 else None


def moment(text: str, zone: ZoneInfo, *, end: bool = False) -> int:
    """The Unix second of a date in `zone`, with `end` the first one that is later; 0 for none."""
    if not text:
        return 0
    when = datetime.fromisoformat(text)
    if end:
        when += timedelta(days=1) if is_day(text) else timedelta(seconds=1)
    return int((when if when.tzinfo else when.replace(tzinfo=zone)).timestamp())


def is_day(text: str) -> bool:
    """Whether a date has no time."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def overridden(config: ExportConfig, filters: Filters, given: Sequence[str]) -> ExportConfig:
    """The configuration with those of `filters` that are `given`, for every chat."""
    values: dict[str, Any] = {name: getattr(filters, name) for name in given}
    chats = [attrs.evolve(chat, filters=attrs.evolve(chat.filters, **values)) for chat in config.chat]
    return attrs.evolve(config, filters=attrs.evolve(config.filters, **values), chat=tuple(chats))
