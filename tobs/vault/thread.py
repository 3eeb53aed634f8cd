"""The comments on a channel's post, folded under it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tobs.archive.rows import Outline
from tobs.model import Message
from tobs.vault.context import Context, Target, Thread
from tobs.vault.escape import escape_one_line
from tobs.vault.frame import quote_lines
from tobs.vault.links import wikilink
from tobs.vault.words import counted, moment

SHOWN = 50  # comments listed under a post; whoever reads more reads them in the discussion's own notes
WORDS = 200  # characters of a comment: most are shown whole
LINE_BYTES = 300  # what a listed comment takes in a note, about


def thread_lines(message: Message, thread: Thread, context: Context) -> Iterator[str]:
    """A folded callout with a line a comment. Their home is the discussion's note, to which each line leads."""
    lines = [f"[!quote]- {counted(thread.count, 'comment')}"]
    lines += [f"- {_comment(comment, message.date, context)}" for comment in thread.comments]
    if rest := thread.count - len(thread.comments):
        lines.append(f"- … and {rest:,} more{_in(thread.discussion)}")
    yield from (quote_lines(lines), "")


def _comment(comment: Message, beside: int, context: Context) -> str:
    name = context.name(comment.sender_id)
    target = context.link(comment.chat_id, comment.id)
    who = wikilink(target, name) if target else f"**{escape_one_line(name)}**"
    past = context.past(comment.chat_id, comment.id)
    gone = "🗑 " if past and past.seen_at else ""
    return f"{who} · {moment(comment.date, beside, context)} · {gone}{escape_one_line(_said(comment))}"


def _said(comment: Message) -> str:
    words = " ".join(comment.text.split())
    if len(words) > WORDS:
        words = words[: WORDS - 1].rstrip() + "…"
    kind = comment.media.kind if comment.media else "service message" if comment.action else ""
    if kind == "webpage":
        kind = ""
    return " ".join(filter(None, (words, f"({kind})" if kind else ""))) or "…"


def _in(discussion: Target | None) -> str:
    return f" in {wikilink(discussion, discussion.note)}" if discussion else ""


def with_comments(outlines: Iterable[Outline], counts: Mapping[int, int]) -> Iterator[Outline]:
    """Messages of a channel with the room that their comments take in a note."""
    for outline in outlines:
        if count := counts.get(outline.id):
            yield outline._replace(weight=outline.weight + LINE_BYTES * min(count, SHOWN))
        else:
            yield outline
