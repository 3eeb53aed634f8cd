"""Files through a content delivery network, over real MTProto: decrypted, and held against Telegram's own hashes."""

import pytest
from telethon.tl import functions, types

from tests.loopback import open_loopback
from tests.telethon_client import open_telethon
from tests.test_router import SMALL, account_with_files, fetch_all, opened, wait_for
from tobs.errors import SourceError
from tobs.telegram.partfile import PART
from tobs.telegram.ranking import Load
from tobs.testing.faults import Damage, Fail, Faults
from tobs.testing.rpc import RpcError
from tobs.testing.rsakeys import CDN


def lent_files(*files):
    account, wanted = account_with_files(*files)
    account.cdn.serves = {each.file_id: CDN for each in wanted}
    return account, wanted


@pytest.mark.parametrize("size", [SMALL, PART, 5 * PART + 12345])
@pytest.mark.parametrize("dc_id", [2, 3])
async def test_a_file_comes_whole(tmp_path, size, dc_id):
    account, wanted = lent_files((dc_id, size))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        await fetch_all(source, wanted, tmp_path)
        assert server.calls["upload.getCdnFile"] > server.calls["upload.reuploadCdnFile"] > 0
        assert server.accepted[CDN] >= 1
        assert server.calls["auth.exportAuthorization"] == (dc_id == 3)  # the network is not told who we are
        uploads = server.calls["upload.reuploadCdnFile"]
        (tmp_path / "1.part").unlink()
        await fetch_all(source, wanted, tmp_path)
        assert server.calls["upload.reuploadCdnFile"] == uploads  # it is there now


@pytest.mark.parametrize("how", ["flip", "cut"])
async def test_what_the_network_changes_is_not_taken(tmp_path, how):
    account, wanted = lent_files((3, 3 * PART))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        server.faults = Faults(damage=(Damage({2}, how),))
        await fetch_all(source, wanted, tmp_path)
        (tmp_path / "1.part").unlink()
        server.faults = Faults(damage=(Damage(range(1000), how),))
        with pytest.raises(SourceError, match=r"hash|bytes"):
            await source.fetch_file(wanted[0], tmp_path / "1.part")


async def test_a_way_that_is_no_longer_good_is_asked_for_again(tmp_path):
    account, wanted = lent_files((3, 4 * PART), (3, SMALL))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        expired = RpcError(400, "FILE_TOKEN_INVALID")
        server.faults = Faults(fails=(Fail("upload.getCdnFile", {3}, expired),))
        await fetch_all(source, wanted, tmp_path)
        account.cdn.expire()
        (tmp_path / "2.part").unlink()
        await fetch_all(source, wanted, tmp_path)


async def test_a_network_that_sends_us_to_and_fro(tmp_path):
    account, wanted = lent_files((3, SMALL))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        expired = RpcError(400, "FILE_TOKEN_INVALID")
        server.faults = Faults(fails=(Fail("upload.getCdnFile", range(1000), expired),))
        with pytest.raises(SourceError, match="to and fro"):
            await source.fetch_file(wanted[0], tmp_path / "1.part")


async def test_a_network_that_cannot_be_reached_is_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr("tobs.telegram.senders.ATTEMPTS", 1)
    monkeypatch.setattr("tobs.telegram.connection.LOSSES", (0.01, 0.01))
    account, wanted = lent_files((3, 3 * PART))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        (await source._connection.routes._senders._centre(CDN)).port = 1  # nobody listens there
        await fetch_all(source, wanted, tmp_path)
        assert server.calls["upload.getCdnFile"] == 0
    await wait_for(lambda: not sum(server.connections.values()))


async def test_the_network_hears_of_no_takeout(tmp_path):
    account, wanted = lent_files((3, SMALL))
    async with opened(tmp_path, account, cdns=1) as (server, source):
        await fetch_all(source, wanted, tmp_path)
        routes, token = source._connection.routes, next(iter(account.cdn._lent))
        request = functions.upload.GetCdnFileRequest(token, 0, PART)
        async with routes.lease(CDN, Load(SMALL)) as leased:
            await leased.ask(functions.InvokeWithTakeoutRequest(7, request), 5)
        assert server.log[-1].method == "upload.getCdnFile"
        assert server.log[-1].caller.takeout_id == 0


async def test_without_routing_no_network_is_named_to_us(tmp_path):
    account, wanted = lent_files((3, 3 * PART))
    async with opened(tmp_path, account, cdns=1, enabled=False) as (server, source):
        await fetch_all(source, wanted, tmp_path)
        assert server.calls["upload.getCdnFile"] == 0


async def test_the_server_keeps_the_network_apart(tmp_path):
    account, _ = lent_files((3, SMALL))
    async with open_loopback(account, tmp_path, cdns=1) as (server, _config), open_telethon(server) as telethon:
        with pytest.raises(Exception, match="CDN"):
            await telethon(functions.upload.GetCdnFileRequest(b"", 0, PART))
        config = await telethon(functions.help.GetConfigRequest())
        assert [option.id for option in config.dc_options if option.cdn] == [CDN]
        keys = await telethon(functions.help.GetCdnConfigRequest())
        assert isinstance(keys.public_keys[0], types.CdnPublicKey)
        assert keys.public_keys[0].public_key not in server.public_keys
