"""Files while everything goes wrong at once: each ends as it should be, or as a failure with a name."""

import os
import random

import pytest
import trio

from tests.test_router import SMALL, account_with_files, fetch_all, opened
from tobs.errors import FileUnavailable
from tobs.telegram.partfile import PART
from tobs.testing.faults import Damage, Drop, Fail, Faults
from tobs.testing.rsakeys import CDN

RUNS = int(os.environ.get("TOBS_STORMS", "3"))
FILES = [(2, 6 * PART), (3, 5 * PART + 1), (4, SMALL), (5, 3 * PART), *[(3, SMALL)] * 4, (4, 4 * PART)]


def weather(chance):
    """Connections that die, trouble inside, parts that are short. Telegram tells no hashes of files of one part."""
    return Faults(
        rtt=0.002,
        jitter=0.005,
        drop=Drop(chance.randint(4, 30), half_frame=chance.random() < 0.5, times=6),
        fails=(Fail("upload.getFile", {n for n in range(1, 200) if chance.random() < 0.03}),),
        damage=(Damage({n for n in range(1, 200) if chance.random() < 0.03}, "cut"),),
    )


def misplaced(account, wanted, chance):
    """Messages name the wrong data centre for some files, and some come from a content delivery network."""
    for each in chance.sample(wanted, 3):
        history = account.history(each.chat_id)
        history.get(each.message_id).media.document.dc_id = chance.choice([1, 2, 5])
    account.cdn.serves = {each.file_id: CDN for each in chance.sample(wanted, 2)}


async def wear_out(account, seconds):
    while True:
        await trio.sleep(seconds)
        account.files.expire()


@pytest.mark.parametrize("seed", range(RUNS))
async def test_files_come_right_through_anything(tmp_path, seed):
    chance = random.Random(seed)
    account, wanted = account_with_files(*FILES)
    misplaced(account, wanted, chance)
    async with opened(tmp_path, account, cdns=1) as (server, source):
        server.faults = weather(chance)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wear_out, account, 1.0)
            with trio.fail_after(90):
                await fetch_all(source, wanted, tmp_path)
            nursery.cancel_scope.cancel()


async def test_another_size_than_told_is_a_failure_with_a_name_meanwhile(tmp_path):
    account, wanted = account_with_files((3, 4 * PART), (3, SMALL))
    for each in wanted:
        account.history(each.chat_id).get(each.message_id).media.document.size += 1
    async with opened(tmp_path, account) as (server, source):
        server.faults = Faults(drop=Drop(8, times=3))
        for each in wanted:
            longer = type(each)(each.chat_id, each.message_id, each.file_id, each.dc_id, each.size + 1)
            with pytest.raises(FileUnavailable, match="bytes"):
                await source.fetch_file(longer, tmp_path / "part")
