"""The messages MTProto itself answers, without any method: https://core.telegram.org/mtproto/service_messages."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

from telethon.tl import functions, types

from tobs.testing.authkeys import SALT_PERIOD, AuthKey, AuthKeys
from tobs.testing.messages import SEQNO_NOT_EVEN, BadMessage, Message
from tobs.testing.session import Session
from tobs.testing.sessions import Sessions

# https://core.telegram.org/mtproto/service_messages_about_messages#informational-message-regarding-status-of-messages
_UNKNOWN, _RECEIVED = "\x01", "\x04"


def serve_message(
    session: Session, message: Message, request: Any, sessions: Sessions, keys: AuthKeys, now: float
) -> list[Any] | None:
    """What to answer, which may be nothing; None if `request` is for a method. May raise BadMessage."""
    msg_id, key = message.msg_id, session.key
    match request:
        case types.MsgsAck() if message.seqno & 1:
            raise BadMessage(SEQNO_NOT_EVEN)
        case types.MsgsAck():
            session.acknowledge(request.msg_ids)
            return []
        case functions.PingRequest() | functions.PingDelayDisconnectRequest():
            return [types.Pong(msg_id, request.ping_id)]
        case functions.GetFutureSaltsRequest():
            return [_future_salts(key, msg_id, request.num, now)]
        case functions.DestroySessionRequest():
            known = sessions.destroy(key, request.session_id)
            return [(types.DestroySessionOk if known else types.DestroySessionNone)(request.session_id)]
        case functions.DestroyAuthKeyRequest():
            known = keys.forget(key.dc_id, key.key_id)
            return [types.DestroyAuthKeyOk() if known else types.DestroyAuthKeyNone()]
        case functions.RpcDropAnswerRequest():
            dropped = session.drop_answer(request.req_msg_id)
            answer = types.RpcAnswerDroppedRunning() if dropped else types.RpcAnswerUnknown()
            return [struct.pack("<Iq", 0xF35C6D01, msg_id) + bytes(answer)]
        case types.MsgsStateReq() | types.MsgResendReq():
            states = "".join(_RECEIVED if session.knows(wanted) else _UNKNOWN for wanted in request.msg_ids)
            return [types.MsgsStateInfo(msg_id, states)]
        case types.MsgsStateInfo() | types.MsgsAllInfo() | types.HttpWait():
            return []
    return None


def _future_salts(key: AuthKey, msg_id: int, count: int, now: float) -> types.FutureSalts:
    first = int(now) // SALT_PERIOD
    salts = [
        types.FutureSalt(_date(period), _date(period + 2), key.salt(period))
        for period in range(first, first + max(1, min(count, 64)))
    ]
    return types.FutureSalts(msg_id, int(now), salts)


def _date(period: int) -> datetime:
    return datetime.fromtimestamp(period * SALT_PERIOD, UTC)
