"""What redaction finds and what it leaves, on raw messages."""

import json
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tobs.archive.rows import ArchivedChat
from tobs.model import HIDDEN_AUTHOR, Chat, Peer
from tobs.raw import CHANNEL_MARK
from tobs.redact import Redaction, names_in, redaction
from tobs.redact.offsets import Cut, Ruler, merged, replaced, units
from tobs.redact.pseudonyms import SIGNS, Pseudonyms
from tobs.redact.richtext import spread

KEY = bytes(range(32))


def person(user_id: int, first: str, last: str = "", username: str = "", **raw: Any) -> Peer:
    name = " ".join(filter(None, (first, last)))
    return Peer(user_id, "private", name, username, "", {"_": "User", "first_name": first, "last_name": last, **raw})


ME = person(70_000_001, "Alex", "Winter", "alexwinter", is_self=True)
MAYA = person(70_000_002, "Maya", "Lindqvist", "maya_l", contact=True)
TOMAS = person(70_000_003, "Tomás", "de la Cruz (work)", "tdlc")
WILL = person(70_000_004, "Will", "Moor")  # no contact: a word as well as a name
WEI = person(70_000_005, "李伟", "", "liwei")
OTHER_MAYA = person(70_000_006, "Maya", "Brown")
BOT = Peer(70_000_020, "bot", "GIF Finder", "gifbot", "", {"_": "User", "first_name": "GIF Finder", "bot": True})
NEWS = Chat(CHANNEL_MARK - 1_500_000_001, "channel", "Slow News", "slow_news", "By @maya_l, +46 70 000 00 02")
PLAIN = Chat(-4_100_200, "group", "Sunday Hikers")
PRIVATE = Chat(MAYA.id, "private", "Maya Lindqvist")
PEOPLE = (ME, MAYA, TOMAS, WILL, WEI, BOT)
CHATS = tuple(ArchivedChat(chat, chat.title) for chat in (NEWS, PLAIN, PRIVATE))


def redact(*more: Peer, others: tuple[str, ...] = (), keep_titles: bool = False) -> Redaction:
    def has(chat_id: int, message_id: int) -> bool:
        return chat_id == NEWS.id and message_id == 7

    return redaction(KEY, (*PEOPLE, *more), CHATS, others, has=has, keep_titles=keep_titles)


REDACT = redact()
CODES = Pseudonyms(KEY)
CODE = {peer.name: CODES.name(peer.kind, peer.id) for peer in PEOPLE}
M, T, W, A = (CODE[peer.name] for peer in (MAYA, TOMAS, WILL, ME))


def message(text: str = "", **fields: Any) -> dict[str, Any]:
    return {"_": "Message", "id": 5, "date": 1_714_720_000, "message": text, **fields}


def redacted(raw: dict[str, Any], chat: Chat = NEWS, using: Redaction = REDACT) -> dict[str, Any]:
    return using.messages(chat)(raw)


# Names in texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Maya Lindqvist said so", f"{M} said so"),
        ("MAYA LINDQVIST, maya lindqvist", f"{M}, {M}"),
        ("Maya  (Lindqvist)!", f"{M})!"),
        ("#MayaLindqvist and #maya_lindqvist", f"#{M} and #{M}"),
        ("hi maya, thanks Lindqvist's", f"hi {M}, thanks {M}'s"),
        ("Mayan ruins, mayas", "Mayan ruins, mayas"),
        ("Tomas de la Cruz and TOMÁS", f"{T} and {T}"),
        ("Toma\u0301s, Ｔｏｍáｓ, To\u200bmás", f"{T}, {T}, {T}"),
        ("de la plaza", "de la plaza"),
        ("Will will win: will Will Moor?", f"{W} will win: will {W}?"),
        ("will moor", W),
        ("李伟先生说 李 伟", f"{CODE['李伟']}先生说 {CODE['李伟']}"),
        ("ask @maya_l or maya_l or @Maya_L!", f"ask {M} or {M} or {M}!"),
        ("the gif finder, /find@gifbot", f"the {CODE['GIF Finder']}, /find{CODE['GIF Finder']}"),
        ("Slow News is slow news", f"{CODES.name('channel', NEWS.id)} is {CODES.name('channel', NEWS.id)}"),
        ("my id is 70000002, hers -1001500000001", f"my id is {M}, hers -{CODES.name('channel', NEWS.id)}"),
        ("nobody here, at all. 12:30, 3.14", "nobody here, at all. 12:30, 3.14"),
    ],
)
def test_names_are_found_however_they_are_written(text: str, shown: str) -> None:
    assert redacted(message(text))["message"] == shown


