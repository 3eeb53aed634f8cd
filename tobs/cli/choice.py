"""``tobs chats --choose``: the chats of a configuration from a list, and back into it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import attrs

from tobs.cli.choosing import Row
from tobs.cli.listed import day_of, folder_words, has_words, read_chats
from tobs.cli.outcome import complain
from tobs.cli.plain import plain
from tobs.cli.settings import ConfigFile
from tobs.cli.units import counted
from tobs.config import ChatConfig, Config
from tobs.configedit import Named, edited, with_topics, write_private
from tobs.configfile import parse_config
from tobs.telegram.names import means, parse_name

if TYPE_CHECKING:
    from tobs.cli.signals import Interrupts
    from tobs.telegram.listing import ChatLine

SEVERAL = ("all", "archived", "left", "folder", "type")
_TOPIC = re.compile(r"-?\d+/\d+")  # the key of its row


def choose_chats(config: Config, file: ConfigFile, words: Sequence[str] = ()) -> bool:
    """Let a person choose, and write what was chosen; whether that was anything.

    `words` limit what is offered, not what stays.
    """
    lines = read_chats(config, topics=True)
    offer = Offer(lines, config)
    offered = {row.key for row in offer.rows() if not words} | {
        key for line in lines if has_words(line, words) for key in offer.keys_of(line)
    }
    before = offer.marked()
    marked = _ask([row for row in offer.rows() if row.key in offered], before & offered)
    if marked is None:
        print("Nothing was changed.")
        return False
    marked |= before - offered
    write_choice(offer, marked, file)
    if not marked:
        print(f"Nothing was marked, so {file.path} has none of this list now. Space marks a row.")
        return False
    print(f"Wrote {choice_words(marked)} into {file.path}.")
    return True


def choice_words(marked: Collection[str]) -> str:
    """What was marked as a person says it: names that mean several chats, and how many chats and topics."""
    several = sorted(plain(key) for key in marked if key.partition(":")[0] in SEVERAL)
    topics = sum(bool(_TOPIC.fullmatch(key)) for key in marked)
    chats = len(marked) - len(several) - topics
    words = [*several, *(counted(count, what) for count, what in ((chats, "chat"), (topics, "topic")) if count)]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _ask(rows: Sequence[Row], marked: set[str]) -> set[str] | None:
    from tobs.cli.chooser import choose
    from tobs.cli.signals import run

    async def work(_interrupts: Interrupts) -> tuple[set[str] | None]:
        return (await choose(rows, marked),)

    return run(work)[0]


def write_choice(offer: Offer, marked: set[str], file: ConfigFile) -> None:
    """Put the choice into the file, and say what stays although it was not chosen."""
    prefix = ("accounts", file.account) if file.account else ()
    text = file.path.read_bytes().decode("utf-8-sig")
    text = edited(text, {(*prefix, "export", "chats"): offer.names(marked)})
    text = with_topics(text, file.account, offer.topics(marked))
    parse_config(text, file.path, account=file.account)
    write_private(file.path, text)
    for chat in offer.stubborn(marked):
        complain(f"{plain(chat)} has a table [[chat]] of its own and stays; delete that table to leave it out")


@attrs.frozen
class Offer:
    """The chats of an account as rows, beside what a configuration says of them (pure)."""

    lines: Sequence[ChatLine]
    config: Config

    def rows(self) -> list[Row]:
        """First what means several chats, then each chat with its topics below it."""
        folders = dict.fromkeys(folder for line in self.lines for folder in line.folders)
        rows = [Row("all", "all", "every chat, also those of later")]
        if any(line.archived for line in self.lines):
            rows.append(Row("archived", "archived", "every archived chat"))
        rows += [Row(f"folder:{name}", f"folder:{name}", "every chat of this folder") for name in folders]
        for line in self.lines:
            chat = line.chat
            if line.readable:
                detail = "  ".join(filter(None, (f"{chat.kind:10}", day_of(line.last), folder_words(line))))
                rows.append(Row(str(chat.id), chat.title, detail))
                rows += [Row(f"{chat.id}/{topic.id}", topic.title, "topic", str(chat.id)) for topic in chat.topics]
        return rows

    def keys_of(self, line: ChatLine) -> list[str]:
        """The keys of a chat's rows."""
        return [str(line.chat.id), *(f"{line.chat.id}/{topic.id}" for topic in line.chat.topics)]

    def marked(self) -> set[str]:
        """The rows that the configuration means now."""
        export = self.config.export
        several = {row.key.casefold(): row.key for row in self.rows() if not row.key.lstrip("-").isdigit()}
        found = {several[name.casefold()] for name in export.chats if name.casefold() in several}
        singles = [name for name in export.chats if parse_name(name).kind not in SEVERAL]
        for line in self.lines:
            topics = self._own_topics(line)
            if topics:
                found |= topics
            elif any(means(name, line.chat) for name in singles):
                found.add(str(line.chat.id))
        return found

    def _own_topics(self, line: ChatLine) -> set[str]:
        own = self._table(line)
        wanted = {name.casefold() for name in own.filters.topics} if own else set()
        return {
            f"{line.chat.id}/{topic.id}"
            for topic in line.chat.topics
            if wanted & {str(topic.id), topic.title.casefold()}
        }

    def _table(self, line: ChatLine) -> ChatConfig | None:
        """The table [[chat]] that names this very chat."""
        own = (each for each in self.config.export.chat if parse_name(each.name).kind not in SEVERAL)
        return next((each for each in own if means(each.name, line.chat)), None)

    def names(self, marked: set[str]) -> tuple[str, ...]:
        """What stands in ``chats`` then: first what the list cannot show, such as links, then what is marked."""
        titles = {row.key: row.title for row in self.rows() if not row.parent}
        shown = {name for name in self.config.export.chats if name in titles or self._is_shown(name)}
        tables = {each.name for each in self.config.export.chat}
        kept = [name for name in self.config.export.chats if name not in shown and name not in tables]
        new = [Named(key, title if title != key else "") for key, title in titles.items() if key in marked]
        return (*kept, *new)

    def _is_shown(self, name: str) -> bool:
        if parse_name(name).kind in SEVERAL:
            return name.casefold() in {row.key.casefold() for row in self.rows()}
        return any(means(name, line.chat) for line in self.lines if line.readable)

    def topics(self, marked: set[str]) -> dict[str, tuple[str, list[str]]]:
        """The topics of each forum of which not all are wanted; none for those of which all are."""
        found = {}
        for line in self.lines:
            chat, own = line.chat, self._table(line)
            wanted = [str(topic.id) for topic in chat.topics if f"{chat.id}/{topic.id}" in marked]
            whole = str(chat.id) in marked and own is not None and own.filters.topics
            if wanted or whole:
                found[own.name if own else str(chat.id)] = (chat.title, wanted)
        return found

    def stubborn(self, marked: set[str]) -> list[str]:
        """The titles of chats that are not marked and are exported all the same, for a table of theirs."""
        return [
            line.chat.title
            for line in self.lines
            if self._table(line) is not None and not marked.intersection(self.keys_of(line))
        ]
