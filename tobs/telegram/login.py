"""Signing in and out: phone number, code, password."""

from __future__ import annotations

from typing import Any, Protocol

from telethon import errors
from telethon.tl.functions.account import GetPasswordRequest

from tobs.config import TelegramConfig
from tobs.errors import LoginFailed, NotAuthorized
from tobs.model import Peer
from tobs.telegram.bridge import call
from tobs.telegram.client import signed_in
from tobs.telegram.connection import ANSWER_SECONDS, Connection, open_connection
from tobs.telegram.peers import peer_of

TRIES = 3  # of a code or password; Telegram itself stops answering after a few more


class Prompts(Protocol):
    """Asks a person. Each is called again after a wrong answer, with `problem` saying what was wrong."""

    async def phone(self, problem: str) -> str: ...

    async def code(self, problem: str) -> str: ...

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
            return peer_of(await _sign_in(connection, config.phone, ask))


async def logout(config: TelegramConfig) -> None:
    """Sign the session out on Telegram, so that its file is worth nothing. Raises `NotAuthorized` if it was not in."""
    async with open_connection(config, on_wait=_ignore) as connection:
        await signed_in(connection)
        await call(ANSWER_SECONDS, connection.client.log_out)  # deletes the session file too


async def _sign_in(connection: Connection, phone: str, ask: Prompts) -> Any:
    client = connection.client
    phone = await _send_code(client, phone, ask)
    problem = ""
    for _ in range(TRIES):
        code = await ask.code(problem)
        try:
            return await call(ANSWER_SECONDS, _enter_code, client, phone, code)
        except _PasswordNeeded:
            return await _enter_passwords(client, ask)
        except LoginFailed as exc:
            if isinstance(exc.__cause__, errors.PhoneCodeExpiredError):
                raise
            problem = str(exc)
    raise LoginFailed(f"The code was wrong {TRIES} times; run `tobs login` again for a new one.")


async def _send_code(client: Any, phone: str, ask: Prompts) -> str:
    """The number that a code was sent to."""
    problem = ""
    for _ in range(TRIES):
        phone = phone or await ask.phone(problem)
        try:
            # Telethon moves to the number's own data centre by itself.
            await call(ANSWER_SECONDS, client.send_code_request, phone)
            return phone
        except LoginFailed as exc:
            if not isinstance(exc.__cause__, errors.PhoneNumberInvalidError):
                raise
            phone, problem = "", str(exc)
    raise LoginFailed(problem)


async def _enter_passwords(client: Any, ask: Prompts) -> Any:
    hint = (await call(ANSWER_SECONDS, client, GetPasswordRequest())).hint or ""
    problem = ""
    for _ in range(TRIES):
        password = await ask.password(problem, hint)
        try:
            return await call(ANSWER_SECONDS, client.sign_in, password=password)
        except LoginFailed as exc:
            problem = str(exc)
    raise LoginFailed(f"The password was wrong {TRIES} times; run `tobs login` again.")


class _PasswordNeeded(LoginFailed):
    """The code was right; the account also has a password."""


async def _enter_code(client: Any, phone: str, code: str) -> Any:
    try:
        return await client.sign_in(phone, code)
    except errors.SessionPasswordNeededError:
        raise _PasswordNeeded("The account has a password.") from None


def _ignore(kind: str, seconds: float) -> None:
    """A person is waiting at the prompt: nothing is shown but the prompt."""
