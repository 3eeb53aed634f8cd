"""Strategies for raw messages as Telegram could send them, each with what a note must show of it.

A message is made of *parts*: a text, a reply, a photo, buttons … Each brings
its fields of the raw dict and its promises. A new rendering is one more
strategy in `HEADER`, `ORIGIN`, `MEDIA`, `FOOTER` or `ACTIONS`, in the order in
which a note shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

import attrs
from hypothesis import strategies as st

from tests.test_hostile import KINDS, LEAVES, fits, texts, units
from tobs.config import Hashtags, Style
from tobs.model import Chat
from tobs.vault.context import Look, MediaFile, MemoryContext, Target

CHAT = Chat(-1_000_000_000_007, "supergroup", "Cats", "catchat")
OTHER = -1_000_000_000_008
ACCOUNT, SENDER, PERSON, BOT = 1, 42, 43, 44
THERE, NOT_THERE = 881, 4711  # messages of both chats
FILE = 9  # the id of every file
START = 1_714_720_000
PEER, QUOTED, LINE = {"_": "PeerUser", "user_id": PERSON}, frozenset({"Blockquote"}), frozenset({"Italic"})
BOLD = frozenset({"Bold"})


class Span(NamedTuple):
    """A marked range in Python's indices; `url` as the entity has it, `link` as `readback` must find it."""

    kind: str
    low: int
    high: int
    url: str = ""
    link: str = ""
    collapsed: bool = False


@attrs.frozen
class Shown:
    """A text that a reader must see whole, with these marks everywhere and the spans' on their ranges.

    In a `label` signs that would act stand as signs that look alike.
    """

    text: str
    marks: frozenset[str] = frozenset()
    spans: Sequence[Span] = ()
    label: bool = False


@attrs.frozen
class Scene:
    """What the vault knows: hostile names, a note with the messages that are there, files by hostile folders."""

    names: Mapping[int, str]
    note: str
    snippet: str
    folder: str
    look: Look
    id: int = 1

    @property
    def there(self) -> str:
        """The mark of a link to the message that is there."""
        return f"note {self.note}#^m{THERE}"

    @property
    def file(self) -> str:
        """The name under which this message's file is embedded."""
        return f"{self.folder}20240503-090740_{self.id}"

    def name(self, peer: int, *marks: str) -> Shown:
        """A person's name, as it must be shown."""
        return Shown(self.names[peer], frozenset(marks))

    def answer(self) -> Shown:
        """The label of a link to the message that is there."""
        return Shown(self.snippet, frozenset({self.there}), label=True)


@attrs.frozen
class Part:
    """Fields of a raw message, and what a reader finds of them, in this order.

    `callouts` are those inside the message's own, `file` and `thumb` the
    extension of its file in the vault and the size that is there, `lists` says
    whether there may be a list.
    """

    fields: Mapping[str, Any] = attrs.field(factory=dict)
    shown: Sequence[Shown] = ()
    callouts: Sequence[str] = ()
    embeds: Sequence[str] = ()
    file: str = ""
    thumb: str = ""
    lists: bool = False


@attrs.frozen
class Sent:
    """A raw message and its parts in the order of a note."""

    raw: Mapping[str, Any]
    parts: Sequence[Part]


Parts = Callable[[Scene], st.SearchStrategy[Part]]


def always(make: Callable[[Scene], Part]) -> Parts:
    """A part without a choice."""
    return lambda scene: st.just(make(scene))


def with_text(make: Callable[[Scene, str], Part]) -> Parts:
    """A part with a hostile text."""
    return lambda scene: texts.map(lambda text: make(scene, text))


# Texts

