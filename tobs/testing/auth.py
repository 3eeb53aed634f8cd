"""Signing in: code, password, other data centres, signing out. `LoginTokens` has the QR code.

https://core.telegram.org/api/auth
"""

from __future__ import annotations

import functools
import os
from typing import Any

import attrs
import trio
from telethon.tl import functions, types

from tobs.testing import srp
from tobs.testing.authkeys import AuthKeys
from tobs.testing.logintokens import LoginTokens
from tobs.testing.rpc import Caller, Methods, RpcError


@attrs.frozen
class Login:
    """Somebody who can sign in. `user` is the TL user that answers carry; None: one made of the other fields."""

    phone: str
    user_id: int
    code: str = "12345"
    password: str | None = attrs.field(default=None, repr=False)
    hint: str = "the usual one"
    home_dc: int = 2
    first_name: str = "Test"
    user: Any = None

    @functools.cached_property
    def verifier(self) -> int:
        return srp.verifier(self.password or "")

    def as_user(self) -> Any:
        return self.user or types.User(
            id=self.user_id,
            is_self=True,
            access_hash=self.user_id * 7919,
            first_name=self.first_name,
            phone=_digits(self.phone),
        )


@attrs.frozen
class _SentCode:
    login: Login
    code: str
    expires_at: float


