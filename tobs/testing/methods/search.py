"""messages.search, searchGlobal and getSearchCounters: https://core.telegram.org/api/search."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from telethon.tl import functions, types

from tobs.testing import history, refs
from tobs.testing.account import Account
from tobs.testing.history import ListHistory, unix
from tobs.testing.methods.peers import peer_key
from tobs.testing.methods.results import page_of, wrap
from tobs.testing.methods.takeout import admit, seen_span
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.threads import belongs, everything

Test = Callable[[Any], bool]


async def search(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.search

    min_date and max_date are exclusive bounds. `limit` 0 asks for the count alone.
    """
    if isinstance(request.peer, types.InputPeerEmpty):
        return _everywhere(account, request, [_words(request.q), *_sender(account, request)])
    key = peer_key(account, request.peer)
    found = _select(account, key, _tests(account, key, request))
    span = seen_span(account, caller)
    admit(account, caller, key)
    if span is not None and not account.is_channel(key):
        found = history.of(message for message in found.slice(0, len(found)) if span[0] <= message.id <= span[1])
    if request.limit == 0:
        return wrap(account, key, [], len(found))
    return page_of(account, key, found, request)


async def search_global(account: Account, caller: Caller, request: Any) -> Any:
    """https://core.telegram.org/method/messages.searchGlobal: newest first over all chats; only the first page."""
    return _everywhere(account, request, [_words(request.q)])


def _everywhere(account: Account, request: Any, tests: Iterable[Test]) -> Any:
    wanted = [*tests, matcher(request.filter), *_dates(request)]
    found = [m for key in account.dialogs for m in _select(account, key, wanted).slice(0, 1 << 31)]
    found.sort(key=lambda message: (unix(message.date), message.id), reverse=True)
    shown = account.sent(found[: min(request.limit, history.PAGE)])
    chats, users = account.company(shown)
    return types.messages.Messages(messages=shown, topics=[], chats=chats, users=users)


async def get_search_counters(account: Account, caller: Caller, request: Any) -> list[Any]:
    """https://core.telegram.org/method/messages.getSearchCounters"""
    key = peer_key(account, request.peer)
    return [_counter(account, key, request.top_msg_id, chosen) for chosen in request.filters]


def _counter(account: Account, key: int, top_msg_id: int | None, chosen: Any) -> Any:
    tests = [matcher(chosen), *_thread(account, key, top_msg_id)]
    return types.messages.SearchCounter(filter=chosen, count=len(_select(account, key, tests)))


def _select(account: Account, key: int, tests: Iterable[Test]) -> ListHistory:
    wanted = list(tests)
    return history.of(m for m in everything(account, key) if all(test(m) for test in wanted))


def _tests(account: Account, key: int, request: Any) -> list[Test]:
    return [
        _words(request.q),
        matcher(request.filter),
        *_dates(request),
        *_sender(account, request),
        *_thread(account, key, request.top_msg_id),
    ]


def _words(query: str) -> Test:
    words = query.casefold().split()
    return lambda message: all(word in (getattr(message, "message", "") or "").casefold() for word in words)


def _dates(request: Any) -> list[Test]:
    after, before = unix(request.min_date), unix(request.max_date)
    later: list[Test] = [lambda message: unix(message.date) > after] if after else []
    earlier: list[Test] = [lambda message: unix(message.date) < before] if before else []
    return later + earlier


def _sender(account: Account, request: Any) -> list[Test]:
    if request.from_id is None:
        return []
    wanted = peer_key(account, request.from_id)
    return [lambda message: _sent_by(account, message) == wanted]


def _sent_by(account: Account, message: Any) -> int:
    """In private chats nobody is named: what is not one's own is the other one's."""
    if message.from_id is None and message.out:
        return int(account.me.id)
    return refs.peer_key(message.from_id or message.peer_id)


def _thread(account: Account, key: int, top_msg_id: int | None) -> list[Test]:
    if not top_msg_id:
        return []
    forum = bool(getattr(account.chats.get(key), "forum", False))
    inside = belongs(top_msg_id, forum=forum)
    return [lambda message: message.id == top_msg_id or inside(message)]


