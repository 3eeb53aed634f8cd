import base64
import re
import sys
from functools import partial

import attrs
import pytest
import segno
import trio
from telethon import errors
from telethon.tl import types
from telethon.tl.functions.auth import AcceptLoginTokenRequest

from tests.loopback import ME, PHONE, open_loopback, sign_in, small_account
from tests.telethon_client import open_telethon
from tobs.cli.answers import Answers as GivenAnswers
from tobs.cli.qr import draw, size
from tobs.errors import ConfigError, LoginFailed, NotAuthorized, RateLimited
from tobs.telegram.client import open_telegram
from tobs.telegram.connection import open_connection
from tobs.telegram.faults import ServerTrouble, translate
from tobs.telegram.login import login, login_by_qr, logout
from tobs.testing.auth import Login
from tobs.testing.faults import Fail, Faults
from tobs.testing.rpc import RpcError


@attrs.define
class Answers:
    """A person who types these answers and remembers what was said."""

    phones: list = attrs.field(factory=list)
    codes: list = attrs.field(factory=list)
    passwords: list = attrs.field(factory=list)
    problems: list = attrs.field(factory=list)
    sent: list = attrs.field(factory=list)

    async def phone(self, problem):
        self.problems.append(problem)
        return self.phones.pop(0)

    async def code(self, problem, sent):
        self.problems.append(problem)
        self.sent.append(sent)
        return self.codes.pop(0)

    async def password(self, problem, hint):
        self.problems.append(problem or hint)
        return self.passwords.pop(0)


def person(account, **fields):
    return Login(PHONE, ME, user=account.me, **fields)


def loopback(tmp_path, faults=None, **fields):
    account = small_account()
    return open_loopback(account, tmp_path, login=person(account, **fields), signed_in=False, faults=faults)