def test_a_username_of_nobody_known_is_one_account_everywhere() -> None:
    text = redacted(message("@stranger_1 met @Stranger_1, not @stranger_2"))["message"]
    first, second = CODES.of_username("stranger_1"), CODES.of_username("stranger_2")
    assert text == f"{first} met {first}, not {second}"


def test_a_first_name_of_two_is_nobodys() -> None:
    text = redacted(message("maya, Maya Lindqvist"), using=redact(OTHER_MAYA))["message"]
    assert text == f"[name], {M}"


def test_earlier_names_of_a_private_chat_are_the_persons() -> None:
    chats = [ArchivedChat(PRIVATE, "Maya Lindqvist", ("Maya Andersson",))]
    using = redaction(KEY, PEOPLE, chats)
    assert using.finder.scrub("maya andersson") == M


# Numbers and addresses in texts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call +46 70 000 00 02!", "call [phone]!"),
        ("call (030) 1234-5678 or 0301234567", "call [phone] or [phone]"),
        ("٠٣٠١٢٣٤٥٦٧", "[phone]"),
        ("4111 1111 1111 1111", "[card]"),
        ("DE89 3704 0044 0532 0130 00", "DE[number]"),
        ("on 2024-05-03 14:32, 03.05.2024 20 people", "on 2024-05-03 14:32, 03.05.2024 20 people"),
        ("1990-2000, 1 2 3 4 5 6 7 8 9 10", "1990-2000, 1 2 3 4 5 6 7 8 9 10"),
        ("write to maya.l+x@example.co.uk.", "write to [email]."),
        ("see https://example.com/a?b=1234567890.", "see https://example.com/a?b=1234567890."),
        ("see https://example.com/maya", "see [link]"),
        ("see https://example.com/%40maya_l", "see [link]"),
        ("see https://example.com/?to=https%3A%2F%2Ft.me%2Fx", "see [link]"),
        ("see https://medium.com/@somebody/x", "see [link]"),
        ("see http://maya:secret@example.com", "see [link]"),
        ("join t.me/+AbCdEf, T.ME/joinchat/x, maya.t.me", "join [link], [link], [link]"),
        ("tg://user?id=70000002 tel:+4670 https://wa.me/4670", "[link] [link] [link]"),
        ("https://t.me/c/1500000001/7", f"https://t.me/c/{CODES.channel(1_500_000_001)}/7"),
        ("t.me/slow_news/7?single", f"https://t.me/c/{CODES.channel(1_500_000_001)}/7"),
        ("t.me/slow_news/8 t.me/durov/7", "[link] [link]"),
    ],
)
def test_numbers_and_addresses(text: str, shown: str) -> None:
    assert redacted(message(text))["message"] == shown


# Marks


def mark(kind: str, text: str, part: str, **fields: Any) -> dict[str, Any]:
    start = text.index(part)
    offset, length = len(text[:start].encode("utf-16-le")) // 2, len(part.encode("utf-16-le")) // 2
    return {"_": f"MessageEntity{kind}", "offset": offset, "length": length, **fields}


