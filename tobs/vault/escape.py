"""Text as text: nothing that a person wrote may act as Markdown, HTML, a tag or a query.

The rules follow CommonMark, Obsidian's own syntax, and what the plugins
Dataview and Templater look for in the raw note. What a reader sees is what
was written; only white space bends:

- every kind of line separator is a newline, white space at line ends goes,
  blank lines at the ends go, and a run of blank lines reads as one;
- leading white space becomes character references, a space ``&nbsp;``;
- control characters become their pictures (``␀``), half surrogates ``�``;
- each line closes the bidirectional embeddings it opened, as in Telegram,
  where they end with the line, so that no message reorders what follows it.
"""

from __future__ import annotations

import re

# One character for one, so that entity offsets stay true.
_TIDY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SEPARATORS = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n")
_TIDY_TABLE: dict[int, str | int] = {
    **dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), "\ufffd"),
    **{code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: 0x2421,
    **_SEPARATORS,
}

# What may need a second look anywhere in a text; without any of these a line is Markdown already.
_SUSPECT = re.compile("[\x00-\x1f\\\\`*_\\[\\]<|~$#^=%:&@\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# After one of =%:&@, whether it acts there: these signs do in company only.
IN_COMPANY = r"""
      (?<==)(?:(?==)|(?<=[=`]=))    # ==highlight==; `= … in raw text starts a Dataview query
    | (?<=%)(?:(?=%)|(?<=%%))       # %%comment%%
    | (?<=:)(?:(?=:|//)|(?<=::))    # key:: value is a Dataview field; scheme:// links itself
    | (?<=&)(?=\#?\w)               # &amp;
    | (?<=[\w.+-]@)(?=\w)           # e-mail addresses link themselves
"""
# The sign comes first, since text without any is then passed over ten times as quickly.
_ACTS = re.compile(rf"[\\`*_\[\]<|~$\#^=%:&@](?:(?<=[\\`*_\[\]<|~$\#^])|{IN_COMPANY})", re.VERBOSE)
_LINE_START = re.compile(r"[-+](?=[\s:+-]|$)|[>=]|:(?=\s*-)|[0-9]{1,9}(?=[.)](?:\s|$))")
_DIGITS = frozenset("0123456789")
_EDGE = frozenset("\t\n -+>=:0123456789")  # what a line may start with that needs a second look
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PDF, _PDI = "\u202c", "\u2069"
_CLOSERS = {"\u202a": _PDF, "\u202b": _PDF, "\u202d": _PDF, "\u202e": _PDF,
            "\u2066": _PDI, "\u2067": _PDI, "\u2068": _PDI}  # fmt: skip
_HTML = re.compile(r"""[\\`*_\[\]<>|~$#^&=%@":](?:(?<!:)|(?=:|//)|(?<=::))""")


def tidy(text: str) -> str:
    """The text without control characters or odd line separators, of the same length."""
    if _TIDY.search(text) is None:
        return text
    # A carriage return before a newline turns into white space at the line's end, which goes later.
    return text.replace("\r\n", " \n").translate(_TIDY_TABLE)


def escape_inline(text: str) -> str:
    """Tidy text within a line as Markdown; what matters only at the start of a line is left to `finish_line`."""
    escaped = _ACTS.sub(_with_backslash, text)
    # Templater reads raw bytes, where a backslash protects nothing.
    return escaped.replace("\\<%", "&lt;%") if "<%" in escaped else escaped


def _with_backslash(match: re.Match[str]) -> str:
    return "\\" + match[0]


def escape_html(text: str) -> str:
    """Tidy text inside an HTML element: references only, which hold whether or not Markdown is read there."""
    return _HTML.sub(lambda match: f"&#{ord(match[0])};", text)


def finish_line(line: str) -> str:
    """A rendered line that starts no block, keeps its indentation and leaves no embedding open."""
    line = line.rstrip()
    if not line:
        return line
    if line[0] in _EDGE or line[0].isspace():
        line = _guard_start(line)
    return close_bidi(line)


def _guard_start(line: str) -> str:
    body = line.lstrip()
    indent = "".join("&nbsp;" if char == " " else f"&#{ord(char)};" for char in line[: len(line) - len(body)])
    if indent:  # the reference is text already, nothing after it starts a block
        return indent + body
    if match := _LINE_START.match(body):
        return f"{match[0]}\\{body[match.end() :]}" if body[0] in _DIGITS else "\\" + body
    return body


def has_bidi(line: str) -> bool:
    """Whether a line has signs that turn the direction of text."""
    return not line.isascii() and _BIDI.search(line) is not None


def close_bidi(line: str) -> str:
    """The line with what closes its own open embeddings, overrides and isolates at its end."""
    if not has_bidi(line):
        return line
    stack: list[str] = []
    for char in _BIDI.findall(line):
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif char in stack:
            _close(stack, char)
    return line + "".join(reversed(stack))


def _close(stack: list[str], closer: str) -> None:
    if closer == _PDI:  # closes its isolate and all embeddings opened inside
        while stack.pop() != _PDI:
            pass
    elif stack[-1] == _PDF:  # an embedding outside the current isolate cannot be closed from within
        stack.pop()


def escape(text: str) -> str:
    """Any text as Markdown lines that show just this text."""
    if _SUSPECT.search(text) is None:
        return finish_line(text)
    lines = escape_inline(tidy(text)).split("\n")
    return "\n".join(map(finish_line, lines)).strip("\n")


def escape_one_line(text: str) -> str:
    """Any text on one line, for names and titles. It may stand after other text, so a line start is not guarded."""
    if _SUSPECT.search(text) is None:
        return " ".join(text.split())
    return close_bidi(escape_inline(" ".join(tidy(text).split())))
