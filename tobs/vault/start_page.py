"""The start page: the account, its chats, and where to go from there (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from tobs.archive.rows import ArchivedChat
from tobs.model import Peer
from tobs.vault import charts
from tobs.vault.archive_context import World
from tobs.vault.escape import escape_one_line
from tobs.vault.frontmatter import Value, frontmatter, unlinked
from tobs.vault.offered import embed
from tobs.vault.overview import Totals, day
from tobs.vault.seal import seal
from tobs.vault.words import counted

CHATS_SHOWN = 200  # rows that a page opens with at once
TABLES = "Tables: [[{0.chats_base}|chats and notes]] · [[{0.media_base}|files]] · [[{0.people_base}|people]]"
SNIPPET_TIP = "> [!tip] For messages that look like a chat, switch on **tobs** in Settings → Appearance → CSS snippets."

Chats = Sequence[tuple[ArchivedChat, Totals]]


def start_page(account: Peer, chats: Chats, world: World) -> str:
    """The page that everything can be found from."""
    ranked = sorted(chats, key=lambda item: (-item[1].messages, item[0].chat.id))
    messages = sum(totals.messages for _, totals in chats)
    facts = [escape_one_line(account.name), counted(len(chats), "chat"), counted(messages, "message")]
    blocks = [
        " · ".join([*facts, f"times are in {escape_one_line(str(world.zone))}"]),
        TABLES.format(world.root),
        SNIPPET_TIP,
    ]
    blocks += _charts(ranked)
    if ranked:
        blocks += ["## Chats", "\n".join(_table(ranked[:CHATS_SHOWN], world))]
    if len(ranked) > CHATS_SHOWN:
        blocks += [f"{len(ranked) - CHATS_SHOWN:,} more are in this table:", embed(world.root.chats_base, "Chats")]
    return seal(frontmatter(_properties(account, len(chats), messages)), "\n\n".join(blocks))


def _properties(account: Peer, chats: int, messages: int) -> Iterator[tuple[str, Value]]:
    yield "tg_kind", "start"
    yield "tg_account", unlinked(account.name)
    yield "tg_chat_count", chats
    yield "tg_messages", messages
    yield "tags", ["telegram"]
    yield "cssclasses", ["tobs"]


def _charts(ranked: Chats) -> list[str]:
    months: Counter[str] = Counter()
    for _, totals in ranked:
        months.update(totals.months)
    shares = charts.shares([(archived.chat.title, totals.messages) for archived, totals in ranked])
    shown = [chart for chart in (charts.activity(months), shares) if chart]
    return ["## Activity", *shown] if shown else []


def _table(ranked: Chats, world: World) -> Iterator[str]:
    yield "| Chat | Kind | Messages | First | Last |"
    yield "| --- | --- | ---: | --- | --- |"
    for archived, totals in ranked:
        first = day(totals.first_date, world) if totals.notes else ""
        last = day(totals.last_date, world) if totals.notes else ""
        yield f"| [[{archived.folder}]] | {archived.chat.kind} | {totals.messages:,} | {first} | {last} |"
