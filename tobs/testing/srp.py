"""The server's side of the two-step password check: https://core.telegram.org/api/srp."""

from __future__ import annotations

import os
from functools import reduce
from hashlib import pbkdf2_hmac, sha256
from typing import Any

import attrs
from telethon.tl import types

from tobs.testing.keyexchange import DH_GENERATOR, DH_PRIME

_SAFE = 1 << (2048 - 64)
_SALT1 = b"tobs loopback salt 1"
_SALT2 = b"tobs loopback salt 2"


@attrs.frozen
class Challenge:
    """One question to a client; it can be answered once."""

    srp_id: int
    verifier: int
    secret: int

    @property
    def public(self) -> bytes:
        """B = k * v + g^b."""
        k = int.from_bytes(_hash(_bytes(DH_PRIME), _bytes(DH_GENERATOR)), "big")
        return _bytes((k * self.verifier + pow(DH_GENERATOR, self.secret, DH_PRIME)) % DH_PRIME)

    def accepts(self, answer: Any) -> bool:
        """Whether this input_check_password_srp proves the password."""
        client = int.from_bytes(answer.A, "big")
        if not _SAFE < client < DH_PRIME - _SAFE:
            return False
        u = int.from_bytes(_hash(_bytes(client), self.public), "big")
        shared = pow(client * pow(self.verifier, u, DH_PRIME), self.secret, DH_PRIME)
        p, g = _hash(_bytes(DH_PRIME)), _hash(_bytes(DH_GENERATOR))
        masked = bytes(a ^ b for a, b in zip(p, g, strict=True))
        proof = _hash(masked, _hash(_SALT1), _hash(_SALT2), _bytes(client), self.public, _hash(_bytes(shared)))
        return bool(proof == answer.M1)


def verifier(password: str) -> int:
    """v = g^x: all the server needs to know of the password. Takes a tenth of a second."""
    inner = reduce(_salted, (_SALT1, _SALT2), password.encode())
    stretched = pbkdf2_hmac("sha512", inner, _SALT1, 100_000)
    return pow(DH_GENERATOR, int.from_bytes(_salted(stretched, _SALT2), "big"), DH_PRIME)


def new_challenge(password_verifier: int) -> Challenge:
    number = int.from_bytes(os.urandom(7), "big")
    return Challenge(number, password_verifier, int.from_bytes(os.urandom(256), "big"))


def algorithm() -> types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow:
    return types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        _SALT1, _SALT2, DH_GENERATOR, _bytes(DH_PRIME)
    )


def _salted(data: bytes, salt: bytes) -> bytes:
    return _hash(salt, data, salt)


def _hash(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def _bytes(number: int) -> bytes:
    return number.to_bytes(256, "big")
