"""Notes of a chat whose pages still come: early, and in the end as if they had been written behind the last one."""

from datetime import timedelta
from functools import partial

import attrs
import pytest
import trio
from telethon.tl import types

from tests.loopback import EPOCH, ME, add_channel, open_loopback, small_account, text
from tests.snapshots import assert_same
from tobs.config import ExportConfig, PipelineConfig
from tobs.export import export
from tobs.progress import Progress
from tobs.telegram.client import open_telegram
from tobs.testing.account import Topic
from tobs.testing.faults import Bucket, Faults
from tobs.verify.verification import verify_vault

COUNT = 9000
CROWD, NEWS = -1000000000500, -1000000000501
SLOW = Faults(floods=(Bucket("messages.getHistory", 60, 4),))  # what leaves time for notes


def steady(n):
    """Forty messages a day."""
    return EPOCH + timedelta(days=n // 40)


def calming_down(n):
    """A hundred messages a day, and later on two: notes a day are right only at the beginning."""
    return EPOCH + timedelta(days=n // 100 if n < 4000 else 40 + (n - 4000) // 2)


def in_topics(n):
    """What says that message n is in one of three topics, General among them."""
    return {"reply_to": types.MessageReplyHeader(reply_to_msg_id=1 + n % 3, forum_topic=True)} if n % 3 else {}


def account(date, fields=lambda n: {}):
    made = small_account()
    forum = bool(fields(1))
    group = add_channel(made, 500, "Crowd", broadcast=False, megagroup=True, forum=forum or None, username="crowd")
    if forum:
        made.topics[made.key_of(group)] = {n: Topic(n, f"Topic {n}", EPOCH, ME) for n in (1, 2, 3)}
    for n in range(1, COUNT + 1):
        made.add_message(group, text(n, message_id=n, date=date(n), **fields(n)))
    return made


CHATS = {
    "steady": partial(account, steady),
    "calming down": partial(account, calming_down),
    "topics": partial(account, steady, in_topics),
}


async def written(progress: Progress, chat_id: int) -> None:
    """Returns when notes of a chat stand."""
    while chat_id not in progress.chats or not progress.chats[chat_id].notes:  # noqa: ASYNC110 - as a bar looks at it
        await trio.sleep(0.01)


@pytest.mark.parametrize("stopped", [False, True], ids=["to the end", "stopped half-way"])
@pytest.mark.parametrize("chat", CHATS)
async def test_notes_are_written_while_pages_come(tmp_path, chat, stopped):
    config = ExportConfig(vault=tmp_path / "vault", chats=("@crowd",), timezone="UTC")
    calm = attrs.evolve(config, vault=tmp_path / "calm", pipeline=PipelineConfig(enabled=False))
    async with open_loopback(CHATS[chat](), tmp_path, faults=SLOW) as (server, telegram):
        async with open_telegram(telegram) as source:
            async with trio.open_nursery() as nursery:
                progress = await nursery.start(export, source, config)
                await written(progress, CROWD)
                assert 2000 < progress.messages < COUNT
                if stopped:
                    nursery.cancel_scope.cancel()
            server.faults = Faults()
            report = await export(source, config)
            assert report.messages == (COUNT - progress.messages)
            await export(source, calm)
    assert_same(config.vault, calm.vault)
    assert verify_vault(config).clean


async def test_a_chat_that_is_read_does_not_hold_up_one_that_has_been(tmp_path):
    made = account(steady)
    add_channel(made, 501, "News", 600, username="thenews")
    config = ExportConfig(vault=tmp_path / "vault", chats=("@crowd", "@thenews"), timezone="UTC")
    async with open_loopback(made, tmp_path, faults=SLOW) as (_server, telegram), open_telegram(telegram) as source:
        async with trio.open_nursery() as nursery:
            progress = await nursery.start(export, source, config)
            await written(progress, NEWS)
            assert progress.chats[CROWD].messages < COUNT
