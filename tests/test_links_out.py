"""A vault may come from somebody else, or be written to by others: no link in it has tobs write outside."""

from __future__ import annotations

from pathlib import Path

import tobs
from tests.loopback import add_channel, open_loopback, small_account
from tests.test_sharing import SIZE, document, send
from tobs.config import ExportConfig
from tobs.holder import holder_of, name_holder
from tobs.runs import Run, keep_run, read_runs
from tobs.testing.files import Generated

PRECIOUS = b"not for tobs"
PARTS = (f"dc2_1001_{SIZE}.part", f"dc2_1002_{2 << 20}.part")


def link_to(target: Path, *links: Path) -> None:
    target.write_bytes(PRECIOUS)
    for link in links:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


async def test_an_export_writes_through_no_link(tmp_path):
    account, private = small_account(), tmp_path / "vault" / ".tobs"
    channel = add_channel(account, 501, "Cats")
    send(account, channel, 1, document(account, 1001))  # of one part, and of several
    send(account, channel, 2, document(account, 1002, size=2 << 20))
    links = [private / "parts" / name for name in PARTS]
    link_to(tmp_path / "outside", private / "files.bloom.tmp", private / "report.part", *links)
    async with open_loopback(account, tmp_path) as (_server, telegram), tobs.open_telegram(telegram) as source:
        report = await tobs.export(source, ExportConfig(vault=tmp_path / "vault", chats=("all",)))
    keep_run(tmp_path / "vault", Run("export", report))
    assert (tmp_path / "outside").read_bytes() == PRECIOUS
    assert not report.failures
    assert {file.read_bytes() for file in (tmp_path / "vault").rglob("*.zip") if not file.is_symlink()} == {
        Generated(size, number).read(0, size) for number, size in ((1001, SIZE), (1002, 2 << 20))
    }
    assert [run.report.messages for run in read_runs(tmp_path / "vault")] == [2]
    assert not [path for path in (tmp_path / "vault").rglob("*") if path.is_symlink()]


def test_who_holds_a_lock_is_written_through_no_link(tmp_path):
    link_to(tmp_path / "outside", tmp_path / "lock-holder")
    name_holder(tmp_path / "lock", "tobs watch")
    assert "tobs watch" in holder_of(tmp_path / "lock")
    assert (tmp_path / "outside").read_bytes() == PRECIOUS
