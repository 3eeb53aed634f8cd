import pytest

from tobs.model import Button, Chat, Entity
from tobs.raw import decode_message, decode_peer
from tobs.rawfiles import extension_of
from tobs.rawmedia import decode_media

ME = 7
CHANNEL = Chat(-1000000000500, "channel", "News")
PERSON = Chat(42, "private", "Bob")


def decoded(chat=CHANNEL, **fields):
    return decode_message({"_": "Message", "id": 5, "date": 100, "message": "hi"} | fields, chat, ME)


def document(*attributes, mime="application/octet-stream", **fields):
    raw = {"_": "Document", "id": 9, "dc_id": 4, "size": 1000, "mime_type": mime, "attributes": list(attributes)}
    return decode_media({"_": "MessageMediaDocument", "document": raw} | fields)


def attribute(name, **fields):
    return {"_": f"DocumentAttribute{name}"} | fields


@pytest.mark.parametrize(
    ("chat", "fields", "sender"),
    [
        (CHANNEL, {}, CHANNEL.id),
        (CHANNEL, {"from_id": {"_": "PeerUser", "user_id": 3}}, 3),
        (CHANNEL, {"from_id": {"_": "PeerChannel", "channel_id": 500}}, -1000000000500),
        (PERSON, {}, 42),
        (PERSON, {"out": True}, ME),
        (Chat(-77, "group", "Group"), {"from_id": {"_": "PeerChat", "chat_id": 77}}, -77),
    ],
)
def test_every_message_has_a_sender(chat, fields, sender):
    assert decoded(chat, **fields).sender_id == sender


@pytest.mark.parametrize(
    ("chat", "fields", "out"),
    [
        (Chat(ME, "saved", "Saved"), {}, True),
        (Chat(ME, "saved", "Saved"), {"fwd_from": {"_": "MessageFwdHeader", "from_name": "Ann"}}, False),
        (PERSON, {}, False),
        (PERSON, {"out": True, "fwd_from": {"_": "MessageFwdHeader", "from_name": "Ann"}}, True),
    ],
)
def test_what_one_wrote_to_oneself_is_sent_and_what_one_kept_there_is_not(chat, fields, out):
    assert decoded(chat, **fields).out is out


def test_a_plain_message():
    message = decoded(views=3, pinned=True, replies={"_": "MessageReplies", "replies": 4})
    assert (message.id, message.chat_id, message.date, message.text) == (5, CHANNEL.id, 100, "hi")
    assert (message.views, message.pinned, message.replies) == (3, True, 4)
    assert not message.empty


def test_a_hidden_edit_is_none():
    assert decoded(edit_date=200).edit_date == 200
    assert decoded(edit_date=200, edit_hide=True).edit_date == 0


def test_a_deleted_message_is_empty():
    message = decode_message({"_": "MessageEmpty", "id": 5}, CHANNEL, ME)
    assert message.empty
    assert (message.id, message.date) == (5, 0)


def test_a_service_message_has_its_action():
    raw = {"_": "MessageService", "id": 5, "date": 1, "action": {"_": "MessageActionHistoryClear"}}
    assert decode_message(raw, CHANNEL, ME).action == {"_": "MessageActionHistoryClear"}


def test_entities():
    entities = [
        {"_": "MessageEntityBold", "offset": 0, "length": 2},
        {"_": "MessageEntityTextUrl", "offset": 2, "length": 3, "url": "https://a"},
        {"_": "MessageEntityPre", "offset": 5, "length": 1, "language": "py"},
        {"_": "MessageEntityCustomEmoji", "offset": 6, "length": 2, "document_id": 12},
        {"_": "MessageEntityBlockquote", "offset": 8, "length": 2, "collapsed": True},
        {"_": "MessageEntityMentionName", "offset": 9, "length": 1, "user_id": 3},
    ]
    assert decoded(entities=entities).entities == (
        Entity("Bold", 0, 2),
        Entity("TextUrl", 2, 3, url="https://a"),
        Entity("Pre", 5, 1, language="py"),
        Entity("CustomEmoji", 6, 2, document_id=12),
        Entity("Blockquote", 8, 2, collapsed=True),
        Entity("MentionName", 9, 1, user_id=3),
    )