async def test_with_a_code(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        me = await login(config, Answers(codes=["12345"]))
        assert me.name == "Alice"
        async with open_telegram(config) as source:
            assert source.account.id == ME
        assert (await login(config, Answers())).name == "Alice"  # signed in already: no question


async def test_wrong_code_then_the_right_one(tmp_path):
    answers = Answers(codes=["00000", "12345"])
    async with loopback(tmp_path) as (_server, config):
        await login(config, answers)
    assert answers.problems == ["", "The code is wrong."]


async def test_three_wrong_codes(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        with pytest.raises(LoginFailed, match="3 times"):
            await login(config, Answers(codes=["1", "2", "3"]))
        with pytest.raises(NotAuthorized):
            async with open_telegram(config):
                pass


async def test_a_password(tmp_path):
    answers = Answers(codes=["12345"], passwords=["wrong", "sesame"])
    async with loopback(tmp_path, password="sesame", hint="open") as (_server, config):
        assert (await login(config, answers)).name == "Alice"
    assert answers.problems == ["", "open", "The password is wrong."]


async def test_the_phone_is_asked_for(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        await login(attrs.evolve(config, phone=""), Answers(phones=[PHONE], codes=["12345"]))


async def test_an_account_on_another_data_centre(tmp_path):
    async with loopback(tmp_path, home_dc=3, password="sesame") as (_server, config):
        await login(config, Answers(codes=["12345"], passwords=["sesame"]))
        async with open_telegram(config) as source:
            assert source.account.name == "Alice"


async def test_too_many_attempts(tmp_path):
    faults = Faults(fails=(Fail("auth.sendCode", error=RpcError(420, "FLOOD_WAIT_86400")),))
    async with loopback(tmp_path, faults) as (_server, config):
        with pytest.raises(RateLimited):
            await login(config, Answers())


async def test_logging_out(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        await login(config, Answers(codes=["12345"]))
        await logout(config)
        with pytest.raises(NotAuthorized):
            await logout(config)


# What Telegram answers to auth.sendCode, signIn, exportLoginToken, importLoginToken and account.getPassword,
# auth.checkPassword: https://core.telegram.org/method/auth.sendCode and so on.
# fmt: off
REFUSALS = [
    "API_ID_INVALID", "API_ID_PUBLISHED_FLOOD", "AUTH_KEY_PERM_EMPTY", "AUTH_KEY_UNREGISTERED", "AUTH_RESTART",
    "AUTH_TOKEN_ALREADY_ACCEPTED", "AUTH_TOKEN_EXCEPTION", "AUTH_TOKEN_EXPIRED", "AUTH_TOKEN_INVALID",
    "AUTH_TOKEN_INVALIDX", "CONNECTION_API_ID_INVALID", "PASSWORD_EMPTY", "PASSWORD_HASH_INVALID",
    "PHONE_CODE_EMPTY", "PHONE_CODE_EXPIRED", "PHONE_CODE_HASH_EMPTY", "PHONE_CODE_INVALID",
    "PHONE_NUMBER_APP_SIGNUP_FORBIDDEN", "PHONE_NUMBER_BANNED", "PHONE_NUMBER_FLOOD", "PHONE_NUMBER_INVALID",
    "PHONE_NUMBER_UNOCCUPIED", "PHONE_PASSWORD_FLOOD", "PHONE_PASSWORD_PROTECTED", "SESSION_PASSWORD_NEEDED",
    "SIGN_IN_FAILED", "SMS_CODE_CREATE_FAILED", "SRP_ID_INVALID", "SRP_PASSWORD_CHANGED", "UPDATE_APP_TO_LOGIN",
    "USER_DEACTIVATED", "USER_DEACTIVATED_BAN", "RECAPTCHA_CHECK_signup__abc", "FLOOD_WAIT_30",
]
# fmt: on
CODES = {
    "AUTH_KEY_UNREGISTERED": 401,
    "AUTH_RESTART": 500,
    "FLOOD_WAIT_30": 420,
    "SESSION_PASSWORD_NEEDED": 401,
    "USER_DEACTIVATED": 401,
    "USER_DEACTIVATED_BAN": 401,
    "RECAPTCHA_CHECK_signup__abc": 403,
}  # fmt: skip


@pytest.mark.parametrize("word", REFUSALS)
def test_whatever_telegram_refuses_is_said_in_words(word):
    error = translate(errors.rpc_message_to_error(types.RpcError(CODES.get(word, 400), word), None))
    assert isinstance(error, LoginFailed | NotAuthorized | RateLimited | ServerTrouble)
    assert word not in str(error)
    assert re.search(r"run `?tobs|again|banned|wrong|sign|wait|write|first|enter|get one", str(error)), error


@pytest.mark.parametrize("method", ["auth.sendCode", "auth.signIn", "auth.checkPassword", "auth.exportLoginToken"])
async def test_a_refusal_ends_the_login_with_its_sentence(method, tmp_path):
    faults = Faults(fails=(Fail(method, error=RpcError(400, "PHONE_NUMBER_BANNED")),) * 3)
    async with loopback(tmp_path, faults, password="sesame") as (_server, config):
        answers = Answers(codes=["12345"] * 3, passwords=["sesame"] * 3)
        way = partial(login_by_qr, config, [].append) if "Token" in method else partial(login, config)
        with pytest.raises(LoginFailed):
            await way(answers)


async def test_how_the_code_comes_is_told(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        answers = Answers(codes=["12345"])
        await login(config, answers)
        assert answers.sent == ["in the Telegram app on your other device"]


# QR code


@attrs.define
class Phone:
    """A device that is signed in and scans what a screen shows: after `waits` codes that it lets pass."""

    config: object
    waits: int = 0
    shown: list = attrs.field(factory=list)
    _scanned: trio.Event = attrs.field(factory=trio.Event)

    def show(self, link):
        self.shown.append(link)
        if len(self.shown) > self.waits:
            self._scanned.set()

    async def scan(self):
        async with open_connection(self.config, on_wait=print) as connection:
            await self._scanned.wait()
            code = re.fullmatch(r"tg://login\?token=([\w-]+)", self.shown[-1])[1]
            await connection.ask(AcceptLoginTokenRequest(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))))


async def scan_and_login(server, config, answers=None, waits=0, home_dc=2):
    """Sign in by QR code, scanned by another device of the account; what was shown."""
    account_home = attrs.evolve(config.server, dc_id=home_dc, port=server.ports[home_dc])
    device = attrs.evolve(config, sessions_dir=config.sessions_dir.parent / "phone", server=account_home)
    sign_in(device, server.keys)
    phone = Phone(device, waits)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(phone.scan)
        with trio.fail_after(20):
            me = await login_by_qr(config, phone.show, answers or Answers(), poll_seconds=0.05)
    assert me.id == ME
    async with open_telegram(config) as source:
        assert source.account.id == ME
    return phone.shown


async def test_a_qr_code_is_scanned(tmp_path):
    async with loopback(tmp_path) as (server, config):
        (link,) = await scan_and_login(server, config)
        assert len(link) > 50
        assert (await login_by_qr(config, [].append, Answers())).name == "Alice"  # signed in already: no code


async def test_a_qr_code_that_expires_is_renewed(tmp_path):
    async with loopback(tmp_path) as (server, config):
        server.auth.tokens.lifetime = 0.5
        shown = await scan_and_login(server, config, waits=2)
        assert len(shown) == len(set(shown)) >= 3


async def test_a_qr_code_and_a_password_on_another_data_centre(tmp_path):
    answers = Answers(passwords=["wrong", "sesame"])
    async with loopback(tmp_path, home_dc=3, password="sesame", hint="open") as (server, config):
        await scan_and_login(server, config, answers, home_dc=3)
    assert answers.problems == ["open", "The password is wrong."]


async def test_a_qr_code_scanned_by_an_account_of_another_data_centre(tmp_path):
    async with loopback(tmp_path, home_dc=3) as (server, config):
        await scan_and_login(server, config, home_dc=3)


async def test_telethons_own_way_which_waits_to_be_told(tmp_path):
    async with loopback(tmp_path, home_dc=3) as (server, config):
        device = attrs.evolve(config, sessions_dir=config.sessions_dir.parent / "phone")
        device = attrs.evolve(device, server=attrs.evolve(config.server, dc_id=3, port=server.ports[3]))
        sign_in(device, server.keys)
        phone = Phone(device)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(phone.scan)
            async with open_telethon(server) as telethon:
                code = await telethon.call(telethon.client.qr_login)
                phone.show(code.url)
                assert (await telethon.call(code.wait, 9)).id == ME


async def test_a_move_that_took_too_long_begins_anew(tmp_path):
    faults = Faults(fails=(Fail("auth.importLoginToken", error=RpcError(400, "AUTH_TOKEN_EXPIRED")),))
    account = small_account()
    opened = open_loopback(account, tmp_path, login=person(account, home_dc=3), signed_in=False, faults=faults)
    async with opened as (server, config):
        device = attrs.evolve(config, sessions_dir=config.sessions_dir.parent / "phone")
        device = attrs.evolve(device, server=attrs.evolve(config.server, dc_id=3, port=server.ports[3]))
        sign_in(device, server.keys)
        phone, renewed = Phone(device), trio.Event()

        def show(link):
            phone.show(link)
            if len(phone.shown) > 1:
                renewed.set()

        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(phone.scan)
                nursery.start_soon(partial(login_by_qr, config, show, Answers(), poll_seconds=0.05))
                await renewed.wait()  # a new link waits to be scanned
                nursery.cancel_scope.cancel()
        assert phone.shown[0] != phone.shown[1]


async def test_nobody_scans(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        with pytest.raises(LoginFailed, match="Nobody scanned"):
            await login_by_qr(config, [].append, Answers(), poll_seconds=0.05, scan_seconds=0.3)
        with pytest.raises(NotAuthorized):
            async with open_telegram(config):
                pass


LINK = "tg://login?token=" + "Aa-_09" * 7


@pytest.mark.parametrize("blocks", [True, False])
def test_the_drawing_is_the_code_in_black_on_white(blocks):
    lines = draw(LINK, blocks=blocks)
    wanted = [list(row) for row in segno.make_qr(LINK, error="l").matrix_iter(border=4 if blocks else 3)]
    assert [row for line in lines for row in modules(line)][: len(wanted)] == wanted
    assert all(line.endswith("\x1b[0m") for line in lines)
    assert all(ord(character) < 128 for line in lines for character in line) != blocks


def modules(line):
    """The rows of a drawn line: 1 for black."""
    if "▀" in line:
        cells = re.findall(r"38;5;(\d+);48;5;(\d+)m▀", line)
        return [[int(cell[at] == "16") for cell in cells] for at in (0, 1)]
    return [[int(colour == "16") for colour in re.findall(r"48;5;(\d+)m  ", line)]]


def test_how_much_room_a_drawing_takes():
    assert size(draw(LINK, blocks=True)) == (41, 22)  # so it fits into 80 by 24
    assert size(draw(LINK, blocks=False)) == (78, 40)


# Answers that are given


def given(command="", **environ):
    return GivenAnswers(command, terminal=False, environ=environ)


async def test_code_and_password_from_the_environment(tmp_path):
    async with loopback(tmp_path, password="sesame") as (_server, config):
        with pytest.raises(LoginFailed, match=r"code is wrong. It came from TOBS_CODE"):
            await login(config, given(TOBS_CODE="1"))
        with pytest.raises(LoginFailed, match="set TOBS_PASSWORD"):
            await login(config, given(TOBS_CODE="12345"))
        with pytest.raises(LoginFailed, match=r"password is wrong. It came from TOBS_PASSWORD"):
            await login(config, given(TOBS_CODE="12345", TOBS_PASSWORD="x"))
        assert (await login(config, given(TOBS_CODE="12345", TOBS_PASSWORD="sesame"))).id == ME


async def test_the_code_from_a_program(tmp_path):
    async with loopback(tmp_path) as (_server, config):
        for command, said in [
            ("/no/such/program", "could not be started"),
            (f"{sys.executable} -c 'exit(3)'", "ended with 3"),
            (f"{sys.executable} -c 'print(1)'", "code is wrong. It came from --code-command"),
            ("'", "could not be started"),
        ]:
            with pytest.raises(LoginFailed, match=said):
                await login(config, given(command))
        assert (await login(config, given(f"{sys.executable} -c 'print(12345)'"))).id == ME


def test_without_a_terminal_nothing_is_asked_for_in_vain():
    given(TOBS_CODE="1").check(PHONE)
    with pytest.raises(ConfigError, match=r"telegram\.phone"):
        given(TOBS_CODE="1").check("")
    with pytest.raises(ConfigError, match="needs a terminal"):
        given().check(PHONE)
