"""The log: nothing is lost, repeats are counted, and no secret gets into it."""

from __future__ import annotations

import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from telethon.tl import types

from tests.loopback import EPOCH, add_channel
from tests.processes import serving, tobs
from tests.watched import watched_by_a_process, world
from tobs.cli.log import secrets, set_up_log
from tobs.config import Config, LoggingConfig, TelegramConfig
from tobs.errors import ConfigError
from tobs.logbatch import BatchHandler, counting
from tobs.testing.folder import API_HASH, open_account

FOREVER = 3600.0


class Kept(logging.Handler):
    """Remembers the lines."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.closed = False

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.getMessage()}")

    def close(self) -> None:
        self.closed = True
        super().close()


def batched(interval=FOREVER, *, early=False):
    """With `early` lines are counted before anything is made of them."""
    target = Kept()
    handler = BatchHandler(target, interval)
    logger = (counting(handler) if early else logging.Logger)("test", logging.DEBUG)
    logger.addHandler(handler)
    return target, handler, logger


@pytest.mark.parametrize("early", [False, True])
def test_equal_lines_are_counted(early):
    target, handler, logger = batched(early=early)
    for number in range(5):
        logger.debug("page %d", number)
    logger.info("page %d", 7)
    assert target.lines == []
    handler.flush()
    assert target.lines == ["DEBUG page 0 (and 4 more like it)", "INFO page 7"]
    handler.flush()
    assert len(target.lines) == 2


@pytest.mark.parametrize("early", [False, True])
def test_warnings_pass_at_once_and_in_order(early):
    target, handler, logger = batched(early=early)
    logger.info("first")
    logger.warning("now")
    logger.warning("now")
    logger.info("last")
    assert target.lines == ["INFO first", "WARNING now", "WARNING now"]
    handler.close()
    assert target.lines[3:] == ["INFO last"]
    assert target.closed


@pytest.mark.parametrize("early", [False, True])
def test_a_traceback_is_never_counted_away(early):
    target, handler, logger = batched(early=early)
    logger.debug("odd")
    handler.flush()
    logger.debug("odd")
    target.lines.clear()
    for _ in range(2):
        try:
            int("x")
        except ValueError:
            logger.debug("odd", exc_info=True)
    assert target.lines == ["DEBUG odd"] * 3


def test_a_counted_logger_names_the_caller():
    records: list[logging.LogRecord] = []
    _target, handler, logger = batched(early=True)
    handler.addFilter(records.append)  # what appends gives None, so that nothing goes on
    logger.info("here")
    assert [record.funcName for record in records] == ["test_a_counted_logger_names_the_caller"]


def test_lines_of_several_threads_are_all_counted():
    target, handler, logger = batched(0.001, early=True)
    threads = [threading.Thread(target=lambda: [logger.debug("again") for _ in range(3000)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()
    assert sum(map(told, target.lines)) == 9000


def told(line: str) -> int:
    """How many lines a line stands for."""
    return 1 + int(line.split("(and ")[1].split()[0]) if "(and" in line else 1


def test_what_a_line_speaks_of_is_read_when_it_is_said():
    target, handler, logger = batched()
    things = ["before"]
    logger.info("%s", things)
    things[0] = "after"
    handler.flush()
    assert target.lines == ["INFO ['before']"]


def test_lines_come_after_the_interval_by_themselves():
    target, _handler, logger = batched(0.01)
    logger.info("alone")
    deadline = time.monotonic() + 10
    while not target.lines and time.monotonic() < deadline:
        time.sleep(0.001)
    assert target.lines == ["INFO alone"]


def test_an_interval_of_nothing_counts_nothing():
    target, _handler, logger = batched(0)
    logger.info("a")
    logger.info("a")
    assert target.lines == ["INFO a", "INFO a"]


def test_lines_that_never_repeat_do_not_pile_up():
    target, handler, logger = batched()
    for number in range(2500):
        logger.info(f"page {number}")
    assert len(target.lines) == 2000
    handler.flush()
    assert len(target.lines) == 2500


@given(st.lists(st.tuples(st.sampled_from([10, 20, 30, 40]), st.sampled_from(["a", "b", "c"]))), st.booleans())
def test_nothing_is_lost(records, early):
    target, handler, logger = batched(early=early)
    for level, message in records:
        logger.log(level, message)
    handler.close()
    assert sum(map(told, target.lines)) == len(records)
    loud = [f"{logging.getLevelName(level)} {message}" for level, message in records if level >= 30]
    assert [line for line in target.lines if line.split()[0] in ("WARNING", "ERROR")] == loud


@pytest.fixture
def root():
    """The root logger as it was, afterwards."""
    logger = logging.getLogger()
    before, level, telethon = logger.handlers[:], logger.level, logging.getLogger("telethon").level
    kind = logging.getLoggerClass()
    yield logger
    logging.setLoggerClass(kind)
    for handler in logger.handlers:
        if handler not in before:
            handler.close()
    logger.handlers[:] = before
    logger.setLevel(level)
    logging.getLogger("telethon").setLevel(telethon)


SECRET = TelegramConfig(api_id=1, api_hash="c0ffee" * 5, phone="+4915112345", proxy="socks5://me%40x:pass%2Fw@host:1")


def test_no_secret_is_logged(root, tmp_path):
    path = tmp_path / "log"
    set_up_log(Config(telegram=SECRET, logging=LoggingConfig(file=str(path))), debug=True)
    for word in [*secrets(Config(telegram=SECRET)), "fine"]:
        logging.getLogger("tobs").debug("connecting with %s now", word)
        logging.getLogger("tobs").warning(f"oh {word}")
    logging.getLogger().handlers[0].flush()
    text = path.read_text()
    assert "oh fine" in text
    assert not [word for word in ("c0ffee", "4915112345", "pass", "me@x") if word in text]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_telegram_sent_is_not_logged(root, tmp_path):
    path = tmp_path / "log"
    set_up_log(Config(logging=LoggingConfig(file=str(path))), debug=True)
    logging.getLogger("telethon.new").info("Type %08x not found, remaining data %r", 7, b"dear diary")
    logging.getLogger().handlers[0].flush()
    assert path.read_text().endswith("Type 00000007 not found, remaining data '<10 bytes>'\n")


def test_the_file_is_renamed_when_it_is_full(root, tmp_path):
    before = os.umask(0)
    try:
        path = tmp_path / "log"
        set_up_log(Config(logging=LoggingConfig(file=str(path), max_size_mb=0.001, keep_files=2)), debug=False)
        for number in range(100):
            logging.getLogger("tobs").warning("line %d is long enough to fill the file at some time", number)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["log", "log.1", "log.2"]
        assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_a_file_that_cannot_be_written(root, tmp_path):
    with pytest.raises(ConfigError, match=r"logging\.file"):
        set_up_log(Config(logging=LoggingConfig(file=str(tmp_path / "no" / "log"))), debug=False)


def test_the_last_lines_are_written_when_the_process_is_ended():
    code = """
