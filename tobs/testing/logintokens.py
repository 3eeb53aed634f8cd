"""Signing in by a link that another device scans: https://core.telegram.org/api/qr-login."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import trio
from telethon.tl import functions, types

from tobs.testing.rpc import Caller, Methods, RpcError

if TYPE_CHECKING:
    from tobs.testing.auth import Login

TOKEN_SECONDS = 30.0  # as long as Telegram's own are good
Place = tuple[int, int]  # data centre and key of the device that shows the token


@attrs.define(eq=False)
class Token:
    """A link: who shows it, until when it is good, and who accepted it."""

    token: bytes
    place: Place
    expires_at: float
    accepted: Login | None = None

    @property
    def expired(self) -> bool:
        return trio.current_time() >= self.expires_at


class LoginTokens:
    """The tokens of one server. `sign_in` lets a key in, or refuses it until the password comes."""

    def __init__(self, logins: Mapping[int, Login], sign_in: Callable[[Caller, Login], Any]) -> None:
        self._logins = logins
        self._sign_in = sign_in
        self._shown: dict[Place, Token] = {}
        self._moving: dict[bytes, Token] = {}
        self.lifetime = TOKEN_SECONDS
        self.tell: Callable[[int, int, Any], None] = lambda dc_id, key_id, update: None

    def methods(self) -> Methods:
        return {
            functions.auth.ExportLoginTokenRequest: self.export_login_token,
            functions.auth.ImportLoginTokenRequest: self.import_login_token,
            functions.auth.AcceptLoginTokenRequest: self.accept_login_token,
        }

    def expire(self) -> None:
        """Every token so far is too old now."""
        for token in (*self._shown.values(), *self._moving.values()):
            token.expires_at = 0

    async def export_login_token(self, caller: Caller, request: Any) -> Any:
        """The same token until it expires; once it was accepted, what came of it."""
        place = (caller.dc_id, caller.auth_key_id)
        token = self._shown.get(place)
        if token is None or token.expired:
            token = self._shown[place] = self._new(place)
        if token.accepted is None:
            left = timedelta(seconds=token.expires_at - trio.current_time())
            return types.auth.LoginToken(datetime.now(UTC) + left, token.token)
        del self._shown[place]
        if token.accepted.home_dc != caller.dc_id:
            moving = self._new(place, token.accepted)
            self._moving[moving.token] = moving
            return types.auth.LoginTokenMigrateTo(token.accepted.home_dc, moving.token)
        return types.auth.LoginTokenSuccess(self._sign_in(caller, token.accepted))

    async def import_login_token(self, caller: Caller, request: Any) -> Any:
        """On the data centre of the account that accepted it."""
        token = self._moving.get(request.token)
        if token is None or token.accepted is None or token.accepted.home_dc != caller.dc_id:
            raise RpcError(400, "AUTH_TOKEN_INVALIDX")
        if token.expired:
            raise RpcError(400, "AUTH_TOKEN_EXPIRED")
        del self._moving[request.token]
        return types.auth.LoginTokenSuccess(self._sign_in(caller, token.accepted))

    async def accept_login_token(self, caller: Caller, request: Any) -> Any:
        """By a device that is signed in, which scanned it."""
        if not caller.user_id:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        token = next((token for token in self._shown.values() if token.token == request.token), None)
        if token is None:
            raise RpcError(400, "AUTH_TOKEN_INVALIDX")
        if token.expired:
            raise RpcError(400, "AUTH_TOKEN_EXPIRED")
        if token.accepted is not None:
            raise RpcError(400, "AUTH_TOKEN_ALREADY_ACCEPTED")
        token.accepted = self._logins[caller.user_id]
        self.tell(*token.place, types.UpdateShort(types.UpdateLoginToken(), datetime.now(UTC)))
        return _authorization(token)

    def _new(self, place: Place, accepted: Login | None = None) -> Token:
        return Token(os.urandom(32), place, trio.current_time() + self.lifetime, accepted)


def _authorization(token: Token) -> types.Authorization:
    """The line that Settings → Devices has for the new device."""
    now = datetime.now(UTC)
    return types.Authorization(
        hash=token.place[1] >> 1,  # signed in TL
        device_model="tobs",
        platform="",
        system_version="",
        api_id=1,
        app_name="tobs",
        app_version="tobs",
        date_created=now,
        date_active=now,
        ip="127.0.0.1",
        country="",
        region="",
        password_pending=token.accepted is not None and token.accepted.password is not None,
    )