def test_a_reply_with_a_quote():
    header = {
        "_": "MessageReplyHeader",
        "reply_to_msg_id": 3,
        "quote_text": "well",
        "quote_entities": [{"_": "MessageEntityItalic", "offset": 0, "length": 4}],
    }
    reply = decoded(reply_to=header).reply
    assert (reply.message_id, reply.chat_id, reply.quote) == (3, 0, "well")
    assert reply.quote_entities == (Entity("Italic", 0, 4),)


def test_a_message_in_a_topic():
    alone = decoded(reply_to={"_": "MessageReplyHeader", "reply_to_msg_id": 3, "forum_topic": True}).reply
    answer = {"_": "MessageReplyHeader", "reply_to_msg_id": 9, "reply_to_top_id": 3, "forum_topic": True}
    assert (alone.top_id, alone.forum_topic) == (3, True)
    assert (decoded(reply_to=answer).reply.message_id, decoded(reply_to=answer).reply.top_id) == (9, 3)


def test_a_reply_to_elsewhere_and_to_a_story():
    header = {
        "_": "MessageReplyHeader",
        "reply_to_peer_id": {"_": "PeerChannel", "channel_id": 8},
        "reply_from": {"_": "MessageFwdHeader", "from_name": "Ann", "date": 1},
    }
    reply = decoded(reply_to=header).reply
    assert (reply.chat_id, reply.origin.name) == (-1000000000008, "Ann")
    story = {"_": "MessageReplyStoryHeader", "peer": {"_": "PeerUser", "user_id": 3}, "story_id": 4}
    assert (decoded(reply_to=story).reply.chat_id, decoded(reply_to=story).reply.story_id) == (3, 4)


def test_a_forward():
    header = {
        "_": "MessageFwdHeader",
        "from_id": {"_": "PeerChannel", "channel_id": 8},
        "date": 50,
        "channel_post": 6,
        "post_author": "Ann",
        "saved_from_peer": {"_": "PeerUser", "user_id": 3},
        "saved_from_msg_id": 2,
    }
    forward = decoded(fwd_from=header).forward
    assert (forward.from_id, forward.date, forward.message_id, forward.author) == (-1000000000008, 50, 6, "Ann")
    assert (forward.saved_from_id, forward.saved_from_message) == (3, 2)


def test_reactions():
    results = [
        {"_": "ReactionCount", "reaction": {"_": "ReactionEmoji", "emoticon": "❤"}, "count": 3, "chosen_order": 0},
        {"_": "ReactionCount", "reaction": {"_": "ReactionCustomEmoji", "document_id": 12}, "count": 2},
        {"_": "ReactionCount", "reaction": {"_": "ReactionPaid"}, "count": 50},
    ]
    heart, custom, star = decoded(reactions={"_": "MessageReactions", "results": results}).reactions
    assert (heart.emoji, heart.count, heart.chosen) == ("❤", 3, True)
    assert (custom.emoji, custom.document_id, custom.chosen) == ("", 12, False)
    assert (star.emoji, star.count) == ("⭐", 50)


@pytest.mark.parametrize(
    "buttons",
    [
        [
            {"_": "KeyboardInlineButton", "text": "Open", "type": {"_": "InlineButtonTypeUrl", "url": "https://a"}},
            {"_": "KeyboardInlineButton", "text": "Vote", "type": {"_": "InlineButtonTypeCallback", "data": "AA=="}},
        ],
        [
            {"_": "KeyboardButtonUrl", "text": "Open", "url": "https://a"},
            {"_": "KeyboardButtonCallback", "text": "Vote", "data": "AA=="},
        ],
    ],
    ids=["now", "before layer 229"],
)
def test_buttons_say_what_they_do(buttons):
    row = {"_": "KeyboardInlineButtonRow", "buttons": buttons}
    found = decoded(reply_markup={"_": "ReplyInlineMarkup", "rows": [row]}).buttons
    assert found == (Button("Open", "Url", "https://a"), Button("Vote", "Callback"))


