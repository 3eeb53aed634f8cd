"""Which connection a request takes: rules that hold whatever the connections are like."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from tobs.telegram.partfile import PART
from tobs.telegram.ranking import DEPTH, QUEUED, Load, Measure, Seat, rank

seats = st.lists(
    st.builds(
        Seat,
        st.just(0),
        st.sampled_from([0.0, 0.0, 0.05, 1.5]),
        st.booleans(),
        st.integers(0, DEPTH),
        st.integers(0, QUEUED),
        st.floats(0.001, 2),
        st.floats(1e4, 1e8),
    ),
    min_size=1,
    max_size=6,
).map(lambda found: [attrs.evolve(seat, number=number) for number, seat in enumerate(found)])
loads = st.builds(Load, st.integers(0, PART), st.booleans())


@given(seats, loads, st.booleans())
def test_smart_takes_what_should_answer_first_of_what_has_room(seats, load, mixed):
    ranked = rank(seats, load, "smart", mixed=mixed)
    kept = {0} if mixed and load.bulk and len(seats) > 1 else set()
    best = [seat.answers_in(load) for seat in ranked if seat.number not in kept]
    assert best == sorted(best)
    assert all(seat.has_room(load) for seat in ranked)
    others = {seat.number for seat in seats if seat.has_room(load)} - kept
    assert {seat.number for seat in ranked} in (others, others | kept)
    if kept & {seat.number for seat in ranked}:
        assert all(seat.is_new for seat in seats[1:])
        assert ranked[-1].number == 0


@given(seats, loads, st.permutations(range(6)))
def test_the_order_in_which_connections_are_told_does_not_matter(seats, load, order):
    mixed_up = [seats[number] for number in order if number < len(seats)]
    for strategy in ("smart", "sticky", "round_robin"):
        assert rank(mixed_up, load, strategy, turn=7) == rank(seats, load, strategy, turn=7)


@given(seats, loads, st.integers(0, 1))
def test_an_open_connection_goes_before_one_that_would_have_to_be_opened(seats, load, new):
    alike = [attrs.evolve(seats[0], number=number, is_new=number == new, opens_in=number == new) for number in range(2)]
    assert [seat.number for seat in rank(alike, load, "smart")][:1] in ([], [1 - new])


@given(seats, loads, st.integers(0, 1000))
def test_sticky_is_always_the_same_and_round_robin_is_fair(seats, load, turn):
    assert rank(seats, load, "sticky", turn=turn) == seats[:1]
    turns = [rank(seats, load, "round_robin", turn=turn + n) for n in range(2 * len(seats))]
    assert sorted(seat.number for (seat,) in turns) == sorted([*range(len(seats))] * 2)


@given(seats, loads)
def test_no_connection_is_given_more_than_its_share(seats, load):
    for seat in seats:
        if seat.has_room(load) and seat.leases:
            assert seat.leases < DEPTH
            assert seat.queued + load.size <= QUEUED


@given(st.floats(0.001, 1), st.floats(1e5, 1e8), st.integers(2, 40))
def test_measuring_finds_round_trip_and_bandwidth(rtt, bandwidth, parts):
    measure = Measure()
    measure.answered(500, 0.0, rtt)
    for number in range(1, parts + 1):  # all asked for at once, and sent one behind the other
        measure.answered(PART, 10.0, 10 + rtt + number * PART / bandwidth)
    assert abs(measure.latency - rtt) < 1e-6
    assert abs(measure.rate / bandwidth - 1) < 0.01
