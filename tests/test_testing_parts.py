"""The loopback server's pure parts: framing, key exchange, floods, kept keys."""

from __future__ import annotations

import os
import random
import time
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

import cryptg
import pytest
import rsa
from telethon.crypto import AESModeCTR
from telethon.tl import functions, types

from tobs.testing.authkeys import AuthKeys
from tobs.testing.crypto import CounterMode, auth_key_id, handshake_aes
from tobs.testing.faults import FaultRun, Faults, Flood
from tobs.testing.keyexchange import DH_GENERATOR, DH_PRIME, ExchangeFailed, KeyExchange
from tobs.testing.messages import Message
from tobs.testing.rpc import RpcError
from tobs.testing.rsakeys import rsa_key
from tobs.testing.session import KEPT_ANSWERS, REMEMBERED_REQUESTS, Session
from tobs.testing.tl import method_name, read_object, write_result
from tobs.testing.transport import LARGEST_PACKET, Abridged, BadPacket, Framing, Full, Intermediate, Transport

PACKETS = [os.urandom(size) for size in (4, 24, 504, 508, 512, 100_000)]


# Framing


class PaddedIntermediate(Intermediate):
    def pack(self, payload: bytes) -> bytes:
        padding = os.urandom(len(payload) // 4 % 4)
        return (len(payload) + len(padding)).to_bytes(4, "little") + payload + padding


FRAMINGS = {b"\xef": Abridged, b"\xee" * 4: Intermediate, b"\xdd" * 4: PaddedIntermediate, b"": Full}


@pytest.mark.parametrize("tag", FRAMINGS)
@pytest.mark.parametrize("step", [1, 3, 70_000])
def test_packets_arrive_in_whatever_pieces(tag: bytes, step: int) -> None:
    client: Framing = FRAMINGS[tag]()
    packets = PACKETS if step > 1 else PACKETS[:-1]
    stream = tag + b"".join(map(client.pack, packets))
    assert received(Transport(), stream, step) == packets


@pytest.mark.parametrize(
    ("tag", "framing"), [(b"\xef", Abridged), (b"\xee", Intermediate), (b"\xdd", PaddedIntermediate)]
)
def test_obfuscated_packets_go_both_ways(tag: bytes, framing: Any) -> None:
    header = b"\x01" * 56 + tag * 4 + b"\x02" * 4
    backwards = header[8:56][::-1]
    out, back = AESModeCTR(header[8:40], header[40:56]), AESModeCTR(backwards[:32], backwards[32:])
    client, server = framing(), Transport()
    small = PACKETS[:-1]
    stream = header[:56] + out.encrypt(header)[56:] + out.encrypt(b"".join(map(client.pack, small)))
    assert received(server, stream, 50) == small
    answer = back.encrypt(b"".join(map(server.pack, small)))
    assert answer == b"".join(map(FRAMINGS[b"\xef" if tag == b"\xef" else b"\xee" * 4]().pack, small))


def test_the_key_stream_is_aes_in_counter_mode() -> None:
    key, iv, data = os.urandom(32), b"\xff" * 16, os.urandom(1000)
    ours, theirs = CounterMode(key, iv), AESModeCTR(key, iv)
    for start, end in ((0, 1), (1, 16), (16, 16), (16, 50), (50, 1000)):
        assert ours.crypt(data[start:end]) == theirs.encrypt(data[start:end])


@pytest.mark.parametrize(
    "stream",
    [
        Full().pack(b"1234")[:-1] + b"\0",  # checksum
        Full().pack(b"1234") * 2,  # number
        b"\xee" * 4 + (LARGEST_PACKET + 1).to_bytes(4, "little"),
        b"\x01" * 64,  # obfuscated with a tag nobody knows
    ],
)
def test_nonsense_is_no_packet(stream: bytes) -> None:
    with pytest.raises(BadPacket):
        received(Transport(), stream, 1000)


def received(transport: Transport, stream: bytes, step: int) -> list[bytes]:
    packets = []
    for start in range(0, len(stream), step):
        transport.feed(stream[start : start + step])
        while (packet := transport.next_packet()) is not None:
            packets.append(packet)
    return packets


# Key exchange


class Client:
    """A client of the key exchange; `encrypt` is how it fills the RSA block."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.exchange = KeyExchange(rsa_key(1), self.keep, time.time)
        self.nonce, self.new_nonce = (int.from_bytes(os.urandom(n), "little", signed=True) for n in (16, 32))

    def keep(self, key: bytes) -> bool:
        self.keys.append(key)
        return True

    def ask(self, request: Any) -> Any:
        return read_object(self.exchange.answer(bytes(request)))

    def dh_params(self, encrypt: Any, **inner: Any) -> Any:
        self.pq = self.ask(functions.ReqPqMultiRequest(self.nonce))
        pq = int.from_bytes(self.pq.pq, "big")
        p = next(n for n in range(3, 1 << 20, 2) if pq % n == 0)
        parts = [n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (p, pq // p)]
        data = types.PQInnerDataDc(
            **({"pq": self.pq.pq, "p": parts[0], "q": parts[1], "nonce": self.nonce, "dc": 1} | inner),
            server_nonce=self.pq.server_nonce,
            new_nonce=self.new_nonce,
        )
        [fingerprint] = self.pq.server_public_key_fingerprints
        sealed = encrypt(bytes(data))
        return self.ask(functions.ReqDHParamsRequest(self.nonce, self.pq.server_nonce, *parts, fingerprint, sealed))

    def finish(self, dh_params: Any) -> Any:
        self.aes = handshake_aes(
            self.pq.server_nonce.to_bytes(16, "little", signed=True), self.new_nonce.to_bytes(32, "little", signed=True)
        )
        answer = cryptg.decrypt_ige(dh_params.encrypted_answer, *self.aes)
        inner = read_object(answer[20:])
        assert sha1(bytes(inner)).digest() == answer[:20]
        b = random.getrandbits(2048)
        g_b = pow(DH_GENERATOR, b, DH_PRIME).to_bytes(256, "big")
        self.key = pow(int.from_bytes(inner.g_a, "big"), b, DH_PRIME).to_bytes(256, "big")
        data = bytes(types.ClientDHInnerData(self.nonce, self.pq.server_nonce, 0, g_b))
        data = sha1(data).digest() + data
        sealed = cryptg.encrypt_ige(data + bytes(-len(data) % 16), *self.aes)
        return self.ask(functions.SetClientDHParamsRequest(self.nonce, self.pq.server_nonce, sealed))


def rsa_pad(data: bytes) -> bytes:
    """https://core.telegram.org/mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above-is-implemented-as-follows."""
    private = rsa_key(1).private
    padded = data + os.urandom(192 - len(data))
    while True:
        key = os.urandom(32)
        sealed = cryptg.encrypt_ige(padded[::-1] + sha256(key + padded).digest(), key, bytes(32))
        block = bytes(a ^ b for a, b in zip(key, sha256(sealed).digest(), strict=True)) + sealed
        if (number := int.from_bytes(block, "big")) < private.n:
            return bytes(rsa.core.encrypt_int(number, private.e, private.n).to_bytes(256, "big"))


def sha1_block(data: bytes) -> bytes:
    private = rsa_key(1).private
    block = sha1(data).digest() + data + os.urandom(235 - len(data))
    return bytes(rsa.core.encrypt_int(int.from_bytes(block, "big"), private.e, private.n).to_bytes(256, "big"))


@pytest.mark.parametrize("encrypt", [rsa_pad, sha1_block])
def test_a_key_is_agreed_on(encrypt: Any) -> None:
    client = Client()
    done = client.finish(client.dh_params(encrypt))
    while isinstance(done, types.DhGenRetry):  # one key in 256 begins with a zero
        done = client.finish(client.dh_params(encrypt))
    assert isinstance(done, types.DhGenOk)
    assert client.keys == [client.key]
    new_nonce = client.new_nonce.to_bytes(32, "little", signed=True)
    digest = sha1(new_nonce + b"\1" + sha1(client.key).digest()[:8]).digest()
    assert done.new_nonce_hash1.to_bytes(16, "little", signed=True) == digest[4:]


def test_a_taken_key_is_tried_again() -> None:
    client = Client()
    client.exchange = KeyExchange(rsa_key(1), lambda key: False)
    assert isinstance(client.finish(client.dh_params(rsa_pad)), types.DhGenRetry)


@pytest.mark.parametrize("inner", [{"nonce": 5}, {"p": b"\1\0\0"}])
def test_a_wrong_proof_is_refused(inner: Any) -> None:
    with pytest.raises(ExchangeFailed):
        Client().dh_params(rsa_pad, **inner)


def test_a_damaged_block_is_refused() -> None:
    with pytest.raises(ExchangeFailed):
        Client().dh_params(lambda data: os.urandom(256))
    with pytest.raises(ExchangeFailed):
        Client().exchange.answer(b"nonsense")


# Floods


def test_a_flood_is_exact_and_ends_when_it_says() -> None:
    run = FaultRun(Faults(floods=(Flood("messages.*", 2, seconds=10),)))
    assert [waits(run, at) for at in (0, 4, 4.5, 9.5, 10, 10.5, 14, 19)] == [0, 0, 6, 1, 1, 0, 0, 2]
    assert waits(run, 5, method="users.getUsers") == 0
    assert waits(run, 5, account=2) == 0


def test_a_flood_may_have_its_own_wait() -> None:
    run = FaultRun(Faults(floods=(Flood("*", 1, seconds=1, wait=30),)))
    assert [waits(run, at) for at in (0, 0.5, 1.5, 30.4, 30.5)] == [0, 30, 29, 1, 0]


def waits(run: FaultRun, now: float, *, method: str = "messages.getHistory", account: int = 1) -> int:
    try:
        run.check(method, account, now)
    except RpcError as error:
        return int(error.message.removeprefix("FLOOD_WAIT_")) if error.code == 420 else -1
    return 0


# Sessions and keys


def test_what_a_session_remembers_is_bounded() -> None:
    keys = AuthKeys()
    keys.add(os.urandom(256), 1)
    session = Session(next(iter(keys)), 5)
    for n in range(1, 2 * REMEMBERED_REQUESTS):
        assert session.admit(Message(n * 4, n * 2 + 1, b""))
        session.seal(b"answer", 1000.0, answers=n * 4)
    assert not session.admit(Message(2 * REMEMBERED_REQUESTS * 4 - 4, 1, b""))
    assert len(session._seen) == REMEMBERED_REQUESTS
    assert len(session.unacknowledged()) == len(session._answer_ids) == KEPT_ANSWERS


def test_keys_are_kept_in_a_file(tmp_path: Path) -> None:
    keys, key = AuthKeys(tmp_path / "keys"), os.urandom(256)
    assert keys.add(key, 2, 7)
    assert not keys.add(key, 2)
    assert keys.find(1, auth_key_id(key)) is None
    again = AuthKeys(tmp_path / "keys").find(2, auth_key_id(key))
    assert again is not None
    assert again.user_id == 7
    assert keys.forget(2, auth_key_id(key))
    assert not list(AuthKeys(tmp_path / "keys"))


# Results


def test_results_are_boxed() -> None:
    user = types.UserEmpty(5)
    assert read_object(write_result(user)).id == 5
    assert read_object(write_result([user, user]))[1].id == 5
    assert [read_object(write_result(value)) for value in (True, False)] == [True, False]
    assert write_result(-1) == b"\xff" * 4
    assert write_result(b"as it is") == b"as it is"
    with pytest.raises(TypeError):
        write_result(1.5)


def test_methods_are_named_as_in_the_documentation() -> None:
    assert method_name(functions.messages.GetHistoryRequest) == "messages.getHistory"
    assert method_name(functions.InvokeWithLayerRequest) == "invokeWithLayer"
