"""`tobs doctor` finds each thing that would stop an export, and nothing where all is well."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import attrs
import pytest

from tests.loopback import open_loopback, small_account
from tests.processes import serving, tobs
from tests.proxies import open_proxy
from tobs.archive.store import open_archive
from tobs.config import Config, ExportConfig, TelegramConfig
from tobs.doctor.local import (
    check_account,
    check_archive,
    check_config,
    check_disk,
    check_locally,
    check_session,
    check_vault,
)
from tobs.doctor.online import check_clock, check_online, check_server
from tobs.telegram.sessions import hold_session
from tobs.testing.faults import Faults, Flood


def test_all_is_well(tmp_path):
    folder = tmp_path / "sessions"
    folder.mkdir(mode=0o700)
    (folder / "tobs.session").touch(mode=0o600)
    (tmp_path / "config.toml").touch(mode=0o600)
    with open_archive(tmp_path / "vault"):
        pass
    config = Config(
        telegram=TelegramConfig(api_id=1, api_hash="a", sessions_dir=folder),
        export=ExportConfig(vault=tmp_path / "vault"),
    )
    checks = list(check_locally(config, tmp_path / "config.toml"))
    assert [check.what for check in checks if check.what != "disk"] == [
        "versions", "configuration", "api_id", "session", "vault", "archive",
    ]  # fmt: skip
    assert {check.state for check in checks if check.what != "disk"} == {"ok"}


def test_each_thing_is_found(tmp_path):
    telegram = TelegramConfig(sessions_dir=tmp_path)
    assert check_account(telegram).state == "problem"
    assert "`tobs init`" in check_account(telegram).advice
    assert "tobs login" in check_session(telegram).advice
    session = tmp_path / "tobs.session"
    session.touch()
    session.chmod(0o644)
    tmp_path.chmod(0o700)
    assert check_session(telegram).advice == f"Run: chmod 600 {session}"
    assert check_config(session).state == "warning"
    assert check_vault(session).state == "problem"
    assert check_vault(session / "within").state == "problem"
    assert check_vault(tmp_path / "a" / "b").finding.endswith("will be made")
    assert check_archive(tmp_path / "none").state == "ok"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    assert check_vault(tmp_path / "vault").state == "problem"
    tmp_path.chmod(0o700)


def test_little_room(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.doctor.local.LOW_DISK", 1e18)
    assert check_disk(tmp_path / "not" / "yet").state == "warning"


def test_a_damaged_archive(tmp_path):
    with open_archive(tmp_path):
        pass
    path = tmp_path / ".tobs" / "archive.sqlite3"
    whole = path.read_bytes()
    assert check_archive(path).state == "ok"
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    assert check_archive(path).state == "problem"
    path.write_bytes(b"no database at all" * 100)
    assert check_archive(path).state == "problem"
    assert path.read_bytes() == b"no database at all" * 100


def test_an_archive_of_another_program_or_a_newer_tobs(tmp_path):
    other = tmp_path / "other.sqlite3"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert "not a tobs archive" in check_archive(other).finding
    with open_archive(tmp_path):
        pass
    path = tmp_path / ".tobs" / "archive.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    assert "newer tobs" in check_archive(path).finding


def test_the_clock():
    assert check_clock(1000.0, 1010.0).state == "ok"
    assert "3600 s behind" in check_clock(5000.0, 1400.0).finding
    assert "100 s ahead" in check_clock(1000.0, 1100.0).finding


async def online(config):
    return {check.what: check async for check in check_online(config)}


async def test_telegram_answers(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        checks = await online(config)
    assert {what: check.state for what, check in checks.items()} == dict.fromkeys(
        ["connection", "sign-in", "clock", "data centre 1", "data centre 2", "data centre 3"], "ok"
    )
    assert checks["sign-in"].finding == "signed in as Alice"


async def test_not_signed_in(tmp_path):
    async with open_loopback(small_account(), tmp_path, signed_in=False) as (_server, config):
        checks = await online(config)
    assert (checks["sign-in"].finding, checks["sign-in"].advice) == (
        "This session is not signed in.", "Run: `tobs login`",
    )  # fmt: skip


async def test_what_to_do_follows_from_what_is_wrong(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (server, config):
        with hold_session(config, "`tobs watch`"):
            assert "`tobs doctor` again" in (await online(config))["connection"].advice
        server.faults = Faults(floods=(Flood("*", calls=0, wait=9000),))
        assert (await online(config))["connection"].advice == "Wait: nothing is wrong here."
        server.faults = Faults()
        none = attrs.evolve(config, server=attrs.evolve(config.server, public_key=str(tmp_path / "none.pem")))
        assert (await online(none))["connection"].advice == "Correct that in the configuration."
        async with open_proxy("faketls", secret=bytes(16), domain="site.example") as proxy:
            place = f"server=127.0.0.1&port={proxy.port}"
            wrong = attrs.evolve(config, proxy=f"tg://proxy?{place}&secret=ee{'01' * 16}{b'site.example'.hex()}")
            refused = (await online(wrong))["connection"]
            assert "does not know this secret" in refused.finding
            assert refused.advice.startswith("If neither helps, take another proxy")
        gone = (await online(attrs.evolve(config, proxy=f"socks5://127.0.0.1:{proxy.port}")))["connection"]
        assert gone.advice.startswith("Try another proxy, or none")


async def test_nobody_answers(tmp_path):
    async with open_loopback(small_account(), tmp_path) as (_server, config):
        pass
    checks = await online(config)
    assert list(checks) == ["connection"]
    assert checks["connection"].state == "problem"


async def test_a_data_centre_that_refuses():
    check = await check_server(4, "127.0.0.1", 1)
    assert (check.what, check.state) == ("data centre 4", "warning")
    assert "(Connection refused)" in check.finding


def test_the_command(tmp_path: Path):
    with serving(tmp_path, "--scenario", "sample"):
        config = tmp_path / "config.toml"
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        started = time.perf_counter()
        run = tobs("doctor", "--config", str(config))
        assert time.perf_counter() - started < 60
        assert (run.code, run.err) == (0, "")
        checks = [json.loads(line) for line in run.out.splitlines()]
        assert {check["state"] for check in checks} <= {"ok", "warning"}
        assert {"versions", "clock", "data centre 2"} <= {check["what"] for check in checks}
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"}
        assert after.keys() <= before.keys()
        config.write_text(config.read_text().replace('session = "', 'session = "no'))
        offline = tobs("doctor", "--offline", "--config", str(config))
        assert offline.code == 1
        states = {check["what"]: check["state"] for check in map(json.loads, offline.out.splitlines())}
        assert states["session"] == "problem"
        assert "clock" not in states
