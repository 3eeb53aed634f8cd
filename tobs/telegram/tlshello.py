"""The beginning of TLS as a browser makes it, by which an MTProxy knows whoever has its secret (pure).

Proxies with a secret ``ee…`` look like a web site to all others. The 32 random bytes of the client's first message are
its HMAC by the secret, with the time in the last four; those of the answer are the HMAC of both. Behind that, what
looks like encrypted records holds the packets of MTProto.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

ALERT, HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 0x15, 0x16, 0x14, 0x17
HEADER = 5  # bytes before each record: its type, the version, its length
READY = b"\x14\x03\x03\x00\x01\x01"  # a record that only old servers ask for, and all browsers send
LARGEST_RECORD = 2878  # what Telegram's own apps put into one
_LENGTH = 517  # of the whole first message: some proxies read no other
_RANDOM = slice(11, 43)  # where both sides have their 32 bytes
_SERVER_HELLO = 2
# Suites and extensions of Chrome, by their numbers: https://www.iana.org/assignments/tls-extensiontype-values
_SUITES = "130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035"
_EXTENSIONS = {
    0x0005: "0100000000",  # status_request
    0x000B: "0100",  # ec_point_formats
    0x000D: "001004030804040105030805050108060601",  # signature_algorithms
    0x0010: "000c02683208687474702f312e31",  # ALPN: h2, http/1.1
    0x0012: "",  # signed_certificate_timestamp
    0x0017: "",  # extended_master_secret
    0x001B: "020002",  # compress_certificate: brotli
    0x0023: "",  # session_ticket
    0x002D: "0101",  # psk_key_exchange_modes
    0xFF01: "00",  # renegotiation_info
}
_PADDING = 0x0015
_X25519 = b"\x00\x1d"


def client_hello(secret: bytes, domain: str, now: int) -> bytes:
    """The first message to a proxy that has `secret` and calls itself `domain`; `now` is the Unix time."""
    hello = bytearray(_hello(domain.encode("ascii")))
    digest = bytearray(hmac.digest(secret, hello, hashlib.sha256))
    for at, byte in enumerate(now.to_bytes(4, "little"), 28):
        digest[at] ^= byte
    hello[_RANDOM] = digest
    return bytes(hello)


def is_answer(answer: bytes, hello: bytes, secret: bytes) -> bool:
    """Whether `answer`, three records, comes from who has the secret as well."""
    blank = answer[: _RANDOM.start] + bytes(32) + answer[_RANDOM.stop :]
    wanted = hmac.digest(secret, hello[_RANDOM] + blank, hashlib.sha256)
    return answer[HEADER] == _SERVER_HELLO and hmac.compare_digest(wanted, answer[_RANDOM])


def records(data: bytes) -> Iterator[bytes]:
    """The same bytes in records."""
    for at in range(0, len(data), LARGEST_RECORD):
        part = data[at : at + LARGEST_RECORD]
        yield bytes((APPLICATION_DATA, 3, 3)) + _sized(part)


def _hello(domain: bytes) -> bytes:
    odd = list(_grease())
    suites = odd[0] + bytes.fromhex(_SUITES)
    head = b"\x03\x03" + bytes(32) + b"\x20" + os.urandom(32) + _sized(suites) + b"\x01\x00"
    body = head + _sized(_extensions(domain, odd, _LENGTH - len(head) - HEADER - 4 - 2))
    message = b"\x01\x00" + _sized(body)
    return bytes((HANDSHAKE, 3, 1)) + _sized(message)


def _extensions(domain: bytes, odd: list[bytes], room: int) -> bytes:
    """All of them, in an order that is another each time, as Chrome's is; padded to `room` bytes."""
    key = X25519PrivateKey.generate().public_key().public_bytes_raw()
    shares = odd[3] + _sized(b"\x00") + _X25519 + _sized(key)
    versions = odd[4] + b"\x03\x04\x03\x03"
    own = {
        0x0000: _sized(b"\x00" + _sized(domain)),  # server_name
        0x000A: _sized(odd[3] + _X25519 + b"\x00\x17\x00\x18"),  # supported_groups
        0x002B: bytes([len(versions)]) + versions,  # supported_versions
        0x0033: _sized(shares),  # key_share
    } | {number: bytes.fromhex(value) for number, value in _EXTENSIONS.items()}
    shuffled = random.sample(sorted(own), len(own))
    found = [odd[1] + _sized(b""), *(_extension(number, own[number]) for number in shuffled), odd[2] + _sized(b"\x00")]
    data = b"".join(found)
    return data + _extension(_PADDING, bytes(max(room - len(data) - 4, 0)))


def _extension(number: int, value: bytes) -> bytes:
    return number.to_bytes(2, "big") + _sized(value)


def _sized(data: bytes) -> bytes:
    """The data behind its length."""
    return len(data).to_bytes(2, "big") + data


def _grease() -> Iterator[bytes]:
    """Numbers that mean nothing, which browsers put among the others so that servers get used to it; all different."""
    yield from (bytes([high << 4 | 0x0A]) * 2 for high in random.sample(range(16), 5))
