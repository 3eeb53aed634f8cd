"""What a terminal and a pipe see: harmless whatever strangers called their chats."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import attrs
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from trio.testing import MockClock

import tobs
from tobs.archive.rows import Committed
from tobs.cli.bars import drawing, title, titled
from tobs.cli.jsonlines import JsonLines
from tobs.cli.plain import plain
from tobs.cli.signals import Interrupts
from tobs.cli.summary import summary
from tobs.cli.views import choose_view, export_shown
from tobs.progress import ChatProgress, ChatReport, Failure, Progress, Report, StageReport, Wait
from tobs.shutdown import Shutdown
from tobs.testing.scripted import ScriptedSource, channel
from tobs.transfers import PictureCount

HOSTILE = "\x1b[31m[bold red]Evil[/]\x1b]0;title\x07\u202egnp.exe\u2066\x00\n\t [link=file:///etc]x"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07done", "done"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\x9b31mb", "a 31mb"),
        ("exe\u202egnp", "exe gnp"),
        ("two\nlines\r\n", "two lines"),
        ("👩\u200d👧 می\u200cخواهم", "👩\u200d👧 می\u200cخواهم"),
        ("\ud800", ""),
        ("x" * 100, "x" * 59 + "…"),
    ],
)
def test_plain(text, shown):
    assert plain(text) == shown


@settings(deadline=None)
@given(st.text(st.sampled_from("a[]\x1b\x9b\x07;m0\\\u202e\u2067\u2028\n\r\x00\x7f é"), max_size=40))
def test_nothing_that_acts_gets_through(text):
    assert all(character.isprintable() for character in plain(text))


def rendered(what: object) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, no_color=True)
    console.print(what)
    return console.file.getvalue()  # type: ignore[attr-defined]


def report(**changes: object) -> Report:
    chat = ChatReport(1, HOSTILE, 1200, 3, 0, 0, 4, 1, 2, 9, False)
    stages = (StageReport("fetch", 12, 2.0, 3),)
    failure = Failure(HOSTILE, "The account may not read this chat.")
    return attrs.evolve(Report((chat,), (failure,), ("A note was changed.",), stages, 10.0, 2, 61.0, True), **changes)


def test_the_summary_says_everything_and_obeys_nobody():
    text = rendered(summary(report(), Path("/vault")))
    for part in ("1,200", "not complete", "1 files left out", "2 files failed", "may not read", "A note was changed."):
        assert part in text
    assert "2 waits for Telegram, 61 s" in text
    assert "run it again" in text
    for part in ("\x1b]", "\u202e", "\x00", "\x1b[31m"):
        assert part not in text
    assert "[bold red]Evil[/]" in text  # shown, not obeyed


def test_the_summary_tells_of_pictures():
    assert "picture" not in rendered(summary(report(), Path("/vault")))
    text = rendered(summary(report(pictures=31, pictures_failed=2), Path("/vault")))
    assert "31 pictures. 2 pictures failed." in text.replace("\n", " ")


def test_the_summary_tells_of_edits_when_there_were_some():
    chat = attrs.evolve(report().chats[0], title="Cats", edited=17, deleted=18)
    text = rendered(summary(report(chats=(chat,)), Path("/vault")))
    assert "edited" in text
    assert "17" in text
    assert "18" in text
    assert "edited" not in rendered(summary(report(), Path("/vault")))


async def test_the_bars_count_down(mock_clock: MockClock):
    progress = Progress()
    progress.chats = {1: ChatProgress(1, HOSTILE, 100, "reading", 10, 40), 2: ChatProgress(2, "Other", -1, "done")}
    progress.waits = {"messages": Wait("messages", 30.0)}
    text = rendered(drawing(progress, 12.0))
    assert "50 of 100" in text
    assert "1 of 2 chats" in text
    assert "Telegram asks to wait for messages: 18 s" in text
    assert "\u202e" not in text
    assert "asks to wait" not in rendered(drawing(progress, 31.0))
    assert "pictures" not in text
    progress.pictures = PictureCount(12, 7, 1)
    assert "7 of 12" in rendered(drawing(progress, 12.0))


async def test_each_large_file_has_a_line_and_all_files_have_one(mock_clock: MockClock):
    progress = Progress()
    files = progress.transfers
    files.settle(1, 30, 80_000_000)
    with files.transfer("film", "film.mp4", HOSTILE, 50_000_000), files.transfer("small", "small.jpg", "Cats", 1000):
        files.arrived("film", 10_000_000, 0.0, before=True)
        for second in range(1, 6):
            files.arrived("film", 2_000_000, float(second))
        files.arrived("small", 1000, 5.0)
        files.finish(1000)
        text = rendered(drawing(progress, 5.0))
    assert re.search(r"Evil.*: film\.mp4 .*20 MB of 50 MB", text)
    assert "small.jpg" not in text
    assert re.search(r"1 of 30 files .*20 MB of 80 MB", text)
    assert "files: 2 MB/s · about 30 s left" in text
    assert "\u202e" not in text
    assert "film.mp4" not in rendered(drawing(progress, 5.0))
    assert "left" not in rendered(drawing(progress, 60.0)), "nobody can tell when nothing comes"


async def test_what_nobody_counted_has_no_total(mock_clock: MockClock):
    progress = Progress()
    progress.chats = {1: ChatProgress(1, "Cats", -1, "reading", 0, 1100), 2: ChatProgress(2, "Dogs", 50, "done", 0, 50)}
    assert " of 1," not in rendered(drawing(progress, 12.0))
    progress.chats[1].phase = "done"
    assert "1,150 of 1,150" in rendered(drawing(progress, 12.0))


@pytest.mark.parametrize("width", [1, 20, 40])
@pytest.mark.parametrize("encoding", ["ascii", "cp850", "utf-8"])
async def test_small_and_old_terminals_survive(width, encoding, mock_clock: MockClock):
    progress = Progress()
    progress.chats = {1: ChatProgress(1, HOSTILE + "☕", 100, "reading", 10, 40)}
    progress.waits = {"messages": Wait("messages", 30.0)}
    out = io.BytesIO()
    file = io.TextIOWrapper(out, encoding, errors="backslashreplace")
    console = Console(file=file, width=width, force_terminal=True, no_color=True)
    console.print(drawing(progress, 12.0))
    console.print(summary(report(), Path("/vault")))
    file.flush()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue().decode(encoding)).splitlines()
    longest = max(map(len, lines)) if encoding == "utf-8" else 0  # elsewhere \\u2603 stands for a sign
    assert longest <= max(width, 2)


async def test_how_long_it_will_take(autojump_clock: MockClock):
    progress = Progress()
    chat = ChatProgress(1, "Cats", 1000, "reading")
    progress.chats = {1: chat}
    assert progress.seconds_left is None
    for _ in range(4):
        await trio.sleep(1)
        progress.archived(chat, Committed(new=100))
    assert progress.seconds_left == pytest.approx(600 / 100)
    progress.waiting("messages", 60)  # the pause is added, and does not count as slowness
    assert progress.seconds_left == pytest.approx(66)
    await trio.sleep(61)
    progress.archived(chat, Committed(new=100))
    assert progress.seconds_left == pytest.approx(500 / 100, rel=0.1)
    chat.total = -1
    assert progress.seconds_left is None


async def test_the_title_is_numbers_alone(mock_clock: MockClock):
    progress = Progress()
    progress.chats = {1: ChatProgress(1, HOSTILE, 100, "done", 10, 40)}
    assert title(progress) == "tobs: 1 of 1 chats, 40 messages"
    out = io.StringIO()
    with titled(Console(file=out, force_terminal=True, legacy_windows=False, _environ={"TERM": "xterm"})):
        pass
    assert out.getvalue() == "\x1b[22;0t\x1b[23;0t"
    with titled(Console(file=out, force_terminal=False)):
        pass
    assert out.getvalue() == "\x1b[22;0t\x1b[23;0t"


def test_quiet_says_what_failed_and_no_more(capsys):
    view = choose_view(json=False, quiet=True)
    view.conclude(report(), Path("/vault"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 2
    assert "may not read" in shown.err
    assert "\x1b" not in shown.err


async def test_json_lines_of_a_run(autojump_clock: MockClock, tmp_path):
    out = io.StringIO()
    source = ScriptedSource([channel(1, HOSTILE, 300, lambda page: 1.0)])
    config = tobs.ExportConfig(vault=tmp_path, chats=("all",))
    assert await export_shown(source, config, Interrupts(Shutdown()), JsonLines(out)) == 0
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert out.getvalue().isascii()
    assert [event["phase"] for event in events if event["event"] == "chat"] == ["reading", "done"]
    counts = [event["messages"] for event in events if event["event"] == "progress"]
    assert counts == sorted(counts)
    assert counts[-1] == 300
    assert events[-1]["event"] == "report"
    assert events[-1]["chats"][0]["title"] == HOSTILE


@pytest.mark.parametrize(("interrupted", "failures", "code"), [(True, (), 130), (False, (Failure("x", "y"),), 1)])
def test_exit_codes(interrupted, failures, code):
    from tobs.cli.views import code_of

    assert code_of(report(interrupted=interrupted, failures=failures)) == code