def matcher(chosen: Any) -> Test:
    """The test of a MessagesFilter; FILTER_NOT_SUPPORTED for one that is not known."""
    if isinstance(chosen, types.InputMessagesFilterPhoneCalls):
        return lambda message: _is_call(message, missed=bool(chosen.missed))
    test = _FILTERS.get(type(chosen))
    if test is None:
        raise RpcError(400, "FILTER_NOT_SUPPORTED")
    return test


def _media(message: Any, kind: Any) -> bool:
    return isinstance(getattr(message, "media", None), kind)


def _document(message: Any) -> Any | None:
    media = getattr(message, "media", None)
    return media.document if isinstance(media, types.MessageMediaDocument) else None


def _attribute(message: Any, kind: type) -> Any | None:
    document = _document(message)
    attributes = document.attributes if isinstance(document, types.Document) else ()
    return next((attribute for attribute in attributes if isinstance(attribute, kind)), None)


def _is_video(message: Any) -> bool:
    video = _attribute(message, types.DocumentAttributeVideo)
    return bool(video and not video.round_message and not _attribute(message, types.DocumentAttributeAnimated))


def _is_round(message: Any) -> bool:
    video = _attribute(message, types.DocumentAttributeVideo)
    return bool(video and video.round_message)


def _is_voice(message: Any) -> bool:
    audio = _attribute(message, types.DocumentAttributeAudio)
    return bool(audio and audio.voice)


def _is_music(message: Any) -> bool:
    audio = _attribute(message, types.DocumentAttributeAudio)
    return bool(audio and not audio.voice)


_NOT_PLAIN: Final = (
    types.DocumentAttributeVideo,
    types.DocumentAttributeAudio,
    types.DocumentAttributeSticker,
    types.DocumentAttributeAnimated,
)


def _is_file(message: Any) -> bool:
    return _document(message) is not None and not any(_attribute(message, kind) for kind in _NOT_PLAIN)


def _has_link(message: Any) -> bool:
    links = (types.MessageEntityUrl, types.MessageEntityTextUrl)
    return any(isinstance(entity, links) for entity in getattr(message, "entities", None) or ())


def _is_call(message: Any, *, missed: bool) -> bool:
    action = getattr(message, "action", None)
    if not isinstance(action, types.MessageActionPhoneCall):
        return False
    return not missed or isinstance(action.reason, types.PhoneCallDiscardReasonMissed)


_GEO: Final = (types.MessageMediaGeo, types.MessageMediaGeoLive, types.MessageMediaVenue)
_FILTERS: Final[dict[type, Test]] = {
    types.InputMessagesFilterEmpty: lambda message: True,
    types.InputMessagesFilterPhotos: lambda message: _media(message, types.MessageMediaPhoto),
    types.InputMessagesFilterVideo: _is_video,
    types.InputMessagesFilterPhotoVideo: lambda message: _media(message, types.MessageMediaPhoto) or _is_video(message),
    types.InputMessagesFilterDocument: _is_file,
    types.InputMessagesFilterUrl: _has_link,
    types.InputMessagesFilterGif: lambda message: bool(_attribute(message, types.DocumentAttributeAnimated)),
    types.InputMessagesFilterVoice: _is_voice,
    types.InputMessagesFilterMusic: _is_music,
    types.InputMessagesFilterRoundVideo: _is_round,
    types.InputMessagesFilterRoundVoice: lambda message: _is_round(message) or _is_voice(message),
    types.InputMessagesFilterChatPhotos: lambda message: isinstance(
        getattr(message, "action", None), types.MessageActionChatEditPhoto
    ),
    types.InputMessagesFilterMyMentions: lambda message: bool(getattr(message, "mentioned", False)),
    types.InputMessagesFilterGeo: lambda message: _media(message, _GEO),
    types.InputMessagesFilterContacts: lambda message: _media(message, types.MessageMediaContact),
    types.InputMessagesFilterPinned: lambda message: bool(getattr(message, "pinned", False)),
    types.InputMessagesFilterPoll: lambda message: _media(message, types.MessageMediaPoll),
}

METHODS: Final = {
    functions.messages.SearchRequest: search,
    functions.messages.SearchGlobalRequest: search_global,
    functions.messages.GetSearchCountersRequest: get_search_counters,
}
