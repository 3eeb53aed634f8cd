"""What the loopback server says by itself, and how a client catches up: heard by Telethon's own updates."""

from typing import Any

import attrs
import trio
from telethon.tl import functions, types
from telethon.tl.core import RpcResult

from tests.loopback import ME, PHONE, add_channel, open_loopback, small_account, text
from tests.mtproto_client import MtprotoClient
from tests.telethon_client import open_telethon
from tobs.testing.faults import Faults

CHANNEL_ID = 5001
COMMON = {"pts": 1, "date": None, "qts": 0}


@attrs.define(eq=False)
class Heard:
    """What a client was told, in order."""

    updates: list[Any] = attrs.field(factory=list)
    more: trio.Event = attrs.field(factory=trio.Event)

    async def hear(self, update: Any) -> None:
        self.updates.append(update)
        self.more.set()

    async def until(self, kind: type, count: int = 1) -> list[Any]:
        with trio.fail_after(10):
            while len(found := [each for each in self.updates if isinstance(each, kind)]) < count:
                self.more = trio.Event()
                await self.more.wait()
        return found


async def listening(telethon: Any) -> Heard:
    heard = Heard()
    telethon.client.add_event_handler(heard.hear)
    await telethon.sign_in(PHONE)
    return heard


async def test_a_client_hears_what_happens(tmp_path):
    account = small_account()
    channel = add_channel(account, CHANNEL_ID, "News", 2)
    async with open_loopback(account, tmp_path) as (server, _), open_telethon(server) as telethon:
        heard = await listening(telethon)
        account.add_message(7002, text(1))
        account.add_message(channel, text(3))
        account.edit(channel, 1, message="Corrected")
        account.delete(channel, 2)
        (new,) = await heard.until(types.UpdateNewChannelMessage)
        (edited,) = await heard.until(types.UpdateEditChannelMessage)
        (gone,) = await heard.until(types.UpdateDeleteChannelMessages)
        assert (new.message.id, new.message.message) == (3, "Message 3")
        assert (edited.message.id, edited.message.message, edited.pts) == (1, "Corrected", new.pts + 1)
        assert (gone.messages, gone.pts) == ([2], new.pts + 2)
        (private,) = await heard.until(types.UpdateShortMessage)
        assert (private.id, private.message, private.pts) == (1, "Message 1", 2)
        account.delete(7002, 1)
        assert (await heard.until(types.UpdateDeleteMessages))[0].messages == [1]


async def test_what_got_lost_is_in_the_difference(tmp_path):
    account = small_account()
    async with open_loopback(account, tmp_path) as (server, _), open_telethon(server) as telethon:
        heard = await listening(telethon)
        server.faults = Faults(lost={1, 2})
        for n in (1, 2, 3):
            account.add_message(7002, text(n))
        found = await heard.until(types.UpdateNewMessage, 3)
        assert sorted(update.message.id for update in found) == [1, 2, 3]


async def test_nobody_hears_who_did_not_ask(tmp_path):
    account = small_account()
    asked = functions.updates.GetStateRequest()
    async with open_loopback(account, tmp_path) as (server, _):
        deaf, hearing = MtprotoClient(server, ME), MtprotoClient(server, ME)
        async with deaf.connected(), hearing.connected():
            await deaf.send(functions.InvokeWithoutUpdatesRequest(asked))
            await deaf.receive(RpcResult)
            await hearing.send(asked)
            await hearing.receive(RpcResult)
            account.add_message(7002, text(1))
            await hearing.receive(types.UpdateShortMessage)
            await deaf.send(functions.PingRequest(1))
            assert isinstance(await deaf.receive(types.UpdateShortMessage | types.Pong), types.Pong)


async def test_a_difference_comes_in_slices_and_may_be_too_long(tmp_path):
    account = small_account()
    channel = add_channel(account, CHANNEL_ID, "News")
    async with open_loopback(account, tmp_path) as (server, _), open_telethon(server) as telethon:
        await telethon.sign_in(PHONE)
        begin = await telethon(functions.updates.GetStateRequest())
        for n in range(1, 151):
            account.add_message(7002, text(n))
            account.add_message(channel, text(n))
        account.delete(7002, 7)
        account.edit(7002, 8, message="Corrected")
        ask = functions.updates.GetDifferenceRequest
        first = await telethon(ask(begin.pts, begin.date, 0))
        assert isinstance(first, types.updates.DifferenceSlice)
        ids = [message.id for message in first.new_messages]
        assert ids == [n for n in range(1, 101) if n != 7]
        second = await telethon(ask(first.intermediate_state.pts, begin.date, 0))
        assert [message.id for message in second.new_messages] == list(range(101, 151))
        gone, edited, too_long = second.other_updates
        assert (gone.messages, edited.message.message, edited.pts) == ([7], "Corrected", second.state.pts)
        assert (too_long.channel_id, too_long.pts) == (CHANNEL_ID, 151)
        assert second.state.pts == begin.pts + 152

        address = types.InputChannel(CHANNEL_ID, channel.access_hash)
        ask_channel = functions.updates.GetChannelDifferenceRequest
        part = await telethon(ask_channel(address, types.ChannelMessagesFilterEmpty(), 1, 100))
        assert (len(part.new_messages), part.pts, bool(part.final)) == (100, 101, False)
        account.events.boxes[account.key_of(channel)].forget()
        account.events.boxes[0].forget()
        assert isinstance(
            await telethon(ask_channel(address, types.ChannelMessagesFilterEmpty(), 1, 100)),
            types.updates.ChannelDifferenceTooLong,
        )
        assert isinstance(await telethon(ask(begin.pts, begin.date, 0)), types.updates.DifferenceTooLong)
