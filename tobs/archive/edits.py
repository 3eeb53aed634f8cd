"""Two sights of one message: whether they are the same, whether its author changed it, and what both know (pure)."""

from __future__ import annotations

from typing import Any

from tobs.model import Raw
from tobs.rawfields import listed, mapping, plain
from tobs.rawstories import has_story, with_story

# Given anew with each answer, and no part of the message.
_VOLATILE = frozenset({"file_reference", "access_hash"})
# What comes to attachments without an edit: votes, ticks, payments, a purchase, an end, a step of a live location.
_ADDED = frozenset(
    {"results", "completions", "receipt_msg_id", "extended_media", "closed", "close_date", "hash", "geo", "heading",
     "story", "ttl_seconds", "alt_documents", "attached_media"}
)  # fmt: skip


def same(old: Any, new: Any, ignored: frozenset[str] = _VOLATILE) -> bool:
    """Whether two raw values say the same, whatever stands under `ignored` keys."""
    waiting = [(old, new)]
    while waiting:  # not by recursion: blocks of rich messages may lie in each other as deep as their author likes
        one, other = waiting.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            keys = {*one, *other} - ignored
            if any(key not in one or key not in other for key in keys):
                return False
            waiting += [(one[key], other[key]) for key in keys]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            waiting += zip(one, other, strict=True)
        elif one != other:
            return False
    return True


def is_reworded(old: Raw, new: Raw) -> bool:
    """Whether the author changed a message: its text or what is attached, and not only counters, votes or previews.

    What an export file told is no version of its own, so that it does not matter what was read first. Of what an older
    layer did not know only the text can be compared.
    """
    if "desktop" in old or "desktop" in new:
        return False
    if any(mapping(raw, "media").get("_") == "MessageMediaUnsupported" for raw in (old, new)):
        return plain(old.get("message")) != plain(new.get("message"))
    return not same(_said(old), _said(new), _VOLATILE | _ADDED)


def _said(raw: Raw) -> Any:
    if raw.get("_") == "MessageService":  # what happened is not edited; how long a call took is told later
        return {"_": "MessageService"}
    said = {
        "_": raw.get("_"),
        "message": plain(raw.get("message")),
        "entities": listed(raw, "entities"),
        "media": _attached(mapping(raw, "media")),
        "rich_message": mapping(raw, "rich_message"),
    }
    return _by_id(said)


def _attached(media: Raw) -> Raw:
    kind = media.get("_")
    if kind in (None, "MessageMediaEmpty", "MessageMediaWebPage"):  # a preview comes when Telegram has made it
        return {}
    # A live location moves by itself; where another place is, somebody chose.
    return media if kind == "MessageMediaGeoLive" else {**media, "place": media.get("geo")}


def _by_id(said: Any) -> Any:
    """The same with photos and documents as their ids: Telegram makes more sizes of them whenever it likes."""
    found: dict[str, Any] = {}
    waiting: list[tuple[Any, Any, Any]] = [(found, "said", said)]
    while waiting:
        into, key, value = waiting.pop()
        if isinstance(value, dict):
            is_file = value.get("_") in ("Photo", "Document")
            value = {"_": value["_"], "id": value.get("id")} if is_file else dict(value)
            waiting += [(value, name, inner) for name, inner in value.items() if isinstance(inner, (dict, list))]
        elif isinstance(value, list):
            value = list(value)
            waiting += [(value, index, inner) for index, inner in enumerate(value) if isinstance(inner, (dict, list))]
        into[key] = value
    return found["said"]


def completed(old: Raw, new: Raw) -> Raw:
    """A message as it was read now, with the account's own reactions and votes where they were left out.

    A story that came along keeps its content, which most have for a day.

    Telegram marks parts that are the same for everybody as ``min``: they do not say what the account itself chose
    (https://core.telegram.org/constructor/messageReactions, https://core.telegram.org/constructor/pollResults).
    """
    known, told = mapping(old, "reactions"), mapping(new, "reactions")
    if told.get("min"):
        new = {**new, "reactions": _own_reactions(known, told)}
    old_media, media = mapping(old, "media"), mapping(new, "media")
    told = mapping(media, "results")
    if told.get("min") and mapping(old_media, "poll").get("id") == mapping(media, "poll").get("id"):
        new = {**new, "media": {**media, "results": _own_votes(mapping(old_media, "results"), told)}}
    if has_story(old) and media.get("_") == "MessageMediaStory" and not has_story(new):
        new = with_story(new, mapping(old_media, "story"))
    return new


def _own_reactions(known: Raw, told: Raw) -> Raw:
    chosen = [one for one in listed(known, "results") if "chosen_order" in one]
    results = [
        next(({**one, "chosen_order": each["chosen_order"]} for each in chosen if _of(each) == _of(one)), one)
        for one in listed(told, "results")
    ]
    mine = [one for one in listed(known, "recent_reactions") if one.get("my")]
    recent = [
        {**one, "my": True} if any(same(one, each, _OWN) for each in mine) else one
        for one in listed(told, "recent_reactions")
    ]
    own = {"results": results, **({"recent_reactions": recent} if recent else {})}
    return _whole(known, {**told, **own})


def _of(count: Raw) -> Any:
    """What somebody reacted with: the emoji, or the document of a custom one."""
    reaction = mapping(count, "reaction")
    return reaction.get("_"), reaction.get("emoticon"), reaction.get("document_id")


def _own_votes(known: Raw, told: Raw) -> Raw:
    own = {one.get("option"): _of_voter(one) for one in listed(known, "results")}
    results = [{**one, **own.get(one.get("option"), {})} for one in listed(told, "results")]
    kept = {name: known[name] for name in ("results", "solution", "solution_entities") if name in known}
    return _whole(known, {**kept, **told, **({"results": results} if results else {})})


def _of_voter(answer: Raw) -> Raw:
    return {name: answer[name] for name in ("chosen", "correct") if name in answer}


def _whole(known: Raw, merged: dict[str, Any]) -> Raw:
    """What is known in full stays so."""
    if known and not known.get("min"):
        del merged["min"]
    return merged


_OWN = frozenset({"my", "unread"})