URLS = (  # as written in a text, and where a click must lead
    ("https://example.com/a_b?c=d&e=f#g", "link https://example.com/a_b?c=d&e=f#g"),
    ("http://a.b", "link http://a.b"),
    ("example.com/x_y_/*z*", "link https://example.com/x_y_/*z*"),
    ("https://en.wikipedia.org/wiki/Cat_(animal)", "link https://en.wikipedia.org/wiki/Cat_(animal)"),
    ("https://例え.jp/道?q=%20[x]", "link https://例え.jp/道?q= [x]"),
    ("https://t.me/c/8/881", "there"),
    ("t.me/catchat/881", "there"),
    ("https://t.me/c/8/4711", "link https://t.me/c/8/4711"),
)
TEXT_URLS = (
    *URLS, ("tg://user?id=5", "link tg://user?id=5"), ("mailto:a@b.c", "link mailto:a@b.c"),
    ("https://a.b/<x>|`y`\\", "link https://a.b/<x>|`y`\\"), ("https://a.b/::==%%[[x]]", "link https://a.b/::==%%[[x]]"),
)  # fmt: skip
PLAIN = (
    ("Mention", "@some_body"), ("BotCommand", "/start@some_bot"), ("Cashtag", "$USD"), ("Phone", "+1 555 12"),
    ("BankCard", "4111 1111 1111 1111"), ("CustomEmoji", "👍"), ("MentionName", "Ann *A*"),
    ("FormattedDate", "tomorrow"), ("Unknown", "x"),
)  # fmt: skip
ATOMS = (  # kind, text and link of what Telegram marks by itself
    *(("Url", text, link) for text, link in URLS),
    *(("Hashtag", text, "") for text in ("#cats", "#кот_1", "#a@chan", "#猫")),
    *((kind, text, "") for kind, text in PLAIN),
    ("Email", "a.b+c@d.example", "link mailto:a.b+c@d.example"),
)
LINKS = frozenset({"TextUrl", "Url", "Email", "MentionName"})
WHOLE = frozenset({"Url", "Email", "Hashtag", "MentionName"})  # nothing begins or ends within these
MORE: Mapping[str, Mapping[str, Any]] = {
    "Pre": {"language": "dataviewjs"}, "MentionName": {"user_id": PERSON}, "CustomEmoji": {"document_id": 5},
    "FormattedDate": {"date": START},
}  # fmt: skip


@st.composite
def marked_texts(draw: st.DrawFn, scene: Scene) -> tuple[str, list[Span]]:
    """A text with spans that nest as Telegram's do."""
    text, found = "", []
    for atom in draw(st.lists(st.one_of(st.none(), st.sampled_from(ATOMS)), min_size=1, max_size=3)):
        text += draw(texts)
        if atom:
            text += draw(st.sampled_from(("", " ", "\n", "(")))
            found.append(_span(atom[0], len(text), len(text + atom[1]), scene, atom[2]))
            text += atom[1] + draw(st.sampled_from((" ", "", ".", "\n")))
    for kind in draw(st.lists(st.sampled_from(KINDS), max_size=4)):
        low, high = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        url, link = draw(st.sampled_from(TEXT_URLS)) if kind == "TextUrl" else ("", "")
        new = _span(kind, low, high, scene, link, url)
        if low < high and all(map(new_beside(new), found)):
            found.append(new._replace(collapsed=kind == "Blockquote" and draw(st.booleans())))
    return text, found


def _span(kind: str, low: int, high: int, scene: Scene, link: str, url: str = "") -> Span:
    return Span(kind, low, high, url, scene.there if link == "there" else link)


def new_beside(new: Span) -> Callable[[Span], bool]:
    """Whether Telegram would send a span beside the other one."""

    def fit(old: Span) -> bool:
        if new.low >= old.high or old.low >= new.high:
            return fits(new[:3], old[:3])
        if old.kind in WHOLE or (new.kind in LINKS and old.kind in LINKS):
            inside = new.low <= old.low and old.high <= new.high
            return inside and new.kind not in LINKS | LEAVES | WHOLE
        return fits(new[:3], old[:3])

    return fit


def entities(text: str, found: Sequence[Span]) -> list[dict[str, Any]]:
    """The spans as raw entities."""
    return [_entity(text, span) for span in found]


def _entity(text: str, span: Span) -> dict[str, Any]:
    start, length = units(text[: span.low]), units(text[span.low : span.high])
    own = {"url": span.url, "collapsed": span.collapsed}
    return {
        "_": f"MessageEntity{span.kind}", "offset": start, "length": length,
        **MORE.get(span.kind, {}), **{key: value for key, value in own.items() if value},
    }  # fmt: skip


def text_part(scene: Scene) -> st.SearchStrategy[Part]:
    """The words of a message."""
    return marked_texts(scene).map(
        lambda made: Part({"message": made[0], "entities": entities(*made)}, [Shown(made[0], spans=made[1])])
    )


# What stands above the text

