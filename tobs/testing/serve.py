"""``python -m tobs.testing serve``: the loopback server as a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Sequence
from pathlib import Path

import trio

from tobs.testing.account import Account
from tobs.testing.big import big_account, big_private_account
from tobs.testing.faults import Bucket, Faults, Flood
from tobs.testing.folder import open_account
from tobs.testing.manyfiles import Batch, files_account
from tobs.testing.sample import sample_account
from tobs.testing.takeouts import MAX_ID


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 0 is a clean end, 2 a wrong use."""
    options = _parser().parse_args(arguments)
    try:
        trio.run(_serve, options)
    except OSError as error:
        print(f"cannot serve: {error}")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tobs.testing", description="A Telegram server on loopback.")
    serve = parser.add_subparsers(required=True, metavar="serve").add_parser("serve", help="serve an account")
    serve.add_argument(
        "--write", type=Path, required=True, metavar="DIR", help="folder for config.toml and the session"
    )
    serve.add_argument("--scenario", choices=("sample", "big", "big-private", "files"), default="sample")
    serve.add_argument("--messages", type=_positive, default=100_000, help="messages of the big scenarios")
    serve.add_argument(
        "--files",
        type=Batch.parse,
        action="append",
        default=[],
        metavar="COUNTxSIZE[@DC]",
        help="files of the scenario files, such as 2000x80k or 1x4G@3; may be given again",
    )
    serve.add_argument("--rtt-ms", type=float, default=0, help="milliseconds from a request to its answer")
    serve.add_argument("--flood", type=_flood, metavar="CALLS/SECONDS", help="of getHistory, and as many of getFile")
    serve.add_argument(
        "--bucket",
        type=_bucket,
        metavar="RATE/BURST[,CALLS:RATE]",
        help="of getHistory: so many a second behind a burst, and another rate after so many calls",
    )
    serve.add_argument("--takeout-delay", type=_positive, metavar="SECONDS", help="before a takeout may begin")
    serve.add_argument(
        "--split", type=_ids, metavar="ID[,ID]", help="where the message ranges of a takeout end, besides the last"
    )
    serve.add_argument("--bandwidth-mb", type=float, help="megabytes a second on each connection")
    serve.add_argument(
        "--dc",
        type=_line,
        action="append",
        default=[],
        metavar="DC:RTT_MS/OPENING_MS/MB",
        help="a data centre with a round trip, a time to open connections and a bandwidth of each of its own",
    )
    serve.add_argument("--dcs", type=_positive, default=2, help="number of data centres")
    serve.add_argument("--password", help="of two-step verification; without it the code is enough")
    serve.add_argument("--qr-seconds", type=float, help="how long a QR code to sign in with is good")
    serve.add_argument("--port", type=int, default=0, help="port of the first data centre; 0: any")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def _flood(text: str) -> tuple[int, float]:
    calls, slash, seconds = text.partition("/")
    if not slash:
        raise argparse.ArgumentTypeError(f"must look like 30/30, not {text}")
    return _positive(calls), float(seconds)


def _bucket(text: str) -> Bucket:
    first, _, then = text.partition(",")
    (rate, _, burst), (calls, _, other) = first.partition("/"), then.partition(":")
    later = {_positive(calls): float(other)} if then else {}
    return Bucket("messages.getHistory", float(rate), _positive(burst), later)


def _line(text: str) -> tuple[int, float, float, float]:
    dc_id, _, figures = text.partition(":")
    rtt_ms, opening_ms, bandwidth_mb = map(float, figures.split("/"))
    return int(dc_id), rtt_ms / 1000, opening_ms / 1000, bandwidth_mb * 1_000_000


def _ids(text: str) -> list[int]:
    return sorted(_positive(each) for each in text.split(","))


def _account(options: argparse.Namespace) -> Account:
    account = _scenario(options)
    account.takeouts.delay = options.takeout_delay or 0
    ends = options.split or []
    account.takeouts.ranges = list(zip([0, *(end + 1 for end in ends)], [*ends, MAX_ID], strict=True))
    return account


def _scenario(options: argparse.Namespace) -> Account:
    if options.scenario == "big":
        return big_account(options.messages)
    if options.scenario == "big-private":
        return big_private_account(options.messages)
    if options.scenario == "files":
        return files_account(options.files)
    home = min(2, options.dcs)
    others = [dc_id for dc_id in range(1, options.dcs + 1) if dc_id != home]
    return sample_account((home, *others))


def _faults(options: argparse.Namespace) -> Faults:
    floods: tuple[Flood | Bucket, ...] = (options.bucket,) if options.bucket else ()
    if options.flood is not None:
        floods += tuple(Flood(method, *options.flood) for method in ("messages.getHistory", "upload.getFile"))
    bandwidth = options.bandwidth_mb * 1_000_000 if options.bandwidth_mb else None
    return Faults(
        rtt=options.rtt_ms / 1000,
        bandwidth=bandwidth,
        floods=floods,
        dc_rtt={dc_id: rtt for dc_id, rtt, _opening, _bandwidth in options.dc},
        dc_opening={dc_id: opening for dc_id, _rtt, opening, _bandwidth in options.dc},
        dc_bandwidth={dc_id: bandwidth for dc_id, _rtt, _opening, bandwidth in options.dc},
    )


async def _serve(options: argparse.Namespace) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        account = _account(options)
        async with open_account(
            account,
            options.write,
            dcs=options.dcs,
            port=options.port,
            faults=_faults(options),
            password=options.password,
        ) as serving:
            if options.qr_seconds:
                serving.server.auth.tokens.lifetime = options.qr_seconds
            print(json.dumps(serving.facts(), ensure_ascii=False), flush=True)
            async for _ in signals:
                break
        server = serving.server
        ended: dict[str, object] = {"calls": dict(sorted(server.calls.items())), "floods": server.floods}
        ended["file_bytes"] = server.file_bytes
        if account.takeouts.begun:
            ended["takeouts"] = {"finished": account.takeouts.finished, "unwrapped": account.takeouts.unwrapped}
        print(json.dumps(ended), flush=True)
