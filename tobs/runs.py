"""The reports of the last runs, kept beside the archive in ``.tobs/report.json``.

The file is one object: ``version``, and ``runs`` with the newest last. Each
has ``command``, ``error`` (a sentence, "" if the run came to its end) and the
fields of `tobs.Report`. A run that goes on for long is written while it is
under way, with ``ended`` false, and again when it ends. Whatever it does not
know, a reader should ignore.
"""

from __future__ import annotations

from pathlib import Path

import attrs
import filelock
import orjson
from cattrs.errors import BaseValidationError
from cattrs.preconf.orjson import make_converter

from tobs.errors import VaultError
from tobs.progress import Report
from tobs.root import PLAIN, Root

KEPT = 20  # runs; a report of a hundred chats has some thirty kilobytes
VERSION = 1
LOCK_SECONDS = 5  # another run writes its own for a few milliseconds


@attrs.frozen
class Run:
    """A run that ended: of which command, and with which error."""

    command: str
    report: Report
    error: str = ""
    ended: bool = True  # else it was under way when this was written: it still is, or it was killed

    def is_of(self, other: Run) -> bool:
        """Whether both tell of one run, at different times."""
        began = self.report.started_at
        return bool(began) and (self.command, began) == (other.command, other.report.started_at)


def keep_run(vault: Path, run: Run, root: Root = PLAIN) -> None:
    """Write a run behind those that are kept, of which the oldest go. A file that is no such list is begun anew.

    What was written of the same run before goes too.
    Raises `VaultError` when it cannot be written; what was there stays then.
    """
    path = report_path(vault, root)
    part = path.with_suffix(".part")
    try:
        with filelock.FileLock(path.with_suffix(".lock"), timeout=LOCK_SECONDS):
            try:
                runs = [each for each in read_runs(vault, root) if not each.is_of(run)]
            except VaultError:
                runs = []
            part.unlink(missing_ok=True)  # whatever it is: a link would be written through
            with part.open("xb") as file:
                file.write(_dumped([*runs, run][-KEPT:]))
            part.replace(path)
    except OSError as error:
        raise VaultError(
            path, f"cannot write {path}: {error.strerror or error}; the export itself is whole."
        ) from error


def read_runs(vault: Path, root: Root = PLAIN) -> list[Run]:
    """The runs that are kept, the newest last; none if there was none. Raises `VaultError` for a damaged file."""
    path = report_path(vault, root)
    try:
        found = orjson.loads(path.read_bytes())
        return [_loaded(each) for each in found["runs"]]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise VaultError(path, f"cannot read {path}: {error.strerror}; check its permissions.") from error
    except (ValueError, TypeError, KeyError, BaseValidationError):
        raise VaultError(path, f"{path} is damaged; delete it, and the next export begins a new one.") from None


def report_path(vault: Path, root: Root = PLAIN) -> Path:
    """Where the reports of an account's runs lie."""
    return root.private(vault) / "report.json"


def _dumped(runs: list[Run]) -> bytes:
    plain = [
        {"command": run.command, "error": run.error, "ended": run.ended, **attrs.asdict(run.report)} for run in runs
    ]
    return orjson.dumps({"version": VERSION, "runs": plain}, option=orjson.OPT_INDENT_2)


def _loaded(plain: dict[str, object]) -> Run:
    report = make_converter().structure(plain, Report)
    return Run(str(plain["command"]), report, str(plain["error"]), bool(plain.get("ended", True)))
