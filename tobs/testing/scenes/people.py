"""The people, groups and channels of the sample account, before anybody wrote anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from telethon.tl import types

BORN = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)


def user(user_id: int, first: str, last: str | None = None, username: str | None = None, **fields: Any) -> Any:
    return types.User(
        id=user_id,
        access_hash=0x51A1_0000_0000 + user_id * 31,
        first_name=first,
        last_name=last,
        username=username,
        **fields,
    )


def people() -> dict[str, Any]:
    """Everybody by a short name; the one called ``me`` owns the account."""
    recently = types.UserStatusRecently()
    return {
        "me": user(
            70_000_001, "Alex", "Winter", "alexwinter", is_self=True, contact=True, phone="9996612345", premium=True
        ),
        "maya": user(
            70_000_002,
            "Maya",
            "Lindqvist",
            "maya_lindqvist",
            contact=True,
            mutual_contact=True,
            phone="46700000002",
            status=recently,
        ),
        "tomas": user(70_000_003, "Tomás", "Rivera", "tomasrivera", contact=True, status=recently),
        "noor": user(70_000_004, "نور", "حداد", "noor_haddad", status=recently),
        "dan": user(70_000_005, "דן", "לוי", None, status=recently),
        "yuki": user(70_000_006, "田中", "ゆき", "yuki_tanaka", contact=True),
        "wei": user(70_000_007, "李伟", None, "liwei_dev"),
        "olena": user(70_000_008, "Олена", "Коваленко", "olena_k"),
        "priya": user(70_000_009, "Priya 🌸", "Sharma", "priya_sh", contact=True),
        "sam": user(70_000_010, "Sam", "O'Neil [he/him]", None),
        "ana": user(70_000_011, "Ana 👩‍👩‍👧", None, "ana_familia"),
        "ghost": user(70_000_012, "", None, None, deleted=True),
        "gifbot": user(70_000_020, "GIF", None, "gif", bot=True, bot_info_version=1),
        "weatherbot": user(70_000_021, "Weather Bot", None, "WeatherDemoBot", bot=True, bot_info_version=3),
    }


def supergroup(channel_id: int, title: str, username: str | None = None, **fields: Any) -> Any:
    return _channel(channel_id, title, username, megagroup=True, **fields)


def channel(channel_id: int, title: str, username: str | None = None, **fields: Any) -> Any:
    return _channel(channel_id, title, username, broadcast=True, **fields)


def _channel(channel_id: int, title: str, username: str | None, **fields: Any) -> Any:
    return types.Channel(
        id=channel_id,
        title=title,
        photo=fields.pop("photo", types.ChatPhotoEmpty()),
        date=fields.pop("date", BORN),
        access_hash=0x0C4A_0000_0000 + channel_id * 17,
        username=username,
        **fields,
    )


def group(chat_id: int, title: str, members: int, **fields: Any) -> Any:
    return types.Chat(
        id=chat_id,
        title=title,
        photo=types.ChatPhotoEmpty(),
        participants_count=members,
        date=BORN,
        version=1,
        **fields,
    )


def chat_photo(photo: Any) -> Any:
    """The short form in which a chat carries its picture."""
    return types.ChatPhoto(photo_id=photo.id, dc_id=photo.dc_id)


def user_photo(photo: Any) -> Any:
    return types.UserProfilePhoto(photo_id=photo.id, dc_id=photo.dc_id)
