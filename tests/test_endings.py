"""However an export ends, a plain re-run ends in the same bytes as an undisturbed one.

Whole processes, real signals, real sockets. TOBS_POINTS sets how many moments
of the run are tried for each way to end; ``make endings`` tries twenty.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.processes import ended, export, serving, start_export
from tests.snapshots import assert_same
from tobs.cli.signals import LAST_RESORT_SECONDS

POINTS = int(os.environ.get("TOBS_POINTS", "2"))
MOMENTS = [(point + 0.5) / POINTS for point in range(POINTS)]


@attrs.frozen
class Undisturbed:
    """A server, an export that nobody disturbed, and the seconds it took."""

    server: Path
    vault: Path
    seconds: float


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    server, vault = tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("calm")
    with serving(server, "--scenario", "sample", "--rtt-ms", "4"):
        started = time.perf_counter()
        run = export(server, vault)
        assert run.code == 0, run.err
        yield Undisturbed(server, vault, time.perf_counter() - started)


def rerun_is_same(calm: Undisturbed, vault: Path) -> None:
    again = export(calm.server, vault)
    assert again.code == 0, again.err
    assert_same(vault, calm.vault)


@pytest.mark.parametrize("moment", MOMENTS)
def test_sigint(calm: Undisturbed, tmp_path: Path, moment: float) -> None:
    process = start_export(calm.server, tmp_path)
    time.sleep(moment * calm.seconds)
    process.send_signal(signal.SIGINT)
    run = ended(process)
    assert run.code in (0, 130, -signal.SIGINT)  # it may have been done, or not yet have begun
    assert "Traceback" not in run.err or run.code == -signal.SIGINT
    assert run.seconds < 30
    rerun_is_same(calm, tmp_path)


@pytest.mark.parametrize("moment", MOMENTS[: max(1, POINTS // 2)])
def test_sigterm(calm: Undisturbed, tmp_path: Path, moment: float) -> None:
    process = start_export(calm.server, tmp_path)
    time.sleep(moment * calm.seconds)
    process.send_signal(signal.SIGTERM)
    assert ended(process).code in (0, 130, -signal.SIGTERM)
    rerun_is_same(calm, tmp_path)


@pytest.mark.parametrize("moment", MOMENTS[: max(1, POINTS // 2)])
def test_two_sigints(calm: Undisturbed, tmp_path: Path, moment: float) -> None:
    process = start_export(calm.server, tmp_path)
    time.sleep(moment * calm.seconds)
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    run = ended(process)
    assert run.seconds < LAST_RESORT_SECONDS  # at the latest then, however busy the machine is
    assert run.code in (0, 130, -signal.SIGINT)
    rerun_is_same(calm, tmp_path)


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill(calm: Undisturbed, tmp_path: Path, moment: float) -> None:
    process = start_export(calm.server, tmp_path)
    time.sleep(moment * calm.seconds)
    process.kill()
    ended(process)
    rerun_is_same(calm, tmp_path)


def test_killed_again_and_again(calm: Undisturbed, tmp_path: Path) -> None:
    for moment in MOMENTS:
        process = start_export(calm.server, tmp_path)
        time.sleep(moment * calm.seconds)
        process.kill()
        ended(process)
    rerun_is_same(calm, tmp_path)


def test_two_runs_at_once(calm: Undisturbed, tmp_path: Path) -> None:
    first, second = start_export(calm.server, tmp_path), start_export(calm.server, tmp_path)
    codes = sorted([ended(first).code, ended(second).code])
    assert codes[0] == 0
    assert codes[1] != 0
    assert_same(tmp_path, calm.vault)
