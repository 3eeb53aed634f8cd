"""The chats that a configuration means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tobs.config import ExportConfig
from tobs.model import Chat
from tobs.source import FailedChat, Source

Found = Chat | FailedChat


async def find_targets(source: Source, config: ExportConfig) -> list[Found]:
    """The chats of `config.chats`, and if comments are wanted the discussion groups of the channels among them.

    Comments live in a group of their own (https://core.telegram.org/api/discussion): read there, a page brings a
    hundred of them, where asking post by post would take a request for each post. Raises `SourceError`.
    """
    found = list(await source.find_chats(config.chats))
    if config.comments:
        known = {each.id for each in found if isinstance(each, Chat)}
        for channel in list(channels(found)):
            if channel.linked_chat not in known:
                known.add(channel.linked_chat)
                found += named(channel, await source.find_chats([str(channel.linked_chat)]))
    return found


def channels(found: Sequence[Found]) -> Iterator[Chat]:
    """The channels with a discussion group."""
    return (each for each in found if isinstance(each, Chat) and each.kind == "channel" and each.linked_chat)


def named(channel: Chat, found: Sequence[Found]) -> Iterator[Found]:
    """What was found for a channel's discussion group; a failure is told by the channel's title."""
    for each in found:
        yield FailedChat(f"comments of {channel.title}", each.reason) if isinstance(each, FailedChat) else each