def part_of(raw: dict[str, Any], entity: dict[str, Any]) -> str:
    data = raw["message"].encode("utf-16-le")
    return data[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def test_marks_stay_on_their_words() -> None:
    text = "👍 Maya Lindqvist 🐈 bold, Will Moor, italic"
    raw = redacted(message(text, entities=[mark("Bold", text, "bold"), mark("Italic", text, "italic")]))
    assert raw["message"] == f"👍 {M} 🐈 bold, {W}, italic"
    assert [part_of(raw, entity) for entity in raw["entities"]] == ["bold", "italic"]


def test_a_mark_on_half_a_name_is_on_the_whole_pseudonym() -> None:
    text = "hi Maya Lindqvist there"
    raw = redacted(message(text, entities=[mark("Bold", text, "Ma"), mark("Italic", text, "qvist there")]))
    assert [part_of(raw, entity) for entity in raw["entities"]] == [M, f"{M} there"]


def test_marks_that_name_somebody_go_with_the_name() -> None:
    text = "boss, 12345, x y, nice@site, 99 and 55-55"
    entities = [
        mark("MentionName", text, "boss", user_id=WILL.id),
        mark("Phone", text, "12345"),
        mark("Mention", text, "x y"),
        mark("Email", text, "nice@site"),
        mark("BankCard", text, "99"),
        {**mark("MentionName", text, "55-55"), "_": "InputMessageEntityMentionName", "user_id": {"user_id": MAYA.id}},
    ]
    raw = redacted(message(text, entities=entities))
    assert raw["message"] == f"{W}, [phone], {CODES.of_username('x y')}, [email], [card] and {M}"
    assert raw["entities"] == []


def test_what_is_marked_is_a_word_of_its_own() -> None:
    text = "Maya Lindqvistboss@maya_l"
    raw = redacted(message(text, entities=[mark("MentionName", text, "boss", user_id=WILL.id)]))
    assert raw["message"] == f"{M}{W}{M}"
    raw = redacted(message("Maya Lindqvist", entities=[mark("MentionName", "Maya", "Maya", user_id=WILL.id)]))
    assert raw["message"] == M


def test_links_that_name_somebody_lose_the_address() -> None:
    text = "here, there, example.com/x, example.com/maya, post"
    entities = [
        mark("TextUrl", text, "here", url="tg://user?id=70000002"),
        mark("TextUrl", text, "there", url="https://example.com/"),
        mark("Url", text, "example.com/x"),
        mark("Url", text, "example.com/maya"),
        mark("TextUrl", text, "post", url="https://t.me/slow_news/7"),
    ]
    raw = redacted(message(text, entities=entities))
    assert raw["message"] == "here, there, example.com/x, [link], post"
    assert [part_of(raw, entity) for entity in raw["entities"]] == ["there", "example.com/x", "post"]
    assert raw["entities"][2]["url"] == f"https://t.me/c/{CODES.channel(1_500_000_001)}/7"


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Cut], list[tuple[int, int]]]:
    text = draw(st.text("ab 👍é\n", max_size=30))
    place = st.integers(0, len(text))
    ranges = st.tuples(place, place).map(lambda pair: (min(pair), max(pair)))
    cuts = [Cut(start, end, draw(st.text("X🐈", max_size=4))) for start, end in draw(st.lists(ranges, max_size=5))]
    return text, merged(cuts), draw(st.lists(ranges, max_size=5))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(marked_texts())
def test_a_mark_is_on_what_was_put_in_place_of_what_it_was_on(
    case: tuple[str, list[Cut], list[tuple[int, int]]],
) -> None:
    text, cuts, ranges = case
    after, ruler = replaced(text, cuts).encode("utf-16-le"), Ruler(text)
    for start, end in ranges:
        offset, length = ruler.moved(start, end, cuts)
        touched = [cut for cut in cuts if cut.start < end and cut.end > start] if start < end else []
        first = min([start, *(cut.start for cut in touched)])
        last = max([end, *(cut.end for cut in touched)])
        inside = [cut._replace(start=cut.start - first, end=cut.end - first) for cut in touched]
        expected = replaced(text[first:last], inside) if start < end else ""
        assert after[2 * offset : 2 * (offset + length)].decode("utf-16-le") == expected
    assert ruler.index(units(text)) == len(text)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["Maya Lindqvist", "x", "👍", " ", "@maya_l", "70000002", "\n", "-", "李伟"]), max_size=12)
)
def test_nobody_is_in_a_redacted_text_and_redacting_again_changes_nothing(parts: list[str]) -> None:
    once = REDACT.finder.scrub(" ".join(parts))
    assert not [name for name in ("Maya", "Lindqvist", "maya_l", "70000002", "李伟") if name in once]
    assert REDACT.finder.scrub(once) == once