HEADER: Sequence[Parts] = (
    with_text(lambda scene, text: Part({"from_rank": text}, [Shown(text)])),
    with_text(lambda scene, text: Part({"post_author": text}, [Shown(text)])),
    always(lambda scene: Part({"via_bot_id": BOT}, [scene.name(BOT)])),
    always(lambda scene: Part({"pinned": True, "silent": True, "ttl_period": 86400, "edit_date": START + 10**6})),
)


def reply_to(scene: Scene, *shown: Shown, **fields: Any) -> Part:
    return Part({"reply_to": {"_": "MessageReplyHeader", **fields}}, shown)


def web(chat: int, message: int) -> Shown:
    """A link to a message that is not there."""
    return Shown(f"message {message}", frozenset({f"link https://t.me/c/{chat}/{message}"}))


def quoted(scene: Scene) -> st.SearchStrategy[Part]:
    """An answer to some words of a message."""
    return marked_texts(scene).map(
        lambda made: attrs.evolve(
            reply_to(scene, scene.answer(), Shown(made[0], QUOTED, made[1]), reply_to_msg_id=THERE, quote=True,
                     quote_text=made[0], quote_entities=entities(*made)),
            callouts=["quote"],
        )
    )  # fmt: skip


CHANNEL_8 = {"_": "PeerChannel", "channel_id": 8}
REPLIES: Sequence[Parts] = (
    always(lambda scene: reply_to(scene, scene.answer(), reply_to_msg_id=THERE)),
    always(lambda scene: reply_to(scene, scene.answer(), reply_to_msg_id=THERE, reply_to_peer_id=CHANNEL_8)),
    always(lambda scene: reply_to(scene, web(7, NOT_THERE), reply_to_msg_id=NOT_THERE)),
    always(lambda scene: reply_to(scene, reply_to_msg_id=NOT_THERE, forum_topic=True)),
    with_text(lambda scene, text: reply_to(scene, Shown(text, BOLD), reply_from={"from_name": text})),
    always(lambda scene: Part({"reply_to": {"_": "MessageReplyStoryHeader", "peer": PEER, "story_id": 4}},
                              [scene.name(PERSON, "Bold")])),
    quoted,
)  # fmt: skip


def forward(*shown: Shown, **fields: Any) -> Part:
    return Part({"fwd_from": {"_": "MessageFwdHeader", "date": START - 10**6, **fields}}, shown)


FORWARDS: Sequence[Parts] = (
    with_text(lambda scene, text: forward(Shown(text, BOLD), from_name=text, imported=True)),
    with_text(lambda scene, text: forward(scene.name(PERSON, "Bold"), Shown(text), from_id=PEER, post_author=text)),
    always(lambda scene: forward(scene.name(OTHER, "Bold"), scene.answer(), from_id=CHANNEL_8, channel_post=THERE)),
    always(lambda scene: forward(scene.name(OTHER, "Bold"), web(8, NOT_THERE), from_id=CHANNEL_8,
                                 channel_post=NOT_THERE)),
    with_text(lambda scene, text: forward(Shown(text, BOLD), scene.answer(), from_name=text, saved_from_peer=CHANNEL_8,
                                          saved_from_msg_id=THERE)),
)  # fmt: skip

# Attachments


def media(kind: str, *shown: Shown, **fields: Any) -> Part:
    return Part({"media": {"_": f"MessageMedia{kind}", **fields}}, shown)


def inside(make: Callable[[Scene, str], Part], callout: str, *, lists: bool = False) -> Parts:
    """An attachment that is a callout of its own, whose texts are all in there."""

    def part(scene: Scene, text: str) -> Part:
        made = make(scene, text)
        shown = [attrs.evolve(one, marks=one.marks | QUOTED) for one in made.shown]
        return attrs.evolve(made, shown=shown, callouts=[callout], lists=lists)

    return with_text(part)


def photo(scene: Scene, *, spoiler: bool) -> Part:
    sizes = [{"_": "PhotoSize", "type": "y", "w": 800, "h": 600, "size": 1000}]
    made = media("Photo", photo={"_": "Photo", "id": FILE, "dc_id": 2, "sizes": sizes}, spoiler=spoiler)
    callouts = ["spoiler"] if spoiler else []
    return attrs.evolve(made, embeds=[f"{scene.file}.jpg"], file=".jpg", thumb="y", callouts=callouts)


