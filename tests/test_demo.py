"""The demo, held against the account it came from and looked at as Obsidian would."""

import re
import shutil
from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.obsidian import Vault, anchors, broken, links, properties
from tests.processes import tobs
from tobs.testing import sample_account
from tobs.testing.account import Account

# https://help.obsidian.md/callouts
CALLOUTS = {
    "abstract", "bug", "danger", "example", "failure", "info", "note", "question", "quote", "success", "tip", "todo",
    "warning",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    folder = tmp_path_factory.mktemp("demo")
    run = tobs("demo", "--vault", str(folder))
    assert run.code == 0, run.err
    return Vault(folder)


@pytest.fixture(scope="module")
def compact(demo: Vault, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """The same archive in the other style, and whatever else changes how messages look."""
    folder = tmp_path_factory.mktemp("compact")
    shutil.copytree(demo.root / ".tobs", folder / ".tobs")
    copied = [path for path in demo.files() if not {"attachments", "Pictures"}.isdisjoint(path.parts)]
    for path in copied:
        (folder / path.relative_to(demo.root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.relative_to(demo.root))
    config = folder / ".tobs" / "config.toml"
    config.write_text(
        f'[export]\nvault = "{folder}"\ntimezone = "Europe/Berlin"\nstyle = "compact"\nrepeat_names = false\n'
        'hashtags = "text"\nhard_breaks = true\n[media]\ncustom_emoji = true\n'
    )
    for command in ("render", "verify"):
        run = tobs(command, "--config", str(config))
        assert run.code == 0, run.err
    return Vault(folder)


@pytest.fixture(scope="module", params=["callout", "compact"])
def either(request: pytest.FixtureRequest, demo: Vault) -> Vault:
    return demo if request.param == "callout" else request.getfixturevalue("compact")


def shown(vault: Vault) -> Iterator[tuple[int, str]]:
    """Chat and block id of every message block in the vault."""
    for note in vault.notes():
        front = properties(note)
        chat_id = front.get("tg_chat_id")
        if isinstance(chat_id, int) and front["tg_kind"] != "article":  # whose places are its own
            yield from ((chat_id, anchor) for anchor in anchors(note).elements())


def blocks(account: Account) -> Iterator[tuple[int, int]]:
    """Chat and id of every message of the account; of an album its first."""
    for chat_id, history in account.histories.items():
        messages = history.slice(0, len(history))
        for _, run in groupby(messages, key=lambda message: getattr(message, "grouped_id", None) or -message.id):
            yield chat_id, next(run).id


def test_every_message_of_every_chat_is_there_once(either: Vault) -> None:
    there = sorted((chat_id, int(anchor[1:])) for chat_id, anchor in shown(either))
    assert there == sorted(blocks(sample_account()))


def test_the_notes_count_what_the_server_has(either: Vault) -> None:
    counted: dict[object, int] = {}
    for note in either.notes():
        front = properties(note)
        if front.get("tg_kind") == "period":
            messages = front["tg_messages"]
            assert isinstance(messages, int)
            counted[front["tg_chat_id"]] = counted.get(front["tg_chat_id"], 0) + messages
    assert counted == {chat_id: len(history) for chat_id, history in sample_account().histories.items() if len(history)}


def test_every_link_and_embed_leads_to_one_place(either: Vault) -> None:
    assert sum(len(links(note)) for note in either.notes()) > 200
    assert broken(either) == []


def test_every_file_is_embedded_or_linked_and_none_is_empty(either: Vault) -> None:
    files = [path for path in either.files() if "attachments" in path.parts]
    used = {link.target for note in either.notes() for link in links(note)}
    assert len(files) > 25
    assert [path for path in files if used.isdisjoint((path.name, str(path.relative_to(either.root))))] == []
    assert all(path.stat().st_size for path in files)


def test_every_callout_is_one_that_obsidian_or_the_style_sheet_knows(demo: Vault) -> None:
    css = (demo.root / ".obsidian/snippets/tobs.css").read_text()
    styled = set(re.findall(r'data-callout="([\w-]+)"', css))
    assert styled == {"tg", "tg-service", "tg-link", "tg-details", "gift", "spoiler"}
    used = {
        kind for note in demo.notes() for kind in re.findall(r"^[> ]*> \[!([\w-]+)", note.read_text(), re.MULTILINE)
    }
    assert {"tg", "tg-service"} <= used <= styled | CALLOUTS


def test_a_rich_message_is_in_its_note_with_all_its_blocks(either: Vault) -> None:
    (note,) = (note for note in either.notes() if "Ramen for a weeknight" in note.read_text())
    lines = [line.lstrip("> ").rstrip() for line in note.read_text().splitlines()]
    for line in ("- ☐ kombu & bonito", "2. Heat it slowly.", "| soy sauce, dark | 20 |", "fill(bowl)"):
        assert line in lines
    picture = next(line for line in reversed(lines[: lines.index("*It can look like this.*")]) if line)
    assert re.fullmatch(r"!\[\[[^]|]+\.jpg\|400\]\]", picture)


def test_no_note_names_a_secret(demo: Vault) -> None:
    text = "".join(note.read_text() for note in demo.notes())
    assert sample_account().phone not in text
    assert not re.search(r"api_hash|auth_key", text)
