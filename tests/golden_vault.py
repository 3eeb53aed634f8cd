"""The vault of the sample account as it should be, kept in tests/golden/ so that a change in notes is seen as a diff.

``make golden`` writes it anew.
"""

from __future__ import annotations

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

import trio

from tobs.cli.demo import open_sample
from tobs.config import ExportConfig, MediaConfig, PipelineConfig
from tobs.export import export
from tobs.progress import Report
from tobs.telegram.client import open_telegram

GOLDEN = Path(__file__).parent / "golden"
FILES = "files.txt"  # what is no text: its hash, size and path
_TEXTS = {".md", ".base", ".css"}


def export_sample(vault: Path, pipeline: PipelineConfig) -> Report:
    """Export the sample account from its server, with what is off by default and adds to notes switched on."""
    promote = ("pinned", "reaction:🙏")
    media = MediaConfig(custom_emoji=True)
    config = ExportConfig(
        vault=vault, chats=("all",), timezone="Europe/Berlin", promote=promote, media=media, pipeline=pipeline
    )

    async def work() -> Report:
        async with open_sample() as telegram, open_telegram(telegram) as source:
            return await export(source, config)

    return trio.run(work)


def texts(vault: Path) -> dict[str, str]:
    """Every note, base and style sheet by its path, and the list of the other files."""
    found: dict[str, str] = {}
    files = []
    for path in sorted(path for path in vault.rglob("*") if path.is_file()):
        name, data = path.relative_to(vault).as_posix(), path.read_bytes()
        if path.suffix in _TEXTS and "/attachments/" not in name:
            found[name] = data.decode("utf-8")
        elif not name.startswith(".tobs/"):
            files.append(f"{sha256(data).hexdigest()} {len(data):>8} {name}\n")
    return {**found, FILES: "".join(files)}


def golden() -> dict[str, str]:
    """What tests/golden/ holds."""
    paths = sorted(path for path in GOLDEN.rglob("*") if path.is_file())
    return {path.relative_to(GOLDEN).as_posix(): path.read_bytes().decode("utf-8") for path in paths}


def write_golden(wanted: dict[str, str]) -> None:
    """Make tests/golden/ hold just these texts."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, text in wanted.items():
        path = GOLDEN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        export_sample(Path(folder), PipelineConfig())
        write_golden(texts(Path(folder)))
