"""import_exports(): exports of Telegram Desktop → archive → notes, by the way that an export over the API takes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import attrs
import orjson
import trio

from tobs.archive.imported import open_imported
from tobs.archive.owner import UNKNOWN, read_owner
from tobs.archive.published import remember
from tobs.archive.reads import Reads
from tobs.archive.store import open_archive
from tobs.config import ExportConfig
from tobs.desktop.places import open_places
from tobs.desktop.source import RULES, DesktopSource
from tobs.desktop.whereabouts import open_whereabouts
from tobs.errors import ArchiveError
from tobs.export import export
from tobs.model import Peer
from tobs.progress import Failure, Progress, Report
from tobs.shutdown import Shutdown
from tobs.vault.publish import local_zone

# The rules of reading are in the name: with new ones, exports that were imported before are read again.
_IMPORTS = f"imports {RULES}"
REMEMBERED = 1000


async def import_exports(
    paths: Sequence[Path],
    config: ExportConfig,
    *,
    link: bool = False,
    shutdown: Shutdown | None = None,
    task_status: trio.TaskStatus[Progress] = trio.TASK_STATUS_IGNORED,
) -> Report:
    """Bring every chat of the exports at `paths` into the vault of `config`.

    What Telegram itself said of a message stays, and of two exports the one
    that tells more, so the order makes no difference and importing again
    changes nothing. With `link` files are hard links where the disk can. What
    cannot be read is in `Report.failures`, with its place. Raises
    `ConfigError` for a path that holds no export; else as `tobs.export`.
    """
    with ExitStack() as stack:
        places = stack.enter_context(open_places(paths, trio.from_thread.check_cancelled))
        files = stack.enter_context(open_whereabouts())
        account, groups, before = known(config)
        imported = stack.enter_context(open_imported(config.root.archive(config.vault)))
        digests = {place.digest(): place for place in places}
        new = [place for digest, place in digests.items() if digest not in before]
        source = DesktopSource(new, files, imported, local_zone(config.timezone), account, groups, link)
        report = await export(source, config, shutdown=shutdown, task_status=task_status)
    problems = [*(problem for place in new for problem in place.problems), *source.problems]
    unread = [Failure(*problem.split(": ", 1)) for problem in problems]
    notices = [f"{digests[each].name} was imported before; nothing is new." for each in digests if each in before]
    report = attrs.evolve(
        report, failures=(*report.failures, *unread), notices=(*report.notices, *source.notices, *notices)
    )
    if new and not (report.failures or report.interrupted):
        remember_imports(config, [*before, *(digest for digest in digests if digest not in before)])
    return report


def known(config: ExportConfig) -> tuple[Peer, dict[int, int], list[str]]:
    """Whose archive it is, the groups that its supergroups were, and the digests of what was imported whole."""
    if not config.root.archive(config.vault).exists():
        return UNKNOWN, {}, []
    with open_archive(config.vault, root=config.root) as archive:
        reads = Reads(archive.connection, archive.codec)
        groups = {each.chat.id: each.chat.migrated_from for each in reads.chats() if each.chat.migrated_from}
        before = orjson.loads(reads.meta(_IMPORTS) or b"[]")
        try:
            return read_owner(archive, reads), groups, before
        except ArchiveError:  # made, but nothing was exported into it
            return UNKNOWN, groups, before


def remember_imports(config: ExportConfig, digests: Sequence[str]) -> None:
    """Know these exports again, so that importing one once more is a look at its bytes."""
    with open_archive(config.vault, root=config.root) as archive:
        remember(archive, _IMPORTS, orjson.dumps(digests[-REMEMBERED:]))
