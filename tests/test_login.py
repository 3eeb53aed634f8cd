import attrs
import pytest

from tests.loopback import ME, PHONE, open_loopback, small_account
from tobs.errors import LoginFailed, NotAuthorized, RateLimited
from tobs.telegram.client import open_telegram
from tobs.telegram.login import login, logout
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

    async def phone(self, problem):
        self.problems.append(problem)
        return self.phones.pop(0)

    async def code(self, problem):
        self.problems.append(problem)
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
