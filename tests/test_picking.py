"""Whose file is next: rules that hold however many wait and however slow a data centre is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import attrs
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.test_archive import CHAT, media, page, register
from tobs.archive.store import open_archive
from tobs.pending import PendingFiles
from tobs.picking import FIRST, SHARE, pick

centres = st.integers(1, 6)
counts = st.dictionaries(centres, st.integers(0, 12))
places = st.dictionaries(centres, st.tuples(st.integers(0, 3), st.booleans(), st.integers(-50, 50)))


@given(places, counts, counts, st.integers(1, 64), st.booleans())
def test_never_more_than_there_are_workers_and_an_idle_data_centre_goes_first(heads, under_way, came, workers, more):
    dc_id = pick(heads, under_way, came, workers, more=more)
    busy = sum(under_way.values())
    idle = [each for each in heads if not under_way.get(each)]
    if busy >= workers or not heads:
        assert dc_id is None
    elif idle:
        assert dc_id in idle
        assert heads[dc_id] == min(heads[each] for each in idle)
    elif dc_id is not None:
        most = SHARE * (workers - busy) if more else workers
        others = [each for each in heads if under_way[each] < min(most, FIRST + came.get(each, 0))]
        assert dc_id in others
        if more:
            assert heads[dc_id] == min(heads[each] for each in others)
        else:
            assert under_way[dc_id] == min(under_way[each] for each in others)


@given(st.integers(1, 64), st.booleans())
def test_alone_a_data_centre_has_all_workers_once_no_other_can_come(workers, more):
    under_way = Counter[int]()
    while (dc_id := pick({4: (0,)}, under_way, {4: workers}, workers, more=more)) is not None:
        under_way[dc_id] += 1
    assert 3 * workers / 4 <= under_way[4] <= workers
    assert (under_way[4] == workers) == (not more or workers < 4)


@given(st.integers(1, 5), st.integers(1, 64), st.integers(0, 200), st.booleans())
def test_those_that_do_not_answer_keep_few_workers_from_one_that_does(silent, workers, answers, more):
    """Data centres 1 … have files without end and finish none; those of the last one come one by one."""
    heads, last = {dc_id: (dc_id,) for dc_id in range(1, silent + 2)}, silent + 1
    under_way, came = Counter[int](), Counter[int]()
    for _ in range(answers + 1):
        while (dc_id := pick(heads, under_way, came, workers, more=more)) is not None:
            under_way[dc_id] += 1
        assert all(under_way[each] <= FIRST for each in range(1, last))
        if not under_way[last]:
            assert sum(under_way.values()) == workers <= silent * FIRST
            return
        under_way[last] -= 1
        came[last] += 1
    if not more and answers >= workers:
        assert under_way[last] + 1 >= workers - silent * FIRST


@given(st.permutations(range(1, 6)), st.integers(4, 64), st.lists(st.integers(0, 4), max_size=80), st.booleans())
def test_no_data_centre_waits_while_another_takes_a_second_file(order, workers, ends, more):
    """All have files without end, that of the first is never finished; those of others end in any order."""
    under_way, got, came = Counter[int](), Counter[int](), Counter[int]()
    heads = {dc_id: (number,) for number, dc_id in enumerate(order)}
    slow, ending = order[0], iter(ends)
    while True:
        while (dc_id := pick(heads, under_way, came, workers, more=more)) is not None:
            assert not under_way[dc_id] or all(under_way[each] for each in heads)
            under_way[dc_id] += 1
            got[dc_id] += 1
        assert under_way[slow] < workers or workers <= FIRST
        end = next(ending, None)
        if end is None:
            break
        if order[end] != slow and under_way[order[end]]:
            under_way[order[end]] -= 1
            came[order[end]] += 1
    assert workers < len(order) or all(got[each] for each in heads)


async def test_the_order_holds_within_a_data_centre_and_all_files_come_once(tmp_path: Path) -> None:
    count, workers = 60, 4
    rows = tuple(
        attrs.evolve(media(number), dc_id=1 + number % 3, size=number * 7 % 31, path=f"{number}.jpg")
        for number in range(1, count + 1)
    )
    for order in ("oldest", "newest", "smallest"):
        (folder := tmp_path / order).mkdir()
        with open_archive(folder) as archive:
            register(archive)
            archive.commit_page(attrs.evolve(page(archive, 1, count), media=rows))
            send, receive = trio.open_memory_channel[int](1)
            files = PendingFiles(archive, receive, order, workers=workers)
            with send:
                send.send_nowait(CHAT)
            found, under_way = [], []
            while (row := await files.next()) is not None:
                found.append(row)
                under_way.append(row)
                if len(under_way) > workers - 2:  # some are always under way, those of data centre 1 the longest
                    done = max(under_way, key=lambda each: each.dc_id)
                    under_way.remove(done)
                    archive.record_media(attrs.evolve(done, state="done"))
                    files.finish(done)
        key = {"oldest": lambda row: row.message_id, "newest": lambda row: -row.message_id}.get(
            order, lambda row: (row.size, row.message_id)
        )
        for dc_id in (1, 2, 3):
            mine = [row for row in found if row.dc_id == dc_id]
            assert mine == sorted(mine, key=key)
        assert len({row.message_id for row in found}) == len(found) == count


async def test_a_chat_that_comes_while_others_hold_their_share_is_begun_at_once(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        rows = tuple(attrs.evolve(media(number), dc_id=3, path=f"{number}.jpg") for number in range(1, 9))
        archive.commit_page(attrs.evolve(page(archive, 1, 8), media=rows))
        send, receive = trio.open_memory_channel[int](4)
        files = PendingFiles(archive, receive, workers=4)
        send.send_nowait(CHAT)
        assert [(await files.next()).message_id for _ in range(3)] == [1, 2, 3]  # type: ignore[union-attr]
        found = []

        async def take() -> None:
            found.append(await files.next())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            await trio.testing.wait_all_tasks_blocked()
            assert not found
            other = attrs.evolve(media(9), dc_id=5, path="9.jpg")
            archive.commit_page(attrs.evolve(page(archive, 9, 9), media=(other,)))
            send.send_nowait(CHAT)
        assert [row.dc_id for row in found] == [5]


async def test_the_last_data_centre_gets_all_workers(tmp_path: Path) -> None:
    with open_archive(tmp_path) as archive:
        register(archive)
        rows = tuple(attrs.evolve(media(number), dc_id=3, path=f"{number}.jpg") for number in range(1, 41))
        archive.commit_page(attrs.evolve(page(archive, 1, 40), media=rows))
        send, receive = trio.open_memory_channel[int](1)
        files = PendingFiles(archive, receive, workers=8)
        with send:
            send.send_nowait(CHAT)
        for count in (FIRST, 8):
            with trio.fail_after(5):
                taken = [await files.next() for _ in range(count)]
            with trio.move_on_after(0.01) as more:
                await files.next()
            assert more.cancelled_caught
            for row in taken:
                assert row is not None
                done = attrs.evolve(row, state="done")
                archive.record_media(done)
                files.finish(done)
