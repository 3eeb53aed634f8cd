"""export(): chats → archive → notes."""

from __future__ import annotations

import trio

from tobs.archive.owner import check_owner
from tobs.archive.store import open_archive
from tobs.config import ExportConfig
from tobs.errors import single
from tobs.exporting import MakeWay, finished, start_run
from tobs.model import Chat
from tobs.progress import Failure, Progress, Report
from tobs.selecting import check_filters
from tobs.shutdown import Shutdown
from tobs.source import BusySource, ConcludingSource, FailedChat, Source
from tobs.targets import find_targets
from tobs.vault.publish import local_zone
from tobs.ways import Unread


async def export(
    source: Source,
    config: ExportConfig,
    *,
    shutdown: Shutdown | None = None,
    task_status: trio.TaskStatus[Progress] = trio.TASK_STATUS_IGNORED,
) -> Report:
    """Bring the chats of `config` into its vault, going on where the last run stopped.

    Started with ``nursery.start`` it hands over its `Progress`. Chats that
    cannot be read are in `Report.failures`; everything else that stops the
    run is raised as one `TobsError`, after what was read has been published.
    Draining `shutdown` ends in a report with ``interrupted=True``; cancelling
    is the hard stop. After either the archive holds every page that was
    committed, and another run ends in the same bytes.
    """
    return await carry_out(source, config, Unread, shutdown=shutdown, task_status=task_status)


async def carry_out(
    source: Source,
    config: ExportConfig,
    make_way: MakeWay,
    *,
    shutdown: Shutdown | None,
    task_status: trio.TaskStatus[Progress],
) -> Report:
    """A run over the chats of `config` that reads of each what its way says; else as `export`."""
    check_filters(config, local_zone(config.timezone))
    shutdown = shutdown or Shutdown(config.shutdown.grace_seconds, config.shutdown.force_window_seconds)
    progress = Progress()
    source.watch_waits(progress.waiting)
    if isinstance(source, BusySource):
        progress.requests_under_way = lambda: source.requests_under_way
    task_status.started(progress)
    try:
        chats, failures = await find_chats(source, config, shutdown)
        if not chats:  # nothing to do must not change anything
            return finished(progress, failures, (), shutdown)
        check_owner(config.vault, config.root, source.account)
        with open_archive(config.vault, root=config.root) as archive:
            archive.adopt_groups(chats)
            run = start_run(source, config, shutdown, progress, archive, make_way)
            run.failures += failures
            report = await run.export(chats)
        if isinstance(source, ConcludingSource):
            source.conclude(not report.failures and not report.interrupted)
        return report
    except BaseExceptionGroup as group:
        raise single(group) from group


async def find_chats(source: Source, config: ExportConfig, shutdown: Shutdown) -> tuple[list[Chat], list[Failure]]:
    """The chats that the configuration means, and the names that mean none."""
    found: list[Chat | FailedChat] = []
    with shutdown.intake():
        found.extend(await find_targets(source, config))
    failures = [Failure(each.name, each.reason) for each in found if isinstance(each, FailedChat)]
    return [each for each in found if isinstance(each, Chat)], failures
