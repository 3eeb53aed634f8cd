"""What is kept of the last runs, and how it is shown."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import pty
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

import tobs
from tests.processes import tobs as run_tobs
from tobs.cli.jsonlines import JsonLines
from tobs.cli.signals import Interrupts
from tobs.cli.summary import narrowed, throughput
from tobs.cli.views import export_shown
from tobs.errors import RateLimited, VaultError
from tobs.progress import ChatReport, Failure, Report, StageReport, Throughput
from tobs.runs import KEPT, Run, keep_run, read_runs, report_path
from tobs.shutdown import Shutdown
from tobs.testing.scripted import ScriptedSource, channel

EMPTY = Report((), (), (), (), 0.0, 0, 0.0, False)
NUMBERS = st.integers(0, 2**40)
REPORTS = st.builds(
    Report,
    chats=st.tuples(st.builds(ChatReport, st.integers(), st.text(), *[NUMBERS] * 8, st.booleans())),
    failures=st.tuples(st.builds(Failure, st.text(), st.text())),
    notices=st.tuples(st.text()),
    stages=st.tuples(st.builds(StageReport, st.text(), NUMBERS, st.floats(0, 1e6), NUMBERS)),
    seconds=st.floats(0, 1e6),
    flood_waits=NUMBERS,
    flood_seconds=st.floats(0, 1e6),
    interrupted=st.booleans(),
    throughput=st.lists(NUMBERS, max_size=5).map(tuple),
)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    (tmp_path / ".tobs").mkdir()
    return tmp_path


@given(report=REPORTS.filter(lambda each: all(c < "\ud800" or c > "\udfff" for c in repr(each))))
def test_what_is_kept_comes_back(report, tmp_path_factory):
    vault = tmp_path_factory.mktemp("vault")
    (vault / ".tobs").mkdir()
    keep_run(vault, Run("export", report, "why it ended"))
    assert read_runs(vault) == [Run("export", report, "why it ended")]


def test_only_the_newest_are_kept(vault):
    for number in range(KEPT + 3):
        keep_run(vault, Run("export", attrs.evolve(EMPTY, seconds=float(number))))
    assert [run.report.seconds for run in read_runs(vault)] == [float(number) for number in range(3, KEPT + 3)]


def keep_five(vault: Path, name: str) -> None:
    for _ in range(5):
        keep_run(vault, Run(name, EMPTY))


def test_runs_that_end_together_are_all_kept(vault):
    processes = [multiprocessing.get_context("spawn").Process(target=keep_five, args=(vault, n)) for n in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(run.command for run in read_runs(vault)) == [*"aaaaabbbbb"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"runs": 7}', '{"runs": [{"command": "export"}]}', "\x00"])
def test_a_damaged_file_is_told_and_begun_anew(text, vault):
    report_path(vault).write_text(text)
    with pytest.raises(VaultError, match="delete it"):
        read_runs(vault)
    keep_run(vault, Run("export", EMPTY))
    assert read_runs(vault) == [Run("export", EMPTY)]


def test_what_a_later_tobs_added_is_ignored(vault):
    keep_run(vault, Run("export", EMPTY))
    later = json.loads(report_path(vault).read_bytes())
    later["runs"][0]["mood"] = "good"
    report_path(vault).write_text(json.dumps(later))
    assert read_runs(vault) == [Run("export", EMPTY)]


async def exported(vault: Path, *chats: object) -> int:
    config = tobs.ExportConfig(vault=vault, chats=("all",))
    return await export_shown(ScriptedSource(chats), config, Interrupts(Shutdown()), JsonLines(io.StringIO()))


async def test_a_run_is_kept_with_its_course(autojump_clock: MockClock, tmp_path):
    assert await exported(tmp_path, channel(1, "Cats", 300, lambda page: 2.0)) == 0
    assert await exported(tmp_path, channel(1, "Cats", 300, lambda page: 2.0)) == 0
    first, second = read_runs(tmp_path)
    assert (first.command, first.report.messages, second.report.messages) == ("export", 300, 0)
    assert first.report.throughput == (0, 0, 100, 0, 100, 0, 100)
    assert first.report.peak_memory > 1e7


async def test_a_run_that_failed_is_kept_with_its_error(autojump_clock: MockClock, tmp_path):
    def refuse(page: int) -> float:
        if page == 2:
            raise RateLimited(90_000)
        return 0.0

    with pytest.RaisesGroup(RateLimited):
        await exported(tmp_path, channel(1, "Cats", 300, refuse))
    (run,) = read_runs(tmp_path)
    assert (run.report.messages, run.report.interrupted) == (200, True)
    assert "Telegram" in run.error


async def test_a_run_that_did_nothing_leaves_nothing(autojump_clock: MockClock, tmp_path):
    assert await exported(tmp_path / "vault") == 0
    assert not list(tmp_path.iterdir())


@given(added=st.lists(st.tuples(st.integers(0, 9), st.floats(0, 3000)), max_size=30))
def test_no_message_is_lost_of_the_course(added):
    course = Throughput()
    for count, seconds in sorted(added, key=lambda each: each[1]):
        course.add(count, seconds)
    assert sum(course.counts) == sum(count for count, _ in added)
    assert len(course.counts) <= Throughput.MOST


@given(counts=st.lists(NUMBERS, max_size=130), width=st.integers(1, 200))
def test_the_course_fits_the_terminal(counts, width):
    assert sum(narrowed(counts, width)) == sum(counts)
    assert len(narrowed(counts, width)) <= width
    report = attrs.evolve(EMPTY, throughput=tuple(counts))
    drawn = throughput(report, width, "ascii").plain
    assert drawn.isascii()
    assert all(len(line) <= width for line in drawn.splitlines()[1:])


def test_the_command_shows_runs(tmp_path):
    vault = str(tmp_path / "vault")
    assert run_tobs("demo", "--vault", vault).code == 0
    config = tmp_path / "config.toml"
    config.write_text(f"[export]\nvault = {json.dumps(vault)}\n")
    config.chmod(0o600)
    (line,) = run_tobs("report", "--config", str(config)).out.splitlines()
    assert json.loads(line)["command"] == "export"
    assert "In Obsidian, open" in on_a_terminal("report", "--config", str(config))
    other = run_tobs("report", "2", "--config", str(config))
    assert (other.code, other.out) == (2, "")
    assert other.err.startswith(f"tobs: {vault} has 1 runs to tell of")


def on_a_terminal(*arguments: str) -> str:
    """What a command shows a person."""
    ours, its = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "tobs", *arguments], stdout=its, stderr=its, stdin=its) as process:
        os.close(its)
        shown = b""
        try:
            while data := os.read(ours, 65536):
                shown += data
        except OSError:  # Linux says so when the other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()
