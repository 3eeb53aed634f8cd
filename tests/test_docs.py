"""Pages for people say what the program says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tobs.archive.pace import Pace
from tobs.cli.jsonlines import _chat, _progress, report_dict
from tobs.cli.plan import as_dict as plan_dict
from tobs.cli.pulse import health_dict
from tobs.cli.verify import as_dict as verified_dict
from tobs.doctor import Check
from tobs.exporting import finished
from tobs.health import Health
from tobs.plan import ChatPlan, ExportPlan
from tobs.planpictures import PicturePlan
from tobs.progress import ChatProgress, Failure, Progress
from tobs.render import Rendered
from tobs.shutdown import Shutdown
from tobs.transfers import LARGE, FileTransfer
from tobs.verify.findings import Finding, Group, Kind
from tobs.verify.verification import Verification

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = "\n".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text()) for path in sorted((ROOT / "tobs").rglob("*.py")))
QUOTED = re.findall(r"\*\*“([^”]+)”\*\*", (ROOT / "docs" / "troubleshooting.md").read_text())


async def test_each_key_of_json_is_told():
    chat = ChatPlan(1, "group", "Cats", 0, 0, {}, {}, 0, 0, 0.0)
    plan = ExportPlan((chat,), (Failure("x", "y"),), Pace(1, 1), False, (PicturePlan("emoji", 1, 1),))
    progress = Progress(chats={1: ChatProgress(1, "Cats")})
    progress.transfers.under_way[1] = FileTransfer("a.mp4", "Cats", LARGE)
    report = finished(progress, [Failure("x", "y")], [], Shutdown())
    run = {**report_dict(report, ROOT), "command": "export", "error": "", "ended": True}
    group = Group(Kind.DAMAGED, 1, 1, (Finding(Kind.DAMAGED, "text"),))
    verified = verified_dict(Verification(0, 0, 0, 0, (group,)), ROOT, str)
    rendered, check = attrs.asdict(Rendered(0, 0, ())), attrs.asdict(Check("what", "ok", "finding"))
    said = [_chat(progress.chats[1]), _progress(progress), run, plan_dict(plan), verified, rendered, check]
    told = {page: re.findall(r"`(\w+)`", (ROOT / "docs" / page).read_text()) for page in ("json.md", "unattended.md")}
    assert {key for value in said for key in keys(value)} <= {*told["json.md"]}
    assert set(keys(health_dict(Health()))) - {"time", "event"} <= {*told["unattended.md"]}


def keys(value: object) -> Iterator[str]:
    """Those of an object and of all in it."""
    if isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for each in inner:
        yield from keys(each)


@pytest.mark.parametrize("sentence", QUOTED)
def test_what_troubleshooting_quotes_is_said(sentence):
    assert sentence in SOURCES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!<|https?://)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
