"""A server that counts requests, simulated: it answers at once in real time, however long that takes in its own."""

from __future__ import annotations

import heapq
import math
import random

import attrs

from tobs.pacing import Pace, Sent
from tobs.testing.faults import Bucket, FaultRun, Faults
from tobs.testing.rpc import RpcError


@attrs.frozen
class Course:
    """What became of a run: its seconds, when its pauses began, how many were refused, and when requests left."""

    seconds: float
    pauses: list[float]
    refused: int
    sent: list[float]


@attrs.frozen
class Load:
    """A busy computer: each answer keeps it up to twice `work` seconds, and one in fifty another `stall` seconds.

    Nobody asks or hears meanwhile.
    """

    work: float = 0.0
    stall: float = 0.0

    def seconds(self, chance: random.Random) -> float:
        return chance.uniform(0, 2 * self.work) + self.stall * (chance.random() < 0.02)


IDLE = Load()


def simulate(
    pace: Pace, bucket: Bucket, requests: int, *, rtt: float = 0.05, seed: int = 0, load: Load = IDLE
) -> Course:
    """Ask for so many answers as fast as `pace` allows. Answers take up to a quarter longer than `rtt`."""
    chance, work, server = random.Random(seed), random.Random(seed), FaultRun(Faults(floods=(bucket,)))
    now, wanted, done = 0.0, requests, 0
    coming: list[tuple[float, int, Sent, int]] = []
    course = Course(0, [], 0, [])
    while done < requests:
        due = pace.due() if wanted else math.inf
        if due <= now:
            sent = pace.send(now)
            course.sent.append(now)
            wanted -= 1
            heapq.heappush(
                coming, (now + rtt * chance.uniform(1, 1.25), sent.number, sent, _ask(server, bucket.method, now))
            )
        elif coming and coming[0][0] <= due:
            at, _number, sent, wait = heapq.heappop(coming)
            now = max(now, at) + load.seconds(work)
            wanted += wait > 0
            done += not wait
            if not wait:
                pace.answered(sent, now)
            elif pace.refused(sent, now, wait):
                course.pauses.append(now)
        else:
            now = due
    return attrs.evolve(course, seconds=now, refused=len(course.sent) - requests)


def _ask(server: FaultRun, method: str, now: float) -> int:
    try:
        server.check(method, 1, now)
    except RpcError as error:
        return int(error.message.rpartition("_")[2])
    return 0
