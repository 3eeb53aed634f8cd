"""What is sold: invoices, and media that must be bought."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, plain, whole
from tobs.vault.cards.shape import facts, joined, one_line
from tobs.vault.context import Context
from tobs.vault.escape import escape
from tobs.vault.kinds import kind_words
from tobs.vault.links import message_link
from tobs.vault.words import counted, duration, money

_NOTES = (("shipping_address_requested", "with a shipping address"), ("test", "a test"))


def invoice(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What is sold, and for how much."""
    cost = money(whole(raw, "total_amount"), plain(raw.get("currency")))
    yield joined(f"🧾 **{one_line(raw, 'title') or 'Invoice'}**", cost, *facts(raw, _NOTES))
    if about := escape(plain(raw.get("description"))):
        yield about
    if extended := mapping(raw, "extended_media"):
        yield f"🔒 {_item(extended)}"
    if receipt := whole(raw, "receipt_msg_id"):
        yield f"*(paid)* {message_link(message.chat_id, receipt, context)}"


def paid(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """The price of media that must be bought; what was bought is a file and follows."""
    items = listed(raw, "extended_media")
    cost = joined(f"🔒 ⭐ {whole(raw, 'stars_amount')}", counted(len(items), "paid file") if items else "paid files")
    yield f"{cost}: {', '.join(map(_item, items))}" if items else cost


def _item(raw: Raw) -> str:
    if media := mapping(raw, "media"):
        return kind_words(media)
    sides = f" {width}×{height}" if (width := whole(raw, "w")) and (height := whole(raw, "h")) else ""
    seconds = whole(raw, "video_duration")
    return f"preview of a {f'video {duration(seconds)}' if seconds else 'photo or video'}{sides}"
