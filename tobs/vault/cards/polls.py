"""Polls and quizzes. https://core.telegram.org/api/poll"""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Message, Raw
from tobs.rawfields import listed, mapping, peer_id, peers, plain, strings, whole
from tobs.vault.cards.shape import facts, joined, nested, paragraphs
from tobs.vault.context import Context
from tobs.vault.escape import escape_one_line
from tobs.vault.kinds import kind_words
from tobs.vault.words import counted, moment, names, rich_line, span

_NOTES = (
    ("multiple_choice", "several answers"),
    ("public_voters", "public"),
    ("open_answers", "answers can be added"),
    ("revoting_disabled", "votes are final"),
    ("subscribers_only", "subscribers only"),
    ("hide_results_until_close", "results at the end"),
    ("closed", "closed"),
)
_FILES = ("MessageMediaPhoto", "MessageMediaDocument", "MessageMediaEmpty")


def poll(raw: Raw, message: Message, context: Context) -> Iterator[str]:
    """The question, and the answers with what is known of the votes."""
    asked, results = mapping(raw, "poll"), mapping(raw, "results")
    told = {plain(result.get("option")): result for result in listed(results, "results")}
    lines = [f"[!question] {rich_line(asked.get('question'), context) or 'Poll'} ({', '.join(_notes(asked, results))})"]
    attached = mapping(raw, "attached_media")
    if attached and attached.get("_") not in _FILES:
        lines += [kind_words(attached), ""]
    for answer in listed(asked, "answers"):
        voted = told.get(plain(answer.get("option")), {})
        lines.append("- " + joined(_answer(answer, voted, results, context), *_about(answer, voted, message, context)))
    for line in (_votes(results, context), _rules(asked, message, context), *_solution(results, context)):
        lines += ["", line] if line else []
    return nested(lines)


def _notes(asked: Raw, results: Raw) -> Iterator[str]:
    yield "quiz" if asked.get("quiz") else "poll"
    yield from facts(asked, _NOTES)
    if results.get("min"):
        yield "results not read"  # what the server sends to everybody alike, without one's own vote


def _answer(answer: Raw, voted: Raw, results: Raw, context: Context) -> str:
    text = rich_line(answer.get("text"), context) or "…"
    if not voted or results.get("min"):
        return text
    votes, total = whole(voted, "voters"), whole(results, "total_voters")
    share = f" ({round(100 * votes / total)} %)" if total else ""
    marks = "".join(mark for key, mark in (("correct", " ✓"), ("chosen", " ●")) if voted.get(key))
    return f"{text} — {votes:,}{share}{marks}"


def _about(answer: Raw, voted: Raw, message: Message, context: Context) -> Iterator[str]:
    if media := mapping(answer, "media"):
        yield kind_words(media)
    if author := peer_id(answer.get("added_by")):
        when = f", {moment(date, message.date, context)}" if (date := whole(answer, "date")) else ""
        yield f"added by {escape_one_line(context.name(author))}{when}"
    if latest := peers(voted, "recent_voters"):
        yield names(latest, context)


def _votes(results: Raw, context: Context) -> str:
    total, latest = whole(results, "total_voters"), peers(results, "recent_voters")
    if results.get("min") or not (total or latest):
        return ""
    return joined(counted(total, "voter"), f"latest: {names(latest, context)}" if latest else "")


def _rules(asked: Raw, message: Message, context: Context) -> str:
    until, lasts = whole(asked, "close_date"), whole(asked, "close_period")
    countries = ", ".join(map(escape_one_line, strings(asked, "countries_iso2")))
    return joined(
        f"until {moment(until, message.date, context)}" if until else "",
        f"open for {span(lasts)}" if lasts else "",
        f"only in {countries}" if countries else "",
    )


def _solution(results: Raw, context: Context) -> Iterator[str]:
    if solution := paragraphs(results, "solution", "solution_entities", context):
        yield f"💡 {solution}"
    if media := mapping(results, "solution_media"):
        yield f"💡 {kind_words(media)}"


def answer_text(raw: Raw, option: str) -> str:
    """The text of the answer with this option, of a MessageMediaPoll; not escaped."""
    answers = listed(mapping(raw, "poll"), "answers")
    return next((plain(answer.get("text")) for answer in answers if answer.get("option") == option), "")
