"""Names of notes and folders: safe on every disk, safe in a wikilink, each once in the vault (pure).

A chat's folder and its note share a name; period notes add a suffix to it
(`tobs.vault.layout`). Two names are the same when `key` says so, because
Obsidian and most disks do not tell upper from lower case.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

import attrs

from tobs.archive.rows import ArchivedChat
from tobs.devices import DEVICE
from tobs.model import Chat, Peer
from tobs.root import PLAIN, Root

# Stands between a part of a chat and the chat in names that tobs makes: "Cats › Food". No title keeps it.
STEP = " › "
MAX_BYTES = 120  # leaves room for suffixes and paths; 255 is the limit of most file systems
RESERVED = ("Telegram", "Telegram.base", "Media.base", "People.base")  # a link to such a name leads to that file
UPDATE = " (tobs update)"
EARLIER = "{}" + STEP + "basic group"

# What cannot stand in a file name somewhere, or ends a wikilink early. "$" and "`" could pair up across two links.
REPLACED = str.maketrans({"/": "-", "\\": "-", "`": "'", "$": "＄", "›": "»"} | dict.fromkeys('?<>:*|"[]#^', ""))
# Left-to-right marks and overrides, zero width space, word joiner, byte order mark; U+FFF9.. annotate lines.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)
PERIOD = re.compile(r" (?:\d{4}(?:-\d\d(?:-\d\d)?|-W\d\d)?|messages)(?: \(\d+\))?$")
# Endings that tobs itself gives; a title that has one by chance gets its id, so that nothing can meet by chance.
OURS = re.compile(r" \((?:tobs update|id -?\d+|person(?: -?\d+)?|@\w+)\)$", re.IGNORECASE)
ACTIVE = frozenset({"md", "canvas", "base"})  # files that Obsidian reads as notes: their queries, tags and links act


def safe_name(text: str, limit: int = MAX_BYTES) -> str:
    """`text` as a file name that is also a link target, at most `limit` UTF-8 bytes; "Untitled" if nothing is left.

    Idempotent. The rules are those of the Obsidian Importer, and bidi controls and ``%%`` (a comment) go too.
    """
    text = text.encode("utf-8", "ignore").decode("utf-8").translate(REPLACED)
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    text = re.sub("%%+", "%", " ".join(text.split()))
    text = trimmed(text)
    if DEVICE.match(text):
        text = "_" + text
    return trimmed(cut(text, limit)) or "Untitled"


def trimmed(text: str) -> str:
    """Without the dots and spaces that hide a file or that Windows drops, and without joiners that join nothing."""
    return text.lstrip(". \u200c\u200d").rstrip(". \u200c\u200d")


def cut(text: str, limit: int) -> str:
    """The longest beginning of at most `limit` UTF-8 bytes that ends between two visible characters."""
    data = text.encode()
    if len(data) <= limit:
        return text
    end = len(data[:limit].decode("utf-8", "ignore"))
    while end > 0 and (extends(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end]


def extends(char: str) -> bool:
    """Whether `char` belongs to the character before it: accents, variation selectors, joiners, skin tones, flags."""
    return unicodedata.category(char) in ("Mn", "Me", "Mc") or char in "\u200c\u200d" or "🏻" <= char <= "🏿"


def key(name: str) -> str:
    """Equal for names that a disk or Obsidian may take for the same."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return folded.replace("\u200c", "").replace("\u200d", "")


def stem(name: str) -> str:
    """The chat whose period note could have this name: ``Cats`` for ``Cats 2024-05 (2)``; "" if none could."""
    match = PERIOD.search(name)
    return name[: match.start()] if match else ""


def suffixed(name: str, suffix: str, limit: int = MAX_BYTES) -> str:
    """`name` with ``(suffix)``, within the limit."""
    ending = f" ({suffix})"
    return safe_name(name, limit - len(ending.encode())) + ending


def room(root: Root) -> int:
    """The bytes that names of an account may have without its sign."""
    return MAX_BYTES - len(root.sign.encode())


