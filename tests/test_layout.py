from collections.abc import Sequence
from datetime import datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs.archive.rows import Note, Outline
from tobs.source import Span
from tobs.vault.chatplan import StreamPlan, plan_stream, to_write
from tobs.vault.layout import (
    NOTE_BYTES,
    NOTE_MESSAGES,
    Activity,
    FixedLayout,
    PlannedNote,
    activity,
    choose_layout,
    plan_notes,
    planned_as,
)
from tobs.vault.streams import Stream

BERLIN = ZoneInfo("Europe/Berlin")
START = 1_714_720_000  # 2024-05-03 09:06 in Berlin
CATS = Stream(5, "Telegram/Chats/Cats", "Cats")
DOGS = Stream(6, "Telegram/Chats/Dogs", "Dogs")
LAYOUTS: tuple[FixedLayout, ...] = ("single", "day", "week", "month", "year", "post", "message")


@st.composite
def histories(draw: st.DrawFn) -> list[Outline]:
    """Messages with gaps in their ids, dates that sometimes go back, albums and heavy ones."""
    found, number, when = [], 0, START
    for _ in range(draw(st.integers(0, 60))):
        number += draw(st.integers(1, 3))
        when += draw(st.sampled_from([1, 60, 40_000, 86_400 * 20, -30, 86_400 * 200]))
        group = draw(st.sampled_from([0, 0, 7, 8]))
        found.append(Outline(number, when, group, draw(st.sampled_from([100, 3_000, 90_000, 300_000]))))
    return found


def plan(
    outlines: list[Outline], layout: FixedLayout = "day", kept: list[PlannedNote] | None = None
) -> list[PlannedNote]:
    return list(plan_notes(outlines, CATS, layout, BERLIN, title, kept or []))


def title(unit: Sequence[Outline]) -> str:
    return f"Hello: {unit[0].weight}"


def plan_again(
    outlines: list[Outline], standing: list[Note], changed: list[Span], layout: FixedLayout = "day"
) -> StreamPlan:
    return plan_stream(CATS, lambda low: [o for o in outlines if o.id >= low], title, standing, changed, layout, BERLIN)


def stored(planned: PlannedNote) -> Note:
    return Note(
        planned.path,
        "period",
        5,
        planned.first_id,
        planned.last_id,
        planned.messages,
        planned.first_date,
        planned.last_date,
        digest="written",
    )


def minutes(count: int, every: int = 60) -> list[Outline]:
    return [Outline(n, START + every * n, 0, 200) for n in range(1, count + 1)]


@given(histories(), st.sampled_from(LAYOUTS))
def test_every_message_is_in_exactly_one_note(outlines: list[Outline], layout: FixedLayout) -> None:
    notes = plan(outlines, layout)
    assert sum(note.messages for note in notes) == len(outlines)
    assert len({note.path for note in notes}) == len(notes)
    for note in notes:
        inside = [outline for outline in outlines if note.first_id <= outline.id <= note.last_id]
        assert len(inside) == note.messages
        assert len(inside) <= NOTE_MESSAGES
        one_unit = len({outline.grouped_id or outline.id for outline in inside}) == 1
        assert one_unit or sum(outline.weight for outline in inside) <= NOTE_BYTES
        if layout == "day" and inside[0].grouped_id == 0:
            assert f"{datetime.fromtimestamp(inside[0].date, BERLIN):%Y-%m-%d}" == note.period


@given(histories(), st.sampled_from(LAYOUTS))
def test_an_album_is_never_split(outlines: list[Outline], layout: FixedLayout) -> None:
    where = {
        o.id: note.path for note in plan(outlines, layout) for o in outlines if note.first_id <= o.id <= note.last_id
    }
    for one, two in pairwise(outlines):
        if one.grouped_id and one.grouped_id == two.grouped_id:
            assert where[one.id] == where[two.id]


@given(histories(), st.sampled_from(LAYOUTS), st.data())
def test_planning_again_from_the_first_change_gives_the_whole_plan(
    outlines: list[Outline], layout: FixedLayout, data: st.DataObject
) -> None:
    missing = data.draw(st.sets(st.sampled_from(outlines), max_size=5)) if outlines else set()
    standing = [stored(note) for note in plan([outline for outline in outlines if outline not in missing], layout)]
    changed = [(outline.id, outline.id) for outline in missing]
    whole = plan(outlines, layout)
    again = plan_again(outlines, standing, changed, layout)
    assert again.notes == whole
    paths = {note.path: stored(note) for note in whole}
    written = {note.path for note in to_write([again], changed, [])[0]}
    assert {note.path for note in again.gone} == {note.path for note in standing} - set(paths)
    assert {path for path, note in paths.items() if note not in standing} <= written
    assert {
        note.path for note in whole if any(o.id in range(note.first_id, note.last_id + 1) for o in missing)
    } <= written


