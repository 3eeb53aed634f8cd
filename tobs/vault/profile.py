"""What the raw form of a user or chat tells: its usernames, and what Telegram says of it (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from tobs.model import Raw
from tobs.rawfields import listed, plain
from tobs.vault.escape import escape
from tobs.vault.frame import quote_lines
from tobs.vault.frontmatter import Value, unlinked

# Fields of User, Chat and Channel that are worth a property, as tg_bot and so on.
# https://core.telegram.org/constructor/user, https://core.telegram.org/constructor/channel
FLAGS = ("bot", "deleted", "premium", "support", "verified", "scam", "fake", "restricted", "noforwards")


def usernames(username: str, raw: Raw) -> list[str]:
    """Every ``@name`` for a property, the one that is shown first. https://core.telegram.org/api/usernames"""
    more = (plain(name.get("username")) for name in listed(raw, "usernames") if name.get("active"))
    return [unlinked(f"@{name}") for name in dict.fromkeys((username, *more)) if name.strip()]


def flags(raw: Raw) -> Iterator[tuple[str, Value]]:
    """What is so, as checkboxes. What is not so is left out."""
    yield from ((f"tg_{name}", True) for name in FLAGS if raw.get(name) is True)


def restrictions(raw: Raw) -> Iterator[str]:
    """Why Telegram does not show it everywhere, each reason once."""
    reasons = (escape(plain(reason.get("text"))) for reason in listed(raw, "restriction_reason"))
    for reason in dict.fromkeys(filter(None, reasons)):
        yield quote_lines(["[!warning] Restricted by Telegram", reason])
