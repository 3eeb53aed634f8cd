"""What the fields of raw TL dicts hold that matters to redaction, by their names in layer 229."""

from __future__ import annotations

from collections.abc import Mapping

USERS = frozenset({
    "user_id", "users", "via_bot_id", "via_business_bot_id", "bot_id", "inviter_id", "new_creator_id", "admin_id",
    "participant_id", "receiver_id", "auto_setting_from", "winners", "completed_by", "recent_voters", "author_id",
    "creator_id", "promoted_by", "kicked_by", "requested_by", "approved_by",
    "exclude_users", "importers", "recent_requesters", "recent_viewers", "top_bidders",
})  # fmt: skip
CHANNELS = frozenset({
    "channel_id", "channels", "community_id", "linked_chat_id", "linked_monoforum_id", "linked_community_id",
})  # fmt: skip
# Numbers, pictures, keys and free words that say who or where somebody is, and that no note needs.
DROPPED = frozenset({
    "access_hash", "address", "auction_slug", "birthday", "bot_payload", "bytes", "charge", "city", "copy_text",
    "data", "email", "file_reference", "from_rank", "gift_address", "hash", "html", "info", "invite_link",
    "invoice_slug", "ip", "last_name", "link", "owner_address", "payload", "phone", "phone_number", "post_code",
    "prepaid_upgrade_hash", "query", "rank", "shipping_address", "shipping_option_id", "slug", "start_param",
    "state", "stickerset", "story", "street", "street_line1", "street_line2", "stripped_thumb", "thumb", "thumbs",
    "transaction_id", "user_id_hint", "username", "usernames", "vcard", "venue_id", "video_thumbs", "waveform",
})  # fmt: skip
NAMES = frozenset({"from_name", "saved_from_name", "post_author", "owner_name"})
ADDRESSES = frozenset({"url", "display_url", "embed_url", "terms_url", "domain"})
EXACT = frozenset({"_", "option", "poll_option", "mime_type"})  # not shown, or without meaning when changed
# Texts, and where their marks are.
TEXTS: Mapping[str, str] = {
    "message": "entities", "text": "entities", "quote_text": "quote_entities", "solution": "solution_entities",
}  # fmt: skip
# Constructors whose title is that of the chat, and those whose id is a user's, a channel's, a group's, or a file's.
TITLED = frozenset(
    {
        "MessageActionChatCreate",
        "MessageActionChannelCreate",
        "MessageActionChatEditTitle",
        "MessageActionChannelMigrateFrom",
    }
)
PEOPLE = frozenset({"User", "UserEmpty"})
CHANNEL = frozenset({"Channel", "ChannelForbidden"})
GROUP = frozenset({"Chat", "ChatEmpty", "ChatForbidden"})
FILES = frozenset({"Document", "Photo"})