def document(mime: str, *attributes: Mapping[str, Any], **fields: Any) -> Part:
    made = media("Document", document={"_": "Document", "id": FILE, "dc_id": 2, "size": 900, "mime_type": mime,
                                       "attributes": list(attributes)})  # fmt: skip
    return attrs.evolve(made, **fields)


def song(scene: Scene, text: str) -> Part:
    about = {"_": "DocumentAttributeAudio", "duration": 62, "title": text, "performer": text}
    embeds = [f"{scene.file}.mp3"]
    return document("audio/mpeg", about, shown=[Shown(text, BOLD), Shown(text)], embeds=embeds, file=".mp3")


def sticker(scene: Scene, text: str) -> Part:
    about = {"_": "DocumentAttributeSticker", "alt": text, "stickerset": {"_": "InputStickerSetEmpty"}}
    return document("image/webp", about, shown=[Shown(text)], embeds=[f"{scene.file}.webp"], file=".webp")


def archive_file(scene: Scene, text: str) -> Part:
    target = f"{scene.file}.zip"
    named = {"_": "DocumentAttributeFilename", "file_name": f"{text}.zip"}
    link = Shown(f"{text}.zip", frozenset({f"note {target}"}), label=True)
    return document("application/zip", named, shown=[link], file=".zip")


def not_fetched(scene: Scene, text: str) -> Part:
    return document("application/zip", {"_": "DocumentAttributeFilename", "file_name": text}, shown=[Shown(text)])


def words(text: str) -> dict[str, Any]:
    return {"_": "TextWithEntities", "text": text, "entities": []}


def poll(scene: Scene, text: str) -> Part:
    answers = [{"_": "PollAnswer", "text": words(text), "option": option} for option in ("MQ==", "Mg==")]
    results = {"total_voters": 4, "solution": text, "results": [{"option": "MQ==", "voters": 3, "chosen": True}]}
    asked = {"_": "Poll", "question": words(text), "answers": answers, "quiz": True}
    return media("Poll", *[Shown(text)] * 4, poll=asked, results=results)


def todo(scene: Scene, text: str) -> Part:
    items = [{"_": "TodoItem", "id": number, "title": words(text)} for number in (1, 2)]
    done = [{"_": "TodoCompletion", "id": 2, "completed_by": PEER}]
    shown = (*[Shown(text)] * 3, scene.name(PERSON))
    return media("ToDo", *shown, todo={"title": words(text), "list": items}, completions=done)


def webpage(scene: Scene, text: str) -> Part:
    url = "https://example.com/a_b?c=(d)"
    page = {"_": "WebPage", "url": url, "site_name": text, "title": text, "author": text, "description": text[:300]}
    shown = [Shown(text), Shown(text), Shown(text), Shown(text[:300]), Shown(url, frozenset({f"link {url}"}))]
    return media("WebPage", *shown, webpage=page)


GEO = {"_": "GeoPoint", "lat": 52.5, "long": 13.4}
PLACE = Shown("52.5, 13.4", frozenset({"link https://www.openstreetmap.org/?mlat=52.5&mlon=13.4"}))
MEDIA: Sequence[Parts] = (
    always(lambda scene: photo(scene, spoiler=False)),
    always(lambda scene: photo(scene, spoiler=True)),
    with_text(song),
    with_text(sticker),
    with_text(archive_file),
    with_text(not_fetched),
    inside(poll, "question", lists=True),
    inside(todo, "todo"),
    inside(webpage, "tg-link"),
    always(lambda scene: media("Geo", PLACE, geo=GEO)),
    always(lambda scene: media("GeoLive", PLACE, geo=GEO, period=900, heading=90)),
    with_text(lambda scene, text: media("Venue", Shown(text, BOLD), Shown(text), PLACE, geo=GEO, title=text,
                                        address=text)),
    with_text(lambda scene, text: media("Contact", Shown(f"{text} {text}", BOLD), Shown(text), first_name=text,
                                        last_name=text, phone_number=text)),
    with_text(lambda scene, text: media("Dice", Shown(text), emoticon=text, value=6)),
    with_text(lambda scene, text: media("Game", Shown(text, BOLD), Shown(text),
                                        game={"_": "Game", "title": text, "description": text})),
    with_text(lambda scene, text: media("Invoice", Shown(text, BOLD), Shown(text), title=text, description=text,
                                        currency="USD", total_amount=1250)),
    always(lambda scene: media("Story", scene.name(PERSON, "Bold"), peer=PEER, id=4)),
    inside(lambda scene, text: media("Giveaway", Shown(text), scene.name(OTHER), channels=[8], quantity=3,
                                     until_date=START, months=3, prize_description=text), "gift"),
    inside(lambda scene, text: media("GiveawayResults", Shown(text), scene.name(PERSON), winners=[PERSON],
                                     winners_count=1, stars=50, prize_description=text), "gift"),
    always(lambda scene: media("PaidMedia", stars_amount=50, extended_media=[{"_": "MessageExtendedMediaPreview"}])),
    always(lambda scene: media("Unsupported")),
    always(lambda scene: media("Photo", ttl_seconds=5)),
    with_text(lambda scene, text: media("OfTomorrow", text=text)),
)  # fmt: skip