# Everything else in a message


def test_peers_and_ids_become_others_of_their_kind() -> None:
    raw = redacted(
        message(
            peer_id={"_": "PeerChannel", "channel_id": 1_500_000_001},
            from_id={"_": "PeerUser", "user_id": MAYA.id},
            via_bot_id=BOT.id,
            reactions={"recent_reactions": [{"peer_id": {"_": "PeerUser", "user_id": WILL.id}}]},
            saved_peer_id={"_": "PeerChat", "chat_id": 4_100_200},
        )
    )
    assert raw["peer_id"]["channel_id"] == CODES.channel(1_500_000_001)
    assert raw["from_id"]["user_id"] == CODES.user(MAYA.id)
    assert raw["via_bot_id"] == CODES.user(BOT.id)
    assert raw["reactions"]["recent_reactions"][0]["peer_id"]["user_id"] == CODES.user(WILL.id)
    assert raw["saved_peer_id"]["chat_id"] == CODES.group(4_100_200)
    assert (raw["id"], raw["date"]) == (5, 1_714_720_000)


def test_names_without_an_id_are_pseudonyms_of_the_same_people() -> None:
    raw = redacted(
        message(
            fwd_from={"_": "MessageFwdHeader", "from_name": "maya lindqvist", "post_author": "Ed Itor", "date": 3},
            reply_to={"_": "MessageReplyHeader", "reply_from": {"from_name": "Ed Itor"}, "quote_text": "Will Moor"},
            post_author="ed itor",
            from_rank="Mother of Maya",
        )
    )
    stranger = CODES.of_name("ed itor")
    assert (raw["fwd_from"]["from_name"], raw["fwd_from"]["post_author"]) == (M, stranger)
    assert (raw["reply_to"]["reply_from"]["from_name"], raw["reply_to"]["quote_text"]) == (stranger, W)
    assert raw["post_author"] == stranger
    assert "from_rank" not in raw


def test_who_is_known_by_name_only_is_found_in_texts_too() -> None:
    raws = [message(post_author="Ed Itor"), message(media=contact(0)), message(fwd_from={"from_name": "Desk"})]
    names = {name for raw in raws for name in names_in(raw)}
    assert names == {"Ed Itor", "Trudi Hut", "Desk"}
    text = redacted(message("ed itor, Desk, a desk, Trudi Hut"), using=redact(others=tuple(names)))["message"]
    assert text == f"{CODES.of_name('ed itor')}, {CODES.of_name('desk')}, a desk, {CODES.of_name('trudi hut')}"


def contact(user_id: int) -> dict[str, Any]:
    return {
        "_": "MessageMediaContact",
        "phone_number": "+41275550101",
        "first_name": "Trudi",
        "last_name": "Hut",
        "vcard": "BEGIN:VCARD\nFN:Trudi\nEND:VCARD",
        "user_id": user_id,
    }


def test_contacts_are_pseudonyms_without_a_number() -> None:
    assert redacted(message(media=contact(MAYA.id)))["media"] == {
        "_": "MessageMediaContact",
        "first_name": M,
        "user_id": CODES.user(MAYA.id),
    }
    assert redacted(message(media=contact(0)))["media"]["first_name"] == CODES.of_name("trudi hut")


