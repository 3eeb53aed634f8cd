"""Raw messages as compressed JSON.

One message alone is too short to compress well, so zstd is given a
dictionary: text of the shape that most messages have. The dictionary is kept
in the archive itself, so that an old archive can always be read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import orjson
import zstandard

from tobs.model import Raw

LEVEL = -1  # half the time of level 1, and only 7 % larger: the dictionary does most of the work

# What messages have in common, rarest first: zstd reaches the end of a dictionary most cheaply.
DICTIONARY = (
    b'"media":{"_":"MessageMediaPhoto","photo":{"_":"Photo","id":5,"access_hash":-6,"file_reference":"","date":1700000000,'
    b'"sizes":[{"_":"PhotoStrippedSize","type":"i","bytes":""},{"_":"PhotoSize","type":"m","w":320,"h":240,"size":1},'
    b'{"_":"PhotoSizeProgressive","type":"y","w":1280,"h":960,"sizes":[1]}],"dc_id":2}}'
    b'"media":{"_":"MessageMediaDocument","document":{"_":"Document","id":5,"access_hash":6,"file_reference":"",'
    b'"date":1700000000,"mime_type":"video/mp4","size":1,"dc_id":4,"attributes":['
    b'{"_":"DocumentAttributeVideo","duration":1.0,"w":1,"h":1},{"_":"DocumentAttributeAudio","duration":1,"voice":true},'
    b'{"_":"DocumentAttributeFilename","file_name":""}]}}"media":{"_":"MessageMediaWebPage","webpage":{"_":"WebPage","id":1,'
    b'"url":"https://","display_url":"","hash":0,"type":"article","site_name":"","title":"","description":""}}'
    b'{"_":"MessageService","action":{"_":"MessageActionChatAddUser","users":[1]},'
    b'"fwd_from":{"_":"MessageFwdHeader","date":1700000000,"from_id":{"_":"PeerChannel","channel_id":1},"channel_post":1},'
    b'"replies":{"_":"MessageReplies","replies":1,"replies_pts":1,"comments":true},"post_author":"","grouped_id":1,'
    b'"reactions":{"_":"MessageReactions","results":[{"_":"ReactionCount","reaction":'
    b'{"_":"ReactionEmoji","emoticon":"\xe2\x9d\xa4"},"count":1}]},"edit_date":1700000000,"edit_hide":true,'
    b'"entities":[{"_":"MessageEntityTextUrl","offset":0,"length":1,"url":"https://"},{"_":"MessageEntityBold",'
    b'{"_":"MessageEntityMention","offset":{"_":"MessageEntityUrl","offset":10,"length":10}],"views":100,"forwards":1,"post":true,'
    b'"reply_to":{"_":"MessageReplyHeader","reply_to_msg_id":100,"reply_to_top_id":10,"forum_topic":true},"out":true,'
    b'{"_":"Message","id":1000,"peer_id":{"_":"PeerUser","user_id":1000000000},"date":1700000000,"message":"",'
    b'{"_":"Message","id":1000,"peer_id":{"_":"PeerChannel","channel_id":1000000000},"date":1700000000,"message":"",'
    b'"from_id":{"_":"PeerUser","user_id":1000000000}}'
)


@attrs.define(eq=False)
class Codec:
    """Encodes and decodes raw dicts with one dictionary.

    `decode` is for one thread at a time; `encoder` gives each thread its own.
    """

    dictionary: bytes = attrs.field(repr=False)
    _shared: zstandard.ZstdCompressionDict = attrs.field(init=False, repr=False)
    _decompressor: zstandard.ZstdDecompressor = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._shared = zstandard.ZstdCompressionDict(self.dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        self._shared.precompute_compress(level=LEVEL)
        self._decompressor = zstandard.ZstdDecompressor(dict_data=self._shared)

    def encoder(self) -> Callable[[Raw], bytes]:
        """A function that encodes one raw dict, for use in one thread."""
        compress, dumps = self.compressor(), orjson.dumps
        return lambda raw: compress(dumps(raw))

    def compressor(self) -> Callable[[bytes], bytes]:
        """What `encoder` does to the JSON of a raw dict, for use in one thread."""
        return zstandard.ZstdCompressor(
            level=LEVEL, dict_data=self._shared, write_dict_id=False, write_checksum=False
        ).compress

    def decode(self, blob: bytes) -> dict[str, Any]:
        """The raw dict of `blob`. Raises zstandard.ZstdError for bytes that `encoder` did not make."""
        value: dict[str, Any] = orjson.loads(self._decompressor.decompress(blob))
        return value
