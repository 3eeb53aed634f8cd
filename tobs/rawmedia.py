"""What is attached to a message, out of its raw dict: what it is, and its files in an order that never changes.

Not among the files are smaller copies: `alt_documents`, which Telegram makes
of a video for slow lines, and previews of what was not bought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from tobs.model import NOT_INCLUDED, Attachment, FileRole, Media, MediaKind, Raw
from tobs.rawfields import listed, mapping, plain
from tobs.rawfiles import decode_document, decode_motion, decode_photo, decode_thumbnail

_KINDS: Mapping[str, MediaKind] = {
    "MessageMediaPaidMedia": "paid",
    "MessageMediaWebPage": "webpage",
    "MessageMediaPoll": "poll",
    "MessageMediaGeo": "geo",
    "MessageMediaGeoLive": "geolive",
    "MessageMediaVenue": "venue",
    "MessageMediaContact": "contact",
    "MessageMediaDice": "dice",
    "MessageMediaGame": "game",
    "MessageMediaInvoice": "invoice",
    "MessageMediaToDo": "todo",
    "MessageMediaStory": "story",
    "MessageMediaVideoStream": "stream",
    "MessageMediaGiveaway": "giveaway",
    "MessageMediaGiveawayResults": "giveaway_results",
    "MessageMediaUnsupported": "unsupported",
}
_PLAIN = ("MessageMediaPhoto", "MessageMediaDocument")


def decode_media(raw: Raw) -> Media:
    """What `raw`, a MessageMedia, attaches. Files that are gone for good (self-destructed) are ``expired``."""
    name = plain(raw.get("_"))
    find = _FILES.get(name)
    files = _once(find(raw)) if find else ()
    return Media(_kind(name, raw, files), files[0].file if files else None, bool(raw.get("spoiler")), raw, files)


def _kind(name: str, raw: Raw, files: tuple[Attachment, ...]) -> MediaKind:
    if name not in _PLAIN:
        return _KINDS.get(name, "other")
    if files:
        return files[0].kind
    return "expired" if "ttl_seconds" in raw else "unsupported"


def decode_files(raw: Raw, media: Media | None) -> tuple[Attachment, ...]:
    """The files of a message: of its media, of what happened (`action`) and of its rich text."""
    own = media.files if media else ()
    if "action" not in raw and "rich_message" not in raw:
        return own
    return _once([*own, *_of_action(mapping(raw, "action")), *_of_blocks(mapping(raw, "rich_message"), "inline")])


def _once(files: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Each file once, where it came first: an article often begins with the picture of its preview."""
    files = tuple(files)
    if len(files) < 2:
        return files
    found: dict[tuple[int, str], Attachment] = {}
    for each in files:
        found.setdefault((each.file.id, each.file.thumb), each)
    return tuple(found.values())


def _photo(raw: Raw, role: FileRole = "shown", *, spoiler: bool = False) -> Iterator[Attachment]:
    if file := decode_photo(raw):
        yield Attachment("photo", file, role, spoiler)
    if "video_sizes" in raw and (file := decode_motion(raw)):
        yield Attachment("animation", file, role, spoiler)


def _document(raw: Raw, role: FileRole = "shown", *, spoiler: bool = False) -> Iterator[Attachment]:
    if (decoded := decode_document(raw)) is None:
        return
    kind, file = decoded
    yield Attachment(kind, file, role, spoiler)
    # Nothing but Telegram shows its animated stickers, and an export may lack what it has the picture of.
    if (file.extension == ".tgs" or file.dc_id == NOT_INCLUDED) and (thumbnail := decode_thumbnail(raw)):
        yield Attachment(kind, thumbnail, "thumbnail" if role == "shown" else role, spoiler)


def _plain_media(raw: Raw) -> Iterator[Attachment]:
    """The files of a photo or document, with what moves in the one and stands before the other."""
    if raw.get("_") not in _PLAIN:
        return
    spoiler = bool(raw.get("spoiler"))
    if "photo" in raw:
        yield from _photo(mapping(raw, "photo"), spoiler=spoiler)
    for key in ("video", "document"):
        if key in raw:
            yield from _document(mapping(raw, key), spoiler=spoiler)
    if "video_cover" in raw:
        yield from _photo(mapping(raw, "video_cover"), "cover", spoiler=spoiler)


def _of_paid(raw: Raw) -> Iterator[Attachment]:
    for item in listed(raw, "extended_media"):
        yield from _bought(item)


def _bought(raw: Raw) -> Iterator[Attachment]:
    # Only what was bought comes as MessageExtendedMedia; the rest is a blurred preview.
    if raw.get("_") == "MessageExtendedMedia":
        yield from _plain_media(mapping(raw, "media"))


def _of_webpage(raw: Raw) -> Iterator[Attachment]:
    page = mapping(raw, "webpage")
    yield from _photo(mapping(page, "photo"), "preview")
    yield from _document(mapping(page, "document"), "preview")
    for attribute in listed(page, "attributes"):
        for each in _of_story(attribute):
            yield attrs.evolve(each, role="preview")
    yield from _of_blocks(mapping(page, "cached_page"), "article")


def _of_blocks(raw: Raw, role: FileRole) -> Iterator[Attachment]:
    """The files that the blocks of a Page or RichMessage name by id."""
    for photo in listed(raw, "photos"):
        yield from _photo(photo, role)
    for document in listed(raw, "documents"):
        yield from _document(document, role)


def _of_poll(raw: Raw) -> Iterator[Attachment]:
    yield from _plain_media(mapping(raw, "attached_media"))
    for answer in listed(mapping(raw, "poll"), "answers"):
        yield from _of_answer(answer)
    for each in _plain_media(mapping(mapping(raw, "results"), "solution_media")):
        yield attrs.evolve(each, label="solution")


def _of_answer(raw: Raw) -> Iterator[Attachment]:
    for each in _plain_media(mapping(raw, "media")):
        yield attrs.evolve(each, label=plain(raw.get("text")))


def _of_game(raw: Raw) -> Iterator[Attachment]:
    yield from _photo(mapping(mapping(raw, "game"), "photo"))
    yield from _document(mapping(mapping(raw, "game"), "document"))


def _of_invoice(raw: Raw) -> Iterator[Attachment]:
    yield from _bought(mapping(raw, "extended_media"))


def _of_story(raw: Raw) -> Iterator[Attachment]:
    story = mapping(raw, "story")
    yield from _plain_media(mapping(story, "media"))
    yield from _document(mapping(story, "music"))


def _of_action(raw: Raw) -> Iterator[Attachment]:
    """New pictures of chats and people, wallpapers, gifts, and answers added to polls."""
    for shown in (raw, *listed(raw, "peers")):
        yield from _photo(mapping(shown, "photo"))
    yield from _document(mapping(mapping(raw, "wallpaper"), "document"))
    gift = mapping(raw, "gift")
    yield from _document(mapping(gift, "sticker"))
    for attribute in listed(gift, "attributes"):
        if attribute.get("_") == "StarGiftAttributeModel":
            yield from _document(mapping(attribute, "document"))
    yield from _of_answer(mapping(raw, "answer"))


_FILES: Mapping[str, Callable[[Raw], Iterator[Attachment]]] = {
    "MessageMediaPhoto": _plain_media,
    "MessageMediaDocument": _plain_media,
    "MessageMediaPaidMedia": _of_paid,
    "MessageMediaWebPage": _of_webpage,
    "MessageMediaPoll": _of_poll,
    "MessageMediaGame": _of_game,
    "MessageMediaInvoice": _of_invoice,
    "MessageMediaStory": _of_story,
}
