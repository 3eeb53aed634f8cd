"""The messages of a result.json one by one, as bytes, with the chat that each is of.

Only where messages begin and end is found here; what is in one is read by
orjson, each alone, so that one that cannot be read costs no other. A JSON
parser over the whole file would stop at the first mistake, not say where it
was, and hold the longest string in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, Literal

import attrs
import orjson

CHUNK = 1 << 20
LONGEST = 1 << 23  # bytes of a message; Telegram's longest take some 100 kB
# Strings end at their line, whatever is missing: Telegram Desktop writes line breaks as \n, and what follows is whole.
_BODY = rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?:(?P<end>["\n])|(?P<half>\\?)\Z|\\\n)'
_STRING = rb'"' + _BODY
_DEEP = re.compile(rb"[{}\[\]]|" + _STRING)
_REST = re.compile(_BODY)
_TOKEN = re.compile(rb'[{}\[\],:]|[^\s{}\[\],:"]+|' + _STRING)
_NEW_LINE = ord("\n")
DEEP = 64  # what a message is indented by at most; Telegram Desktop does by two or four
_OPEN, _CLOSE = (b"{", b"["), (b"}", b"]")

# What an export of all data has besides chats.
_SECTIONS = frozenset(
    ("contacts", "frequent_contacts", "profile_pictures", "stories", "sessions", "web_sessions", "other_data")
)

Place = Literal["root", "chats", "list", "chat", "account", "messages"]


@attrs.frozen
class Piece:
    """A message: its bytes and where they begin in the file; `problem` says why it cannot be read.

    `chat` is what the export says of its chat, `account` of whose export it
    is; both are {} where it says nothing.
    """

    chat: dict[str, Any]
    account: dict[str, Any]
    offset: int
    data: bytes
    problem: str = ""
    in_list: bool = False  # one of several chats of its file


@attrs.define(eq=False)
class _Frame:
    place: Place
    values: dict[str, Any]
    key: str | None = None


@attrs.define(eq=False)
class Scanner:
    """Reads `file` once, from its beginning. Memory is bounded by the longest message, and that by `LONGEST`."""

    file: IO[bytes]
    truncated: bool = False
    sections: set[str] = attrs.field(factory=set)  # of the file that hold no chats
    _buffer: bytes = b""
    _base: int = 0  # where the buffer begins in the file
    _at: int = 0  # what is before it in the buffer was read
    _ended: bool = False
    _account: dict[str, Any] = attrs.field(factory=dict)

    def pieces(self) -> Iterator[Piece]:
        """Every message of the file, in its order."""
        yield from self._read([])

    def pieces_at(self, offset: int, chat: dict[str, Any]) -> Iterator[Piece]:
        """The messages of one chat, the first of which begins at `offset`; `chat` is what was said of it before."""
        self.file.seek(offset)
        self._base = offset
        yield from self._read([_Frame("messages", chat)])

    def _read(self, stack: list[_Frame]) -> Iterator[Piece]:
        begun = len(stack)
        while (token := self._next()) is not None:
            if token in _OPEN:
                yield from self._open(stack, token)
            elif token in _CLOSE:
                if stack:
                    stack.pop()
                if begun and not stack:
                    return
            elif token == b"," or token == b":":
                if stack and token == b",":
                    stack[-1].key = None
            elif stack:
                self._value(stack[-1], token)
        self.truncated = bool(stack)

    def _open(self, stack: list[_Frame], token: bytes) -> Iterator[Piece]:
        top = stack[-1] if stack else None
        if top is not None and top.place == "messages":
            yield self._message(top.values, in_list=stack[0].place == "root" and len(stack) > 2)
        elif (place := _place_of(top, token)) is None:
            if top is not None and top.place == "root" and top.key in _SECTIONS:
                self.sections.add(top.key)
            self._skip()
        else:
            values = top.values if top is not None and place == "messages" else {}
            values = self._account if place == "account" else values
            stack.append(_Frame(place, values))

    def _value(self, frame: _Frame, token: bytes) -> None:
        value = scalar(token)
        if frame.place in ("list", "messages"):
            return
        if frame.key is None:
            frame.key = str(value)
        else:
            frame.values[frame.key] = value

    def _message(self, chat: dict[str, Any], *, in_list: bool) -> Piece:
        begin = self._at - 1
        offset = self._base + begin
        if end := self._laid_out(begin):
            self._at = end
            return Piece(chat, self._account, offset, self._buffer[begin:end], in_list=in_list)
        if self._skip(begin):
            return Piece(chat, self._account, offset, self._buffer[offset - self._base : self._at], in_list=in_list)
        problem = "the file ends within it" if self._ended else "it is longer than any message"
        return Piece(chat, self._account, offset, b"", problem, in_list)

    def _laid_out(self, begin: int) -> int:
        """Where an object ends that has its lines as Telegram Desktop writes them, 0 if that cannot be told.

        Lines end outside of strings only, and what lies within is indented
        more. This is five times as quick as looking at each bracket.
        """
        data = self._buffer
        indent = data[data.rfind(b"\n", max(begin - DEEP, 0), begin) : begin]
        if len(indent) < 2 or not indent.isspace() or indent[0] != _NEW_LINE:
            return 0
        end = data.find(indent + b"}", begin) + len(indent) + 1
        is_whole = end > begin and data.count(b"{", begin, end) == data.count(b"}", begin, end)
        return end if is_whole and end - begin < LONGEST else 0

    def _next(self) -> bytes | None:
        """The next token outside of messages, None at the end."""
        while True:
            match = _TOKEN.search(self._buffer, self._at)
            if match and (match.end() < len(self._buffer) or self._ended):
                self._at = match.end()
                return match[0]
            if self._ended:
                return None
            if match and len(self._buffer) - match.start() > LONGEST:
                self._at = match.end()  # a value of no use
                continue
            self._more(match.start() if match else len(self._buffer))

    def _skip(self, keep: int = -1) -> bool:
        """Go behind the end of what was just opened; with `keep`, the buffer has all from there on then.

        False if that was too long to keep, or if the file ends before.
        """
        depth, whole = 1, keep >= 0
        while depth:
            match = _DEEP.search(self._buffer, self._at)
            if match is not None and match.lastgroup != "half":
                depth += (match[0] in _OPEN) - (match[0] in _CLOSE)
                self._at = match.end()
                continue
            self._at = match.start() if match else len(self._buffer)
            if self._ended:
                return False
            if len(self._buffer) - (keep if whole else self._at) > LONGEST:
                whole = False
                if match is not None:
                    self._leave_string(match)
                    continue
            before = self._base
            self._more(keep if whole else self._at)
            keep -= self._base - before
        return whole

    def _leave_string(self, match: re.Match[bytes] | None) -> None:
        """Go behind the end of a string that is too long to keep, of which `match` is the beginning."""
        while match is not None and match.lastgroup == "half" and not self._ended:
            self._at = match.start("half")
            self._more(self._at)
            match = _REST.match(self._buffer, self._at)
        self._at = match.end() if match else len(self._buffer)

    def _more(self, keep: int) -> None:
        """Read on; what is before `keep` in the buffer is given up."""
        chunk = self.file.read(CHUNK)
        self._ended = not chunk
        self._buffer = self._buffer[keep:] + chunk
        self._base += keep
        self._at = max(self._at - keep, 0)


def _place_of(top: _Frame | None, token: bytes) -> Place | None:
    """What an object or list is, None for one that is of no use here."""
    match (top.place if top else "", top.key if top else None, token):
        case ("", _, b"{"):
            return "root"
        case ("root", "chats" | "left_chats", b"{"):
            return "chats"
        case ("root", "personal_information", b"{"):
            return "account"
        case ("chats", "list", b"["):
            return "list"
        case ("list", _, b"{"):
            return "chat"
        case ("root" | "chat", "messages", b"["):
            return "messages"
    return None


def scalar(token: bytes) -> Any:
    """The value of a token, its text if it is none."""
    try:
        return orjson.loads(token)
    except orjson.JSONDecodeError:
        return token.decode("utf-8", "replace").strip('"\n')
