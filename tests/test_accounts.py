"""Two accounts in one vault. Both have the same chats, people, messages and files, so that every name would meet."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest
import tomli_w
import trio
from telethon.tl import types

from tests.golden_vault import golden, texts
from tests.obsidian import Vault, broken, links
from tests.processes import Ended, ended, start_tobs, tobs
from tests.snapshots import notes
from tobs.configfile import load_config
from tobs.export import export
from tobs.telegram.client import open_telegram
from tobs.testing import open_account, sample_account
from tobs.testing.account import Account
from tobs.vault.names import key

WORK = "Telegram ‹work›"
SOME = ("@slow_news_demo", "Sunday Hikers")


def colleague() -> Account:
    """Somebody to whom Telegram shows all that the sample account has."""
    account = sample_account()
    known = copy.copy(account.me)
    known.is_self = False
    account.me.id, account.me.phone = 990_001, "9996650099"
    account.me.first_name, account.me.username = "Wanda", "wanda_demo"
    account.users[known.id] = known
    account.phone = f"+{account.me.phone}"
    account.add_user(account.me)
    return account


@attrs.frozen
class Accounts:
    """The tables that sign in as each of the two, and a folder."""

    first: dict[str, Any]
    work: dict[str, Any]
    folder: Path

    def config(self, vault: str, *chats: str, **accounts: dict[str, Any]) -> Path:
        """A configuration in which all share a vault."""
        export = {
            "vault": vault,
            "chats": chats or ["all"],
            "timezone": "Europe/Berlin",
            "promote": ["pinned", "reaction:🙏"],
        }
        more = {
            name: {"telegram": telegram, "export": {"chats": chats or ["all"]}} for name, telegram in accounts.items()
        }
        path = self.folder / f"{vault}.toml"
        path.write_text(tomli_w.dumps({"telegram": self.first, "export": export, "accounts": more}), encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture
async def accounts(tmp_path: Path) -> AsyncIterator[Accounts]:
    """Both signed in, each on a server of its own."""
    async with AsyncExitStack() as stack:
        tables = []
        for name, account in {"first": sample_account(), "work": colleague()}.items():
            serving = await stack.enter_async_context(open_account(account, tmp_path / name))
            tables.append(tomllib.loads(serving.config.read_text())["telegram"])
        yield Accounts(*tables, tmp_path)


async def run(config: Path, command: str, account: str, *more: str) -> Ended:
    chosen = ("--account", account) if account else ()
    return await trio.to_thread.run_sync(partial(tobs, command, "--config", str(config), *chosen, *more))


async def exported(config: Path, *order: str) -> Path:
    """The vault after these accounts were exported, one after the other."""
    for account in order or ("", "work"):
        chosen = load_config(config, {}, account)
        async with open_telegram(chosen.telegram) as source:
            report = await export(source, chosen.export)
        assert not report.failures
    return config.with_suffix("")


async def exported_at_once(config: Path) -> Path:
    """The vault after both were exported by two processes."""
    started = [start_tobs("export", "--config", str(config), *more) for more in ((), ("--account", "work"))]
    runs = [await trio.to_thread.run_sync(ended, process) for process in started]
    assert [(one.code, one.err) for one in runs] == [(0, ""), (0, "")]
    return config.with_suffix("")


def basenames(vault: Path, folder: str) -> Iterator[str]:
    yield from (key(path.name) for path in (vault / folder).rglob("*") if path.is_file())


async def test_two_accounts_share_a_vault_in_any_order(accounts):
    one = await exported(accounts.config("one", work=accounts.work), "", "work")
    other = await exported(accounts.config("other", work=accounts.work), "work", "")
    at_once = await exported_at_once(accounts.config("once", work=accounts.work))
    assert notes(one) == notes(other) == notes(at_once)
    assert sorted(path.name for path in one.iterdir()) == [".obsidian", ".tobs", "Telegram", WORK]
    first, work = [*basenames(one, "Telegram")], [*basenames(one, WORK)]
    assert not {*first} & {*work}
    assert len(work) > len(first)  # one person more: who is called “me” in the other account
    assert broken(Vault(one)) == []
    for note in Vault(one).notes():  # and each leads to a file of the same account
        named = {"‹work›" in link.target for link in links(note) if link.target}
        assert named <= {note.relative_to(one).parts[0] == WORK}, note
    alone = {path: text for path, text in texts(one).items() if not path.startswith(f"{WORK}/")}
    wanted, lines = golden(), alone.pop("files.txt").splitlines()
    assert [line for line in lines if f" {WORK}/" not in line] == wanted.pop("files.txt").splitlines()
    assert alone == wanted


async def test_every_command_stays_within_its_account(accounts, tmp_path):
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported_at_once(config)
    before = notes(vault)
    for account, command in [("", "verify"), *(("work", each) for each in ("verify", "render", "sync", "plan"))]:
        done = await run(config, command, account)
        assert done.code == 0, (command, account, done.out, done.err)
    assert notes(vault) == before
    ran = [json.loads(line)["command"] for line in (await run(config, "report", "work")).out.splitlines()]
    assert ran == ["export", "sync"]
    reports = [vault / ".tobs" / "report.json", vault / ".tobs" / "accounts" / "work" / "report.json"]
    assert [len(json.loads(path.read_text())["runs"]) for path in reports] == [1, 2]


async def test_what_is_wrong_is_told_of_the_account_that_has_it(accounts):
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported(config)
    attachments = next((vault / WORK / "Chats").rglob("attachments"))
    next(path for path in attachments.rglob("*") if path.is_file()).unlink()
    (attachments / "foreign.jpg").write_bytes(b"x")
    next(path for path in (vault / WORK / "People").glob("*.md")).unlink()
    assert (await run(config, "verify", "")).code == 0
    found = await run(config, "verify", "work", "--refetch")
    assert found.code == 1, found.err
    groups = json.loads(found.out.splitlines()[0])["findings"]
    assert {"file_pending", "file_unknown", "note_gone"} <= {group["kind"] for group in groups}
    assert all(WORK in each["path"] for group in groups for each in group["first"])
    (attachments / "foreign.jpg").unlink()
    await exported(config, "work")
    assert (await run(config, "verify", "work")).code == 0


async def test_a_redacted_copy_tells_nothing_of_the_account(accounts, tmp_path):
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported(config)
    before, shared = notes(vault), tmp_path / "shared"
    done = await run(config, "render", "work", "--redact", "--to", str(shared))
    assert done.code == 0, done.err
    assert notes(vault) == before
    assert sorted(path.name for path in shared.iterdir()) == [".obsidian", ".tobs-redacted", "Telegram"]
    assert broken(Vault(shared)) == []
    assert not any("‹" in path.name or "‹work›" in path.read_text() for path in Vault(shared).files())


async def test_an_account_comes_into_a_vault_once(accounts):
    """Whatever it is called in the configuration, and whether it shares the vault still."""
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported(config)
    before = notes(vault)
    renamed = accounts.config("vault", *SOME, job=accounts.work)
    done = await run(renamed, "export", "job")
    assert done.code == 2, done.err
    assert "the account of Wanda" in done.err
    assert f"in {WORK}, as the account work of config.toml; export it as that one" in done.err
    moved = tomllib.loads(config.read_text())
    moved["export"]["vault"] = "elsewhere"
    moved["accounts"] = {"work": {"telegram": accounts.work, "export": {"vault": "vault", "chats": [*SOME]}}}
    config.write_text(tomli_w.dumps(moved))
    done = await run(config, "export", "work")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"in {WORK}" in done.err
    assert notes(vault) == before
    assert sorted(path.name for path in (vault / ".tobs" / "accounts").iterdir()) == ["work"]


async def test_an_account_with_a_vault_of_its_own_has_plain_names(accounts):
    config = accounts.config("vault", *SOME, work=accounts.work)
    done = await run(config, "export", "work", "--vault", str(accounts.folder / "own"), "@slow_news_demo")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (accounts.folder / "own").iterdir()) == [".obsidian", ".tobs", "Telegram"]
    shared = await run(config, "verify", "work", "--vault", str(accounts.folder / "own"))
    assert shared.code == 0, shared.out


async def test_watch_brings_what_happens_to_one_account_into_its_notes(tmp_path):
    account = colleague()
    async with open_account(account, tmp_path / "work") as serving:
        table = tomllib.loads(serving.config.read_text())["telegram"]
        config = Accounts(table | {"session": "nobody"}, table, tmp_path).config("vault", "@slow_news_demo", work=table)
        process = start_tobs("watch", "--account", "work", "--config", str(config))
        try:
            place = tmp_path / "vault" / WORK / "Chats" / "Slow News ‹work›"
            while not any("watching" in line for line in [await trio.to_thread.run_sync(process.stdout.readline)]):
                pass
            channel = account.by_username("slow_news_demo")
            account.add_message(channel, types.Message(0, None, message="Stop press", date=sent_last(account, channel)))
            with trio.fail_after(30):
                while not any("Stop press" in note.read_text() for note in place.rglob("*.md")):  # noqa: ASYNC110
                    await trio.sleep(0.05)
        finally:
            process.terminate()
            await trio.to_thread.run_sync(ended, process)
    assert not (tmp_path / "vault" / "Telegram").exists()


def sent_last(account: Account, chat: int) -> Any:
    top = account.top(chat)
    assert top is not None
    return top.date
