"""Proxies as a person writes them down (pure)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import attrs

SECRET_BYTES = 16  # of an MTProxy
_PADDED, _FAKE_TLS = 0xDD, 0xEE  # what may stand before the secret: how packets are disguised
# What people are handed: tg://proxy?server=…&port=…&secret=…, or the same as a link to a page.
_LINK = re.compile(r"(?:tg://|(?:https?://)?(?:www\.)?t(?:elegram)?\.me/)(proxy|socks)\?(.+)", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w.-]{1,253}", re.ASCII)
_EXPECTED = "must look like socks5://user:password@host:port (or socks4://, http://), or be a link tg://proxy?…"


@attrs.frozen
class Proxy:
    """Where a proxy is, and how it knows us: by user and password, or an MTProxy by its secret (hexadecimal).

    An MTProxy with a `domain` looks like that web site to others.
    """

    kind: Literal["socks5", "socks4", "http", "mtproto"]
    host: str
    port: int
    user: str = attrs.field(default="", repr=False)
    password: str = attrs.field(default="", repr=False)
    secret: str = attrs.field(default="", repr=False)
    domain: str = ""


def parse_proxy(text: str) -> Proxy:
    """The proxy of a URL, or of a link as Telegram's apps take them. Raises ValueError, never quoting the text."""
    if link := _LINK.fullmatch(text.strip()):
        told = {name: values[0] for name, values in parse_qs(link[2].replace("+", "%2B")).items()}
        host, port = _place(told.get("server", ""), told.get("port", ""))
        if link[1].lower() == "proxy":
            secret, domain = _secret(told.get("secret", ""))
            return Proxy("mtproto", host, port, secret=secret, domain=domain)
        return Proxy("socks5", host, port, told.get("user", ""), told.get("pass", ""))
    try:
        parts = urlsplit(text)
        host, port = _place(parts.hostname or "", str(parts.port))
    except ValueError:
        raise ValueError(_EXPECTED) from None
    if parts.password and parts.scheme == "socks4":
        raise ValueError("must have no password: a SOCKS4 proxy takes a user only")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme == "socks5":
        return Proxy("socks5", host, port, user, password)
    if parts.scheme == "socks4":
        return Proxy("socks4", host, port, user)
    if parts.scheme == "http":
        return Proxy("http", host, port, user, password)
    raise ValueError(_EXPECTED)


def _place(host: str, port: str) -> tuple[str, int]:
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(_EXPECTED)
    return host, int(port)


def _secret(text: str) -> tuple[str, str]:
    """The secret, and which web site the proxy looks like, if it does."""
    secret, domain = _decoded(text), ""
    if len(secret) > SECRET_BYTES and secret[0] == _FAKE_TLS:
        domain = secret[1 + SECRET_BYTES :].decode("ascii", "replace")
        if not _DOMAIN.fullmatch(domain):
            raise ValueError("must have the name of a web site behind its secret, which begins with ee; copy it again")
        secret = secret[1 : 1 + SECRET_BYTES]
    if len(secret) == SECRET_BYTES + 1 and secret[0] == _PADDED:
        secret = secret[1:]
    if len(secret) != SECRET_BYTES:
        raise ValueError("must have a secret of 32 hexadecimal digits, with dd before them or not")
    return secret.hex(), domain


def _decoded(text: str) -> bytes:
    """Hexadecimal or base64, of either alphabet; empty if it is neither."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
