"""The examples of docs/embedding.md and README.md, run as they stand there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio
from telethon.tl import types
from trio.testing import MockClock

ROOT = Path(__file__).parent.parent
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    """Everything the page defines, in one namespace, as a reader would paste it."""
    names: dict[str, Any] = {}
    found = EXAMPLE.findall((ROOT / "docs" / "embedding.md").read_text(encoding="utf-8"))
    assert [name for name, _ in found] == ["simple", "live", "watch", "scripted", "loopback"]
    for name, code in found:
        exec(compile(code, f"docs/embedding.md: {name}", "exec"), names)
    return names


async def test_the_scripted_test(examples, autojump_clock: MockClock, tmp_path):
    await examples["test_it_stops_softly"](autojump_clock, tmp_path)


async def test_a_live_view_to_the_end(examples, autojump_clock: MockClock, tmp_path, capsys):
    import tobs
    from tobs.testing.scripted import ScriptedSource, channel

    config = tobs.ExportConfig(vault=tmp_path, chats=("all",))
    source = ScriptedSource([channel(1, "Cats", 1000, lambda page: 1.0)])
    report = await examples["backup_until"](source, config, enough=10**9)
    assert (report.messages, report.interrupted) == (1000, False)
    assert "['Cats']" in capsys.readouterr().out


async def test_the_loopback_test(examples, tmp_path, capsys):
    await examples["test_with_a_real_server"](tmp_path)
    assert "Slow News: 20 new messages" in capsys.readouterr().out


async def test_a_watch_that_stops(examples, tmp_path):
    import tobs
    from tobs.testing import open_account, sample_account

    account = sample_account()
    async with open_account(account, tmp_path) as serving, trio.open_nursery() as nursery:

        async def write() -> None:
            while True:
                account.add_message(account.me.id, types.Message(0, None, message="A thought", date=datetime.now(UTC)))
                await trio.sleep(0.2)

        nursery.start_soon(write)
        health = await examples["watch_until"](tobs.load_config(serving.config), enough=3)
        nursery.cancel_scope.cancel()
    assert health.new >= 3
    assert any("A thought" in note.read_text() for note in (tmp_path / "export").rglob("Saved Messages*.md"))


async def test_the_ten_lines_of_the_readme(tmp_path, monkeypatch):
    from tobs.testing import open_account, sample_account

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    names: dict[str, Any] = {}
    exec(compile(code.replace("trio.run(main)", ""), "README.md", "exec"), names)
    async with open_account(sample_account(), tmp_path) as serving:
        monkeypatch.chdir(serving.folder)
        await names["main"]()
    assert (serving.folder / "export" / "Telegram" / "Telegram.md").exists()