@pytest.mark.parametrize(
    ("attributes", "mime", "kind", "extension"),
    [
        ([attribute("Sticker"), attribute("ImageSize", w=512, h=512)], "image/webp", "sticker", ".webp"),
        ([attribute("Video", w=1, h=1, duration=1.5), attribute("Sticker")], "video/webm", "sticker", ".webm"),
        ([attribute("Sticker")], "application/x-tgsticker", "sticker", ".tgs"),
        ([attribute("Animated"), attribute("Video", w=1, h=1, duration=1)], "video/mp4", "animation", ".mp4"),
        ([attribute("Video", w=1, h=1, duration=1, round_message=True)], "video/mp4", "round", ".mp4"),
        ([attribute("Video", w=1, h=1, duration=1)], "video/quicktime", "video", ".mov"),
        ([attribute("Audio", voice=True, duration=3)], "audio/ogg", "voice", ".ogg"),
        ([attribute("Audio", voice=True, duration=3)], "", "voice", ".ogg"),
        ([attribute("Audio", duration=3), attribute("Filename", file_name="a.FLAC")], "audio/x", "audio", ".flac"),
        ([attribute("Filename", file_name="report.tar.gz")], "application/gzip", "document", ".gz"),
        ([attribute("Filename", file_name="../../evil. /x")], "application/pdf", "document", ".pdf"),
        ([], "application/x-nobody-knows", "document", ".bin"),
    ],
)
def test_documents(attributes, mime, kind, extension):
    media = document(*attributes, mime=mime)
    assert (media.kind, media.file.extension) == (kind, extension)
    assert (media.file.id, media.file.dc_id, media.file.size) == (9, 4, 1000)


def test_the_largest_size_of_a_photo():
    sizes = [
        {"_": "PhotoStrippedSize", "type": "i", "bytes": "AA=="},
        {"_": "PhotoSize", "type": "m", "w": 320, "h": 200, "size": 5000},
        {"_": "PhotoSizeProgressive", "type": "y", "w": 1280, "h": 800, "sizes": [9000, 50000, 90000]},
        {"_": "PhotoSize", "type": "x", "w": 800, "h": 500, "size": 20000},
    ]
    media = decode_media({"_": "MessageMediaPhoto", "photo": {"_": "Photo", "id": 3, "dc_id": 2, "sizes": sizes}})
    assert (media.kind, media.file.thumb, media.file.size) == ("photo", "y", 90000)
    assert (media.file.width, media.file.height, media.file.extension) == (1280, 800, ".jpg")


def test_what_destroyed_itself_is_expired():
    assert decode_media({"_": "MessageMediaPhoto", "ttl_seconds": 10}).kind == "expired"
    assert decode_media({"_": "MessageMediaDocument", "ttl_seconds": 10}).kind == "expired"
    assert decode_media({"_": "MessageMediaDocument"}).kind == "unsupported"


def test_bought_media_has_its_file_and_a_preview_has_none():
    photo = {"_": "Photo", "id": 3, "sizes": [{"_": "PhotoSize", "type": "m", "w": 1, "h": 1, "size": 5}]}
    bought = {"_": "MessageExtendedMedia", "media": {"_": "MessageMediaPhoto", "photo": photo}}
    preview = {"_": "MessageExtendedMediaPreview", "w": 1, "h": 1}
    assert decode_media({"_": "MessageMediaPaidMedia", "extended_media": [bought]}).file.id == 3
    assert decode_media({"_": "MessageMediaPaidMedia", "extended_media": [preview]}).file is None


def test_an_attachment_of_a_later_layer():
    assert decode_media({"_": "MessageMediaHologram"}).kind == "other"


def test_marked_ids():
    assert decode_peer({"_": "PeerChannel", "channel_id": 5}) == -1000000000005
    assert decode_peer({"_": "PeerChat", "chat_id": 5}) == -5
    assert decode_peer({"_": "PeerUser", "user_id": 5}) == 5
    assert decode_peer(None) == 0


@pytest.mark.parametrize(("mime", "extension"), [("audio/ogg", ".ogg"), ("image/jpeg", ".jpg"), ("", ".bin")])
def test_extensions_are_the_same_everywhere(mime, extension):
    assert extension_of(mime) == extension