def test_places_are_left_out() -> None:
    point = {"_": "GeoPoint", "lat": 46.5, "long": 8.1, "access_hash": 7}
    for media in (
        {"_": "MessageMediaGeo", "geo": point},
        {"_": "MessageMediaGeoLive", "geo": point, "period": 60},
        {"_": "MessageMediaVenue", "geo": point, "title": "Home", "address": "Street 1", "venue_id": "x"},
    ):
        text = json.dumps(redacted(message(media=media)))
        assert not any(word in text for word in ("46.5", "8.1", "Home", "Street"))


def test_files_keep_their_kind_and_lose_their_name_and_preview() -> None:
    document = {
        "_": "Document",
        "id": 991,
        "mime_type": "application/pdf",
        "size": 12,
        "thumbs": [{"_": "PhotoStrippedSize", "bytes": "AAAA"}],
        "attributes": [
            {"_": "DocumentAttributeFilename", "file_name": "Maya's CV.pdf"},
            {"_": "DocumentAttributeAudio", "duration": 3, "title": "To Maya", "performer": "x", "waveform": "AAAA"},
            {"_": "DocumentAttributeSticker", "alt": "🦆", "stickerset": {"id": 5, "access_hash": 6}},
        ],
    }
    raw = redacted(message(media={"_": "MessageMediaDocument", "document": document}))["media"]["document"]
    assert raw == {
        "_": "Document",
        "id": CODES.file(991),
        "mime_type": "application/pdf",
        "size": 12,
        "attributes": [
            {"_": "DocumentAttributeAudio", "duration": 3, "title": f"To {M}", "performer": "x"},
            {"_": "DocumentAttributeSticker", "alt": "🦆"},
        ],
    }


