"""What an embedder needs to test with: a Telegram server on loopback, accounts to put on it.

`open_account` serves an account and writes a folder that ``tobs export`` can use
at once; `open_server` is the server alone, for any methods.
"""

from tobs.testing.account import Account
from tobs.testing.big import BigHistory, BigPrivateHistory, big_account, big_private_account
from tobs.testing.faults import Bucket, Damage, Drop, Fail, Faults, Flood
from tobs.testing.folder import Serving, open_account
from tobs.testing.manyfiles import Batch, files_account
from tobs.testing.methods import methods
from tobs.testing.rpc import Caller, RpcError
from tobs.testing.sample import sample_account
from tobs.testing.server import TelegramServer, open_server

__all__ = [
    "Account",
    "Batch",
    "BigHistory",
    "BigPrivateHistory",
    "Bucket",
    "Caller",
    "Damage",
    "Drop",
    "Fail",
    "Faults",
    "Flood",
    "RpcError",
    "Serving",
    "TelegramServer",
    "big_account",
    "big_private_account",
    "files_account",
    "methods",
    "open_account",
    "open_server",
    "sample_account",
]
