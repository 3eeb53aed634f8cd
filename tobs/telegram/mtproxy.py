"""The way through an MTProxy.

Whoever runs the proxy is not Telegram and may send what he likes. A packet begins with its length, and Telethon waits
for as much as that says, up to two gigabytes; here it is as long as one straight from Telegram may be.
"""

from __future__ import annotations

from typing import Any

from telethon.network.connection.tcpintermediate import RandomizedIntermediatePacketCodec
from telethon.network.connection.tcpmtproxy import ConnectionTcpMTProxyRandomizedIntermediate

from tobs.telegram.packets import HEAD, LARGEST

_ALIGNED = 4  # what MTProto sends is a multiple of so many bytes; what is beyond that is padding


class PaddedPackets(RandomizedIntermediatePacketCodec):  # type: ignore[misc]
    """Packets with up to three bytes of padding, so that their sizes tell nothing."""

    async def read_packet(self, reader: Any) -> bytes:
        """The next packet. Raises `OSError` and `EOFError`."""
        length = int.from_bytes(await reader.readexactly(HEAD), "little")
        if not 0 < length <= LARGEST:
            raise ConnectionError(f"Not MTProto: a packet of {length:,} bytes")
        packet = await reader.readexactly(length)
        return bytes(packet[: length - length % _ALIGNED])


class ProxyConnection(ConnectionTcpMTProxyRandomizedIntermediate):  # type: ignore[misc]
    """A connection of Telethon's through such a proxy: host, port, and the secret behind ``dd``."""

    packet_codec = PaddedPackets
    _writer: Any

    async def _connect(self, timeout: float | None = None, ssl: None = None) -> None:
        try:
            await self._reach(timeout, ssl)
        except BaseException:
            self._hang_up()
            raise

    async def _reach(self, timeout: float | None, ssl: None) -> None:
        await super()._connect(timeout=timeout, ssl=ssl)

    async def disconnect(self) -> None:
        """Hang up, also when cancelled."""
        try:
            await super().disconnect()
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        # Telethon does so only with what was connected and left in peace.
        if self._writer is not None:
            self._writer.close()
