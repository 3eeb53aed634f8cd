"""Of which chats and sequences an update tells (pure)."""

from __future__ import annotations

from tobs.live import COMMON, Update
from tobs.model import RawMessage
from tobs.raw import CHANNEL_MARK

# A chat's title and picture, and the topics of a forum.
RENAMED = frozenset(
    {
        "MessageActionChatEditTitle", "MessageActionChatEditPhoto", "MessageActionChatDeletePhoto",
        "MessageActionTopicCreate", "MessageActionTopicEdit", "MessageActionChangeCreator",
    }
)  # fmt: skip
# How many its members are: in a group that many join this never stops.
CROWD = frozenset(
    {
        "MessageActionChatAddUser", "MessageActionChatDeleteUser", "MessageActionChatJoinedByLink",
        "MessageActionChatJoinedByRequest", "MessageActionChatJoinedViaCommunity",
    }
)  # fmt: skip


def box_of(update: Update) -> int | None:
    """The sequence that an update is of; None if it is of none."""
    if update.mark is not None:
        return update.mark.chat_id
    return next((page.chat_id if page.chat_id < CHANNEL_MARK else COMMON for page in update.pages), None)


def renames(message: RawMessage) -> bool:
    """Whether a chat is to be asked at once what it is like now."""
    return _action(message) in RENAMED


def changes_crowd(message: RawMessage) -> bool:
    """Whether a chat is to be asked so some time."""
    return _action(message) in CROWD


def _action(message: RawMessage) -> str:
    action = message.raw.get("action")
    return str(action.get("_", "")) if isinstance(action, dict) else ""