def test_previews_of_pages_stay_unless_they_are_of_somebody() -> None:
    def page(url: str, **fields: Any) -> Any:
        media = {"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "id": 1, "url": url, **fields}}
        return redacted(message(media=media))["media"]["webpage"]

    kept = page("https://example.com/x", title="About Maya Lindqvist", author="A. Writer")
    assert (kept["url"], kept["title"], kept["author"]) == ("https://example.com/x", f"About {M}", "A. Writer")
    for url in ("https://t.me/durov", "https://t.me/slow_news/7", "https://example.com/maya"):
        assert page(url, title="Somebody") == {"_": "WebPageEmpty", "id": 0}


def rich(*texts: Any) -> dict[str, Any]:
    parts = [{"_": "TextPlain", "text": text} if isinstance(text, str) else text for text in texts]
    return parts[0] if len(parts) == 1 else {"_": "TextConcat", "texts": parts}


def marked_as(kind: str, *texts: Any, **fields: Any) -> dict[str, Any]:
    return {"_": f"Text{kind}", "text": rich(*texts), **fields}


def block(*texts: Any) -> Any:
    blocks = [{"_": "PageBlockParagraph", "text": rich(*texts)}]
    (found,) = redacted(message(rich_message={"_": "RichMessage", "blocks": blocks}))["rich_message"]["blocks"]
    return found["text"]


def test_a_name_in_several_parts_of_a_page_is_found() -> None:
    assert block("hi Ma", marked_as("Bold", "ya Lind"), marked_as("Italic", "qvist", "!")) == rich(
        f"hi {M}", marked_as("Bold", ""), marked_as("Italic", "", "!")
    )


def test_marks_of_a_page_that_name_somebody_go_with_the_name() -> None:
    found = block(
        marked_as("MentionName", "the ", marked_as("Bold", "boss"), user_id=WILL.id),
        marked_as("Phone", "1-2", phone="12"),
        marked_as("AutoEmail", "at us"),
        marked_as("Mention", "@maya_l"),
        marked_as("Url", "here", url="tg://user?id=70000002", webpage_id=0),
        marked_as("Url", "there", url="https://example.com/", webpage_id=0),
        marked_as("AutoUrl", "example.com/maya"),
        " ",
        marked_as("AutoUrl", "example.com"),
    )["texts"]
    wrapped = [{"_": "TextConcat", "texts": [rich(text)]} for text in ("[phone]", "[email]", M, "here", "[link]")]
    assert found[0] == {"_": "TextConcat", "texts": [rich(W, marked_as("Bold", ""))]}
    assert [*found[1:5], found[6]] == wrapped
    assert found[5] == marked_as("Url", "there", url="https://example.com/", webpage_id=0)
    assert found[8] == marked_as("AutoUrl", "example.com")


def test_a_channel_in_an_article_is_a_pseudonym() -> None:
    page = {
        "_": "Page",
        "blocks": [{"_": "PageBlockChannel", "channel": {"_": "Channel", "id": 7, "title": "Somebody"}}],
    }
    raw = message(
        media={"_": "MessageMediaWebPage", "webpage": {"_": "WebPage", "url": "example.com", "cached_page": page}}
    )
    channel = redacted(raw)["media"]["webpage"]["cached_page"]["blocks"][0]["channel"]
    assert channel == {"_": "Channel", "id": CODES.channel(7), "title": CODES.name("channel", CHANNEL_MARK - 7)}


@settings(derandomize=True, max_examples=200, deadline=None)
@given(marked_texts(), st.lists(st.integers(0, 30), max_size=5))
def test_parts_of_a_text_make_the_text_that_the_whole_would(
    case: tuple[str, list[Cut], list[tuple[int, int]]], ends: list[int]
) -> None:
    text, cuts, _ = case
    places = sorted({0, len(text), *(min(end, len(text)) for end in ends)})
    parts = [text[start:end] for start, end in pairwise(places)] or [""]
    after = [*spread(parts, cuts)]
    assert "".join(after) == replaced(text, cuts)
    assert len(after) == len(parts)


def test_polls_and_checklists_and_buttons() -> None:
    def words(text: str) -> dict[str, Any]:
        return {"_": "TextWithEntities", "text": text, "entities": []}

    answers = [{"_": "PollAnswer", "text": words("maya"), "option": "TWF5YQ=="}]
    poll = {"_": "Poll", "question": words("Is Will Moor late?"), "answers": answers}
    results = {"solution": "Ask Maya 👍 now", "solution_entities": [], "recent_voters": [MAYA.id]}
    raw = redacted(message(media={"_": "MessageMediaPoll", "poll": poll, "results": results}))["media"]
    assert raw["poll"]["question"]["text"] == f"Is {W} late?"
    assert raw["poll"]["answers"][0]["text"]["text"] == M
    assert raw["poll"]["answers"][0]["option"] == "TWF5YQ=="
    assert raw["results"] == {
        "solution": f"Ask {M} 👍 now",
        "solution_entities": [],
        "recent_voters": [CODES.user(MAYA.id)],
    }
    button = {"_": "KeyboardButtonUrl", "text": "Maya", "url": "https://t.me/maya_l"}
    markup = {"_": "ReplyInlineMarkup", "rows": [{"buttons": [button, {**button, "url": "https://example.com"}]}]}
    first, second = redacted(message(reply_markup=markup))["reply_markup"]["rows"][0]["buttons"]
    assert (first["text"], first["url"], second["url"]) == (M, "", "https://example.com")


def test_titles_in_service_messages() -> None:
    action = {"_": "MessageActionChatEditTitle", "title": "Hikers of Maya"}
    raw = message(action=action)
    assert redacted(raw)["action"]["title"] == CODES.name("channel", NEWS.id)
    assert redacted(raw, using=redact(keep_titles=True))["action"]["title"] == f"Hikers of {M}"
    topic = {"_": "MessageActionTopicCreate", "title": "Ask Maya"}
    assert redacted(message(action=topic))["action"]["title"] == f"Ask {M}"
    users = {"_": "MessageActionChatAddUser", "users": [MAYA.id, 12_345]}
    assert redacted(message(action=users))["action"]["users"] == [CODES.user(MAYA.id), CODES.user(12_345)]


def test_chats_and_peers() -> None:
    chat = REDACT.chat(attrs.evolve(NEWS, linked_chat=PLAIN.id, raw={"username": "slow_news"}))
    assert chat.id == CODES.marked(NEWS.id) < CHANNEL_MARK
    assert (chat.title, chat.username, chat.raw) == (CODES.name("channel", NEWS.id), "", {})
    assert chat.description == f"By {M}, [phone]"
    assert chat.linked_chat == CODES.marked(PLAIN.id)
    assert redact(keep_titles=True).chat(NEWS).title == "Slow News"
    pins = REDACT.chat(attrs.evolve(PRIVATE, pinned_origins=(MAYA.id, HIDDEN_AUTHOR, NEWS.id))).pinned_origins
    assert pins == (CODES.user(MAYA.id), HIDDEN_AUTHOR, CODES.marked(NEWS.id))
    assert REDACT.chat(PRIVATE).title == M
    assert REDACT.chat(attrs.evolve(PRIVATE, id=ME.id, kind="saved", title="Saved Messages")).title == "Saved Messages"
    assert REDACT.peer(attrs.evolve(MAYA, phone="46700000002")) == Peer(CODES.user(MAYA.id), "private", M)
    assert REDACT.peer(BOT).name.startswith("Bot ")


# Pseudonyms


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.integers(-(10**12) - 10**10, 10**12))
def test_ids_stay_of_their_kind_and_are_no_addresses(peer_id: int) -> None:
    other = CODES.marked(peer_id)
    assert (other > 0, other < CHANNEL_MARK, other == 0) == (peer_id > 0, peer_id < CHANNEL_MARK, peer_id == 0)
    assert abs(other) < 2**53
    assert not str(other).startswith("-100")
    assert other != peer_id or peer_id in (0, HIDDEN_AUTHOR)  # which stand for nobody


