"""What Telegram Desktop says of a message's media, in the shape that Telegram's API has for it.

Photos and documents have the number of their message as id: an export names
them by where their file is, and no message has two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from tobs.desktop.ids import Fields, read_date, zone_of
from tobs.desktop.repair import read_object
from tobs.desktop.text import join_parts
from tobs.model import NOT_INCLUDED, Raw
from tobs.rawfields import listed, mapping, numbers, plain, strings, whole

ELSEWHERE = -1  # the data centre of a file that only the export may have
PHOTO, THUMBNAIL = "x", "m"  # the `File.thumb` of a photo, and of the picture of a document
# "(File not included. …)", "(Photo unavailable …)", also behind a name
_NOT_THERE = re.compile(r"\((?:File|Photo) [^()]*\)\Z|\A\(.*\)\Z", re.DOTALL)


def read_media(message: Raw, number: int) -> Fields | None:
    """The MessageMedia of the message `number`, None if it has none."""
    if message.get("type") == "unsupported":
        return {"_": "MessageMediaUnsupported"}
    for key, read in _READERS:
        if key in message:
            media = read(message, number)
            if message.get("media_spoiler"):
                media["spoiler"] = True
            if seconds := whole(message, "self_destruct_period_seconds"):
                media["ttl_seconds"] = seconds
            return media
    return None


def files_of(message: Raw) -> Iterator[tuple[str, str]]:
    """The files of a message that the export has: the `File.thumb` of each, and where it is."""
    if path := included(message.get("photo")):
        yield PHOTO, path
    if path := included(message.get("file")):
        yield "", path
    if path := included(message.get("thumbnail")):
        yield THUMBNAIL, path


def included(value: Any) -> str:
    """Where the export has a file, "" if there are only words that say why it has not."""
    path = plain(value)
    return "" if _NOT_THERE.search(path) else path


def _where(value: Any) -> int:
    return ELSEWHERE if included(value) else NOT_INCLUDED


def raw_photo(message: Raw, number: int) -> Fields:
    """The Photo of the message `number`."""
    size: Fields = {"_": "PhotoSize", "type": PHOTO, "w": whole(message, "width"), "h": whole(message, "height")}
    if whole(message, "photo_file_size"):
        size["size"] = whole(message, "photo_file_size")
    return {"_": "Photo", "id": number, "dc_id": _where(message.get("photo")), "sizes": [size]}


def _photo(message: Raw, number: int) -> Fields:
    if message.get("self_destruct_period_seconds") and not included(message.get("photo")):
        return {"_": "MessageMediaPhoto"}  # it is gone for good
    return {"_": "MessageMediaPhoto", "photo": raw_photo(message, number)}


def _document(message: Raw, number: int) -> Fields:
    document: Fields = {"_": "Document", "id": number, "dc_id": _where(message.get("file"))}
    document |= {"mime_type": plain(message.get("mime_type")), "attributes": [*_attributes(message)]}
    if whole(message, "file_size"):
        document["size"] = whole(message, "file_size")
    if included(message.get("thumbnail")):
        document["thumbs"] = [_thumbnail(message)]
    return {"_": "MessageMediaDocument", "document": document}


def _thumbnail(message: Raw) -> Fields:
    # As a progressive one, since Telegram Desktop always saves a JPEG (Telegram's of stickers are WebP).
    size = whole(message, "thumbnail_file_size")
    look = {"w": whole(message, "width"), "h": whole(message, "height"), "sizes": [size] if size else []}
    return {"_": "PhotoSizeProgressive", "type": THUMBNAIL, "dc_id": ELSEWHERE, **look}


def _attributes(message: Raw) -> Iterator[Fields]:
    kind, seconds = plain(message.get("media_type")), whole(message, "duration_seconds")
    look = {"w": whole(message, "width"), "h": whole(message, "height")}
    name = plain(message.get("file_name")) or _name_of(message, kind)
    if name:
        yield {"_": "DocumentAttributeFilename", "file_name": name}
    match kind:
        case "sticker":
            yield {"_": "DocumentAttributeSticker", "alt": plain(message.get("sticker_emoji"))}
            yield {"_": "DocumentAttributeImageSize", **look}
        case "animation":
            yield {"_": "DocumentAttributeAnimated"}
            yield {"_": "DocumentAttributeVideo", "duration": seconds, **look}
        case "video_message" | "video_file":
            more = {"round_message": True} if kind == "video_message" else {}
            yield {"_": "DocumentAttributeVideo", "duration": seconds, **look, **more}
        case "voice_message":
            yield {"_": "DocumentAttributeAudio", "duration": seconds, "voice": True}
        case "audio_file":
            title, performer = plain(message.get("title")), plain(message.get("performer"))
            yield {"_": "DocumentAttributeAudio", "duration": seconds, "title": title, "performer": performer}
        case _ if look["w"] and look["h"]:
            yield {"_": "DocumentAttributeImageSize", **look}


def _name_of(message: Raw, kind: str) -> str:
    """The name of the file in the export: until 2023 it was not written besides."""
    path = included(message.get("file"))
    return "" if kind else path.replace("\\", "/").rpartition("/")[2]


def _contact(message: Raw, number: int) -> Fields:
    contact = mapping(message, "contact_information")
    names = {key: plain(contact.get(key)) for key in ("first_name", "last_name", "phone_number")}
    return {"_": "MessageMediaContact", **names, "vcard": "", "user_id": whole(contact, "user_id")}


def _place(message: Raw, number: int) -> Fields:
    where = mapping(message, "location_information")
    geo: Fields = {"_": "GeoPointEmpty"}  # what Telegram Desktop could not tell is null
    if where:
        geo = {"_": "GeoPoint", "lat": _degrees(where.get("latitude")), "long": _degrees(where.get("longitude"))}
    if "place_name" in message or "address" in message:
        title, address = plain(message.get("place_name")), plain(message.get("address"))
        return {"_": "MessageMediaVenue", "geo": geo, "title": title, "address": address}
    if "live_location_period_seconds" in message:
        return {"_": "MessageMediaGeoLive", "geo": geo, "period": whole(message, "live_location_period_seconds")}
    return {"_": "MessageMediaGeo", "geo": geo}


def _degrees(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) <= 180 else 0.0


def _game(message: Raw, number: int) -> Fields:
    title, about = plain(message.get("game_title")), plain(message.get("game_description"))
    return {"_": "MessageMediaGame", "game": {"_": "Game", "title": title, "description": about}}


def _invoice(message: Raw, number: int) -> Fields:
    invoice = mapping(message, "invoice_information") or _within(message.get("invoice_information"))
    told = plain(message.get("invoice_information")) if not invoice else ""
    return {
        "_": "MessageMediaInvoice",
        "title": plain(invoice.get("title")) or told,
        "description": plain(invoice.get("description")),
        "currency": plain(invoice.get("currency")),
        "total_amount": whole(invoice, "amount"),
        **({"receipt_msg_id": receipt} if (receipt := whole(invoice, "receipt_message_id")) else {}),
    }


def _within(value: Any) -> Raw:
    """An object that was written as a string."""
    return read_object(value.encode("utf-8", "replace")) or {} if isinstance(value, str) else {}


def _poll(message: Raw, number: int) -> Fields:
    poll = mapping(message, "poll")
    answers = listed(poll, "answers")
    options = [
        {"_": "PollAnswer", "text": _words(answer.get("text")), "option": str(index)}
        for index, answer in enumerate(answers)
    ]
    voters = [
        {"_": "PollAnswerVoters", "option": str(index), "voters": whole(answer, "voters")}
        | ({"chosen": True} if answer.get("chosen") else {})
        for index, answer in enumerate(answers)
    ]
    return {
        "_": "MessageMediaPoll",
        "poll": {"_": "Poll", "question": _words(poll.get("question")), "answers": options}
        | ({"closed": True} if poll.get("closed") else {}),
        "results": {"_": "PollResults", "results": voters, "total_voters": whole(poll, "total_voters")},
    }


def _todo(message: Raw, number: int) -> Fields:
    todo = mapping(message, "todo_list")
    items = [
        {"_": "TodoItem", "id": whole(item, "id") or index, "title": _words(item.get("text") or item.get("title"))}
        for index, item in enumerate(listed(todo, "answers") or listed(todo, "items"), 1)
    ]
    return {"_": "MessageMediaToDo", "todo": {"_": "TodoList", "title": _words(todo.get("title")), "list": items}}


def _giveaway(message: Raw, number: int) -> Fields:
    facts = mapping(message, "giveaway_information")
    return {
        "_": "MessageMediaGiveaway",
        "quantity": whole(facts, "quantity"),
        "channels": numbers(facts, "channels"),
        "countries_iso2": strings(facts, "countries"),
        **_prize(facts, zone_of(message)),
    }


def _results(message: Raw, number: int) -> Fields:
    facts = mapping(message, "giveaway_results")
    counts = {key: whole(facts, key) for key in ("winners_count", "unclaimed_count", "additional_peers_count")}
    return {
        "_": "MessageMediaGiveawayResults",
        "channel_id": whole(facts, "channel"),
        "launch_msg_id": whole(facts, "launch_message_id"),
        "winners": numbers(facts, "winners"),
        **counts,
        **({"refunded": True} if facts.get("is_refunded") else {}),
        **_prize(facts, zone_of(message)),
    }


def _prize(facts: Raw, zone: tzinfo) -> Fields:
    """What giveaways have in common. `zone` is that of the exporter, whose clock their end is told by."""
    said = {
        "until_date": whole(facts, "until_date") or read_date(facts, "until_date", zone),
        "months": whole(facts, "months"),
        "stars": whole(facts, "stars"),
        "prize_description": plain(facts.get("additional_prize")),
        "only_new_subscribers": bool(facts.get("is_only_new_subscribers")),
    }
    return {key: value for key, value in said.items() if value}


def _paid(message: Raw, number: int) -> Fields:
    # What was bought is not in the export.
    return {"_": "MessageMediaPaidMedia", "stars_amount": whole(message, "paid_stars_amount"), "extended_media": []}


def _words(value: Any) -> Fields:
    text, entities = join_parts(value)
    return {"_": "TextWithEntities", "text": text, "entities": entities}


_READERS = (
    ("photo", _photo),
    ("file", _document),
    ("contact_information", _contact),
    ("location_information", _place),
    ("place_name", _place),
    ("game_title", _game),
    ("invoice_information", _invoice),
    ("poll", _poll),
    ("todo_list", _todo),
    ("giveaway_information", _giveaway),
    ("giveaway_results", _results),
    ("paid_stars_amount", _paid),
)
