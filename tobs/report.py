"""What remains of a run: its report, made from its progress (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tobs.progress import ChatProgress, ChatReport, Failure, Progress, Report, StageReport


def make_report(
    progress: Progress,
    failures: Sequence[Failure],
    notices: Sequence[str],
    *,
    seconds: float,
    interrupted: bool,
    peak_memory: int = 0,
) -> Report:
    """The report of a run that took `seconds`."""
    return Report(
        chats=tuple(chat_report(chat) for chat in progress.chats.values()),
        failures=tuple(failures),
        notices=tuple(notices),
        stages=tuple(stage_reports(progress)),
        seconds=seconds,
        flood_waits=progress.flood_waits,
        flood_seconds=progress.flood_seconds,
        interrupted=interrupted,
        started_at=progress.started_at,
        media_bytes=progress.media_bytes,
        peak_memory=peak_memory,
        throughput_seconds=progress.throughput.width,
        throughput=tuple(progress.throughput.counts),
        pictures=progress.pictures.done,
        pictures_failed=progress.pictures.failed,
    )


def chat_report(chat: ChatProgress) -> ChatReport:
    """What became of one chat."""
    return ChatReport(
        chat.id,
        chat.title,
        chat.messages,
        chat.known,
        chat.edited,
        chat.deleted,
        chat.media,
        chat.media_skipped,
        chat.media_failed,
        chat.notes,
        chat.phase == "done",
        chat.updated,
        chat.restored,
        chat.checked,
    )


def stage_reports(progress: Progress) -> Iterator[StageReport]:
    """Where the time went: the stages of the messages, the notes, and the files."""
    stages = progress.stages
    counts = (
        ("fetch", stages.fetch),
        ("process", stages.process),
        ("write", stages.write),
        ("publish", stages.publish),
        ("files", progress.file_stages.process),
    )
    for name, count in counts:
        yield StageReport(name, count.items, count.seconds, count.queue_peak)
