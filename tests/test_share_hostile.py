"""An archive that names people wherever a name fits, shared and searched."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from tests.obsidian import Vault, broken
from tests.test_redact import BOT, KEY, MAYA, ME, NEWS, PLAIN, PRIVATE, REDACT, WILL, contact, message
from tobs.archive.owner import keep_owner
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.rows import ArchivedChat
from tobs.archive.store import Archive, open_archive
from tobs.config import ExportConfig, MediaConfig
from tobs.model import Chat, Page, Peer, RawMessage, Topic
from tobs.prepare import Preparation, prepare_page
from tobs.raw import CHANNEL_MARK
from tobs.share import KEY as KEY_NAME
from tobs.share import render_redacted
from tobs.vault.publish import local_zone

FORUM = Chat(
    CHANNEL_MARK - 1_500_000_009,
    "forum",
    "Friends of Maya Lindqvist",
    "maya_friends",
    "Ask MAYA  LINDQVIST (@maya_l, +46 70-000 00 02)\nhttps://t.me/joinchat/AbCdEf",
    topics=(Topic(1, "General"), Topic(2, "maya lindqvist’s birthday")),
    raw={"_": "Channel", "usernames": [{"username": "maya_fans", "active": True}]},
)
NAMED = "mAyA lInDqViSt, Ma\u0301ya Lindqvist, #MayaLindqvist, @MAYA_L, maya_l, id 70000002, +46 (70) 000-00-02, m@l.se"
SOUGHT = ("maya", "lindqvist", "70000002", "000-00-02", "000 00 02", "6700000002", "m@l.se", "trudi", "abcdef", "moor")


def words(text: str) -> dict[str, Any]:
    bold = {"_": "MessageEntityBold", "offset": 3, "length": 4}
    return {"_": "TextWithEntities", "text": text, "entities": [bold]}


def everywhere(text: str) -> list[dict[str, Any]]:
    """Messages with a text in every place that a note shows."""
    answer = {"_": "PollAnswer", "text": words(text), "option": "MA=="}
    poll = {"_": "Poll", "question": words(text), "answers": [answer]}
    results = {"_": "PollResults", "solution": text, "solution_entities": [], "total_voters": 1}
    link = {"_": "MessageEntityTextUrl", "offset": 0, "length": len(text) // 2, "url": "tg://user?id=70000002"}
    url = {"_": "MessageEntityUrl", "offset": 0, "length": len(text)}
    marks = [{"_": f"MessageEntity{kind}", "offset": 1, "length": 9} for kind in ("Bold", "Code", "Pre", "Spoiler")]
    size = {"_": "PhotoSize", "type": "x", "w": 3, "h": 3, "size": 9}
    photo = {"_": "MessageMediaPhoto", "photo": {"_": "Photo", "id": 5, "sizes": [size], "dc_id": 1}}
    audio = {"_": "DocumentAttributeAudio", "duration": 3, "title": text, "performer": text}
    name = {"_": "DocumentAttributeFilename", "file_name": f"{text}.mp3"}
    document = {"_": "Document", "id": 6, "mime_type": "audio/mpeg", "size": 1, "attributes": [audio, name]}
    page = {"_": "WebPage", "id": 1, "url": "https://example.com/", "display_url": text, "site_name": text}
    page |= {"title": text, "description": text, "author": text}
    parts = [{"_": "TextPlain", "text": text[:8]}, {"_": "TextBold", "text": {"_": "TextPlain", "text": text[8:]}}]
    boss = {"_": "TextMentionName", "text": {"_": "TextPlain", "text": "maya"}, "user_id": MAYA.id}
    tree = {"_": "TextConcat", "texts": [*parts, boss]}
    channel = {"_": "PageBlockChannel", "channel": {"_": "Channel", "id": 9, "title": text, "username": "maya_fans"}}
    blocks = [{"_": "PageBlockParagraph", "text": tree}, {"_": "PageBlockHeader", "text": tree}, channel]
    article = {**page, "cached_page": {"_": "Page", "url": "https://example.com/", "blocks": blocks}}
    button = {"_": "KeyboardButtonUrl", "text": text, "url": "https://example.com/maya"}
    todo = {"_": "TodoList", "title": words(text), "list": [{"_": "TodoItem", "id": 1, "title": words(text)}]}
    point = {"_": "GeoPoint", "lat": 1.0, "long": 2.0}
    forward = {"_": "MessageFwdHeader", "from_name": "Maya Lindqvist", "post_author": "Maya L.", "date": 1}
    reply = {"_": "MessageReplyHeader", "reply_to_msg_id": 1, "quote_text": text, "quote_entities": marks}
    hidden = {"_": "MessageReplyHeader", "reply_from": {"_": "MessageFwdHeader", "from_name": "Maya Lindqvist"}}
    media: list[dict[str, Any]] = [
        photo,
        {"_": "MessageMediaDocument", "document": document},
        {"_": "MessageMediaPoll", "poll": poll, "results": results},
        {"_": "MessageMediaWebPage", "webpage": page},
        {"_": "MessageMediaWebPage", "webpage": article},
        {"_": "MessageMediaWebPage", "webpage": {**page, "url": "https://t.me/maya_l"}},
        {"_": "MessageMediaVenue", "title": text, "address": text, "geo": point},
        contact(0),
        contact(MAYA.id),
        {"_": "MessageMediaGame", "game": {"_": "Game", "title": text, "description": text}},
        {"_": "MessageMediaInvoice", "title": text, "description": text, "currency": "USD", "total_amount": 5},
        {"_": "MessageMediaToDo", "todo": todo},
        {"_": "MessageMediaStory", "id": 3, "peer": {"_": "PeerUser", "user_id": MAYA.id}},
        {"_": "MessageMediaGiveawayResults", "winners": [MAYA.id], "prize_description": text, "winners_count": 1},
    ]
    actions: list[dict[str, Any]] = [
        {"_": "MessageActionChatEditTitle", "title": text},
        {"_": "MessageActionChatCreate", "title": text, "users": [MAYA.id]},
        {"_": "MessageActionTopicCreate", "title": text},
        {"_": "MessageActionCustomAction", "message": text},
        {"_": "MessageActionWebViewDataSent", "text": text},
        {"_": "MessageActionBotAllowed", "domain": "maya.example.com"},
        {"_": "MessageActionPollAppendAnswer", "answer": answer},
        {"_": "MessageActionStarGift", "gift": {"title": text}, "message": words(text)},
        {"_": "MessageActionChatDeleteUser", "user_id": MAYA.id},
    ]
    return [
        message(text, entities=marks),
        message(text, entities=[url]),
        message(text, entities=[link]),
        message(f"{'x' * 30} {text}", post_author="Maya Lindqvist", from_rank="maya"),
        message(text, reply_to=reply, fwd_from=forward),
        message(text, reply_to={"_": "MessageReplyHeader", "reply_to_msg_id": 4}),
        message(text, reply_to=hidden, via_bot_id=BOT.id),
        message(text, reply_markup={"_": "ReplyInlineMarkup", "rows": [{"buttons": [button]}]}),
        message(rich_message={"_": "RichMessage", "blocks": blocks}),
        *(message(text, media=each) for each in media),
        *({**message(), "_": "MessageService", "action": action} for action in actions),
    ]


def linked(url: str) -> dict[str, Any]:
    return message(url, entities=[{"_": "MessageEntityUrl", "offset": 0, "length": len(url)}])


def fill(archive: Archive, archived: ArchivedChat, peers: tuple[Peer, ...], raws: list[dict[str, Any]]) -> None:
    archive.register([archived])
    for number, raw in enumerate(raws, 1):
        raw |= {"id": number, "from_id": {"_": "PeerUser", "user_id": peers[number % len(peers)].id}}
    messages = tuple(RawMessage(raw["id"], raw["date"], raw) for raw in raws)
    page = Page(archived.chat.id, 1, len(raws), messages, peers)
    using = Preparation(archived.chat, archived.folder, ME.id, local_zone("UTC"), MediaConfig(), archive.codec)
    archive.commit_page(prepare_page(page, using))


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """A vault in which everything tells of Maya."""
    folder = tmp_path / "vault"
    with open_archive(folder) as archive:
        keep_owner(archive, Reads(archive.connection, archive.codec), ME)
        archive.remember_account(ME)
        remember(archive, KEY_NAME, KEY)
        fill(archive, ArchivedChat(FORUM, "Friends of Maya Lindqvist"), (MAYA, WILL), everywhere(NAMED))
        fill(archive, ArchivedChat(PRIVATE, "Maya Lindqvist", ("Maya Moor",)), (MAYA, ME), everywhere("My MAYA MOOR"))
        fill(
            archive,
            ArchivedChat(PLAIN, "Maya & Will"),
            (WILL, BOT),
            [*everywhere("Moor!"), linked("https://t.me/Maya_Friends/1")],
        )
        fill(archive, ArchivedChat(NEWS, "Slow News"), (MAYA,), everywhere("Maya Lindqvist"))
    return folder


@pytest.mark.parametrize("keep_titles", [False, True])
@pytest.mark.parametrize("style", ["callout", "compact"])
def test_nobody_is_found_wherever_a_name_fits(vault: Path, tmp_path: Path, keep_titles: bool, style: Any) -> None:
    out = tmp_path / "out"
    config = ExportConfig(vault=vault, timezone="UTC", style=style, phone_numbers=True)
    render_redacted(config, out, keep_titles=keep_titles)
    for path in out.rglob("*"):
        text = str(path.relative_to(out)) + (path.read_text() if path.is_file() else "")
        lines = [line for line in text.casefold().split("\n") if any(word in line for word in SOUGHT)]
        assert lines == [], path
    assert broken(Vault(out)) == []
    assert len(Vault(out).notes()) > 8


def test_links_between_chats_still_lead_there(vault: Path, tmp_path: Path) -> None:
    render_redacted(ExportConfig(vault=vault, timezone="UTC"), tmp_path / "out")
    group = REDACT.pseudonyms.name("forum", FORUM.id)
    (plain,) = (tmp_path / "out").rglob(f"{REDACT.pseudonyms.name('group', PLAIN.id)} messages.md")
    assert re.search(rf"\(<{group}[^>]*#\^m1>\)", plain.read_text())


def test_titles_that_a_group_had_are_found_in_texts(tmp_path: Path) -> None:
    with open_archive(tmp_path / "vault") as archive:
        keep_owner(archive, Reads(archive.connection, archive.codec), ME)
        rename = {"_": "MessageActionChatEditTitle", "title": "Tuesday Runners"}
        raws = [{**message(), "_": "MessageService", "action": rename}, message("tuesday runners and Sunday Hikers")]
        fill(archive, ArchivedChat(PLAIN, "Sunday Hikers"), (MAYA,), raws)
    render_redacted(ExportConfig(vault=tmp_path / "vault", timezone="UTC"), tmp_path / "out")
    (note,) = (tmp_path / "out").rglob("* messages.md")
    group = note.parent.name
    assert f"> {group} and {group}\n" in note.read_text()
    assert f"renamed the chat to “{group}”" in note.read_text()


# Every constructor

IN_MESSAGES = re.compile(
    "(Birthday|Button|Channel|Chat|Document|Fact|Game|Geo|GroupCall|InlineButton|Keyboard|MaskCoords|MediaArea|Message|Page"
    "|Payment|Peer|Phone|Photo|Poll|PostAddress|Reaction|Reply|RequestedPeer|Restriction|Sponsored|StarGift|Stars|Sticker"
    "|Story|Suggested|Text|Todo|User|VideoSize|Wall|Web)"
)
SECRETS = {"data_hash", "g_a_hash", "g_a_or_b", "g_b", "peer_tag"}  # of calls and passports
NAMES = "Maya Lindqvist @maya_l +46700000002 https://t.me/maya_l"
OF_PEOPLE = re.compile(r"user|bot_id|inviter|creator|admin_id|_by$|channel|chat_id|winners|viewers|bidders")


def filled(cls: Any) -> dict[str, Any]:
    """A raw dict of a constructor with a name in every text, and a person's id in every number."""
    raw: dict[str, Any] = {"_": cls.__name__}
    for parameter in list(inspect.signature(cls.__init__).parameters.values())[1:]:
        kind = str(parameter.annotation)
        value = MAYA.id if "int" in kind else NAMES if "str" in kind else "TWF5YQ==" if "bytes" in kind else None
        if value is not None and "Type" not in kind:
            raw[parameter.name] = [value] if "List[" in kind else value
    return raw


def constructors() -> list[Any]:
    return [
        cls
        for name, cls in vars(types).items()
        if inspect.isclass(cls) and hasattr(cls, "CONSTRUCTOR_ID") and IN_MESSAGES.match(name)
    ]


def test_no_field_of_any_constructor_names_somebody() -> None:
    texts: set[str] = set()
    numbers: set[str] = set()
    assert len(constructors()) > 400
    for cls in constructors():
        for key, value in REDACT.messages(NEWS)(filled(cls)).items():
            shown = json.dumps(value, ensure_ascii=False)
            texts |= (
                {key} if key != "_" and re.search("maya|lindqvist|4670|t\\.me|TWF5", shown, re.IGNORECASE) else set()
            )
            numbers |= {key} if str(MAYA.id) in shown else set()
    assert texts <= {"mime_type", "option", "options", "poll_option", "random_id", *SECRETS}  # not shown
    counts = {"admins_count", "participants_count", "winners_count", "bot_active_users", "channels_read_media_period"}
    counts |= {"per_user_remains", "per_user_stars", "per_user_total"}
    places = {"channel", "channel_post", "personal_channel_message"}  # of a stream; messages
    assert {key for key in numbers if OF_PEOPLE.search(key)} <= counts | places
