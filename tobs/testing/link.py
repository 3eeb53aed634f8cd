"""One TCP connection's sending half: order, bandwidth, dropped frames."""

from __future__ import annotations

from collections.abc import Callable

import trio

from tobs.testing.faults import FaultRun, Faults
from tobs.testing.transport import Transport


class Link:
    """Sends packets on one connection, as the script of faults allows."""

    def __init__(
        self,
        stream: trio.SocketStream,
        transport: Transport,
        faults: Callable[[], FaultRun],
        bandwidth: Callable[[Faults], float | None] = lambda script: script.bandwidth,
    ) -> None:
        self._stream = stream
        self._transport = transport
        self._faults = faults
        self._bandwidth = bandwidth
        self._lock = trio.Lock()  # packets go out whole, in the order they were made
        self._frames = 0
        self._free_at = 0.0
        self.scope = trio.CancelScope()
        self.closed = False

    async def send(self, packet: bytes) -> None:
        """Sends an encrypted packet; on a closed link, does nothing: the session keeps what matters."""
        async with self._lock:
            if self.closed:
                return
            frame = self._transport.pack(packet)
            drop = self._faults().script.drop
            due = drop is not None and self._frames + (not drop.half_frame) >= drop.after_frames
            self._frames += 1
            if drop is not None and due and self._faults().may_drop():
                await self._write(frame[: len(frame) // 2] if drop.half_frame else frame)
                self.close()
            else:
                await self._write(frame)

    async def send_plain(self, packet: bytes) -> None:
        """Sends a packet of the key exchange, which no fault but slowness touches."""
        async with self._lock:
            await self._write(self._transport.pack(packet))

    async def send_error(self, code: int) -> None:
        """Sends a transport error and closes the connection."""
        async with self._lock:
            await self._write(self._transport.pack_error(code))
            self.close()

    def close(self) -> None:
        self.closed = True
        self.scope.cancel()

    async def _write(self, frame: bytes) -> None:
        await self._throttle(len(frame))
        try:
            await self._stream.send_all(frame)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.close()

    async def _throttle(self, size: int) -> None:
        bandwidth = self._bandwidth(self._faults().script)
        if bandwidth is not None:
            self._free_at = max(self._free_at, trio.current_time()) + size / bandwidth
            await trio.sleep_until(self._free_at)
