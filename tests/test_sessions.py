"""Session files: whose they are, who may read them, which go and which never do."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import time

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loopback import ME, PHONE, open_loopback, small_account
from tests.processes import serving, tobs
from tests.test_login import Answers
from tobs.config import SessionsConfig, TelegramConfig
from tobs.configfile import load_config
from tobs.errors import ConfigError, NotAuthorized, SourceError
from tobs.telegram.client import open_telegram
from tobs.telegram.login import login
from tobs.telegram.sessiongc import DAY, SessionFile, collect_sessions, plan_gc, remove_sessions, scan_sessions
from tobs.telegram.sessions import hold_session, is_ours, session_path
from tobs.testing.auth import Login

NOW = 1_750_000_000.0
SESSIONS = 8  # at most: more than are kept, and few enough that all pairs are looked at


def folder(code: bytes) -> list[SessionFile]:
    """A folder of sessions: two bytes for each say how old it is, in days or to the second, and whose it is."""
    files = []
    for number, (age, rest) in enumerate(zip(code[::2], code[1::2], strict=False)):
        used = NOW - (age % 64 - 4) * DAY - (rest % 4 - 1)  # some in the future, many at once, many at the limit
        files.append(SessionFile(f"s{number}", used, ours=rest % 5 != 0))
    return files


# One draw of bytes is a whole folder: thousands are made in the time that hundreds of nested draws take.
folders = st.binary(max_size=2 * SESSIONS).map(folder)
policies = st.binary(min_size=2, max_size=2).map(lambda code: SessionsConfig(True, float(code[0] % 61), code[1] % 7))
actives = st.integers(0, 2**SESSIONS - 1).map(lambda bits: {f"s{at}" for at in range(SESSIONS) if bits >> at & 1})


@settings(max_examples=5000, deadline=None)
@given(folders, policies, actives)
def test_what_may_go(files, policy, active):
    going = plan_gc(files, NOW, policy, active)
    left = [file for file in files if file.name not in going]
    by_name = {file.name: file for file in files}
    assert len(set(going)) == len(going) <= len(files)
    for name in going:
        file = by_name[name]
        assert file.ours
        assert name not in active
        assert file.used < NOW - policy.gc_max_age_days * DAY
        newer = [other for other in files if other.ours and other.name != name and other.used >= file.used]
        assert len(newer) >= policy.gc_keep_last_n
    own = [file for file in left if file.ours]
    assert len(own) >= min(policy.gc_keep_last_n, sum(file.ours for file in files))
    assert plan_gc(left, NOW, policy, active) == []  # it has done all there was to do
    for file in own:  # and nothing that should have gone was left
        newer = [other for other in files if other.ours and (-other.used, other.name) < (-file.used, file.name)]
        old = file.used < NOW - policy.gc_max_age_days * DAY
        assert file.name in active or not old or len(newer) < policy.gc_keep_last_n


def account(tmp_path, name="tobs"):
    return TelegramConfig(api_id=1, api_hash="0" * 32, session=name, sessions_dir=tmp_path / "sessions")


def age(config, days):
    then = time.time() - days * DAY
    os.utime(session_path(config), (then, then))


def test_a_new_session_is_private_and_ours(tmp_path):
    before = os.umask(0)
    try:
        with hold_session(account(tmp_path)) as path:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            assert is_ours(path)
    finally:
        os.umask(before)


def test_a_session_from_elsewhere_stays_foreign(tmp_path):
    folder = tmp_path / "sessions"
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / "tobs.session") as other:
        other.execute("CREATE TABLE version (version)")
    with hold_session(account(tmp_path)) as path:
        assert not is_ours(path)
    assert scan_sessions(folder) == [SessionFile("tobs", pytest.approx(time.time(), abs=60), False)]


def test_open_modes_are_repaired_and_told(tmp_path, caplog):
    with hold_session(account(tmp_path)) as path:
        pass
    assert not caplog.records
    path.chmod(0o644)
    path.parent.chmod(0o755)
    with hold_session(account(tmp_path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [record.message for record in caplog.records] == [
        f"others on this computer could use {place}; it is yours alone now" for place in (path.parent, path)
    ]


def test_links_and_other_files_are_no_sessions(tmp_path):
    with hold_session(account(tmp_path)) as path:
        pass
    path.with_name("link.session").symlink_to(path)
    path.with_name("folder.session").mkdir()
    path.with_name("note.txt").write_text("mine")
    assert [file.name for file in scan_sessions(path.parent)] == ["tobs"]
    assert scan_sessions(tmp_path / "none") == []


async def test_an_old_session_is_signed_out_and_deleted(tmp_path):
    person = small_account()
    async with open_loopback(person, tmp_path, login=Login(PHONE, ME, user=person.me), signed_in=False) as (_, config):
        for name in ("active", "old", "young"):
            await login(attrs.evolve(config, session=name), Answers(codes=["12345"]))
        old, active = attrs.evolve(config, session="old"), attrs.evolve(config, session="active")
        copy = tmp_path / "copy.session"
        copy.write_bytes(session_path(old).read_bytes())
        session_path(old).with_name("old.session-journal").touch()
        for each in (old, active):
            age(each, 31)
        removals = await collect_sessions(active, SessionsConfig(gc_keep_last_n=1), time.time())
        assert [(removal.name, removal.problem) for removal in removals] == [("old", "")]
        assert sorted(path.name for path in config.sessions_dir.iterdir()) == [
            "active.lock",
            "active.session",
            "old.lock",
            "young.lock",
            "young.session",
        ]
        session_path(old).write_bytes(copy.read_bytes())  # whoever copied it has nothing
        with pytest.raises(NotAuthorized):
            async with open_telegram(old):
                pass
        async with open_telegram(active) as source:
            assert source.account.id == ME


async def test_what_telegram_cannot_be_told_of_stays(tmp_path):
    person = small_account()
    async with open_loopback(person, tmp_path, login=Login(PHONE, ME, user=person.me), signed_in=False) as (_, config):
        old = attrs.evolve(config, session="old")
        await login(old, Answers(codes=["12345"]))
    age(old, 99)
    removals = await collect_sessions(config, SessionsConfig(gc_keep_last_n=0), time.time())
    assert [removal.name for removal in removals] == ["old"]
    assert removals[0].problem
    assert session_path(old).exists()


async def test_a_session_in_use_stays(tmp_path):
    config = account(tmp_path, "busy")
    with hold_session(config) as path:
        (removal,) = [removal async for removal in remove_sessions(account(tmp_path), ["busy"])]
        assert "in use" in removal.problem
        assert path.exists()
        with pytest.raises(SourceError, match="in use"), hold_session(config):
            pass


def test_the_commands(tmp_path):
    with serving(tmp_path, "--scenario", "sample"):
        config = str(tmp_path / "config.toml")
        telegram = load_config(config).telegram
        for number in range(5):
            spare = attrs.evolve(telegram, session=f"spare{number}")
            with hold_session(spare):
                pass
            age(spare, 40 + number)
        listed = tobs("sessions", "--config", config)
        states = {line["name"]: line["state"] for line in map(json.loads, listed.out.splitlines())}
        assert states == {
            telegram.session: "active",
            "spare0": "kept",
            "spare1": "kept",
            "spare2": "kept",
            "spare3": "old",
            "spare4": "old",
        }
        before = sorted(telegram.sessions_dir.iterdir())
        dry = tobs("sessions", "gc", "--dry-run", "--config", config)
        assert dry.out == "spare3 would go\nspare4 would go\n2 of 6 sessions would go\n"
        assert sorted(telegram.sessions_dir.iterdir()) == before
        done = tobs("sessions", "gc", "--config", config)
        assert (done.code, done.out, done.err) == (0, "2 sessions signed out and deleted\n", "")
        assert not list(telegram.sessions_dir.glob("spare[34].session"))
        out = tobs("logout", "--config", config)
        assert (out.code, out.err) == (0, "")
        assert not session_path(telegram).exists()
        assert tobs("chats", "--config", config).code == 3
        assert tobs("logout", "--config", config).code == 3


def test_sessions_of_other_accounts_stay(tmp_path):
    for name in ("active", "other", "old"):
        with hold_session(account(tmp_path, name)):
            pass
        age(account(tmp_path, name), 99)
    policy = SessionsConfig(gc_keep_last_n=0)
    going = plan_gc(scan_sessions(account(tmp_path).sessions_dir), time.time(), policy, {"active", "other"})
    assert going == ["old"]


def test_a_damaged_session_is_told(tmp_path):
    config = TelegramConfig(sessions_dir=tmp_path, session="mine")
    (tmp_path / "mine.session").write_bytes(b"what a broken disk left" * 100)
    with pytest.raises(ConfigError, match=r"mine.session is damaged or no session; delete it, and run `tobs login`"):
        with hold_session(config):
            pass
    assert (tmp_path / "mine.session").read_bytes().startswith(b"what")
