"""Names that mean several chats, and invite links: over real MTProto on loopback."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from telethon.tl import types

from tests.loopback import EPOCH, ME, add_channel, open_loopback, small_account, text
from tobs.config import ExportConfig
from tobs.export import export
from tobs.source import FailedChat
from tobs.telegram.client import open_telegram
from tobs.telegram.dialogs import Listed
from tobs.telegram.folders import Membership

NEWS, CLUB, FORUM, OLD, BOB, BOT = -1000000000500, -1000000000501, -1000000000502, -77, 7002, 7003


def account_of_all_kinds():
    """One chat of each kind, Bob a contact, the basic group archived."""
    account = small_account()
    add_channel(account, 500, "News", 2, username="thenews")
    add_channel(account, 501, "Club", 2, broadcast=False, megagroup=True)
    forum = add_channel(account, 502, "Forum", broadcast=False, megagroup=True, forum=True)
    account.topics[FORUM] = {}
    account.add_message(forum, text(1))
    account.add_chat(types.Chat(77, "Old Friends", types.ChatPhotoEmpty(), 3, text(1).date, 1), members=[ME, BOB])
    account.add_message(OLD, text(1))
    account.dialogs[OLD].folder_id = 1
    account.users[BOB].contact = True
    account.add_user(types.User(BOT, access_hash=33, first_name="Botty", bot=True, bot_info_version=1))
    for user in (BOB, BOT, ME):
        account.add_message(user, text(3, from_id=None))
    return account


def add_folder(account, title, **fields):
    peers = {"pinned_peers": [], "include_peers": [], "exclude_peers": []}
    account.filters.append(
        types.DialogFilter(len(account.filters) + 2, types.TextWithEntities(title, []), **(peers | fields))
    )


async def found(source, *asked):
    """What is found: sorted ids, and the sentences of what failed."""
    chats = await source.find_chats(asked)
    failures = [chat.reason for chat in chats if isinstance(chat, FailedChat)]
    return sorted(chat.id for chat in chats if not isinstance(chat, FailedChat)), failures


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("type:channel", [NEWS]),
        ("type:group", [FORUM, CLUB, OLD]),
        ("type:supergroup", [FORUM, CLUB]),
        ("type:forum", [FORUM]),
        ("type: Private", [BOB]),
        ("type:bot", [BOT]),
        ("type:saved", [ME]),
        ("archived", [OLD]),
        ("all", [FORUM, CLUB, NEWS, OLD, ME, BOB, BOT]),
    ],
)
async def test_chats_by_kind(tmp_path, name, expected):
    async with open_loopback(account_of_all_kinds(), tmp_path) as (_server, config), open_telegram(config) as source:
        assert await found(source, name) == (expected, [])


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"broadcasts": True}, [NEWS]),
        ({"groups": True}, [FORUM, CLUB, OLD]),
        ({"groups": True, "exclude_archived": True}, [FORUM, CLUB]),
        ({"contacts": True}, [ME, BOB]),
        ({"non_contacts": True}, []),
        ({"bots": True}, [BOT]),
        ({"groups": True, "exclude_read": True}, [CLUB]),
        ({"groups": True, "exclude_peers": [types.InputPeerChannel(501, 501 * 7)]}, [FORUM, OLD]),
        ({"include_peers": [types.InputPeerChat(77)], "exclude_archived": True}, [OLD]),
        ({"pinned_peers": [types.InputPeerSelf()], "broadcasts": True}, [NEWS, ME]),
        # Somebody without a chat in the list, and a channel that is closed.
        ({"include_peers": [types.InputPeerUser(7009, 99)]}, [7009]),
    ],
)
async def test_a_folder_holds_what_its_rules_say(tmp_path, rules, expected):
    account = account_of_all_kinds()
    account.dialogs[CLUB].unread = 2
    account.add_user(types.User(7009, access_hash=99, first_name="Zoe"))
    account.history(7009)
    add_folder(account, "My Work", **rules)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        assert await found(source, "folder:my work") == (expected, [])


async def test_a_shared_folder_and_a_chat_in_it_that_is_closed(tmp_path):
    account = account_of_all_kinds()
    add_channel(account, 510, "Closed", 1)
    account.forbidden.add(-1000000000510)
    account.filters.append(
        types.DialogFilterChatlist(
            5,
            types.TextWithEntities("Shared", []),
            pinned_peers=[],
            include_peers=[types.InputPeerChannel(500, 3500), types.InputPeerChannel(510, 3570)],
        )
    )
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        ids, (reason,) = await found(source, "folder:Shared")
        assert ids == [NEWS]
        assert "may not read" in reason


async def test_folders_and_kinds_there_are_not(tmp_path):
    account = account_of_all_kinds()
    add_folder(account, "Work", groups=True)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        ids, reasons = await found(source, "folder:Play", "type:newspaper", "@thenews")
        assert ids == [NEWS]
        assert "'Play'" in reasons[0]
        assert "Work" in reasons[0]
        assert "channel" in reasons[1]


@pytest.mark.parametrize(("mentions", "shown"), [(0, False), (1, True)])
def test_a_muted_chat_is_shown_when_somebody_is_mentioned(mentions, shown):
    now = datetime(2024, 5, 3, tzinfo=UTC)
    settings = types.PeerNotifySettings(mute_until=now + timedelta(days=1))
    dialog = types.Dialog(types.PeerChat(77), 1, 1, 1, 1, mentions, 0, 0, settings)
    folder = types.DialogFilter(2, "Work", [], [], [], groups=True, exclude_muted=True)
    chat = types.Chat(77, "Old Friends", types.ChatPhotoEmpty(), 3, now, 1)
    assert Membership(folder, ME, now.timestamp()).shows(Listed(OLD, chat, dialog=dialog)) is shown


async def test_chats_that_were_left(tmp_path):
    account = account_of_all_kinds()
    for number in (520, 521):
        add_channel(account, number, f"Left {number}", 3, left=True)
        del account.dialogs[-1000000000000 - number]
        account.left.append(-1000000000000 - number)
    account.forbidden.add(-1000000000521)
    account.chats[OLD].left = True
    async with open_loopback(account, tmp_path) as (server, config), open_telegram(config) as source:
        ids, (reason,) = await found(source, "left")
        assert ids == [-1000000000520, OLD]
        assert "may not read" in reason
        assert server.calls["account.finishTakeoutSession"] == 1
        assert not account.takeouts.open


async def test_left_chats_are_not_told_to_a_new_device(tmp_path):
    account = account_of_all_kinds()
    account.takeouts.delay = 80_000
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        ids, (reason,) = await found(source, "left", "@thenews")
        assert ids == [NEWS]
        assert "try again from" in reason


async def test_invite_links(tmp_path):
    account = account_of_all_kinds()
    account.invites |= {"AbC": CLUB, "dEf": -1000000000530}
    add_channel(account, 530, "Elsewhere", 1)
    del account.dialogs[-1000000000530]
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        ids, reasons = await found(source, "https://t.me/+AbC", "t.me/joinchat/dEf", "t.me/+gone")
        assert ids == [CLUB]
        assert "join it" in reasons[0]
        assert "invite link leads nowhere" in reasons[1]


COMMENTS = -1000000000541


def channel_with_comments():
    """A channel whose discussion group is not in the chat list, with a post and two comments on it."""
    account = small_account()
    add_channel(account, 540, "Gazette", 1, username="gazette")
    group = add_channel(account, 541, "Gazette chat", broadcast=False, megagroup=True)
    account.details[-1000000000540].linked_chat_id = 541
    account.details[COMMENTS].linked_chat_id = 540
    header = types.MessageFwdHeader(
        date=EPOCH, from_id=types.PeerChannel(540), channel_post=1,
        saved_from_peer=types.PeerChannel(540), saved_from_msg_id=1,
    )  # fmt: skip
    account.add_message(group, text(1, fwd_from=header, from_id=types.PeerChannel(540)))
    for n in (2, 3):
        account.add_message(group, text(n, reply_to=types.MessageReplyHeader(reply_to_msg_id=1)))
    del account.dialogs[COMMENTS]
    return account


async def test_comments_come_with_their_channel_if_they_are_wanted(tmp_path):
    base = ExportConfig(vault=tmp_path / "vault", chats=("@gazette",))
    async with open_loopback(channel_with_comments(), tmp_path) as (_server, config), open_telegram(config) as source:
        assert [chat.title for chat in (await export(source, base)).chats] == ["Gazette"]
        report = await export(source, attrs.evolve(base, comments=True))
        assert [(chat.title, chat.complete) for chat in report.chats] == [("Gazette", True), ("Gazette chat", True)]
        note = "".join(path.read_text() for path in (base.vault / "Telegram/Chats/Gazette").rglob("*.md"))
        assert "2 comments" in note
        assert "Message 3" in note
        again = await export(source, attrs.evolve(base, comments=True, chats=("@gazette", str(COMMENTS))))
        assert [chat.title for chat in again.chats] == ["Gazette", "Gazette chat"]
        assert again.messages == 0


async def test_comments_that_may_not_be_read_do_not_stop_the_channel(tmp_path):
    account = channel_with_comments()
    account.forbidden.add(COMMENTS)
    wanted = ExportConfig(vault=tmp_path / "vault", chats=("@gazette",), comments=True)
    async with open_loopback(account, tmp_path) as (_server, config), open_telegram(config) as source:
        report = await export(source, wanted)
        assert [chat.title for chat in report.chats] == ["Gazette"]
        assert [failure.what for failure in report.failures] == ["comments of Gazette"]


async def test_left_archived_and_shared_chats_come_with_what_is_in_them(tmp_path):
    account = account_of_all_kinds()
    add_channel(account, 520, "Left Behind", 3, left=True)
    del account.dialogs[-1000000000520]
    account.left.append(-1000000000520)
    account.filters.append(
        types.DialogFilterChatlist(
            5,
            types.TextWithEntities("Shared", []),
            pinned_peers=[types.InputPeerChannel(501, 3507)],
            include_peers=[types.InputPeerChannel(500, 3500)],
        )
    )
    config = ExportConfig(vault=tmp_path / "vault", timezone="UTC", chats=("left", "archived", "folder:shared"))
    async with open_loopback(account, tmp_path) as (_server, telegram), open_telegram(telegram) as source:
        report = await export(source, config)
    assert report.failures == ()
    assert {chat.title: chat.messages for chat in report.chats} == {
        "Left Behind": 3, "Old Friends": 1, "Club": 2, "News": 2,
    }  # fmt: skip
    for title, messages in (("Left Behind", 3), ("Old Friends", 1), ("Club", 2), ("News", 2)):
        note = config.vault / f"Telegram/Chats/{title}/{title} messages.md"
        assert note.read_text("utf-8").count("\n^m") == messages
