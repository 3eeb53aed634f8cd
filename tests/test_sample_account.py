"""The sample account, read over real MTProto and checked against the server's own list."""

from itertools import pairwise

import attrs
import pytest
import trio
from telethon.tl import types

from tests.loopback import open_loopback
from tests.test_convert import there_and_back, wire
from tobs.model import Chat
from tobs.raw import decode_message
from tobs.source import Wanted
from tobs.telegram.client import open_telegram
from tobs.telegram.convert import decode
from tobs.testing.auth import Login
from tobs.testing.faults import Faults
from tobs.testing.sample import sample_account


def everything(history):
    return history.slice(0, len(history))


def test_every_message_comes_back():
    account = sample_account()
    messages = [message for history in account.histories.values() for message in everything(history)]
    assert len(messages) > 100
    for message in messages:
        read = wire(message)
        assert bytes(there_and_back(read)) == bytes(read)


@pytest.fixture
async def sample(tmp_path):
    account = sample_account((2, 1))
    login = Login(account.phone, account.me.id, user=account.me)
    async with open_loopback(account, tmp_path, login=login) as (server, config), open_telegram(config) as source:
        yield account, server, source


async def pages_of(source, chat):
    pages = []
    async with source.open_history(chat, []) as history:
        while page := await history.next_page():
            pages.append(page)
    return pages


async def test_every_chat_is_found_and_read_whole(sample):
    account, _server, source = sample
    chats = await source.find_chats(["all"])
    assert all(isinstance(chat, Chat) for chat in chats)
    read = {}
    for chat in chats:
        pages = await pages_of(source, chat)
        assert all(second.low == first.high + 1 for first, second in pairwise(pages))
        read[chat.id] = [message.id for page in pages for message in page.messages]
    assert {key: [m.id for m in everything(h)] for key, h in account.histories.items() if len(h)} == {
        key: ids for key, ids in read.items() if ids
    }


async def test_every_sender_is_among_the_peers(sample):
    _account, _server, source = sample
    for chat in await source.find_chats(["all"]):
        known = {source.account.id, chat.id}
        for page in await pages_of(source, chat):
            known |= {peer.id for peer in page.peers}
            assert all(peer.name for peer in page.peers)
            for item in page.messages:
                assert decode_message(item.raw, chat, source.account.id).sender_id in known
                assert decode(item.raw).id == item.id


async def test_every_file_arrives_as_it_is(sample, tmp_path):
    account, _server, source = sample
    fetched = 0
    for chat in await source.find_chats(["all"]):
        for page in await pages_of(source, chat):
            for item in page.messages:
                for file in (each.file for each in decode_message(item.raw, chat, source.account.id).files):
                    part = tmp_path / f"{chat.id}_{item.id}_{file.id}_{file.thumb}"
                    await source.fetch_file(Wanted(chat.id, item.id, file.id, file.dc_id, file.size, file.thumb), part)
                    content = account.files.get(file.id).parts[file.thumb]
                    assert part.read_bytes() == content.read(0, content.size)
                    fetched += 1
    assert fetched > 20


async def test_forum_topics_and_details_are_told(sample):
    account, _server, source = sample
    chats = {chat.id: chat for chat in await source.find_chats(["all"])}
    for key, topics in account.topics.items():
        assert {topic.id: topic.title for topic in chats[key].topics} == {t.id: t.title for t in topics.values()}
        assert chats[key].kind == "forum"
    assert any(chat.migrated_from for chat in chats.values())
    assert any(chat.linked_chat for chat in chats.values())
    assert any(chat.kind == "saved" for chat in chats.values())


async def test_topics_have_their_icons(sample):
    account, _server, source = sample
    ((key, topics),) = account.topics.items()
    chosen = next(number for number in topics if number != 1)
    document, found = next(iter(account.custom_emoji.items()))
    topics[chosen] = attrs.evolve(topics[chosen], icon_emoji_id=document)
    chat = next(chat for chat in await source.find_chats(["all"]) if chat.id == key)
    icons = {topic.id: topic.icon for topic in chat.topics}
    alts = [part.alt for part in found.attributes if isinstance(part, types.DocumentAttributeCustomEmoji)]
    assert [icons.pop(chosen)] == alts
    assert icons.pop(1) == ""
    assert set(icons.values()) <= {"🔵", "🟡", "🟣", "🟢", "🌸", "🔴"}
    assert len(icons) > 1


async def test_custom_emoji_of_reactions_are_named_once(sample):
    account, _server, source = sample
    alts = {
        number: part.alt
        for number, document in account.custom_emoji.items()
        for part in document.attributes
        if isinstance(part, types.DocumentAttributeCustomEmoji)
    }
    found = []
    for chat in await source.find_chats(["all"]):
        for page in await pages_of(source, chat):
            messages = [decode_message(item.raw, chat, source.account.id) for item in page.messages]
            found += [reaction for message in messages for reaction in message.reactions if reaction.document_id]
    assert found
    assert all(reaction.emoji == alts[reaction.document_id] for reaction in found)


async def test_a_page_whose_emoji_are_being_asked_for_is_not_lost(sample):
    account, server, source = sample
    (chat,) = [chat for chat in await source.find_chats(["all"]) if chat.title.startswith("Sunday Hikers 🥾")]
    server.faults = Faults(rtt=0.05)
    ids = []
    async with source.open_history(chat, []) as history:
        for seconds in (0.06, 0.08, 5, 5):  # the first ones end while the emoji are being asked for
            with trio.move_on_after(seconds):
                while (page := await history.next_page()) is not None:
                    ids += [message.id for message in page.messages]
    assert ids == [message.id for message in everything(account.histories[chat.id])]


async def test_a_custom_emoji_that_is_gone_is_asked_for_once_and_stays_a_sign(sample):
    account, _server, source = sample
    account.custom_emoji.clear()
    (chat,) = [chat for chat in await source.find_chats(["all"]) if chat.title.startswith("Sunday Hikers 🥾")]
    pages = await pages_of(source, chat)
    messages = [decode_message(item.raw, chat, source.account.id) for page in pages for item in page.messages]
    assert {reaction.emoji for message in messages for reaction in message.reactions if reaction.document_id} == {""}
