"""Inline code and code blocks that are shown and never run."""

from __future__ import annotations

import re

from tobs.vault.escape import escape_html

# A block's language decides which plugin executes it (dataview, dataviewjs, tasks, mermaid, base, query, button,
# meta-bind, js-engine, ad-note, plantuml …) and anyone can add one, so only names known to be mere colouring pass.
_PLAIN_LANGUAGES = """
    ada applescript arduino asm awk bash bat batch c clojure cmake cobol coffeescript cpp crystal cs csharp css d dart
    delphi diff docker dockerfile elixir elm erlang fish fortran fsharp gdscript git glsl go golang gradle graphql
    groovy haskell haxe hcl hs html http ini java javascript js json json5 jsx julia kotlin kt less lisp log lua
    makefile markdown matlab md nasm nginx nim nix objc objective-c objectivec ocaml pascal patch perl php plaintext
    powershell properties protobuf ps1 py python py3 python3 r racket rb regex rs ruby rust sass scala scheme scss sh
    shell solidity sql swift systemd tcl terraform text toml ts tsx typescript vb vbnet verilog vhdl vim vue wasm xml
    yaml yml zig zsh
"""
PLAIN_LANGUAGES = frozenset(_PLAIN_LANGUAGES.split())
_BACKTICKS = re.compile("`+")
# Dataview runs every <code> element that starts so, in any block; JavaScript's trim also takes a byte order mark.
_QUERY = re.compile(r"[\s\ufeff]*\$?=")
# Sought by plugins in the raw note, also within code: Templater commands, Dataview fields, Obsidian comments.
_RAW = re.compile("<%|::|%%")


def inline_code(text: str) -> str:
    """A line of tidy text as inline code, in HTML where backticks would let it run."""
    if _QUERY.match(text):
        return f"<samp>{escape_html(text)}</samp>"  # looks like code and is no <code> element
    if "``" in text or "`=" in text or "`$=" in text or _RAW.search(text):
        return html_code(text)
    if "`" in text:
        return f"`` {text} ``"
    return f"` {text} `" if text[0] == " " == text[-1] else f"`{text}`"


def html_code(text: str) -> str:
    """A line of tidy text as an HTML code element that Dataview leaves alone."""
    tag = "samp" if _QUERY.match(text) else "code"
    return f"<{tag}>{escape_html(text)}</{tag}>"


def code_block(text: str, language: str) -> list[str]:
    """Tidy text as the lines of a fenced block; as one line of HTML where a plugin would act on the raw text."""
    text = text.strip("\n")
    if _QUERY.match(text) or _RAW.search(text):
        body = escape_html(text).replace("\n", "&#10;")  # an HTML block must not contain blank lines
        return [f"<pre>{body}</pre>"]
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    return [fence + safe_language(language), *text.split("\n"), fence]


def safe_language(language: str) -> str:
    """The language of a block if it only colours, ``text`` for any other, "" for none."""
    name = language.strip().lower()
    if not name:
        return ""
    return {"c++": "cpp", "c#": "csharp", "f#": "fsharp"}.get(name) or (name if name in PLAIN_LANGUAGES else "text")
