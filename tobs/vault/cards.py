"""Attachments that are no files: polls, places, contacts, link previews …, from their raw TL dicts.

Raw dicts come from a server: any key may be missing, any text is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from tobs.model import MediaKind, Message, Raw
from tobs.vault.context import Context
from tobs.vault.escape import escape, escape_one_line, finish_line
from tobs.vault.links import web_link
from tobs.vault.raw import listed, mapping, numbers, peer_id, plain, whole
from tobs.vault.words import bold, clock, counted, money, span

Card = Callable[[Raw, Message, Context], Iterable[str]]
PREVIEW = 300  # characters of a page's description: what Telegram shows, too


def one_line(raw: Raw, key: str) -> str:
    """A field of a raw dict, a string or a text with entities, escaped and on one line."""
    return escape_one_line(plain(raw.get(key)))


def _nested(lines: Iterable[str]) -> Iterator[str]:
    """Lines as a callout within the message's own; the empty line after keeps what follows out of it."""
    for line in "\n".join(lines).split("\n"):
        yield f"> {line}" if line else ">"
    yield ""


def poll(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """The question, and the answers with what is known of the votes."""
    asked, results = mapping(raw, "poll"), mapping(raw, "results")
    voters = {plain(result.get("option")): result for result in listed(results, "results")}
    total = whole(results, "total_voters")
    kind = "quiz" if asked.get("quiz") else "poll"
    notes = [kind, *(word for key, word in _POLL_NOTES if asked.get(key))]
    lines = [f"[!question] {one_line(asked, 'question') or 'Poll'} ({', '.join(notes)})"]
    for answer in listed(asked, "answers"):
        lines.append(f"- {_answer(answer, voters.get(plain(answer.get('option'))), total)}")
    if total:
        lines += ["", counted(total, "voter")]
    if results.get("solution"):
        lines += ["", f"💡 {one_line(results, 'solution')}"]
    return _nested(lines)


_POLL_NOTES = (("multiple_choice", "several answers"), ("public_voters", "public"), ("closed", "closed"))


def _answer(answer: Raw, result: Raw | None, total: int) -> str:
    text = escape(" ".join(plain(answer.get("text")).split())) or "…"
    if result is None:
        return text
    votes = whole(result, "voters")
    share = f" ({round(100 * votes / total)} %)" if total else ""
    marks = "".join(mark for key, mark in (("correct", " ✓"), ("chosen", " ●")) if result.get(key))
    return f"{text} — {votes}{share}{marks}"


def _point(raw: Raw) -> str:
    geo = mapping(raw, "geo")
    lat, lon = geo.get("lat"), geo.get("long")
    if not isinstance(lat, (int, float)) or not isinstance(lon, (int, float)):
        return "unknown place"
    return f"[{lat:.6g}, {lon:.6g}](<https://www.openstreetmap.org/?mlat={lat}&mlon={lon}>)"


def geo(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A place on the map."""
    yield f"📍 {_point(raw)}"


def geo_live(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Where someone was last while sharing the way."""
    period = whole(raw, "period")
    heading = f" · heading {whole(raw, 'heading')}°" if raw.get("heading") else ""
    lasting = "" if period >= 0x7FFFFFFF else f" · for {span(period)}"
    yield f"📡 {_point(raw)}{lasting}{heading}"


def venue(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A named place."""
    name, address = one_line(raw, "title") or "Place", one_line(raw, "address")
    yield " · ".join(filter(None, (f"📍 **{name}**", address, _point(raw))))


def contact(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A person's name and number."""
    name = f"{plain(raw.get('first_name'))} {plain(raw.get('last_name'))}"
    yield " · ".join(filter(None, (f"👤 {bold(name)}", one_line(raw, "phone_number"))))


def dice(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What was thrown, and what came."""
    yield finish_line(f"{one_line(raw, 'emoticon') or '🎲'} {whole(raw, 'value')}")


def webpage(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A folded preview of a linked page; nothing if Telegram had none."""
    page = mapping(raw, "webpage")
    title = " · ".join(filter(None, (one_line(page, key) for key in ("site_name", "title"))))
    about = plain(page.get("description"))
    if not title and not about:
        return
    url = plain(page.get("url"))
    lines = [f"[!tg-link]- {title or one_line(page, 'display_url') or 'Link'}"]
    if author := one_line(page, "author"):
        lines.append(f"✍ {author}")
    if about:
        lines.append(escape(about if len(about) <= PREVIEW else about[:PREVIEW].rstrip() + "…"))
    if url:
        lines.append(f"🔗 {web_link(escape_one_line(url), url, url)}")
    yield from _nested(lines)


def game(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A game's name and description."""
    played = mapping(raw, "game")
    about = one_line(played, "description")
    yield f"🎮 **{one_line(played, 'title') or 'Game'}**" + (f" — {about}" if about else "")


def invoice(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What is sold, and for how much."""
    price = money(whole(raw, "total_amount"), plain(raw.get("currency")))
    yield f"🧾 **{one_line(raw, 'title') or 'Invoice'}** · {price}"
    if about := plain(raw.get("description")):
        yield escape(about)
    if raw.get("receipt_msg_id"):
        yield "*(paid)*"


def todo(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """A checklist in signs, not as tasks: plugins would count and change them."""
    tasks = mapping(raw, "todo")
    done = {whole(item, "id"): peer_id(item.get("completed_by")) for item in listed(raw, "completions")}
    lines = [f"[!todo] {one_line(tasks, 'title') or 'Checklist'}"]
    for item in listed(tasks, "list"):
        key = whole(item, "id")
        by = f" — {escape_one_line(context.name(done[key]))}" if done.get(key) else ""
        lines.append(f"{'☑' if key in done else '☐'} {one_line(item, 'title') or '…'}{by}")
    return _nested(lines)


def story(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Whose story it is; stories are gone after a day, so there is nothing to lead to."""
    whose = peer_id(raw.get("peer"))
    yield f"📖 story {whole(raw, 'id')}" + (f" of {bold(context.name(whose))}" if whose else "")


def giveaway(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """What is given away, to how many, until when."""
    lines = [f"[!gift] Giveaway: {_prize(raw)}"]
    if until := whole(raw, "until_date"):
        date = datetime.fromtimestamp(until, context.zone).date()
        lines.append(f"{counted(whole(raw, 'quantity'), 'winner')}, until {date} {clock(until, context)}")
    channels = [escape_one_line(context.name(_channel(number))) for number in numbers(raw, "channels")]
    if channels:
        lines.append(f"for members of {', '.join(channels)}")
    return _nested(lines)


def giveaway_results(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """Who won."""
    lines = [f"[!gift] Giveaway results: {_prize(raw)}", counted(whole(raw, "winners_count"), "winner")]
    winners = [escape_one_line(context.name(winner)) for winner in numbers(raw, "winners")]
    if winners:
        lines.append(f"🏆 {', '.join(winners)}")
    return _nested(lines)


def _prize(raw: Raw) -> str:
    prize = f"⭐ {whole(raw, 'stars')}" if raw.get("stars") else f"Premium, {counted(whole(raw, 'months'), 'month')}"
    return " · ".join(filter(None, (prize, one_line(raw, "prize_description"))))


def _channel(number: int) -> int:
    return -1_000_000_000_000 - number


def paid(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """The price of media that must be bought; what was bought is a file and follows."""
    yield f"🔒 ⭐ {whole(raw, 'stars_amount')} · {counted(len(listed(raw, 'extended_media')), 'paid file')}"


CARDS: Mapping[MediaKind, Card] = {
    "poll": poll, "geo": geo, "geolive": geo_live, "venue": venue, "contact": contact, "dice": dice,
    "webpage": webpage, "game": game, "invoice": invoice, "todo": todo, "story": story,
    "giveaway": giveaway, "giveaway_results": giveaway_results, "paid": paid,
}  # fmt: skip
