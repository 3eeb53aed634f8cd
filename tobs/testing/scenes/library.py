"""The shipped pictures, sounds and files, as Telegram's photos and documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

import attrs
from telethon.tl import types

from tobs.testing.account import Account
from tobs.testing.files import Bytes, Content, StoredFile

_TYPES: Final = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "ogg": "audio/ogg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "tgs": "application/x-tgsticker",
    "webm": "video/webm",
    "zip": "application/zip",
}
_MEDIA = files("tobs.testing") / "media"
STICKERS: Final = types.InputStickerSetShortName("LoopbackDucks")


@cache
def media_bytes(name: str) -> bytes:
    return (_MEDIA / name).read_bytes()


@cache
def _index() -> dict[str, dict[str, Any]]:
    return dict(json.loads(media_bytes("index.json")))


@attrs.define
class Library:
    """Makes media and puts their bytes into the account; ids count up, data centres take turns."""

    account: Account
    date: datetime
    dcs: tuple[int, ...] = (2, 1)
    _made: int = 0

    def photo(self, name: str, **flags: Any) -> Any:
        """The picture `name`.jpg; `flags` are those of messageMediaPhoto."""
        return types.MessageMediaPhoto(photo=self.picture(name), **flags)

    def picture(self, name: str) -> Any:
        """A bare Photo with a small and a full size; for avatars also under the names a and c."""
        full, small = media_bytes(f"{name}.jpg"), media_bytes(f"thumbs/{name}.jpg")
        shape = _index()[f"{name}.jpg"]
        parts: dict[str, Content] = {"m": Bytes(small), "x": Bytes(full), "a": Bytes(small), "c": Bytes(full)}
        file = self._store("image/jpeg", parts)
        return types.Photo(
            id=file.id,
            access_hash=file.access_hash,
            file_reference=b"",
            date=self.date,
            sizes=[
                types.PhotoSize("m", *shape["thumb"], len(small)),
                types.PhotoSize("x", shape["width"], shape["height"], len(full)),
            ],
            dc_id=file.dc_id,
        )

    def file(self, name: str, *attributes: Any, shown_as: str | None = None, thumb: str = "", **flags: Any) -> Any:
        """The file `name` as a document called `shown_as`."""
        named = types.DocumentAttributeFilename(shown_as or name)
        return types.MessageMediaDocument(document=self.document(name, *attributes, named, thumb=thumb), **flags)

    def video(self, name: str, **flags: Any) -> Any:
        shape = _index()[name]
        attribute = types.DocumentAttributeVideo(
            shape["duration"], shape["width"], shape["height"], supports_streaming=True
        )
        return self.file(name, attribute, thumb="sailboat", video=True, **flags)

    def animation(self, name: str) -> Any:
        """What clients call a GIF: a silent MP4."""
        shape = _index()[name]
        attribute = types.DocumentAttributeVideo(shape["duration"], shape["width"], shape["height"], nosound=True)
        return self.file(name, attribute, types.DocumentAttributeAnimated(), shown_as=name.replace("mp4", "gif.mp4"))

    def round_video(self, name: str) -> Any:
        shape = _index()[name]
        attribute = types.DocumentAttributeVideo(shape["duration"], shape["width"], shape["height"], round_message=True)
        return types.MessageMediaDocument(document=self.document(name, attribute), round=True)

    def voice(self, name: str) -> Any:
        shape = _index()[name]
        waveform = bytes.fromhex(shape["waveform"])
        attribute = types.DocumentAttributeAudio(shape["duration"], voice=True, waveform=waveform)
        return types.MessageMediaDocument(document=self.document(name, attribute), voice=True)

    def music(self, name: str, title: str, performer: str) -> Any:
        attribute = types.DocumentAttributeAudio(_index()[name]["duration"], title=title, performer=performer)
        return self.file(name, attribute, shown_as=f"{performer} - {title}.mp3")

    def sticker(self, name: str, alt: str) -> Any:
        shape = _index()[f"{name}.webp"]
        return self.file(
            f"{name}.webp",
            types.DocumentAttributeImageSize(shape["width"], shape["height"]),
            types.DocumentAttributeSticker(alt, STICKERS),
            shown_as="sticker.webp",
        )

    def animated_sticker(self, name: str, alt: str, picture: str) -> Any:
        """An animated sticker, with the still sticker `picture` as what shows before it moves."""
        still, shape = media_bytes(f"{picture}.webp"), _index()[f"{picture}.webp"]
        attributes = (
            types.DocumentAttributeImageSize(512, 512),
            types.DocumentAttributeSticker(alt, STICKERS),
            types.DocumentAttributeFilename("AnimatedSticker.tgs"),
        )
        parts: dict[str, Content] = {"": Bytes(media_bytes(f"{name}.tgs")), "m": Bytes(still)}
        size = (shape["width"], shape["height"])
        return types.MessageMediaDocument(document=self._document(_TYPES["tgs"], parts, attributes, size))

    def live_photo(self, name: str, film: str) -> Any:
        """A photo with the seconds around it."""
        return self.photo(name, live_photo=True, video=self.video(film).document)

    def paid(self, stars: int, *media: Any) -> Any:
        """Media that were bought."""
        return types.MessageMediaPaidMedia(stars, [types.MessageExtendedMedia(item) for item in media])

    def custom_emoji(self, name: str, alt: str) -> Any:
        """A Document that getCustomEmojiDocuments knows; its id is what entities and reactions name.

        What moves has a still picture, as Telegram's own emoji have.
        """
        shape, kind = _index()[name], name.rpartition(".")[2]
        parts: dict[str, Content] = {"": Bytes(media_bytes(name))}
        if still := shape.get("thumb"):
            parts["m"] = Bytes(media_bytes(f"thumbs/{name.removesuffix(kind)}webp"))
        size = shape["width"], shape["height"]
        film = types.DocumentAttributeVideo(shape["duration"], *size, nosound=True) if kind == "webm" else None
        attributes = (
            film or types.DocumentAttributeImageSize(*size),
            types.DocumentAttributeCustomEmoji(alt, STICKERS, free=True),
            types.DocumentAttributeFilename(f"emoji.{kind}"),
        )
        document = self._document(_TYPES[kind], parts, attributes, still)
        self.account.custom_emoji[document.id] = document
        return document

    def document(self, name: str, *attributes: Any, thumb: str = "") -> Any:
        parts: dict[str, Content] = {"": Bytes(media_bytes(name))}
        if thumb:
            parts["m"] = Bytes(media_bytes(f"thumbs/{thumb}.jpg"))
        size = _index()[f"{thumb}.jpg"]["thumb"] if thumb else None
        return self._document(_TYPES[name.rsplit(".", 1)[1]], parts, attributes, size)

    def _document(
        self,
        mime_type: str,
        parts: dict[str, Content],
        attributes: Any,
        thumb: Sequence[int] | None,
    ) -> Any:
        """`thumb` is width and height of the part m."""
        file = self._store(mime_type, parts)
        return types.Document(
            id=file.id,
            access_hash=file.access_hash,
            file_reference=b"",
            date=self.date,
            mime_type=mime_type,
            size=parts[""].size,
            dc_id=file.dc_id,
            attributes=list(attributes),
            thumbs=[types.PhotoSize("m", *thumb, parts["m"].size)] if thumb else None,
        )

    def _store(self, mime_type: str, parts: dict[str, Content]) -> StoredFile:
        self._made += 1
        return self.account.files.add(
            StoredFile(
                id=5_190_000_000_000_000_000 + self._made,
                access_hash=0x5EED_0000 + self._made * 7919,
                dc_id=self.dcs[self._made % len(self.dcs)],
                mime_type=mime_type,
                parts=parts,
            )
        )
