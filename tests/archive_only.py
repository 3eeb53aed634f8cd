"""What of a message its note leaves out, and why. The archive has all of it."""

from __future__ import annotations

from collections.abc import Mapping

# Media that are named by their kind, since the message or file that they are shows them whole.
BY_KIND = (
    "MessageExtendedMedia.media",
    "MessageMediaPoll.attached_media",
    "MessageReplyHeader.reply_media",
    "PollAnswer.media",
    "PollResults.solution_media",
    "StoryItem.media",
)

# Constructors of which a note shows nothing.
SILENT: Mapping[str, str] = {
    "MessageEntityBankCard": "its text is the number",
    "MessageEntityBotCommand": "its text is the command",
    "MessageEntityCashtag": "its text is the tag",
    "MessageEntityCustomEmoji": "its text is the emoji, and its picture a choice",
    "MessageEntityFormattedDate": "its text is the date",
    "MessageEntityMention": "its text is the username",
    "MessageEntityPhone": "its text is the number",
    "MessageEntityUnknown": "nobody knows what it marks",
    "MessageMediaEmpty": "nothing is attached",
    "PhoneCallDiscardReasonHangup": "how calls end",
    "ReactionEmpty": "no reaction",
    "ReplyKeyboardHide": "it takes away a keyboard that its own message showed",
    "StarGiftAttributeOriginalDetails": "the message of the gift before it became unique has it",
    "WebPageNotModified": "the page was told before",
}

