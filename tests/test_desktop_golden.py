"""The sample account, once read from Telegram's API and once from what Telegram Desktop would export of it.

Notes may differ only where the format cannot know; each such place is named here.
"""

from __future__ import annotations

import re
from difflib import unified_diff
from pathlib import Path

import pytest
import trio

from tests.desktop_account import export_account
from tests.golden_vault import golden, texts
from tobs import verify_vault
from tobs.cli.demo import open_sample
from tobs.config import ExportConfig
from tobs.export import export
from tobs.imports import import_exports
from tobs.progress import Report
from tobs.telegram.client import open_telegram
from tobs.testing.sample import sample_account

# Why a line may be another one or be missing, and what it looks like then. "-" is the API's, "+" the export's.
ALLOWED: dict[str, str] = {
    "how many messages, digests and hidden marks": r"[-+](tg_messages: \d+|%% tobs:seal .*|)",
    "pins, views, forwards, comments and how a message came": (
        r"[-+]> \[!tg(\|out)?\] \*\*.*\*\* · \d\d:\d\d( · ✎ \d\d:\d\d)?( · (📌|⏳ 31 d|✨|✍ via @gif|via GIF|👤.*))*"
    ),
    "where a forward came from, beyond a name": r"[-+]> ↪ forwarded from \*\*.*",
    "views and comments below a post": r"[-+]> (👍|❤|😁|🔥|🎉).*",
    "pictures of custom emoji, and for what they stand in reactions": (
        r"-> .*!\[\[emoji_\d+\.webp\|.*|\+> (\*\*No clouds at all ☀️\*\* .*|◌ 1 · 🔥 1)"
    ),
    "the comments below a post": r"-> > (\[!quote\]- \d+ comments?|- \[\[Slow News comments messages#.*)",
    "quotes in answers": r"-> > (\[!quote\]|a lake at the end|Please read it)",
    "an empty line behind what is missing": r"[-+]>",
    "fact checks": r"-> > (\[!info\]- Fact check \(PT\)|There are nine bridges\.)",
    "previews of pages": (
        r"-> > (\[!tg-link\].*|✍ .*|They grow in the dark.*|Why the same grain.*|🔗 <https://example\.org/.*|!\[\[.*|📖.*)"
    ),
    "dice": r"-> [🎲🎯] \d|\+> \*\(empty\)\*",
    "how exact a place is, and what kind": r"[-+]> (📍|📡) .*",
    "whether a call had a picture": r"[-+]> \[!tg-service\] 21:13 · \*Maya Lindqvist: (video )?call \(1:15\)\*",
    "marks within marks": r"[-+]> All the marks: .*",
    "who ticked what": r"[-+]> > [☑☐] (Tent|Train tickets).*",
    "rules of polls, and pictures of answers": (
        r"[-+]> > (\[!question\] .*|- The keeper's lamp.*|- A warm wind.*)|-> 🖼 The keeper's lamp"
    ),
    "what a quiz explains": r"-> >( 💡 A \*\*dry.*)?",
    "what was bought": r"-> 🔒 ⭐ \d+ · \d paid files?: .*|\+> 🔒 ⭐ \d+ · paid files",
    "files of previews, covers, polls and purchases; the first message that has a file gives it its name": (
        r"[-+]> (!\[\[\d{8}-\d{6}_.*|🎬 sea\.mp4.*|📎 \[\[.*\|cover\]\].*)"
    ),
    "an album whose ids are not in a row": r"[-+](\^m30(46|50))",
    "the group that a supergroup was, and its id": (
        r"[-+]> \[!tg-service\] \d\d:\d\d · \*Th(e|is) group .*became .*supergroup.*\*"
        r"|[-+]tg_chat_id: -(4100200|1500100200)"
    ),
    "which topic was renamed or closed": (
        r"[-+]> \[!tg-service\] 2\d:4\d · \*.*(renamed|changed|closed).*|[-+](\^m5[34]|tg_to: .*|tg_last_id: .*)"
    ),
    "who allowed a bot to write": (
        r"[-+]participants: \[.*Weather Bot.*|[-+]> \[!tg-service\] 08:56 · \*.* allowed messages from the bot.*"
    ),
    "whether it was oneself who was removed, if the name is gone": (
        r"[-+]> \[!tg-service\] 20:53 · \*Deleted Account (left|removed Deleted Account)\*"
    ),
}
# A text with headings and tables: Telegram Desktop writes its id and no more.
RICH = re.compile(r"\n> \[!tg\] [^^]*\n\^m68\n")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    return export_account(sample_account(), tmp_path_factory.mktemp("desktop") / "DataExport_2026-11-24")


def config(vault: Path) -> ExportConfig:
    promote = ("pinned", "reaction:🙏")
    return ExportConfig(vault=vault, chats=("all",), timezone="Europe/Berlin", promote=promote)


async def read_api(vault: Path) -> Report:
    async with open_sample() as telegram, open_telegram(telegram) as source:
        return await export(source, config(vault))


def messages_only(found: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in found.items() if name.endswith(" messages.md")}


def without_rich(name: str, text: str) -> list[str]:
    return (re.sub(RICH, "\n", text) if "Kitchen" in name else text).splitlines()


def test_it_differs_only_where_the_format_cannot_know(exported, tmp_path):
    report = trio.run(import_exports, [exported], config(tmp_path))
    assert not report.failures
    api, desktop = messages_only(golden()), messages_only(texts(tmp_path))
    assert api.keys() == desktop.keys()
    allowed = {why: re.compile(pattern) for why, pattern in ALLOWED.items()}
    used, other = set(), []
    for name, text in api.items():
        lines = [*unified_diff(without_rich(name, text), without_rich(name, desktop[name]), lineterm="", n=0)][2:]
        for line in (line for line in lines if not line.startswith("@@")):
            why = [why for why, pattern in allowed.items() if pattern.fullmatch(line)]
            used.update(why)
            if not why:
                other.append(f"{name}: {line}")
    assert not other, "\n".join(other)
    assert used == allowed.keys(), "what no longer differs needs no leave to"
    checked = verify_vault(config(tmp_path))
    assert checked.clean, checked.findings


def test_the_api_completes_it_and_nothing_is_doubled(exported, tmp_path):
    """Whatever is read first, in the end the messages are as Telegram has them."""
    first, second, alone = tmp_path / "first", tmp_path / "second", tmp_path / "alone"
    trio.run(import_exports, [exported], config(first))
    trio.run(read_api, first)
    trio.run(read_api, second)
    trio.run(import_exports, [exported], config(second))
    trio.run(read_api, alone)
    assert messages_only(texts(second)) == messages_only(texts(alone))
    assert messages_only(texts(first)) == messages_only(texts(alone))
    for vault in (first, second):
        checked = verify_vault(config(vault))
        assert checked.clean, checked.findings
