"""How a client and the server agree on an authorisation key: https://core.telegram.org/mtproto/auth_key.

Pure: requests in, answers out. One KeyExchange serves one connection.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from hashlib import sha1, sha256
from typing import Any

import attrs
import cryptg
from telethon.tl import functions, types

from tobs.testing.crypto import handshake_aes
from tobs.testing.rsakeys import RsaKey
from tobs.testing.tl import Unreadable, read_object

# Telegram's own modulus and generator: clients know them as safe and skip the primality test.
# https://core.telegram.org/mtproto/auth_key#presenting-proof-of-work-server-authentication
DH_GENERATOR = 3
DH_PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f"
    "48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37"
    "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64"
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4"
    "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754"
    "fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f"
    "0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)

# The proof of work. Telegram's are near 2**31 each; a small one takes a client microseconds, not a tenth of a second.
# They differ in size because Pollard's rho, as Telethon has it, ends in 1 and pq when both factors come up in one
# step: with two primes of 21 bits once in 1,200 keys, with these in none of 20,000.
_P, _Q = 251, 2_147_483_647  # their product begins with a zero bit: Telethon reads it as signed


class ExchangeFailed(Exception):
    """The client's part makes no sense; the connection is answered with -404, as Telegram does."""


@attrs.frozen
class _Nonces:
    client: int
    server: int
    new: bytes = b""

    def match(self, request: Any) -> bool:
        return bool(request.nonce == self.client and request.server_nonce == self.server)

    @property
    def aes(self) -> tuple[bytes, bytes]:
        return handshake_aes(_int128(self.server), self.new)

    def hashed(self, number: int, auth_key: bytes) -> int:
        """new_nonce_hash1, 2 or 3."""
        digest = sha1(self.new + bytes([number]) + sha1(auth_key).digest()[:8]).digest()
        return int.from_bytes(digest[4:], "little", signed=True)


class KeyExchange:
    """One exchange at a time; `keep` is called with each finished key and refuses one it has already."""

    def __init__(self, key: RsaKey, keep: Callable[[bytes], bool], clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._keep = keep
        self._clock = clock
        self._nonces: _Nonces | None = None
        # 256 bits are as strong as this modulus, and eight times quicker than 2048.
        self._secret = int.from_bytes(os.urandom(32), "big")

    def answer(self, body: bytes) -> bytes:
        """The answer to one unencrypted message; raises ExchangeFailed."""
        try:
            return self._answer(read_object(body))
        except Unreadable as error:
            raise ExchangeFailed from error

    def _answer(self, request: Any) -> bytes:
        match request:
            case functions.ReqPqMultiRequest() | functions.ReqPqRequest():
                return self._res_pq(request.nonce)
            case functions.ReqDHParamsRequest() if self._nonces and self._nonces.match(request):
                return self._dh_params(request, self._nonces)
            case functions.SetClientDHParamsRequest() if self._nonces and self._nonces.match(request):
                return self._dh_gen(request, self._nonces)
        raise ExchangeFailed(type(request).__name__)

    def _res_pq(self, nonce: int) -> bytes:
        self._nonces = _Nonces(nonce, int.from_bytes(os.urandom(16), "little", signed=True))
        return bytes(types.ResPQ(nonce, self._nonces.server, _number(_P * _Q), [self._key.fingerprint]))

    def _dh_params(self, request: Any, nonces: _Nonces) -> bytes:
        if request.public_key_fingerprint != self._key.fingerprint or len(request.encrypted_data) != 256:
            raise ExchangeFailed
        inner = read_object(_open_rsa(self._key.decrypt(request.encrypted_data)))
        if not isinstance(inner, types.PQInnerData | types.PQInnerDataDc) or not nonces.match(inner):
            raise ExchangeFailed  # temporary keys (p_q_inner_data_temp) are not served
        if {inner.p, inner.q} != {_number(_P), _number(_Q)}:
            raise ExchangeFailed
        self._nonces = nonces = attrs.evolve(nonces, new=inner.new_nonce.to_bytes(32, "little", signed=True))
        return bytes(types.ServerDHParamsOk(nonces.client, nonces.server, self._server_dh(nonces)))

    def _server_dh(self, nonces: _Nonces) -> bytes:
        g_a = _number(pow(DH_GENERATOR, self._secret, DH_PRIME))
        now = int(self._clock())
        inner = types.ServerDHInnerData(
            nonces.client, nonces.server, DH_GENERATOR, _number(DH_PRIME), g_a, server_time=now
        )
        data = bytes(inner)
        answer = sha1(data).digest() + data
        sealed: bytes = cryptg.encrypt_ige(answer + os.urandom(-len(answer) % 16), *nonces.aes)
        return sealed

    def _dh_gen(self, request: Any, nonces: _Nonces) -> bytes:
        if not nonces.new or len(request.encrypted_data) % 16:
            raise ExchangeFailed
        answer: bytes = cryptg.decrypt_ige(request.encrypted_data, *nonces.aes)
        inner = read_object(answer[20:])
        if not isinstance(inner, types.ClientDHInnerData) or not nonces.match(inner):
            raise ExchangeFailed
        if sha1(bytes(inner)).digest() != answer[:20]:
            raise ExchangeFailed
        return self._finish(int.from_bytes(inner.g_b, "big"), nonces)

    def _finish(self, g_b: int, nonces: _Nonces) -> bytes:
        """dh_gen_ok, or dh_gen_retry for a key that cannot be used.

        That is a key whose id is taken, and one that begins with a zero byte: Telethon drops that byte,
        and would never understand us (1 key in 256).
        """
        if not 1 << (2048 - 64) < g_b < DH_PRIME - (1 << (2048 - 64)):
            raise ExchangeFailed
        auth_key = pow(g_b, self._secret, DH_PRIME).to_bytes(256, "big")
        if auth_key[0] and self._keep(auth_key):
            self._nonces = None
            return bytes(types.DhGenOk(nonces.client, nonces.server, nonces.hashed(1, auth_key)))
        return bytes(types.DhGenRetry(nonces.client, nonces.server, nonces.hashed(2, auth_key)))


def _open_rsa(block: bytes) -> bytes:
    """What the client put into the RSA block, by either scheme, checksum verified."""
    return _open_sha1_block(block) or _open_rsa_pad(block)


def _open_sha1_block(block: bytes) -> bytes | None:
    """SHA1, data, random bytes to 255: Telegram's scheme until 2021, and Telethon's."""
    digest, padded = block[1:21], block[21:]
    try:
        data = bytes(read_object(padded))
    except Unreadable:
        return None
    return data if block[0] == 0 and sha1(data).digest() == digest else None


def _open_rsa_pad(block: bytes) -> bytes:
    """RSA_PAD: https://core.telegram.org/mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above-is-implemented-as-follows."""
    hidden_key, sealed = block[:32], block[32:]
    key = bytes(a ^ b for a, b in zip(hidden_key, sha256(sealed).digest(), strict=True))
    opened: bytes = cryptg.decrypt_ige(sealed, key, bytes(32))
    data = opened[:192][::-1]
    if sha256(key + data).digest() != opened[192:]:
        raise ExchangeFailed
    return data


def _number(value: int) -> bytes:
    return value.to_bytes(-(-value.bit_length() // 8), "big")


def _int128(value: int) -> bytes:
    return value.to_bytes(16, "little", signed=True)
