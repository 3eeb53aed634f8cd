"""What a method of the loopback server sees, and how it refuses.

A method is an async function ``(caller, request) -> TL object``. It is looked
up by the class of the Telethon request that arrived; wrappers such as
``invokeWithLayer`` are taken off before.

Besides a TL object it may return a bool, an int, or a list of those (a TL
vector). `bytes` are taken for the boxed TL serialisation of the result and sent
as they are: a page that is made once can be served many times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs


@attrs.frozen
class RpcError(Exception):
    """An ``rpc_error``: `code` as in HTTP, `message` such as ``CHANNEL_PRIVATE``.

    https://core.telegram.org/api/errors
    """

    code: int
    message: str


@attrs.define(eq=False)
class Caller:
    """Who asks: one authorisation key on one data centre.

    `user_id` is 0 until the key is signed in on this data centre. `takeout_id` and
    `message_range` are what the request was wrapped in; 0 and None without.
    """

    dc_id: int
    auth_key_id: int
    user_id: int = 0
    layer: int = 0
    takeout_id: int = 0
    message_range: tuple[int, int] | None = None


Method = Callable[[Caller, Any], Awaitable[object]]
Methods = Mapping[type, Method]
