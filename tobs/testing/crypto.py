"""MTProto 2.0's ciphers, as pure functions.

https://core.telegram.org/mtproto/description#defining-aes-key-and-initialization-vector
"""

from __future__ import annotations

import os
from hashlib import sha1, sha256

import cryptg
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_CLIENT, _SERVER = 0, 8  # x in the key derivation, by who sends


class BadMessageKey(Exception):
    """The message was not encrypted with this key, or was changed on its way."""


def auth_key_id(auth_key: bytes) -> int:
    """The low 64 bits of the key's SHA1, unsigned."""
    return int.from_bytes(sha1(auth_key).digest()[-8:], "little")


def open_message(auth_key: bytes, packet: bytes) -> bytes:
    """The plain text of a client's encrypted `packet`, padding included.

    Raises BadMessageKey when the msg_key does not fit
    (https://core.telegram.org/mtproto/security_guidelines#checking-sha256-hash-value-of-msg-key).
    """
    msg_key, body = packet[8:24], packet[24:]
    if len(body) < 48 or len(body) % 16:
        raise BadMessageKey
    plain: bytes = cryptg.decrypt_ige(body, *_message_aes(auth_key, msg_key, _CLIENT))
    if _message_key(auth_key, plain, _CLIENT) != msg_key:
        raise BadMessageKey
    return plain


def seal_message(auth_key: bytes, key_id: bytes, head: bytes, body: bytes) -> bytes:
    """The encrypted packet of a server's `head` and `body`, padded by 12 to 27 random bytes."""
    # Joined once: what a server takes for half a megabyte is mostly copying it.
    plain = b"".join((head, body, os.urandom(12 + -(len(head) + len(body) + 12) % 16)))
    msg_key = _message_key(auth_key, plain, _SERVER)
    sealed: bytes = cryptg.encrypt_ige(plain, *_message_aes(auth_key, msg_key, _SERVER))
    return b"".join((key_id, msg_key, sealed))


def handshake_aes(server_nonce: bytes, new_nonce: bytes) -> tuple[bytes, bytes]:
    """Key and iv of the key exchange's own messages (https://core.telegram.org/mtproto/auth_key#6)."""
    a = sha1(new_nonce + server_nonce).digest()
    b = sha1(server_nonce + new_nonce).digest()
    c = sha1(new_nonce + new_nonce).digest()
    return a + b[:12], b[12:] + c + new_nonce[:4]


def _message_key(auth_key: bytes, plain: bytes, sender: int) -> bytes:
    large = sha256(auth_key[88 + sender : 120 + sender])
    large.update(plain)
    return large.digest()[8:24]


def _message_aes(auth_key: bytes, msg_key: bytes, sender: int) -> tuple[bytes, bytes]:
    a = sha256(msg_key + auth_key[sender : sender + 36]).digest()
    b = sha256(auth_key[40 + sender : 76 + sender] + msg_key).digest()
    return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]


class CounterMode:
    """AES-256 in counter mode as a continuous stream: the same call encrypts and decrypts."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._stream = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()

    def crypt(self, data: bytes) -> bytes:
        """`data` with the next bytes of the key stream laid over it."""
        return self._stream.update(data)
