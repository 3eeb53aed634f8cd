"""What any client asks first: where the data centres are, and whether anything is new."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import functions, types

from tobs.testing.rpc import Caller, Methods
from tobs.testing.rsakeys import CDN, rsa_key


def basic_methods(host: str, ports: Mapping[int, int]) -> Methods:
    """The methods by which `ports`, looked at when asked, are announced, and an account in which nothing happens."""

    async def get_config(caller: Caller, request: Any) -> Any:
        return _config(caller.dc_id, host, ports)

    async def get_cdn_config(caller: Caller, request: Any) -> Any:
        """https://core.telegram.org/method/help.getCdnConfig"""
        keys = [types.CdnPublicKey(dc_id, rsa_key(dc_id).public_pem) for dc_id in ports if dc_id >= CDN]
        return types.CdnConfig(keys)

    async def get_nearest_dc(caller: Caller, request: Any) -> Any:
        return types.NearestDc(country="US", this_dc=caller.dc_id, nearest_dc=caller.dc_id)

    async def get_state(caller: Caller, request: Any) -> Any:
        """Nothing ever happens here by itself; Telethon asks this to find out whether it is signed in."""
        return types.updates.State(pts=1, qts=0, date=datetime.now(UTC), seq=1, unread_count=0)

    async def get_difference(caller: Caller, request: Any) -> Any:
        return types.updates.DifferenceEmpty(date=datetime.now(UTC), seq=1)

    return {
        functions.help.GetConfigRequest: get_config,
        functions.help.GetCdnConfigRequest: get_cdn_config,
        functions.help.GetNearestDcRequest: get_nearest_dc,
        functions.updates.GetStateRequest: get_state,
        functions.updates.GetDifferenceRequest: get_difference,
    }


def _config(this_dc: int, host: str, ports: Mapping[int, int]) -> types.Config:
    """https://core.telegram.org/constructor/config; figures without meaning here are Telegram's own of 2024."""
    now = datetime.now(UTC)
    return types.Config(
        date=now,
        expires=now + timedelta(hours=1),
        test_mode=False,
        this_dc=this_dc,
        dc_options=[
            types.DcOption(
                id=dc_id, ip_address=host, port=port, ipv6=":" in host, static=True, cdn=dc_id >= CDN or None
            )
            for dc_id, port in sorted(ports.items())
        ],
        dc_txt_domain_name="localhost",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=172_800,
        revoke_time_limit=2_147_483_647,
        revoke_pm_time_limit=2_147_483_647,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=1_024,
        message_length_max=4_096,
        webfile_dc_id=this_dc,
    )
