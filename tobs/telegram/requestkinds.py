"""What requests are about, in words: each kind has a pace of its own."""

from __future__ import annotations

from telethon.tl.functions import InvokeWithMessagesRangeRequest, InvokeWithTakeoutRequest
from telethon.tl.tlobject import TLRequest

from tobs.source import MESSAGES

SEARCHES = "searches"
_WRAPPERS = (InvokeWithTakeoutRequest, InvokeWithMessagesRangeRequest)
KINDS = {
    "GetHistoryRequest": MESSAGES,
    "SearchRequest": SEARCHES,
    "GetRepliesRequest": SEARCHES,
    "GetMessagesRequest": "messages by number",
    "GetFileRequest": "files",
    "GetCdnFileRequest": "files",
    "GetFileHashesRequest": "hashes of files",
    "GetStoriesByIDRequest": "stories",
    "GetDialogsRequest": "the list of chats",
    "ResolveUsernameRequest": "names",
    "GetFullChannelRequest": "chat details",
    "GetFullChatRequest": "chat details",
    "GetFullUserRequest": "chat details",
    "GetStateRequest": "updates",
    "GetDifferenceRequest": "updates",
    "GetChannelDifferenceRequest": "updates",
}


def kind_of(request: TLRequest, dc_id: int) -> str:
    """The kind of a request, whatever it is wrapped in; files of each data centre are a kind of their own."""
    while isinstance(request, _WRAPPERS):
        request = request.query
    name = type(request).__name__
    kind = KINDS.get(name, name.removesuffix("Request"))
    return f"{kind} of data centre {dc_id}" if dc_id else kind
