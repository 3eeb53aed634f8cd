"""The parts that the sentences of service actions name in braces, each escaped and on one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, numbers, peer_id, plain, whole
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.kinds import spoken
from tobs.vault.links import message_link, web_link, wikilink
from tobs.vault.words import counted, duration, moment, money, names, price, span

Part = Callable[[Raw, Message, Context], str]


def _who(action: Raw, message: Message, context: Context) -> str:
    return escape_one_line(context.name(message.sender_id)) or "Someone"


def _action(action: Raw, message: Message, context: Context) -> str:
    return escape_one_line(spoken(plain(action.get("_")).removeprefix("MessageAction"))) or "did something"


def _people(key: str) -> Part:
    def people(action: Raw, message: Message, context: Context) -> str:
        value = action.get(key)
        ids = [peer_id(item) for item in (value if isinstance(value, list) else [value])]
        return names(filter(None, ids), context) or "someone"

    return people


def _chat(action: Raw, message: Message, context: Context) -> str:
    number = whole(action, "channel_id") or whole(action, "community_id")
    return _linked(peer_id({"channel_id": number} if number else {"chat_id": whole(action, "chat_id")}), context)


def _before(action: Raw, message: Message, context: Context) -> str:
    group = whole(action, "chat_id")
    return f": {_linked(-group, context)}" if group else ""


def _linked(chat_id: int, context: Context) -> str:
    target, name = context.peer(chat_id), context.name(chat_id)
    return wikilink(target, name) if target else escape_one_line(name)


def _pinned(action: Raw, message: Message, context: Context) -> str:
    if message.reply is None or not message.reply.message_id:
        return "a message"
    return message_link(message.reply.chat_id or message.chat_id, message.reply.message_id, context)


def _giveaway(action: Raw, message: Message, context: Context) -> str:
    chat_id = peer_id(action.get("boost_peer")) or message.chat_id
    return message_link(chat_id, whole(action, "giveaway_msg_id"), context)


def _for(action: Raw, message: Message, context: Context) -> str:
    return f" ({duration(whole(action, 'duration'))})" if action.get("duration") else ""


def _when(key: str) -> Part:
    return lambda action, message, context: moment(whole(action, key), message.date, context)


def _price(key: str) -> Part:
    return lambda action, message, context: price(mapping(action, key)) or "nothing"


def _said(action: Raw, message: Message, context: Context) -> str:
    words = escape_one_line(plain(action.get("message")))
    return f": {words}" if words else ""


def _money(action: Raw, message: Message, context: Context) -> str:
    return money(whole(action, "total_amount") or whole(action, "amount"), plain(action.get("currency")))


def _crypto(action: Raw, message: Message, context: Context) -> str:
    return money(whole(action, "crypto_amount"), plain(action.get("crypto_currency")) or "TON")


def _gift(action: Raw, message: Message, context: Context) -> str:
    """A gift by its title; a unique one by its number, its looks and its page."""
    gift = mapping(action, "gift")
    title = plain(gift.get("title"))
    if gift.get("_") != "StarGiftUnique":
        return escape_one_line(title) or "a gift"
    text = escape_one_line(f"{title} #{whole(gift, 'num')}")
    looks = ", ".join(_looks(gift))
    slug = plain(gift.get("slug"))
    return (web_link(text, "", f"https://t.me/nft/{slug}") if slug else text) + (f" ({looks})" if looks else "")


def _looks(gift: Raw) -> Iterator[str]:
    for attribute in listed(gift, "attributes"):
        kind = spoken(plain(attribute.get("_")).removeprefix("StarGiftAttribute"))
        if name := escape_one_line(plain(attribute.get("name"))):
            yield f"{escape_one_line(kind)} {name}"


def _theme(action: Raw, message: Message, context: Context) -> str:
    theme = mapping(action, "theme")
    return escape_one_line(plain(theme.get("emoticon"))) or (
        _gift(theme, message, context) if theme.get("gift") else ""
    )


def _tasks(action: Raw, message: Message, context: Context) -> str:
    return ", ".join(f"“{escape_one_line(plain(item.get('title')))}”" for item in listed(action, "list")) or "tasks"


def _items(key: str) -> Part:
    """Items of the checklist that is answered, by their text where it is archived."""

    def items(action: Raw, message: Message, context: Context) -> str:
        reply, found = message.reply, []
        for number in numbers(action, key):
            chat_id = (reply.chat_id if reply else 0) or message.chat_id
            text = context.item(chat_id, reply.message_id, number) if reply else ""
            found.append(f"“{escape_one_line(text)}”" if text else f"item {number}")
        return ", ".join(found)

    return items


def _requested(action: Raw, message: Message, context: Context) -> str:
    return ", ".join(filter(None, (_shared(peer, context) for peer in listed(action, "peers")))) or "a chat or person"


def _shared(peer: Raw, context: Context) -> str:
    said = " ".join(plain(peer.get(key)) for key in ("title", "first_name", "last_name"))
    user = plain(peer.get("username"))
    name = said.strip() or (context.name(peer_id(peer)) if peer_id(peer) else "")
    return escape_one_line(f"{name} (@{user})" if user else name)


def _documents(action: Raw, message: Message, context: Context) -> str:
    kinds = listed(action, "types") or [mapping(value, "type") for value in listed(action, "values")]
    said = (spoken(plain(kind.get("_")).removeprefix("SecureValueType")) for kind in kinds)
    return ", ".join(escape_one_line(kind) for kind in said if kind) or "none"


def _birthday(action: Raw, message: Message, context: Context) -> str:
    born = mapping(action, "birthday")
    return "-".join(f"{whole(born, key):02}" for key in ("year", "month", "day") if born.get(key))


def _number(action: Raw, message: Message, context: Context) -> str:
    return f" #{whole(action, 'gift_num')}".replace("#", r"\#") if action.get("gift_num") else ""


PARTS: Mapping[str, Part] = {
    "who": _who,
    "action": _action,
    "users": _people("users"),
    "user": _people("user_id"),
    "inviter": _people("inviter_id"),
    "creator": _people("new_creator_id"),
    "bot": _people("bot_id"),
    "members": _people("other_participants"),
    "peers": _people("peers"),
    "from": _people("from_id"),
    "to": _people("to_id"),
    "payee": _people("peer"),
    "boosted": _people("boost_peer"),
    "auto": _people("auto_setting_from"),
    "requested": _requested,
    "documents": _documents,
    "chat": _chat,
    "before": _before,
    "pinned": _pinned,
    "giveaway": _giveaway,
    "for": _for,
    "scheduled": _when("schedule_date"),
    "subscribed": _when("subscription_until_date"),
    "expires": _when("expires_at"),
    "price": _price("price"),
    "resale": _price("resale_amount"),
    "said": _said,
    "money": _money,
    "crypto": _crypto,
    "period": lambda action, message, context: span(whole(action, "period")),
    "days": lambda action, message, context: counted(whole(action, "days"), "day"),
    "theme": _theme,
    "answer": lambda action, message, context: escape_one_line(plain(mapping(action, "answer").get("text"))),
    "gift": _gift,
    "gift_num": _number,
    "gift_stars": lambda action, message, context: f"⭐ {whole(mapping(action, 'gift'), 'stars')}",
    "tasks": _tasks,
    "completed": _items("completed"),
    "incompleted": _items("incompleted"),
    "app": lambda action, message, context: escape_one_line(plain(mapping(action, "app").get("title"))) or "an app",
    "birthday": _birthday,
}