# What stands below


def buttons(scene: Scene, text: str) -> Part:
    rows = [
        {"_": "KeyboardButtonRow", "buttons": [{"_": "KeyboardButtonUrl", "text": text, "url": url}]}
        for url in ("https://a.b/c_d", "javascript:x", "obsidian://open?vault=x")
    ]
    shown = [Shown(text, frozenset({"link https://a.b/c_d"})), Shown(text), Shown("javascript:x", frozenset({"Code"}))]
    return Part({"reply_markup": {"_": "ReplyInlineMarkup", "rows": rows}}, [*shown, Shown(text)])


def reactions(scene: Scene, text: str) -> Part:
    results = [{"_": "ReactionCount", "reaction": {"_": "ReactionEmoji", "emoticon": text}, "count": 3}]
    return Part({"reactions": {"_": "MessageReactions", "results": results}, "views": 1234}, [Shown(text)])


FOOTER: Sequence[Parts] = (with_text(buttons), with_text(reactions))

# Service messages


def action(name: str, *shown: Shown, **fields: Any) -> Part:
    marked = [attrs.evolve(one, marks=one.marks | LINE) for one in shown]
    return Part({"action": {"_": f"MessageAction{name}", **fields}}, marked)


ACTIONS: Sequence[Parts] = (
    with_text(lambda scene, text: action("ChatEditTitle", scene.name(SENDER), Shown(text), title=text)),
    with_text(lambda scene, text: action("ChatCreate", Shown(text), scene.name(PERSON), title=text, users=[PERSON])),
    with_text(lambda scene, text: action("CustomAction", Shown(text), message=text)),
    with_text(lambda scene, text: action("TopicEdit", scene.name(SENDER), Shown(text), title=text, closed=True)),
    with_text(lambda scene, text: action("WebViewDataSent", Shown(text), text=text)),
    with_text(lambda scene, text: action("GiftCode", scene.name(SENDER), Shown(text), days=3, message=words(text))),
    with_text(lambda scene, text: action("SetChatTheme", Shown(text), theme={"_": "ChatTheme", "emoticon": text})),
    with_text(lambda scene, text: action("OfTomorrow", scene.name(SENDER), text=text)),
    with_text(lambda scene, text: action("TodoAppendTasks", Shown(text), Shown(text),
                                         list=[{"title": words(text)}, {"title": words(text)}])),
    always(lambda scene: action("ChatAddUser", scene.name(SENDER), scene.name(PERSON), users=[PERSON])),
    always(lambda scene: action("ChatJoinedByLink", scene.name(SENDER), scene.name(PERSON), inviter_id=PERSON)),
    always(lambda scene: action("ChatMigrateTo", scene.name(OTHER), channel_id=8)),
    always(lambda scene: action("RequestedPeer", scene.name(SENDER), scene.name(PERSON), peers=[PEER])),
    always(lambda scene: attrs.evolve(action("PinMessage", scene.name(SENDER), scene.answer()),
                                      fields={"action": {"_": "MessageActionPinMessage"},
                                              "reply_to": {"_": "MessageReplyHeader", "reply_to_msg_id": THERE}})),
    always(lambda scene: action("PhoneCall", scene.name(SENDER), duration=62, video=True)),
)  # fmt: skip

# Whole messages