def test_notes_of_another_layout_or_zone_are_planned_anew() -> None:
    notes = [stored(note) for note in plan(minutes(1000))]
    assert planned_as(notes, CATS, "day", BERLIN) == plan(minutes(1000))
    assert planned_as(notes, CATS, "month", BERLIN) is None
    assert planned_as(notes, DOGS, "day", BERLIN) is None


def test_a_reply_to_a_changed_message_is_written_again() -> None:
    standing = [stored(note) for note in plan(minutes(1200))]
    again = plan_again(minutes(1200), standing, [(3, 3)])
    (write,) = to_write([again], [(3, 3)], [(standing[2].path, 2, 900)])
    assert [note.path for note in write] == [standing[0].path, standing[2].path]


@pytest.mark.parametrize(
    ("layout", "paths"),
    [
        ("single", ["Cats messages.md", "Cats messages (2).md"]),
        ("day", ["2024/Cats 2024-05-03.md", "2024/Cats 2024-05-03 (2).md", "2024/Cats 2024-05-04.md"]),
        ("week", ["2024/Cats 2024-W18.md", "2024/Cats 2024-W18 (2).md"]),
        ("month", ["2024/Cats 2024-05.md", "2024/Cats 2024-05 (2).md"]),
        ("year", ["2024/Cats 2024.md", "2024/Cats 2024 (2).md"]),
    ],
)
def test_names_of_notes(layout: FixedLayout, paths: list[str]) -> None:
    assert [note.path for note in plan(minutes(1000), layout)] == [f"Telegram/Chats/Cats/{path}" for path in paths]


def test_the_first_days_of_january_are_in_the_year_of_their_iso_week() -> None:
    new_year = int(datetime(2023, 1, 1, 12, tzinfo=BERLIN).timestamp())
    assert plan([Outline(1, new_year, 0, 1)], "week")[0].path == "Telegram/Chats/Cats/2022/Cats 2022-W52.md"


@pytest.mark.parametrize(
    ("messages", "days", "layout"),
    [(299, 1, "single"), (300, 10, "day"), (300, 11, "month"), (60_000, 2_000, "day"), (90_000, 2_001, "month")],
)
def test_auto(messages: int, days: int, layout: str) -> None:
    assert choose_layout("group", Activity(messages, days), "auto") == layout
    assert choose_layout("channel", Activity(messages, days), "week") == "week"


def test_a_channel_of_few_posts_gets_a_note_a_post() -> None:
    layouts = [choose_layout("channel", Activity(count, 100), "auto") for count in (299, 300, 2_000, 2_001)]
    assert layouts == ["single", "post", "post", "month"]


def test_names_of_notes_of_single_messages() -> None:
    few = [Outline(1, START, 0, 7), Outline(2, START, 9, 8), Outline(3, START, 9, 8)]
    assert [note.path for note in plan(few, "post")] == [
        "Telegram/Chats/Cats/2024/Hello 7 › Cats 1.md",
        "Telegram/Chats/Cats/2024/Hello 8 › Cats 2.md",
    ]
    assert [note.path for note in plan(few, "message")] == [
        "Telegram/Chats/Cats/2024/2024-05/Cats › 2024-05-03 0906 1.md",
        "Telegram/Chats/Cats/2024/2024-05/Cats › 2024-05-03 0906 2.md",
    ]


def test_activity_counts_local_days() -> None:
    assert activity([o.date for o in minutes(1000)], BERLIN) == Activity(1000, 2)


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia"]),
)
def test_the_period_is_the_local_one(when: int, name: str) -> None:
    zone = ZoneInfo(name)
    note = next(plan_notes([Outline(1, when, 0, 1)], CATS, "day", zone, title))
    assert note.period == f"{datetime.fromtimestamp(when, zone):%Y-%m-%d}"


def test_planning_reads_no_further_than_the_note_it_gives() -> None:
    stream = (Outline(n, START + 60 * n, 0, 200) for n in range(1, 200_001))
    first = list(islice(plan_notes(stream, CATS, "month", BERLIN, title), 3))
    assert first[0].messages == NOTE_MESSAGES
    assert next(stream).id <= 4 * NOTE_MESSAGES  # nothing was read ahead
