"""What Ctrl+C and SIGTERM do, with real signals and virtual time."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tobs.cli.outcome import conclude
from tobs.cli.signals import Interrupts, interruptible
from tobs.shutdown import Shutdown, Stage


@pytest.fixture
def timers(monkeypatch):
    """The last resorts that are armed, as seconds; nothing ends this process."""
    armed: list[float] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, *_: object) -> None:
            self.seconds = seconds

        def start(self) -> None:
            armed.append(self.seconds)

        def cancel(self) -> None:
            armed.remove(self.seconds)

    monkeypatch.setattr(threading, "Timer", Timer)
    return armed


async def press(signum: int = signal.SIGINT) -> None:
    signal.raise_signal(signum)
    await wait_all_tasks_blocked()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
async def test_before_the_export_the_first_one_ends_at_once(signum, timers, autojump_clock: MockClock):
    cleaned = []

    async def connect(_: Interrupts) -> str:
        try:
            signal.raise_signal(signum)
            await trio.sleep(3600)
        finally:
            cleaned.append(trio.current_time())
        return "connected"

    started = trio.current_time()
    assert await interruptible(connect, Shutdown()) is None
    assert cleaned == [started]
    assert timers == []  # disarmed again


async def test_during_the_export_the_first_drains_and_the_second_aborts(timers, mock_clock: MockClock):
    shutdown = Shutdown(grace_seconds=30, force_window_seconds=5)
    seen = []

    async def work(interrupts: Interrupts) -> str:
        interrupts.exporting = True
        await press()
        seen.append((shutdown.stage, list(timers)))
        mock_clock.jump(6)  # the window is over: this one counts as a first one again
        await press(signal.SIGTERM)
        seen.append((shutdown.stage, list(timers)))
        mock_clock.jump(4)
        await press()
        seen.append((shutdown.stage, list(timers)))
        return "done"

    assert await interruptible(work, shutdown) == "done"
    assert seen == [(Stage.DRAINING, [33.0]), (Stage.DRAINING, [33.0]), (Stage.ABORTED, [3.0])]
    assert timers == []


async def test_errors_of_the_work_come_out(timers):
    async def work(_: Interrupts) -> None:
        raise ValueError("x")

    with pytest.raises(BaseExceptionGroup) as caught:
        await interruptible(work, Shutdown())
    assert caught.group_contains(ValueError)


async def test_signals_are_ours_again_afterwards():
    before = signal.getsignal(signal.SIGINT)

    async def work(_: Interrupts) -> int:
        assert signal.getsignal(signal.SIGINT) != before
        await trio.lowlevel.checkpoint()
        return 1

    await interruptible(work, Shutdown())
    assert signal.getsignal(signal.SIGINT) == before


def test_a_hanging_cleanup_does_not_hold_the_process():
    """The last resort, in a process of its own, with a library that eats cancellations."""
    script = """
        import signal, time, trio
        import tobs.cli.signals as signals
        signals.LAST_RESORT_SECONDS = 0.3

        async def work(_):
            signal.raise_signal(signal.SIGINT)
            with trio.CancelScope(shield=True):
                await trio.sleep(60)
            return 1

        signals.run(work)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], timeout=20, check=False)
    assert run.returncode == 130


def test_an_interrupted_command_says_so(capsys):
    def command() -> int:
        raise BaseExceptionGroup("", [KeyboardInterrupt()])

    assert conclude(command, debug=False) == 130
    assert capsys.readouterr().err == "tobs: interrupted; run it again to go on.\n"
