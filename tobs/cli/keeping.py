"""The report of a watch: one entry of those that are kept, written again while it goes on, so that a kill leaves it."""

from __future__ import annotations

import logging

import trio

from tobs.config import ExportConfig
from tobs.errors import VaultError
from tobs.health import Health
from tobs.memory import peak_memory
from tobs.report import make_report
from tobs.runs import Run, keep_run

_LOG = logging.getLogger(__name__)

RENEW_SECONDS = 3600.0  # between two writings of the same report, which reads and writes those of all runs


async def keep_renewed(health: Health, config: ExportConfig) -> None:
    """Keep the report from when the first chats are known, until cancelled."""
    while not health.progress.chats:
        await health.changed.wait()
    while True:
        keep_watch(health, config, ended=False)
        await trio.sleep(RENEW_SECONDS)


def keep_watch(health: Health, config: ExportConfig, *, ended: bool, error: str = "", aborted: bool = False) -> None:
    """Keep how it went until now, unless there was nothing yet or the disk takes no more: then that is told already."""
    # Where the archive is away, another vault must not be begun.
    if not health.progress.chats or not config.root.archive(config.vault).exists():
        return
    seconds = trio.current_time() - health.started
    report = make_report(
        health.progress,
        health.failures,
        health.notices,
        seconds=seconds,
        interrupted=aborted or bool(error),
        peak_memory=peak_memory(),
    )
    try:
        keep_run(config.vault, Run("watch", report, error, ended), config.root)
    except VaultError as exc:
        _LOG.warning("the report of this watch is not kept: %s", exc)
