"""Sequences of updates: in whatever order and however often they come, and whatever is lost, all is told once."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tobs.live import Mark
from tobs.telegram.boxes import APART_SECONDS, BEHIND_SECONDS, COMMON, GAP_SECONDS, Box, Boxes

LENGTHS = st.lists(st.integers(1, 3), min_size=1, max_size=30)


def updates(lengths: list[int], start: int = 10) -> list[tuple[int, int]]:
    """A sequence of (pts, pts_count) from `start` on."""
    found, pts = [], start
    for length in lengths:
        pts += length
        found.append((pts, length))
    return found


@given(LENGTHS, st.data())
def test_everything_is_known_once(lengths, data):
    sent = updates(lengths)
    heard = data.draw(st.lists(st.sampled_from(sent), max_size=60))  # some often, some never, in any order
    box, known, now, answer, said = Box(COMMON, 10), [], 0.0, [], 0
    for each in heard:
        said = max(said, sent.index(each) + 1)
        now += data.draw(st.sampled_from((0.0, 0.3, 2.0)))
        if box.admits(*each, now):
            known.append(each)
        if box.asking and data.draw(st.booleans()):
            known += answer
            box.told(answer[-1][0] if answer else box.pts)
            box.end(now)
        elif not box.asking and box.due <= now:
            box.begin(now)
            so_far = data.draw(st.integers(0, len(sent)))
            newest = max(said, so_far)  # the server knows at least what it said
            answer = [one for one in sent[:newest] if one[0] > box.pts]
    if box.asking:
        known += answer
        box.told(answer[-1][0] if answer else box.pts)
        box.end(now)
    if box.due < math.inf:
        known += [one for one in sent if one[0] > box.pts]
    newest = max((each[0] for each in heard), default=0)
    assert known == sent[: len(known)]
    assert not heard or known[-1][0] >= newest


def test_what_is_missing_may_just_be_late():
    box = Box(COMMON, 10)
    assert not box.admits(12, 1, now=5.0)
    assert box.due == 5.0 + GAP_SECONDS
    assert box.admits(11, 1, now=5.1)


def test_a_busy_box_is_asked_about_once_a_second():
    box = Box(COMMON, 10)
    box.miss(5.0)
    box.begin(5.5)
    box.told(20)
    box.end(5.6)
    assert box.due == math.inf
    box.miss(5.7, 21)
    assert box.due == 5.5 + APART_SECONDS


def test_what_was_heard_while_asking_is_asked_again_unless_it_was_in_the_answer():
    for answered, due in ((30, math.inf), (29, 6.0 + GAP_SECONDS)):
        box = Box(COMMON, 10)
        box.miss(1.0)
        box.begin(5.0)
        assert not box.admits(30, 20, now=5.1)
        box.told(answered)
        box.end(6.0)
        assert box.due == due


def test_an_answer_that_is_behind_is_asked_for_once_more():
    box = Box(COMMON, 10)
    assert not box.admits(12, 1, now=1.0)
    for due in (6.0 + BEHIND_SECONDS, math.inf):
        box.begin(5.5)
        box.told(11)
        box.end(6.0)
        assert box.due == due


def test_a_lost_container_is_noticed_by_its_number():
    boxes = Boxes()
    boxes.follow(Mark(COMMON, 10, seq=7))
    boxes.count(8, 8, now=1.0)
    assert boxes.due == math.inf
    boxes.count(0, 0, now=2.0)  # not counted
    boxes.count(10, 10, now=3.0)
    assert boxes.due == 3.0 + GAP_SECONDS
    assert [box.id for box in boxes.take_due(4.0)] == [COMMON]
    assert boxes.due == math.inf
