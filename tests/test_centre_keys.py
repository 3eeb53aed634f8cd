"""Keys of other data centres, from one run to the next: used again, private, and gone with the account."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
from contextlib import asynccontextmanager
from hashlib import sha256

import attrs
import orjson
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.loopback import ME, PHONE, open_loopback
from tests.test_login import Answers
from tests.test_router import SMALL, account_with_files, fetch_all
from tobs.config import DcRoutingConfig
from tobs.telegram.centrekeys import LENGTH, CentreKeys, forget_keys
from tobs.telegram.client import open_telegram
from tobs.telegram.login import login, logout
from tobs.telegram.partfile import PART
from tobs.telegram.sessions import session_path
from tobs.testing.auth import Login
from tobs.testing.authkeys import AuthKeys


def keys_file(config):
    return session_path(config).with_name(f"{config.session}.session-keys")


@asynccontextmanager
async def served(tmp_path, account, keys=None, **options):
    async with open_loopback(account, tmp_path, dcs=5, keys=keys, **options) as (server, config):
        yield server, attrs.evolve(config, dc_routing=DcRoutingConfig())


async def run(config, wanted, tmp_path):
    """One run of a program that fetches files."""
    async with open_telegram(config) as source:
        await source.find_chats(["@thenews"])
        with trio.fail_after(20):
            await fetch_all(source, wanted, tmp_path)


def kept(config):
    """The data centres of which there are keys."""
    return sorted(json.loads(keys_file(config).read_bytes())["keys"]) if keys_file(config).exists() else []


async def test_another_run_uses_them_again(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    account, wanted = account_with_files((3, SMALL), (4, 4 * PART), (2, SMALL))
    keys = AuthKeys()
    async with served(tmp_path, account, keys) as (server, config):
        await run(config, wanted, tmp_path)
        assert stat.S_IMODE(keys_file(config).stat().st_mode) == 0o600
        made = {key.key for key in keys}
        for part in tmp_path.glob("*.part"):
            part.unlink()
        await run(config, wanted, tmp_path)
        assert {key.key for key in keys} == made
        assert server.calls["auth.exportAuthorization"] == server.calls["auth.importAuthorization"] == 2
        assert not any(key.hex() in caplog.text or repr(key) in caplog.text for key in made)
        assert not any(key.hex() in repr(CentreKeys(session_path(config), next(iter(made)))) for key in made)


@pytest.mark.parametrize("unknown", [True, False], ids=["-404", "AUTH_KEY_UNREGISTERED"])
async def test_one_that_is_not_accepted_any_more_is_made_anew(tmp_path, unknown):
    account, wanted = account_with_files(*[(3, 4 * PART)] * 4, (4, SMALL))
    keys = AuthKeys()
    async with served(tmp_path, account, keys) as (server, config):
        await run(config, wanted[3:], tmp_path)
        (old,) = [key for key in keys if key.dc_id == 3]
        if unknown:
            keys.forget(3, old.key_id)
        else:
            keys.sign_in(3, old.key_id, 0)
        await run(config, wanted, tmp_path)
        assert server.calls["auth.exportAuthorization"] == 3
        assert kept(config) == ["3", "4"]
        assert old.key.hex() not in keys_file(config).read_text()


async def test_they_go_when_the_account_signs_out_which_every_data_centre_hears(tmp_path):
    account, wanted = account_with_files((3, SMALL), (4, SMALL))
    keys = AuthKeys()
    async with served(tmp_path, account, keys) as (_server, config):
        await run(config, wanted, tmp_path)
        keys.forget(4, next(key.key_id for key in keys if key.dc_id == 4))
        await logout(config)
        assert [(key.dc_id, key.user_id) for key in keys if key.dc_id == 3] == [(3, 0)]
        assert not keys_file(config).exists()


async def test_another_account_does_not_find_them(tmp_path):
    account, wanted = account_with_files((3, SMALL))
    keys = AuthKeys()
    someone = Login(PHONE, ME, user=account.me)
    async with served(tmp_path, account, keys, login=someone) as (server, config):
        await run(config, wanted, tmp_path)
        (own,) = [key for key in keys if key.dc_id == 2]
        keys.sign_in(2, own.key_id, 0)  # signed out with another device
        await login(config, Answers(codes=["12345"]))
        assert not keys_file(config).exists()
        await run(config, wanted, tmp_path)
        assert server.calls["auth.exportAuthorization"] == 2


WRITER = """
import itertools, sys
from pathlib import Path
from tobs.telegram.centrekeys import CentreKeys
kept = CentreKeys(Path(sys.argv[1]), b"own")
for number in itertools.count():
    kept.keep(3, bytes([number % 256]) * 256)
    if number == 20:
        print("writing", flush=True)
"""


def test_killed_while_they_are_written(tmp_path):
    session = tmp_path / "some.session"
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, session], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"writing\n"
            writer.kill()
        found = CentreKeys(session, b"own")
        assert found.dc_ids == [3]
        assert len(set(found.get(3))) == 1
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    session.with_name("some.session-keys.part").write_bytes(b"what a kill leaves behind")
    forget_keys(session)
    assert not list(tmp_path.iterdir())


leaves = st.none() | st.integers(0, 99) | st.text("abc1", max_size=4)
any_json = st.recursive(leaves, lambda each: st.lists(each) | st.dictionaries(st.text("abc1"), each))
hex_digits = st.text("0af", max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.one_of(
        st.binary(max_size=40),
        any_json.map(orjson.dumps),
        st.one_of(any_json, st.dictionaries(st.text("1x", max_size=2), hex_digits)).map(
            lambda keys: orjson.dumps({"of": sha256(b"own").hexdigest(), "keys": keys})
        ),
    )
)
def test_nonsense_is_no_key(tmp_path, nonsense):
    session = tmp_path / "some.session"
    session.with_name("some.session-keys").write_bytes(nonsense)
    assert CentreKeys(session, b"own").dc_ids == []


@given(st.dictionaries(st.integers(1, 999), st.binary(min_size=LENGTH, max_size=LENGTH)), st.binary(), st.binary())
def test_they_are_those_of_one_key_of_the_account(tmp_path_factory, keys, own, other):
    session = tmp_path_factory.mktemp("keys") / "some.session"
    written = CentreKeys(session, own)
    for dc_id, key in keys.items():
        written.keep(dc_id, key)
    found = CentreKeys(session, own)
    assert {dc_id: found.get(dc_id) for dc_id in found.dc_ids} == keys
    assert other == own or CentreKeys(session, other).dc_ids == []
    for dc_id in keys:
        found.drop(dc_id)
    assert CentreKeys(session, own).dc_ids == []
