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

from tests.desktop_account import export_account
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
    account.me.first_name, account.me.username, account.me.photo = "Wanda", "wanda_demo", None
    account.users[known.id] = known
    account.phone = f"+{account.me.phone}"
    account.add_user(account.me)
    account.details[account.me.id].photo = account.details[known.id].photo
    return account


@attrs.frozen
class Accounts:
    """The tables that sign in as each of the two, and a folder."""

    first: dict[str, Any]
    work: dict[str, Any]
    folder: Path
    colleague: Account
    media: dict[str, Any] = attrs.field(factory=lambda: {"custom_emoji": True})  # as the golden vault has it

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
        tables = {"telegram": self.first, "export": export, "media": self.media, "accounts": more}
        path.write_text(tomli_w.dumps(tables), encoding="utf-8")
        path.chmod(0o600)
        return path


@pytest.fixture
async def accounts(tmp_path: Path) -> AsyncIterator[Accounts]:
    """Both signed in, each on a server of its own."""
    async with AsyncExitStack() as stack:
        tables, people = [], {"first": sample_account(), "work": colleague()}
        for name, account in people.items():
            serving = await stack.enter_async_context(open_account(account, tmp_path / name))
            tables.append(tomllib.loads(serving.config.read_text())["telegram"])
        yield Accounts(*tables, tmp_path, people["work"])


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
    assert [(one.code, one.err) for one in runs] == [(0, ""), (0, "")], [one.out[-2000:] for one in runs]
    return config.with_suffix("")


def basenames(vault: Path, folder: str) -> Iterator[str]:
    yield from (key(path.name) for path in (vault / folder).rglob("*") if path.is_file())


async def test_two_accounts_share_a_vault_in_any_order(accounts):
    accounts = attrs.evolve(accounts, media={"custom_emoji": True})
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


async def test_another_vault_is_not_filled_anew_unawares(accounts):
    """An account that moves from a vault of its own into a shared one, and out of it again."""
    folder, chats = accounts.folder, [SOME[0]]
    config = accounts.config("vault", *chats, work=accounts.work)

    def into(vault: str) -> None:
        tables = tomllib.loads(config.read_text())
        tables["accounts"]["work"]["export"]["vault"] = vault
        config.write_text(tomli_w.dumps(tables), encoding="utf-8")

    into("own work")
    assert (await run(config, "export", "")).code == 0
    assert (await run(config, "export", "work")).code == 0
    before = notes(folder / "vault") | notes(folder / "own work")
    into("vault")
    whole = f"`tobs export --vault {folder / 'vault'} --account work --config {config}`"
    for command in ("export", "watch"):
        done = await run(config, command, "work")
        assert (done.code, done.err.count("\n")) == (2, 1), done.err
        assert done.err.startswith(f"tobs: Wanda Winter is archived in {folder / 'own work'} already, and not in")
        assert f"{folder / 'vault'} ({WORK})" in done.err
        assert whole in done.err
    into("own work")
    assert (await run(config, "export", "work")).code == 0  # nothing was changed, and nothing is new
    assert notes(folder / "vault") | notes(folder / "own work") == before
    into("vault")
    assert (await run(config, "export", "work", "--vault", str(folder / "vault"))).code == 0  # as it was told
    for _ in range(2):
        assert (await run(config, "export", "work")).code == 0
    assert (folder / "vault" / WORK).is_dir()
    into("new")
    done = await run(config, "export", "work")
    assert done.code == 2
    assert f"archived in {folder / 'vault'} ({WORK}) already, and not in {folder / 'new'}." in done.err
    assert not (folder / "new").exists()


async def test_an_account_with_a_vault_of_its_own_has_plain_names(accounts):
    config = accounts.config("vault", *SOME, work=accounts.work)
    done = await run(config, "export", "work", "--vault", str(accounts.folder / "own"), "@slow_news_demo")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (accounts.folder / "own").iterdir()) == [".obsidian", ".tobs", "Telegram"]
    shared = await run(config, "verify", "work", "--vault", str(accounts.folder / "own"))
    assert shared.code == 0, shared.out


async def test_watch_brings_what_happens_to_one_account_into_its_notes(accounts):
    config = accounts.config("vault", "@slow_news_demo", work=accounts.work)
    vault = await exported_at_once(config)
    before = others(vault)
    process = start_tobs("watch", "--account", "work", "--config", str(config))
    try:
        place = vault / WORK / "Chats" / "Slow News ‹work›"
        while not any("watching" in line for line in [await trio.to_thread.run_sync(process.stdout.readline)]):
            pass
        account = accounts.colleague
        channel = account.by_username("slow_news_demo")
        account.add_message(channel, types.Message(0, None, message="Stop press", date=sent_last(account, channel)))
        with trio.fail_after(30):
            while not any("Stop press" in note.read_text() for note in place.rglob("*.md")):  # noqa: ASYNC110
                await trio.sleep(0.05)
    finally:
        process.terminate()
        await trio.to_thread.run_sync(ended, process)
    assert others(vault) == before