def test_codes_are_words_in_no_language_and_others_under_another_key() -> None:
    names = {CODES.name("private", number) for number in range(1, 2_000)}
    assert len(names) == 1_999
    assert {*"".join(name.removeprefix("Person ") for name in names)} == {*SIGNS}
    assert not names & {Pseudonyms(bytes(32)).name("private", number) for number in range(1, 2_000)}


# Hostile input

KEYS = [
    "message", "entities", "text", "url", "offset", "length", "user_id", "first_name", "title", "document",
    "attributes", "users", "from_name", "webpage", "media", "phone_number", "solution", "id", "channel_id", "action",
    "fwd_from", "quote_text", "texts",
]  # fmt: skip
CONSTRUCTORS = [
    "MessageEntityUrl", "MessageEntityMention", "MessageEntityMentionName", "MessageEntityTextUrl", "Document",
    "WebPage", "GeoPoint", "MessageMediaVenue", "MessageActionChatEditTitle", "User",
    "TextConcat", "TextUrl", "TextMention", "Channel",
]  # fmt: skip
WORDS = ["Maya Lindqvist", "https://[", "t.me/", "@", "👍"]


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.dictionaries(st.sampled_from(KEYS), inner | st.sampled_from(WORDS), max_size=6)
    return st.builds(lambda kind, raw: {"_": kind, **raw}, st.sampled_from([*CONSTRUCTORS, None, 5, []]), fields)


plain_values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=8)
values = st.recursive(plain_values, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=20)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(objects(values))
def test_whatever_a_dict_holds_is_redacted_without_an_error(raw: dict[str, Any]) -> None:
    assert "Lindqvist" not in json.dumps(redacted(raw), ensure_ascii=False)
    assert all(isinstance(name, str) for name in names_in(raw))


def test_a_text_of_the_largest_size_with_as_many_marks_is_quick() -> None:
    text = "Maya Lindqvist @maya_l t.me/x 👍 " * 130
    entities = [{"_": "MessageEntityBold", "offset": at * 40, "length": 39} for at in range(100)]
    raw = redacted(message(text, entities=entities))
    assert "Maya" not in raw["message"]
    assert len(raw["entities"]) == 100
