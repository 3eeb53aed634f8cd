"""Into which vault an account was exported last, so that another one is not filled with the same unawares."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import orjson

from tobs.archive.owner import owner_of
from tobs.archive.store import place_of
from tobs.config import ExportConfig
from tobs.errors import ArchiveError
from tobs.model import Peer
from tobs.root import Root
from tobs.telegram.private import write_private

_LOG = logging.getLogger(__name__)
SUFFIX = "-vault"


@contextmanager
def same_vault(session: Path, config: ExportConfig, account: Peer) -> Iterator[None]:
    """For the block, an export of `account` into the vault that the configuration says; it is remembered.

    Raises `ArchiveError`, and nothing has changed, if the vault has nothing of
    the account while the one of before still has.
    """
    last = LastVault(session)
    last.check(config, account)
    try:
        yield
    finally:
        if config.root.archive(config.vault).exists():
            last.keep(config)


@attrs.frozen
class LastVault:
    """What lies beside one session."""

    session: Path

    @property
    def path(self) -> Path:
        return self.session.with_name(self.session.name + SUFFIX)

    def read(self) -> tuple[Path, Root] | None:
        """The vault and the account's part of it, as far as is known."""
        try:
            known = orjson.loads(self.path.read_bytes())
            return Path(known["vault"]), Root(str(known["name"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, config: ExportConfig) -> None:
        """Remember the vault of `config`."""
        try:
            write_private(self.path, orjson.dumps({"vault": str(config.vault), "name": config.root.name}))
        except OSError as error:  # then nobody is warned
            _LOG.warning("which vault was exported into could not be kept in %s: %s", self.path, error.strerror)

    def check(self, config: ExportConfig, account: Peer) -> None:
        """Raises `ArchiveError` if exporting into the vault of `config` would begin anew what another one has."""
        here, known = config.root.archive(config.vault), self.read()
        if known is None or known[0] == config.vault or here.exists():
            return
        before = known[1].archive(known[0])
        if before.is_file() and owner_of(before) == account.id:
            there, anew = place_of(*known), f"`tobs export --vault {shlex.quote(str(config.vault))}`"
            raise ArchiveError(
                here,
                f"{account.name} is archived in {there} already, and not in {place_of(config.vault, config.root)}. Have"
                f" {known[0]} as vault again; or, to read all anew into the other one, run {anew} once: what Telegram"
                " no longer has, and what you wrote into notes, does not come along.",
            )