LOOKS = st.builds(
    Look, st.sampled_from(get_args(Style)), st.booleans(), st.sampled_from(get_args(Hashtags)), st.booleans()
)


@st.composite
def scenes(draw: st.DrawFn, note_names: st.SearchStrategy[str], folders: st.SearchStrategy[str]) -> Scene:
    """What the vault knows of the chat's surroundings."""
    names = {peer: draw(texts) for peer in (SENDER, PERSON, BOT, OTHER)}
    return Scene(names, draw(note_names), draw(texts), draw(folders), draw(LOOKS))


def base(scene: Scene, kind: str) -> dict[str, Any]:
    return {
        "_": kind,
        "id": scene.id,
        "date": START + 7200 * scene.id,  # some messages of a note are on the next day
        "from_id": {"_": "PeerUser", "user_id": SENDER},
        "peer_id": {"_": "PeerChannel", "channel_id": 7},
    }


@st.composite
def messages(draw: st.DrawFn, scene: Scene) -> Sent:
    """A message of some parts of every kind."""
    chosen = [make for make in HEADER if draw(st.integers(0, 4)) == 0]
    for kinds, one_in in ((REPLIES, 3), (FORWARDS, 4)):
        chosen += [draw(st.sampled_from(kinds))] if draw(st.integers(1, one_in)) == 1 else []
    chosen += [text_part] if draw(st.integers(0, 3)) else []
    chosen += [draw(st.sampled_from(MEDIA))] if draw(st.booleans()) else []
    chosen += [make for make in FOOTER if draw(st.integers(0, 4)) == 0]
    return sent(base(scene, "Message"), [draw(make(scene)) for make in chosen])


def attached(scene: Scene) -> st.SearchStrategy[Sent]:
    """A message that is one attachment and what belongs to it."""
    return (
        st.sampled_from((*MEDIA, *FOOTER))
        .flatmap(lambda make: make(scene))
        .map(lambda part: sent(base(scene, "Message"), [part]))
    )


@st.composite
def services(draw: st.DrawFn, scene: Scene) -> Sent:
    """Something that happened."""
    return sent(base(scene, "MessageService"), [draw(draw(st.sampled_from(ACTIONS))(scene))])


def sent(raw: dict[str, Any], parts: Sequence[Part]) -> Sent:
    for part in parts:
        raw |= part.fields
    return Sent(raw, parts)


@st.composite
def albums(draw: st.DrawFn, scene: Scene, count: int) -> list[Sent]:
    """Pictures that were sent together, one of them with the caption."""
    captioned = draw(st.integers(0, count - 1))
    found = []
    for number in range(count):
        place = attrs.evolve(scene, id=scene.id + number)
        parts = [photo(place, spoiler=draw(st.booleans()))]
        parts += [draw(text_part(place))] if number == captioned else []
        raw = base(scene, "Message") | {"id": place.id, "grouped_id": 1000 + scene.id}
        found.append(sent(raw, parts))
    return found


@st.composite
def histories(draw: st.DrawFn, scene: Scene) -> list[list[Sent]]:
    """Some messages, albums and service messages in a row, those of one block together."""
    found: list[list[Sent]] = []
    number = 1
    for kind in draw(st.lists(st.sampled_from("mmmsa"), min_size=1, max_size=4)):
        place = attrs.evolve(scene, id=number)
        if kind == "a":
            found.append(draw(albums(place, draw(st.integers(2, 3)))))
        else:
            found.append([draw(messages(place) if kind == "m" else services(place))])
        number += len(found[-1])
    return found


def context(scene: Scene, sents: Sequence[Sent]) -> MemoryContext:
    """The look-ups of a vault in this scene."""
    here = Target(scene.note, f"m{THERE}")
    files = {
        (CHAT.id, sent.raw["id"], FILE, part.thumb): MediaFile(attrs.evolve(scene, id=sent.raw["id"]).file + part.file)
        for sent in sents
        for part in sent.parts
        if part.file
    }
    return MemoryContext(
        names=dict(scene.names),
        links={(chat, THERE): here for chat in (CHAT.id, OTHER)},
        snippets={(chat, THERE): scene.snippet for chat in (CHAT.id, OTHER)},
        files=files,
        urls={url: here for url, link in URLS if link == "there"},
        look=scene.look,
    )
