"""Raw dicts of messages as `model.Message`: the same code for a page just read and for one archived years ago."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tobs.model import Button, Chat, Entity, Forward, Message, Raw, Reaction, Reply
from tobs.rawmedia import decode_files, decode_media

CHANNEL_MARK = -1_000_000_000_000  # https://core.telegram.org/api/bots/ids
_ENTITY = len("MessageEntity")
_BUTTON = re.compile("^(?:Inline)?ButtonType|^KeyboardButton")
# What a button leads to, sends or copies; the query of a switch to inline mode may be empty.
_BUTTON_TARGETS = ("url", "copy_text", "query")


def decode_message(raw: Raw, chat: Chat, account_id: int) -> Message:
    """The message that `raw` says, as the account `account_id` sees it in `chat`.

    Unknown constructors and missing fields are read as absent: an archive
    written with another layer is still readable.
    """
    get = raw.get
    chat_id = chat.id
    forward = get("fwd_from")
    # What one wrote to oneself is not marked, but every client shows it as sent; what was kept there, as received.
    out = get("out", False) or (chat.kind == "saved" and not forward)
    sender = get("from_id")
    if sender is not None:
        sender_id = decode_peer(sender)
    elif chat_id < 0:
        sender_id = chat_id  # posts of a channel, and admins who speak as the group
    else:
        sender_id = account_id if out else chat_id
    entities = get("entities")
    attached = get("media")
    media = decode_media(attached) if attached and attached["_"] != "MessageMediaEmpty" else None
    reply = get("reply_to")
    reactions = get("reactions")
    replies = get("replies")
    markup = get("reply_markup")
    return Message(
        get("id", 0),
        chat_id,
        get("date", 0),
        sender_id,
        get("message", ""),
        decode_entities(entities) if entities else (),
        out,
        media,
        get("action"),
        _decode_reply(reply) if reply else None,
        _decode_forward(forward) if forward else None,
        0 if get("edit_hide") else get("edit_date", 0),
        get("grouped_id", 0),
        get("via_bot_id", 0),
        get("post_author", ""),
        get("from_rank", ""),
        _decode_reactions(reactions) if reactions else (),
        get("views", 0),
        get("forwards", 0),
        replies.get("replies", 0) if replies else 0,
        get("pinned", False),
        get("silent", False),
        get("noforwards", False),
        get("ttl_period", 0),
        _decode_buttons(markup) if markup else (),
        get("_") == "MessageEmpty",
        decode_files(raw, media),
        raw,
    )


def decode_peer(raw: Raw | None) -> int:
    """The marked id of a Peer, 0 for none."""
    if not raw:
        return 0
    if "user_id" in raw:
        return int(raw["user_id"])
    if "channel_id" in raw:
        return CHANNEL_MARK - int(raw["channel_id"])
    return -int(raw.get("chat_id", 0))


def decode_entities(raws: Sequence[Raw]) -> tuple[Entity, ...]:
    return tuple(_decode_entity(raw) for raw in raws)


def _decode_entity(raw: Raw) -> Entity:
    get = raw.get
    user_id = get("user_id", 0)
    return Entity(
        raw["_"][_ENTITY:],
        get("offset", 0),
        get("length", 0),
        get("url", ""),
        get("language", ""),
        user_id if isinstance(user_id, int) else decode_peer(user_id),  # InputMessageEntityMentionName has a peer
        get("document_id", 0),
        get("collapsed", False),
        get("old_text", ""),
    )


def _decode_reply(raw: Raw) -> Reply:
    get = raw.get
    if raw["_"] == "MessageReplyStoryHeader":
        return Reply(chat_id=decode_peer(get("peer")), story_id=get("story_id", 0))
    message_id = get("reply_to_msg_id", 0)
    forum_topic = get("forum_topic", False)
    origin = get("reply_from")
    return Reply(
        message_id=message_id,
        chat_id=decode_peer(get("reply_to_peer_id")),
        # A message that stands in a topic and answers nothing names the topic as what it answers.
        top_id=get("reply_to_top_id") or (message_id if forum_topic else 0),
        forum_topic=forum_topic,
        quote=get("quote_text", ""),
        quote_entities=decode_entities(get("quote_entities", ())),
        origin=_decode_forward(origin) if origin else None,
        media=get("reply_media"),
        todo_item=get("todo_item_id", 0),
        poll_option=get("poll_option", ""),
    )


def _decode_forward(raw: Raw) -> Forward:
    get = raw.get
    return Forward(
        from_id=decode_peer(get("from_id")),
        name=get("from_name", ""),
        date=get("date", 0),
        message_id=get("channel_post", 0),
        author=get("post_author", ""),
        saved_from_id=decode_peer(get("saved_from_peer")),
        saved_from_message=get("saved_from_msg_id", 0),
        imported=get("imported", False),
        saved_sender_id=decode_peer(get("saved_from_id")),
        saved_sender_name=get("saved_from_name", ""),
        saved_date=get("saved_date", 0),
        psa=get("psa_type", ""),
    )


def _decode_reactions(raw: Raw) -> tuple[Reaction, ...]:
    return tuple(
        _decode_reaction(result["reaction"], result.get("count", 0), "chosen_order" in result)
        for result in raw.get("results", ())
        if result["reaction"]["_"] != "ReactionEmpty"
    )


def _decode_reaction(raw: Raw, count: int, chosen: bool) -> Reaction:
    # A custom emoji has beside it what it stands for, where Telegram told.
    emoji = "⭐" if raw["_"] == "ReactionPaid" else raw.get("emoticon") or raw.get("alt", "")
    return Reaction(emoji, count, raw.get("document_id", 0), chosen)


def _decode_buttons(raw: Raw) -> tuple[Button, ...]:
    return tuple(_decode_button(button) for row in raw.get("rows", ()) for button in row.get("buttons", ()))


def _decode_button(raw: Raw) -> Button:
    # Since layer 229 a button has its action in `type`; before, each action was a kind of button.
    action = raw.get("type", raw)
    target = next((action[key] for key in _BUTTON_TARGETS if key in action), "")
    kind = _BUTTON.sub("", action["_"])
    return Button(raw.get("text", ""), "" if kind == "Default" else kind, target, action.get("user_id", 0))
