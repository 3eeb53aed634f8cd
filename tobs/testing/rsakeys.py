"""The RSA keys of the loopback data centres.

These are test keys, published with the program: they protect nothing, and a
client trusts them only when it is told to. Making fresh ones would cost every
test a third of a second.
"""

from __future__ import annotations

import functools
import struct
from hashlib import sha1

import attrs
import rsa

CDN = 203  # the first number of a data centre of a content delivery network, as on Telegram
_E = 65537


@attrs.frozen
class RsaKey:
    """One private key; `fingerprint` is how clients name its public half."""

    private: rsa.PrivateKey

    @property
    def public_pem(self) -> str:
        """PKCS#1, as `telethon.crypto.rsa.add_key` takes it."""
        pem: bytes = rsa.PublicKey(self.private.n, self.private.e).save_pkcs1()
        return pem.decode("ascii")

    @functools.cached_property
    def fingerprint(self) -> int:
        """The low 64 bits of the SHA1 of the bare `rsa_public_key` (https://core.telegram.org/mtproto/auth_key)."""
        parts = (_tl_bytes(number.to_bytes(-(-number.bit_length() // 8), "big")) for number in (self.private.n, _E))
        (low,) = struct.unpack("<q", sha1(b"".join(parts)).digest()[-8:])
        return int(low)

    def decrypt(self, block: bytes) -> bytes:
        """The raw RSA operation, without any padding scheme: 256 bytes to 256 bytes."""
        plain = self.private.blinded_decrypt(int.from_bytes(block, "big"))
        return int(plain).to_bytes(256, "big")


def rsa_key(dc_id: int) -> RsaKey:
    """The key of data centre `dc_id`, counted from 1; beyond the fifth they repeat.

    Those of content delivery networks share one.
    """
    if dc_id >= CDN:
        return _key(len(_PRIMES) - 1)
    return _key((dc_id - 1) % (len(_PRIMES) - 1))


@functools.cache
def _key(index: int) -> RsaKey:
    p, q = (int(number, 16) for number in _PRIMES[index])
    return RsaKey(rsa.PrivateKey(p * q, _E, pow(_E, -1, (p - 1) * (q - 1)), p, q))


def _tl_bytes(data: bytes) -> bytes:
    head = bytes([len(data)]) if len(data) < 254 else b"\xfe" + len(data).to_bytes(3, "little")
    return head + data + bytes(-(len(head) + len(data)) % 4)


_PRIMES = (
    (
        "b6f4f2edcc6210116eeb9227f6477d9b77efe472733342ca6103dee16e29ffe7a15088699fe82057077065757b3e732d7ed6"
        "8dd554ab8bd3aff6b83c320bd9f44f37fa196695500f270c75b152a32c5047e49331a82eb11a116ed434fffe86a6e536b722"
        "de3334ac19c300dc5675f6659e3eeda72df341cc11fd9c24def5abd4bd62637a73a1137f",
        "f8626d83027803b595b48bf636e6a7e06278b96e6f7ae9935eca077204ce02e8fab9866e33abfee3f5089d661f676b83ae65"
        "2e8ffb14979c1ca99e5ca1dc07f095551f7dc84edac850d4556679dfb35a4db12ed7007ed4c8f2980f1d23e3158df0f8f151"
        "992b323306688387016b005d8818492313c94999",
    ),
    (
        "e2b6dd22b0fdfe6379bf6d4e4ebe238ee36566400d0849c9b5a7cd2edef84b403c959cf94c5eabfe2c8fb000b0a372f07899"
        "68d95bfa57774bf163a7518f932fe5249b876244bfd9905c0ec32f2ccfabe7bd44b20e6608357f05e3a9063358a1d2e0a596"
        "b5c8d1bec57f0e00fc963c3fc133e37247cc055ecfa3ef671dcfa9c5af21ff46c42fca1b",
        "a4d3456368ee318f5aa32f3d3a8ce5b730429e723a525ab0bca8db511c2207a06b1590c10da42fcfa8020668582182134ab7"
        "867c53b9498610ca8f0ca3f4fd4716f582b675d0c40e79a37ecda799638649ce23e5c898742231eca543b9fe5448e7e73d83"
        "e147f71b2090d8c3f127002b2f649f9c83f53f25",
    ),
    (
        "abcdb4e8c3474434193d56f818d0b4e35e3cbb85b62c24e52fae65248180c4676fb0f17d20720e3f9b121c81d4443e4e7acb"
        "44179a8d63a8c8a7f86fa11bc630f1f1a160b42e924a4e48926cf51fb8c0afc92c21d888e45f6f9f40f210f7ac72d831d7b8"
        "56ec2899f3e3b7a581d9b71b94c520fde1344be56c07db197b9b332dcd5dc726c2d5a68f",
        "c0c82842d15d864ecbd1b1fe6ca5d1012e9de924197eda0ff189a5a1d2456320a100c4af53216ebd6304a6418c60a4fc947c"
        "b21687fc476f31d0fd9481cf416981bbb6d9c0e383da7e578aa773351eb50d665425ab73b29011cb322dfee02e5f8135d8d1"
        "212fea7ba448adfef0b6924179461d4c43f0ca57",
    ),
    (
        "e68d7dd4801c856f5d2e9ac13bddf8b34617ab9f2abe175f33cf0e8e5cd4414ca49635ad9f9878de98a7f802c253ad50d6a7"
        "c43a2dab51e410503dcf8f4ce98273af21bf13e5fa83c0d85d02f3996cb2605dede3aa1854aecdace87fb72a5ffae63a1f4e"
        "d45c978213bed96ad35c9fc903154ed5212f3f0b809848473d9fcb45814031803f6201ad",
        "ebe3ae6faf9de7a918a29065fa2a44b19826444e5c4db7fd0d022a8ea8dc2f47400f20a904591b75711352c35978dceae939"
        "3c1a0913a17e8afd03dfdc193616dfbfe10a12f336355879d511d7a6bfb85e6c8b53d5e41dc086838e7364c23f899f2a9d6b"
        "11947aa535788f1720f19e72d629393563dd2cb5",
    ),
    (
        "f0a038e88d6723e4b54ff7f0e61d3ae1452eaadb03714e662875430e36cf539f9117a2babefa8dcf6bdfcf9f83b65d9e2a24"
        "7bd850cb01fe67cfcfcbbf3e32a23af535da6959f052d71b773f471b5ad093c25a1eb729bcd743243f30674e4b22beb1e70b"
        "1adabcb3702b0c5a7d9dc1a0ce25d7fec1d531c009460cc852490c4d5d68b0fb86795d5d",
        "ce55dd4977cf390fa33935a8b78fb1e823b9158e8370c3c825b9143dda93a276ec04a99f7377bfacaf1e02cbb0aaea549128"
        "4521186bd481bf3b0dd0e0cf3dc0d581719bb8596322802245adb1940434849753ef19b7d8b2d7c6bbebdcf463d1d191cc14"
        "8aa8d8f2e217c38d12beb28ef481e9157ba4f1af",
    ),
    (
        "9c88b924fb18955ecdbd06345aad411782fad2a2515ddeaff2e1b755ee48d00684ad0ea89c161ce27d77f89140d1daef3784"
        "ce60d439f8b70092f9559dddf866f5a2a76c0954b13a7c5c7f7af05383a44d90b1429339c50affdd90ca6f73d63594e3f5ed"
        "e53d7567444e62b3381eebd3532e421fe70a9e96a6f3b510224186634b127f43eb749def",
        "d786fae31584b88bcfaf6e149c7d6c433f39e72ebd3d70726ef0eadb1b217dbe2a07079c1a07bcab716325aa9d800137eafe"
        "6206e597a6b1ee6375f49b62a11ac3ca9eaa6fa5c24375999d2094365c4bc09b592c6c3178609863c34ca84706187d5cec85"
        "56961dc4a74e7f62af019c495657318b3667aab1",
    ),
)