class Auth:
    """The auth methods of one server, and who has come how far with them."""

    def __init__(self, logins: tuple[Login, ...], keys: AuthKeys, dc_ids: range, code_lifetime: float = 300) -> None:
        self._by_phone = {_digits(login.phone): login for login in logins}
        self._by_id = {login.user_id: login for login in logins}
        self._keys = keys
        self._dc_ids = dc_ids
        self._code_lifetime = code_lifetime
        self._codes: dict[str, _SentCode] = {}
        self._half_signed_in: dict[tuple[int, int], Login] = {}
        self._challenges: dict[tuple[int, int], srp.Challenge] = {}
        self._exported: dict[bytes, tuple[int, int]] = {}
        self.tokens = LoginTokens(self._by_id, self._let_in)

    def home_dc(self, user_id: int, otherwise: int) -> int:
        login = self._by_id.get(user_id)
        return login.home_dc if login else otherwise

    def expire_codes(self) -> None:
        """Every code sent so far is too old now."""
        self._codes = {sent_hash: attrs.evolve(sent, expires_at=0) for sent_hash, sent in self._codes.items()}

    def methods(self) -> Methods:
        auth = functions.auth
        return {
            auth.SendCodeRequest: self.send_code,
            auth.ResendCodeRequest: self.resend_code,
            auth.CancelCodeRequest: self.cancel_code,
            auth.SignInRequest: self.sign_in,
            auth.CheckPasswordRequest: self.check_password,
            auth.LogOutRequest: self.log_out,
            auth.ExportAuthorizationRequest: self.export_authorization,
            auth.ImportAuthorizationRequest: self.import_authorization,
            **self.tokens.methods(),
            functions.account.GetPasswordRequest: self.get_password,
        }

    # The code

    async def send_code(self, caller: Caller, request: Any) -> Any:
        """A new code does not end the old ones before their time; the newest hash is the one Telethon uses."""
        login = self._login(request.phone_number)
        if login.home_dc != caller.dc_id:
            raise RpcError(303, f"PHONE_MIGRATE_{login.home_dc}")
        sent_hash = os.urandom(9).hex()
        self._codes[sent_hash] = _SentCode(login, login.code, trio.current_time() + self._code_lifetime)
        return types.auth.SentCode(types.auth.SentCodeTypeApp(len(login.code)), sent_hash, timeout=60)

    async def resend_code(self, caller: Caller, request: Any) -> Any:
        self._sent(request)
        del self._codes[request.phone_code_hash]
        return await self.send_code(caller, request)

    async def cancel_code(self, caller: Caller, request: Any) -> bool:
        self._sent(request)
        del self._codes[request.phone_code_hash]
        return True

    async def sign_in(self, caller: Caller, request: Any) -> Any:
        """With a password set, the right code leads to SESSION_PASSWORD_NEEDED only."""
        if not request.phone_code:
            raise RpcError(400, "PHONE_CODE_EMPTY")
        sent = self._sent(request)
        if trio.current_time() >= sent.expires_at:
            raise RpcError(400, "PHONE_CODE_EXPIRED")
        if request.phone_code != sent.code:
            raise RpcError(400, "PHONE_CODE_INVALID")
        del self._codes[request.phone_code_hash]
        return self._let_in(caller, sent.login)

    def _sent(self, request: Any) -> _SentCode:
        login = self._login(request.phone_number)
        if not request.phone_code_hash:
            raise RpcError(400, "PHONE_CODE_HASH_EMPTY")
        sent = self._codes.get(request.phone_code_hash)
        if sent is None or sent.login is not login:
            raise RpcError(400, "PHONE_CODE_EXPIRED")  # Telegram's answer to a hash it does not know
        return sent

    def _login(self, phone: str) -> Login:
        login = self._by_phone.get(_digits(phone))
        if login is None:
            raise RpcError(400, "PHONE_NUMBER_INVALID")
        return login

    # The password

    async def get_password(self, caller: Caller, request: Any) -> Any:
        login = self._half_signed_in.get(_place(caller)) or self._by_id.get(caller.user_id)
        if login is None:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        password = types.account.Password(
            new_algo=srp.algorithm(),
            new_secure_algo=types.SecurePasswordKdfAlgoUnknown(),
            secure_random=os.urandom(256),
        )
        if login.password is not None:
            challenge = self._challenges[_place(caller)] = srp.new_challenge(login.verifier)
            password.has_password, password.hint = True, login.hint
            password.current_algo, password.srp_id = srp.algorithm(), challenge.srp_id
            password.srp_B = challenge.public
        return password

    async def check_password(self, caller: Caller, request: Any) -> Any:
        login = self._half_signed_in.get(_place(caller))
        if login is None:
            raise RpcError(401, "AUTH_KEY_UNREGISTERED")
        if not isinstance(request.password, types.InputCheckPasswordSRP):
            raise RpcError(400, "PASSWORD_HASH_INVALID")
        challenge = self._challenges.pop(_place(caller), None)
        if challenge is None or challenge.srp_id != request.password.srp_id:
            raise RpcError(400, "SRP_ID_INVALID")
        if not challenge.accepts(request.password):
            raise RpcError(400, "PASSWORD_HASH_INVALID")
        return self._signed_in(caller, login)

    # Other data centres: https://core.telegram.org/api/datacenter#authorization-transfer

    async def export_authorization(self, caller: Caller, request: Any) -> Any:
        if request.dc_id not in self._dc_ids or request.dc_id == caller.dc_id:
            raise RpcError(400, "DC_ID_INVALID")
        token = os.urandom(32)
        self._exported[token] = (caller.user_id, request.dc_id)
        return types.auth.ExportedAuthorization(caller.user_id, token)

    async def import_authorization(self, caller: Caller, request: Any) -> Any:
        if self._exported.pop(request.bytes, None) != (request.id, caller.dc_id):
            raise RpcError(400, "AUTH_BYTES_INVALID")
        return self._signed_in(caller, self._by_id.get(request.id) or Login("", request.id))

    # In and out

    def _let_in(self, caller: Caller, login: Login) -> Any:
        if login.password is not None:
            self._half_signed_in[_place(caller)] = login
            raise RpcError(401, "SESSION_PASSWORD_NEEDED")
        return self._signed_in(caller, login)

    def _signed_in(self, caller: Caller, login: Login) -> Any:
        self._half_signed_in.pop(_place(caller), None)
        self._keys.sign_in(caller.dc_id, caller.auth_key_id, login.user_id)
        return types.auth.Authorization(login.as_user())

    async def log_out(self, caller: Caller, request: Any) -> Any:
        """Of this key only; what it exported to other data centres stays."""
        self._keys.sign_in(caller.dc_id, caller.auth_key_id, 0)
        return types.auth.LoggedOut()


def _place(caller: Caller) -> tuple[int, int]:
    return caller.dc_id, caller.auth_key_id


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))