import attrs, logging, os
from tobs.cli.log import flush_log, set_up_log
from tobs.config import Config
set_up_log(Config(), debug=True)
logging.getLogger("tobs").info("the last line")
logging.getLogger().handlers[0].acquire() if {held} else None
flush_log()
os._exit(130)
"""
    for held in (False, True):  # someone hangs while logging: the process ends all the same
        run = subprocess.run([sys.executable, "-c", code.format(held=held)], capture_output=True, text=True, timeout=20)
        assert run.returncode == 130
        assert ("the last line" in run.stderr) is not held


def test_an_export_says_what_it_does(tmp_path: Path):
    with serving(tmp_path, "--scenario", "sample"):
        config = tmp_path / "config.toml"
        log = tmp_path / "tobs.log"
        config.write_text(config.read_text() + f'\n[logging]\nlevel = "DEBUG"\nfile = "{log}"\n')
        run = tobs("export", "@slow_news_demo", "--config", str(config), "--vault", str(tmp_path / "vault"))
        assert (run.code, run.err) == (0, "")
        text = log.read_text()
        assert "messages up to" in text
        assert "telethon" in text


async def test_nothing_of_messages_people_and_accounts_is_logged(tmp_path: Path):
    """At DEBUG, with all that Telethon says, of an export and of what happens after it."""
    account = world()
    words = ["Dear diary %s", "Mallory", "Secret Society", "+4915112345678"]
    text, person, title, phone = words
    account.add_user(types.User(7009, access_hash=9, first_name=person, phone=phone[1:]))
    add_channel(account, 5009, title)
    for chat in (7009, types.PeerChannel(5009)):
        account.add_message(chat, said(f"{text} {phone}"))
    async with open_account(account, tmp_path) as serving:
        log = tmp_path / "tobs.log"
        table = f'\n[logging]\nlevel = "DEBUG"\nbatch_interval_seconds = 0\nfile = "{log}"\n'
        serving.config.write_text(serving.config.read_text() + table)
        async with watched_by_a_process(serving) as process:
            account.describe(7009, first_name=person + " II")
            account.add_message(7009, said(f"{text} once more"))
            account.edit(types.PeerChannel(5009), 1, message=f"{text}, corrected")
            serving.server.cut()
            account.add_message(types.PeerChannel(5009), said(text))
            vault = tmp_path / "export"
            while "once more" not in "".join(path.read_text() for path in vault.rglob("*.md")):  # noqa: ASYNC110
                await trio.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert await trio.to_thread.run_sync(process.wait) == 0
        lines = log.read_text()
        assert "telethon" in lines
        assert [word for word in (*words, serving.login.phone.lstrip("+"), API_HASH) if word.lstrip("+") in lines] == []


def said(words: str) -> types.Message:
    return types.Message(0, None, EPOCH, words)