_REASONS: Mapping[str, str] = {
    "the chat that the message is in": "Message.peer_id MessageService.peer_id MessageEmpty.peer_id",
    "whether the reader saw it, or was called by it": """
        Message.mentioned Message.media_unread MessageService.mentioned MessageService.media_unread
        PollResults.has_unread_votes
    """,
    "the kind of the chat says it": "Message.post MessageService.post",
    "the sender says it": "MessageService.out MessageFwdHeader.saved_out Poll.creator StoryItem.out",
    "a mark of Telegram's own history": "Message.legacy MessageService.legacy",
    "what the reader may do now": """
        MessageService.reactions_are_possible MessageReactions.can_see_list PollResults.can_view_stats
        MessageActionStarGift.can_upgrade MessageActionStarGift.upgrade_stars MessageActionStarGift.upgrade_separate
        MessageActionStarGiftUnique.can_export_at MessageActionStarGiftUnique.transfer_stars
        MessageActionStarGiftUnique.can_transfer_at MessageActionStarGiftUnique.can_resell_at
        MessageActionStarGiftUnique.drop_original_details_stars MessageActionStarGiftUnique.can_craft_at
    """,
    "it makes messages one block, see render_album": "Message.grouped_id",
    "the message is replaced when the video is ready": "Message.video_processing_pending",
    "a template of a business account, which no history holds": "Message.quick_reply_shortcut_id",
    "how the bot wants to be told about delivery": "Message.report_delivery_until_date",
    "an offer to summarize, which the reader's client makes": "Message.summary_from_language",
    "it decides which topic the message belongs to": "MessageReplyHeader.forum_topic",
    "the answered message is not in any history": """
        MessageReplyHeader.reply_to_scheduled MessageReplyHeader.reply_to_ephemeral
    """,
    "the quoted text is there": "MessageReplyHeader.quote MessageReplyHeader.quote_offset",
    "numbers and keys that only programs use": """
        EmojiGameOutcome.seed FactCheck.hash Game.id Game.access_hash Game.short_name GeoPoint.access_hash
        MessageActionConferenceCall.call_id MessageActionGameScore.game_id MessageActionPhoneCall.call_id
        MessageActionGiftStars.transaction_id MessageActionGiftTon.transaction_id MessageActionPrizeStars.transaction_id
        MessageActionPaymentRefunded.payload MessageActionPaymentSent.invoice_slug MessageActionPaymentSentMe.payload
        MessageActionRequestedPeer.button_id MessageActionRequestedPeerSentMe.button_id
        MessageActionStarGift.saved_id MessageActionStarGift.prepaid_upgrade_hash MessageActionStarGiftUnique.saved_id
        MessageMediaInvoice.start_param MessageMediaVenue.venue_id Poll.id Poll.hash WebPage.id WebPage.hash
        WebPageEmpty.id WebPagePending.id WebPagePending.date BotApp.id BotApp.access_hash BotApp.short_name BotApp.hash
        PhoneCallDiscardReasonMigrateConferenceCall.slug SecureValue.hash StarGift.id StarGiftUnique.id
        StarGiftUnique.gift_id StarGiftUnique.owner_address StarGiftUnique.gift_address InlineButtonTypeCallback.data
        InlineButtonTypeUrlAuth.button_id ButtonTypeRequestPeer.button_id MessageReplies.replies_pts
        MessageReplies.max_id StarGiftAttributeBackdrop.backdrop_id
    """,
    "how far the reader had read": "MessageReplies.read_max_id",
    "the key by which results and answers name it": "PollAnswer.option TodoItem.id",
    "the group of the comments has notes of its own": """
        MessageReplies.comments MessageReplies.channel_id MessageReplies.recent_repliers
    """,
    "only the latest few: the server does not name all": "MessageReactions.recent_reactions",
    "only the highest few: the server does not name all": "MessageReactions.top_reactors",
    "it is in the count": "ReactionCount.chosen_order",
    "whether the server left out the reader's own": "MessageReactions.min",
    "Saved Messages show reactions as tags": "MessageReactions.reactions_as_tags",
    "how a client lays it out on a screen": """
        MessageMediaDocument.nopremium MessageMediaDocument.video_timestamp MessageMediaWebPage.force_large_media
        MessageMediaWebPage.force_small_media MessageMediaWebPage.manual MessageMediaWebPage.safe
        ReplyInlineMarkup.force_reply ReplyKeyboardForceReply.single_use ReplyKeyboardForceReply.selective
        ReplyKeyboardMarkup.resize ReplyKeyboardMarkup.single_use ReplyKeyboardMarkup.selective
        ReplyKeyboardMarkup.persistent ReplyKeyboardMarkup.force_reply Poll.shuffle_answers
        MessageActionTopicCreate.icon_color MessageActionTopicCreate.icon_emoji_id
        MessageActionTopicCreate.title_missing WebPage.has_large_media WebPage.video_cover_photo
        WebPage.embed_url WebPage.embed_type WebPage.embed_width WebPage.embed_height WebPage.type
        StarGiftAttributeBackdrop.center_color StarGiftAttributeBackdrop.edge_color
        StarGiftAttributeBackdrop.pattern_color StarGiftAttributeBackdrop.text_color StarGiftUnique.peer_color
    """,
    "the video beside a photo is a file": "MessageMediaPhoto.live_photo",
    "only languages that colour pass, see code.py": "MessageEntityPre.language",
    "the text is still to be fetched": "FactCheck.need_check",
    "whoever has the code can take the gift": "MessageActionGiftCode.slug",
    "the opposite of what it is now": """
        MessageActionNoForwardsRequest.prev_value MessageActionNoForwardsToggle.prev_value
    """,
    "only the account of a bot gets it": """
        MessageActionPaymentSentMe.shipping_option_id MessageActionWebViewDataSentMe.data
    """,
    "another service message of the same gift": """
        MessageActionStarGift.upgrade_msg_id MessageActionStarGift.gift_msg_id
    """,
    "what the app says of itself in the catalogue": "BotApp.description",
    "the story is named already": "StoryItem.id StoryItemDeleted.id StoryItemSkipped.id StoryFwdHeader.story_id",
    "who may see a story, and until when": """
        StoryItem.expire_date StoryItem.pinned StoryItem.public StoryItem.close_friends StoryItem.min
        StoryItem.noforwards StoryItem.contacts StoryItem.selected_contacts StoryItem.sent_reaction StoryItem.albums
        StoryItemSkipped.expire_date StoryItemSkipped.close_friends StoryItemSkipped.live StoryFwdHeader.modified
    """,
    "what the shop says of a gift": """
        StarGift.convert_stars StarGift.limited StarGift.sold_out StarGift.birthday StarGift.require_premium
        StarGift.limited_per_user StarGift.peer_color_available StarGift.auction StarGift.availability_remains
        StarGift.availability_total StarGift.availability_resale StarGift.first_sale_date StarGift.last_sale_date
        StarGift.upgrade_stars StarGift.resell_min_stars StarGift.released_by StarGift.per_user_total
        StarGift.per_user_remains StarGift.locked_until_date StarGift.auction_slug StarGift.gifts_per_round
        StarGift.auction_start_date StarGift.upgrade_variants StarGiftAttributeModel.crafted
        StarGiftUnique.availability_issued StarGiftUnique.availability_total StarGiftUnique.require_premium
        StarGiftUnique.resale_ton_only StarGiftUnique.theme_available StarGiftUnique.crafted
        StarGiftUnique.released_by StarGiftUnique.offer_min_stars StarGiftUnique.craft_chance_permille
    """,
    "how it is with a gift now, not what happened": """
        StarGiftUnique.burned StarGiftUnique.owner_id StarGiftUnique.owner_name StarGiftUnique.resell_amount
        StarGiftUnique.value_amount StarGiftUnique.value_currency StarGiftUnique.value_usd_amount
        StarGiftUnique.theme_peer StarGiftUnique.host_id
    """,
    "its picture is a choice; the emoji is shown where the note knows it": "ReactionCustomEmoji.document_id",
    "what happens in the reader's client": """
        InlineButtonTypeCallback.requires_password InlineButtonTypeSwitchInline.same_peer
        InlineButtonTypeSwitchInline.peer_types InlineButtonTypeUrlAuth.fwd_text ButtonTypeRequestPeer.max_quantity
        ButtonTypeRequestPoll.quiz
    """,
    "the address works within Telegram only": "InlineButtonTypeWebView.url ButtonTypeSimpleWebView.url",
}

# Fields, as ``Constructor.field``.
ARCHIVE_ONLY: Mapping[str, str] = {name: reason for reason, names in _REASONS.items() for name in names.split()}