class Taken:
    """Names of chats, and whether another chat could have a name without ever meeting one of their notes."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {*map(key, RESERVED)}
        self._stems: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        self._names.add(key(name))
        if chat := stem(name):
            self._stems.add(key(chat))

    def meets_note(self, name: str) -> bool:
        """Whether a note of these chats has, or may get, this name."""
        return key(name) in self._names or (bool(stem(name)) and key(stem(name)) in self._names)

    def meets_chat(self, name: str) -> bool:
        """Whether a chat of this name, with all notes it may get, would meet a note of these chats."""
        return self.meets_note(name) or key(name) in self._stems


def chat_folders(known: Sequence[ArchivedChat], chats: Sequence[Chat], root: Root = PLAIN) -> list[ArchivedChat]:
    """Each of `chats` with its folder. The folder of a chat in `known` stays; titles it had since are aliases.

    A title that is taken, or that could meet a note of another chat (``Cats
    2024-05`` beside ``Cats``), gets the chat's id as a suffix. Among new chats
    of one title all get it, so their order does not matter. A group that
    became a supergroup is named after that: ``Cats › basic group``. All of
    them bear the sign of `root`, so that only chats of one account can meet.
    """
    before = {archived.chat.id: archived for archived in known}
    successors = {chat.migrated_from: chat.id for chat in (*(each.chat for each in known), *chats)}
    new = [chat for chat in chats if chat.id not in before]
    existing = [root.bare(archived.folder) for archived in known]
    folders = _new_folders([chat for chat in new if chat.id not in successors], existing, room(root))
    folders = {chat_id: root.signed(name) for chat_id, name in folders.items()}
    for chat in new:
        if chat.id in successors:
            successor = successors[chat.id]
            folders[chat.id] = EARLIER.format(before[successor].folder if successor in before else folders[successor])
    return [
        _renamed(before[chat.id], chat) if chat.id in before else _first_seen(chat, folders[chat.id]) for chat in chats
    ]


def _first_seen(chat: Chat, folder: str) -> ArchivedChat:
    return ArchivedChat(chat, folder, (chat.title,) if chat.title != folder else ())


def _renamed(known: ArchivedChat, chat: Chat) -> ArchivedChat:
    new = chat.title not in (known.folder, *known.aliases)
    return attrs.evolve(known, chat=chat, aliases=(*known.aliases, chat.title) if new else known.aliases)


def _new_folders(chats: Sequence[Chat], existing: Sequence[str], limit: int) -> dict[int, str]:
    plain = {chat.id: safe_name(chat.title, limit) for chat in chats}
    counts = Counter(key(name) for name in plain.values())
    taken = Taken(existing)

    def unique(name: str) -> bool:
        alone = counts[key(name)] == 1 and key(stem(name)) not in counts
        return alone and not OURS.search(name) and not taken.meets_chat(name)

    return {
        chat_id: name if unique(name) else suffixed(name, f"id {chat_id}", limit) for chat_id, name in plain.items()
    }


def homes(chats: Iterable[ArchivedChat], root: Root = PLAIN) -> dict[int, str]:
    """The folder of every chat, relative to the vault. A group that became a supergroup lies within that one's."""
    known = list(chats)
    folders = {archived.chat.id: f"{root.chats}/{archived.folder}" for archived in known}
    for archived in known:
        if (earlier := archived.chat.migrated_from) in folders:
            folders[earlier] = f"{root.chats}/{archived.folder}/{folders[earlier].rpartition('/')[2]}"
    return folders


def people_names(people: Iterable[Peer], folders: Iterable[str], root: Root = PLAIN) -> dict[int, str]:
    """The note of every person, by id: a pure function of all people and all chats of the archive.

    The plain name where nobody and no chat has it too. ``(person)`` is added
    when only a chat has it, which keeps it; ``(@username)``, or ``(person
    <id>)`` without one, when several people have it. Each with the sign of `root`.
    """
    taken, limit = Taken(map(root.bare, folders)), room(root)
    everyone = sorted(people, key=lambda peer: peer.id)
    plain = {peer.id: safe_name(peer.name, limit) for peer in everyone}
    counts = Counter(key(name) for name in plain.values())
    names: dict[int, str] = {}
    unsure: dict[int, str] = {}
    for peer in everyone:
        name = plain[peer.id]
        if OURS.search(name):
            names[peer.id] = suffixed(name, f"person {peer.id}", limit)
        elif counts[key(name)] > 1:
            unsure[peer.id] = suffixed(name, f"@{peer.username}" if peer.username else f"person {peer.id}", limit)
        else:
            names[peer.id] = suffixed(name, "person", limit) if taken.meets_note(name) else name
    counts = Counter(key(name) for name in unsure.values())
    for peer_id, name in unsure.items():  # a username that two people had, one after the other
        names[peer_id] = name if counts[key(name)] == 1 else suffixed(plain[peer_id], f"person {peer_id}", limit)
    return {peer_id: root.signed(name) for peer_id, name in names.items()}


def attachment_path(
    home: str, date: int, message_id: int, extension: str, zone: tzinfo, number: int = 1, root: Root = PLAIN
) -> str:
    """Where a message's file lies, relative to the vault: the same for the same message, before it is fetched.

    ``Telegram/Chats/Cats/attachments/2024-05/20240503-143205_885.jpg``; of the message's `number`-th file
    from the second on ``…_885-2.jpg``. What Obsidian would read as a note, canvas or base of its owner's is text.
    """
    when = datetime.fromtimestamp(date, zone)
    ending = "".join(char for char in extension.lower() if char.isascii() and char.isalnum())[:10] or "bin"
    if ending in ACTIVE:
        ending = f"{ending}.txt"
    counted = f"{message_id}-{number}" if number > 1 else f"{message_id}"
    return f"{home}/attachments/{when:%Y-%m}/{when:%Y%m%d-%H%M%S}_{counted}{root.sign}.{ending}"
