"""Signing in and out: phone number, code, password; or a QR code."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any, Protocol

import trio
from telethon import errors
from telethon.password import compute_check
from telethon.tl import types
from telethon.tl.functions.account import GetPasswordRequest
from telethon.tl.functions.auth import (
    CheckPasswordRequest,
    ExportLoginTokenRequest,
    ImportLoginTokenRequest,
    SendCodeRequest,
    SignInRequest,
)

from tobs.config import TelegramConfig
from tobs.errors import LoginFailed, NotAuthorized
from tobs.model import Peer
from tobs.telegram.bridge import call
from tobs.telegram.centrekeys import forget_keys
from tobs.telegram.client import signed_in
from tobs.telegram.connection import ANSWER_SECONDS, CONNECT_SECONDS, open_connection
from tobs.telegram.peers import peer_of
from tobs.telegram.senders import Senders
from tobs.telegram.sessions import session_path

TRIES = 3  # of a number, code or password; Telegram itself stops answering after a few more
POLL_SECONDS = 3.0  # between two looks at whether the QR code was scanned, as in Telegram's own web client
SCAN_SECONDS = 600.0  # by then nobody sits in front of the QR code any more

_SENT = {
    "SentCodeTypeApp": "in the Telegram app on your other device",
    "SentCodeTypeSms": "by SMS",
    "SentCodeTypeSmsWord": "by SMS",
    "SentCodeTypeSmsPhrase": "by SMS",
    "SentCodeTypeFirebaseSms": "by SMS",
    "SentCodeTypeCall": "by a phone call",
    "SentCodeTypeFlashCall": "by a missed call: it is the number that called",
    "SentCodeTypeMissedCall": "by a missed call: the last digits of the number that called",
    "SentCodeTypeFragmentSms": "at fragment.com",
    "SentCodeTypeEmailCode": "by e-mail",
}


class Prompts(Protocol):
    """Asks a person. Each is called again after a wrong answer, with `problem` saying what was wrong."""

    async def phone(self, problem: str) -> str: ...

    async def code(self, problem: str, sent: str) -> str:
        """`sent` tells how the code comes, such as "by SMS"."""
        ...

    async def password(self, problem: str, hint: str) -> str: ...


async def login(config: TelegramConfig, ask: Prompts) -> Peer:
    """Sign the session of `config` in and say whose it is; without a question if it is signed in already.

    Raises `LoginFailed` when Telegram refuses for good, `RateLimited` when it
    wants no more attempts for now. Cancelling leaves the session signed out.
    """
    async with open_connection(config, on_wait=_ignore) as connection:
        try:
            return peer_of(await signed_in(connection))
        except NotAuthorized:
            forget_keys(session_path(config))  # of whoever was signed in
            return peer_of(await _sign_in(connection.client, config.phone, ask))


async def login_by_qr(
    config: TelegramConfig,
    show: Callable[[str], None],
    ask: Prompts,
    *,
    poll_seconds: float = POLL_SECONDS,
    scan_seconds: float = SCAN_SECONDS,
) -> Peer:
    """Sign in as `login` does, by a link that a device which is signed in scans as a QR code.

    `show` gets the link, and another one whenever it has expired; of `ask`
    only the password is used. Raises `LoginFailed` too when nobody scans it in time.
    """
    async with open_connection(config, on_wait=_ignore) as connection:
        try:
            return peer_of(await signed_in(connection))
        except NotAuthorized:
            forget_keys(session_path(config))
        with trio.move_on_after(scan_seconds) as scope:
            try:
                return peer_of(await _scanned(connection.client, show, poll_seconds))
            except _PasswordNeeded:
                scope.deadline = float("inf")  # it was scanned
                return peer_of(await _enter_passwords(connection.client, ask))
        raise LoginFailed("Nobody scanned the QR code; run `tobs login --qr` again for a new one.")


async def logout(config: TelegramConfig) -> None:
    """Sign the session out on Telegram, so that its files are worth nothing. Raises `NotAuthorized` if it is not in."""
    path = session_path(config)
    async with open_connection(config, on_wait=_ignore) as connection:
        await signed_in(connection)
        await Senders(connection.client, connection.ask, path).leave()
        await call(ANSWER_SECONDS, connection.client.log_out)  # deletes the session file too
    forget_keys(path)


# Phone number and code: https://core.telegram.org/api/auth


async def _sign_in(client: Any, phone: str, ask: Prompts) -> Any:
    phone, sent = await _send_code(client, phone, ask)
    problem = ""
    for _ in range(TRIES):
        code = await ask.code(problem, _where(sent))
        try:
            return await _signed_in(client, SignInRequest(phone, sent.phone_code_hash, code))
        except _PasswordNeeded:
            return await _enter_passwords(client, ask)
        except LoginFailed as exc:
            if not isinstance(exc.__cause__, (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError)):
                raise
            problem = str(exc)
    raise LoginFailed(f"The code was wrong {TRIES} times; run `tobs login` again for a new one.")


async def _send_code(client: Any, phone: str, ask: Prompts) -> tuple[str, Any]:
    """The number that a code was sent to, and how."""
    problem = ""
    for _ in range(TRIES):
        number = "".join(filter(str.isdigit, phone or await ask.phone(problem)))
        request = SendCodeRequest(number, client.api_id, client.api_hash, types.CodeSettings())
        try:
            # Telethon moves to the number's own data centre by itself.
            return number, _checked(await call(ANSWER_SECONDS, client, request))
        except LoginFailed as exc:
            if not isinstance(exc.__cause__, errors.PhoneNumberInvalidError):
                raise
            phone, problem = "", str(exc)
    raise LoginFailed(problem)


def _checked(sent: Any) -> Any:
    """What Telegram did about a code, if it sent one."""
    if isinstance(sent, types.auth.SentCodePaymentRequired):
        raise LoginFailed("Telegram sends no code to this number for free; sign in with `tobs login --qr`.")
    if isinstance(getattr(sent, "type", None), types.auth.SentCodeTypeSetUpEmailRequired):
        raise LoginFailed(
            "Telegram wants an e-mail address for this account first; sign in with the Telegram app once,"
            " or with `tobs login --qr`."
        )
    return sent


def _where(sent: Any) -> str:
    return _SENT.get(type(getattr(sent, "type", None)).__name__, "")


# QR code: https://core.telegram.org/api/qr-login


async def _scanned(client: Any, show: Callable[[str], None], poll_seconds: float) -> Any:
    """The user who accepted a link. Polled, since the connection receives no updates."""
    shown = b""
    while True:
        token = await _ask_token(client)
        if isinstance(token, types.auth.LoginTokenSuccess):
            return token.authorization.user
        if token.token != shown:  # the same one comes until it expires
            shown = token.token
            show(f"tg://login?token={base64.urlsafe_b64encode(shown).decode().rstrip('=')}")
        await trio.sleep(min(poll_seconds, max(0.1, token.expires.timestamp() - time.time())))


async def _ask_token(client: Any) -> Any:
    """A link to show, or what came of it; followed to the data centre of whoever accepted it."""
    request = ExportLoginTokenRequest(client.api_id, client.api_hash, except_ids=[])
    answer = await call(ANSWER_SECONDS, _unless_password, client, request)
    if not isinstance(answer, types.auth.LoginTokenMigrateTo):
        return answer
    await call(CONNECT_SECONDS, client._switch_dc, answer.dc_id)
    try:
        return await call(ANSWER_SECONDS, _unless_password, client, ImportLoginTokenRequest(answer.token))
    except LoginFailed as exc:
        if not isinstance(exc.__cause__, errors.AuthTokenExpiredError):
            raise
        return await call(ANSWER_SECONDS, _unless_password, client, request)  # it went too slowly: another link


# The password: https://core.telegram.org/api/srp


async def _enter_passwords(client: Any, ask: Prompts) -> Any:
    problem = ""
    for _ in range(TRIES):
        challenge = await call(ANSWER_SECONDS, client, GetPasswordRequest())
        password = await ask.password(problem, challenge.hint or "")
        try:
            challenge = await call(ANSWER_SECONDS, client, GetPasswordRequest())  # the first is old after a long think
            check = compute_check(challenge, password)
            return await _signed_in(client, CheckPasswordRequest(check))
        except LoginFailed as exc:
            problem = str(exc)
    raise LoginFailed(f"The password was wrong {TRIES} times; run `tobs login` again.")


class _PasswordNeeded(LoginFailed):
    """The code was right; the account also has a password."""


async def _signed_in(client: Any, request: Any) -> Any:
    """The user who is signed in by `request`."""
    answer = await call(ANSWER_SECONDS, _unless_password, client, request)
    if isinstance(answer, types.auth.AuthorizationSignUpRequired):
        raise LoginFailed("This number has no Telegram account; sign up in the Telegram app first.")
    return answer.user


async def _unless_password(client: Any, request: Any) -> Any:
    try:
        return await client(request)
    except errors.SessionPasswordNeededError:
        raise _PasswordNeeded("The account has a password.") from None


def _ignore(kind: str, seconds: float) -> None:
    """A person is waiting at the prompt: nothing is shown but the prompt."""