def others(vault: Path) -> dict[str, bytes]:
    """All that is the first account's: notes, files, archive."""
    kept = {path: data for path, data in notes(vault).items() if not path.startswith(f"{WORK}/")}
    assert kept
    return kept | {path.name: path.read_bytes() for path in (vault / ".tobs").glob("archive.sqlite3*")}


async def test_an_export_file_is_imported_into_the_part_of_its_account(accounts, tmp_path):
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported_at_once(config)
    before, mine = others(vault), chat_notes(vault)
    export_file = export_account(accounts.colleague, tmp_path / "desktop")
    done = await run(config, "import", "work", str(export_file))
    assert (done.code, others(vault)) == (0, before), done.err
    assert mine < chat_notes(vault)
    assert not {*basenames(vault, WORK)} & {*basenames(vault, "Telegram")}
    assert broken(Vault(vault)) == []
    for account in ("", "work"):
        assert (await run(config, "verify", account)).code == 0
    whole = notes(vault)
    for account, folder in (("", "desktop"), ("work", "other")):  # each with the export of the other one
        path = tmp_path / folder if account == "" else export_account(sample_account(), tmp_path / folder)
        done = await run(config, "import", account, str(path))
        assert done.code == 1
        failures = json.loads(done.out.splitlines()[-1])["failures"]
        assert len(failures) == 1
        assert "the vault is that of" in failures[0]["reason"]
        assert notes(vault) == whole


def chat_notes(vault: Path) -> set[str]:
    """Paths of the notes that `work` has of its chats. A chat takes its name from a person."""
    return {path for path in texts(vault) if path.startswith(f"{WORK}/Chats/")}


async def test_doctor_and_verify_online_ask_about_their_account(accounts):
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported_at_once(config)
    before = notes(vault)
    channel = accounts.colleague.by_username("slow_news_demo")
    accounts.colleague.delete(channel, accounts.colleague.top(channel).id)
    for account, gone in (("", []), ("work", ["gone_since"])):
        done = await run(config, "verify", account, "--online")
        assert done.code == 0, done.out
        told = json.loads(done.out.splitlines()[-1])["information"]
        assert [group["kind"] for group in told if group["kind"] == "gone_since"] == gone
    archive = vault / ".tobs" / "accounts" / "work" / "archive.sqlite3"
    for account, signed_in in (("", "Ola"), ("work", "Wanda")):
        checks = await checked(config, account)
        assert {each["state"] for each in checks.values()} <= {"ok", "warning"}
        assert signed_in in checks["sign-in"]["finding"] or account == ""
        assert (str(archive) in checks["archive"]["finding"]) == (account == "work")
    archive.write_bytes(b"no database at all" * 100)
    states = [(await checked(config, account))["archive"]["state"] for account in ("", "work")]
    assert states == ["ok", "problem"]
    assert notes(vault) == before


async def checked(config: Path, account: str) -> dict[str, dict[str, str]]:
    done = await run(config, "doctor", account)
    return {each["what"]: each for each in map(json.loads, done.out.splitlines())}


async def test_pictures_of_one_account_meet_none_of_the_other(accounts):
    accounts = attrs.evolve(accounts, media={"avatars": True, "thumbnails": True, "max_size_mb": 0.001})
    config = accounts.config("vault", *SOME, work=accounts.work)
    vault = await exported_at_once(config)
    shown = {folder: {path.name for path in (vault / folder / "Pictures").iterdir()} for folder in ("Telegram", WORK)}
    for kind in ("avatar", "thumbnail"):
        first = {name for name in shown["Telegram"] if name.startswith(kind)}
        work = {name for name in shown[WORK] if name.startswith(kind)}
        assert first
        assert {name.replace(".jpg", " ‹work›.jpg") for name in first} <= work
        assert all(" ‹work›." in name for name in work)
    embedded = {
        link.target for note in Vault(vault).notes() for link in links(note) if link.target.startswith("avatar")
    }
    assert {name for names in shown.values() for name in names if name.startswith("avatar")} <= embedded
    assert broken(Vault(vault)) == []
    for account in ("", "work"):
        assert (await run(config, "verify", account)).code == 0
    before = others(vault)
    again = await run(config, "export", "work")
    assert (again.code, others(vault)) == (0, before)


def sent_last(account: Account, chat: int) -> Any:
    top = account.top(chat)
    assert top is not None
    return top.date
