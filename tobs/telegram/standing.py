"""Where the account's sequences of updates stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from telethon.tl import types
from telethon.tl.functions.messages import GetPeerDialogsRequest
from telethon.tl.functions.updates import GetStateRequest

from tobs.live import COMMON, Look, Mark, Standing
from tobs.telegram.connection import Connection
from tobs.telegram.dialogs import Listed
from tobs.telegram.finding import Finder
from tobs.telegram.peers import SAVED, marked_id, name_of, username_of

BATCH = 100  # chats of one messages.getPeerDialogs


async def read_standing(connection: Connection, finder: Finder, channels: Sequence[int]) -> Standing:
    """Where everything stands now, with `channels` too if they are not in the list of chats. Raises `SourceError`."""
    state = await connection.ask(GetStateRequest())
    listed = await finder.list_again()
    pts = {one.id: one.dialog.pts for one in listed if getattr(one.dialog, "pts", None)}
    pts |= await _pts_of(connection, finder, [number for number in channels if number not in pts])
    marks = {COMMON: mark_of(state)} | {number: Mark(number, known) for number, known in pts.items()}
    return Standing(marks, {one.id: look_of(one, finder.account_id) for one in listed})


def look_of(listed: Listed, account_id: int) -> Look:
    """What a chat of the list looks like there; as `Look.of` has it, without encoding all chats anew."""
    photo = getattr(listed.entity, "photo", None)
    title = SAVED if listed.id == account_id else name_of(listed.entity)
    return Look(title, username_of(listed.entity), getattr(photo, "photo_id", 0))


async def _pts_of(connection: Connection, finder: Finder, channels: Sequence[int]) -> Mapping[int, int]:
    """Of channels that are not in the list of chats, such as public ones that one only reads."""
    found: dict[int, int] = {}
    for start in range(0, len(channels), BATCH):
        addresses = [finder.channel(number) for number in channels[start : start + BATCH]]
        peers = [types.InputPeerChannel(one.channel_id, one.access_hash) for one in addresses]
        answer = await connection.ask(GetPeerDialogsRequest([types.InputDialogPeer(peer) for peer in peers]))
        found |= {marked_id(dialog.peer): dialog.pts for dialog in answer.dialogs if dialog.pts}
    return found


def mark_of(state: Any) -> Mark:
    """An updates.State as a mark of the common sequence."""
    return Mark(COMMON, state.pts, state.qts, unix(state.date), state.seq)


def unix(date: datetime | int | None) -> int:
    """A TL date as Unix seconds; 0 for none."""
    return int(date.timestamp()) if isinstance(date, datetime) else date or 0
