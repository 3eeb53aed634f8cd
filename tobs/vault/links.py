"""Links to the web, and into the vault."""

from __future__ import annotations

import re
from urllib.parse import quote

from tobs.raw import CHANNEL_MARK
from tobs.vault.code import html_code, inline_code
from tobs.vault.context import Context, Target
from tobs.vault.escape import IN_COMPANY, escape_html, tidy

# A click on these shows a page, writes a letter or opens the chat, wallet or download that the text names.
# obsidian: would act on the vault, file: javascript: data: on the computer.
SAFE_SCHEMES = frozenset({"http", "https", "mailto", "tel", "tg", "ton", "magnet"})
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r"(?:localhost|[^/:]*\.[^/:]*):[0-9]{1,5}(?:[/?#]|$)")  # example.com:8080 has no scheme
_PLAIN_URL = re.compile(r"https?://(?:(?!==|%%|::|&#?\w+;)[A-Za-z0-9\-._~:/?#@!&'()+,;=%])+")
_UNSAFE_IN_URL = re.compile(r"""[\x00-\x20\x7f-\x9f\s<>"\\`\[\]{}|^$*\ud800-\udfff]|==+|%(?![0-9A-Fa-f]{2})|::+|~~+""")
_REFERENCE = re.compile(r"&(?=#?\w+;)")
_IN_LABEL = re.compile(
    rf"[\\`*\[\]<|~$\#^_=%:&@](?:(?<=[\\`*\[\]<|~$\#^])|(?<=_)(?:(?<!\w_)|(?!\w))|{IN_COMPANY})", re.VERBOSE
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")  # goes first: signs on both sides would meet
_PLAIN_LABEL = re.compile(r"""[\w .,;!?'"()“”„«»…–—/+-]+""")
_FULL_WIDTH = 0xFEE0  # from an ASCII sign to the sign that looks alike and acts as nothing


def safe_url(url: str) -> str:
    """The address with its scheme if a click on it is safe, else ""."""
    url = url.strip()
    scheme = _SCHEME.match(url)
    if scheme is None or _PORT.match(url):
        return f"https://{url}" if url and url[0].isalnum() else ""
    return url if scheme[1].lower() in SAFE_SCHEMES else ""


def destination(url: str) -> str:
    """The address as it stands between angle brackets after a link's text."""
    encoded = _UNSAFE_IN_URL.sub(_percent, url)
    return _REFERENCE.sub("&amp;", encoded)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def web_link(inner: str, raw: str, url: str, *, marked: bool = False) -> str:
    """`inner`, the rendered form of the text `raw`, as a link; where the scheme is not safe the address is shown.

    A `marked` text keeps its marks also where it is the address itself.
    """
    if safe := safe_url(url):
        if safe == raw and not marked and _PLAIN_URL.fullmatch(raw):
            return f"<{raw}>"
        return f"[{_label(inner)}](<{destination(safe)}>)"
    return inner if url == raw else f"{inner} ({inline_code(_one_line(url))})" if url.strip() else inner


def html_link(inner: str, raw: str, url: str) -> str:
    """`web_link` inside an HTML element."""
    if safe := safe_url(url):
        return f'<a href="{escape_html(destination(safe).replace("&amp;", "&"))}">{inner}</a>'
    return inner if url == raw or not url.strip() else f"{inner} ({html_code(_one_line(url))})"


def note_link(inner: str, raw: str, target: Target) -> str:
    """The text `raw`, rendered as `inner`, as a link to `target` that shows the text unchanged, with its marks."""
    if inner == raw == raw.strip() and _PLAIN_LABEL.fullmatch(raw):  # an alias shows no marks
        return f"[[{_place(target)}|{raw}]]"
    return f"[{_label(inner)}]({_note_destination(_place(target))})"


def _label(inner: str) -> str:
    """The text of a link, so that at the start of a quote it is not the title of a callout, ``[!note]``."""
    return f"\\{inner}" if inner.startswith("!") else inner


_NOTE_SAFE = " /#^!'(),;+@="  # Obsidian reads a destination in brackets as it is, but for percent signs


def _note_destination(place: str) -> str:
    encoded = quote(place, safe=_NOTE_SAFE)
    # "<%" would begin a command of Templater.
    return quote(place, safe="/#^") if encoded.startswith("%") else f"<{encoded}>"


def wikilink(target: Target, label: str) -> str:
    """A link with a label for people."""
    text = as_label(label)
    return f"[[{_place(target)}|{text}]]" if text else f"[[{_place(target)}]]"


def as_label(text: str) -> str:
    """A text as an alias or a property shows it: signs that would act there become ones that look alike."""
    return _IN_LABEL.sub(_look_alike, _one_line(_TURNS.sub("", text)))


def _place(target: Target) -> str:
    return f"{target.note}#^{target.anchor}" if target.anchor else target.note


def _look_alike(match: re.Match[str]) -> str:
    return chr(ord(match[0]) + _FULL_WIDTH)


def _one_line(text: str) -> str:
    return " ".join(tidy(text).split())


def message_url(chat_id: int, message_id: int) -> str:
    """The address of a message in a channel or supergroup, "" elsewhere: other chats have none."""
    return f"https://t.me/c/{CHANNEL_MARK - chat_id}/{message_id}" if chat_id < CHANNEL_MARK else ""


def message_link(chat_id: int, message_id: int, context: Context) -> str:
    """A link to a message's anchor, to the web if it is not archived, or words: never to a note that is not there."""
    if target := context.link(chat_id, message_id):
        return wikilink(target, context.snippet(chat_id, message_id) or f"message {message_id}")
    url = message_url(chat_id, message_id)
    return web_link(f"message {message_id}", "", url) if url else f"message {message_id}"
