"""tobs keeps your Telegram in Obsidian.

    config = tobs.load_config("config.toml")
    async with tobs.open_telegram(config.telegram) as source:
        report = await tobs.export(source, config.export)

Names are imported when they are first used: ``import tobs`` is quick, and
only `open_telegram` loads Telethon and trio-asyncio (which changes asyncio's
event loop policy for the whole process).
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tobs.config import (
        Config,
        ExportConfig,
        LoggingConfig,
        MediaConfig,
        PipelineConfig,
        ServerConfig,
        ShutdownConfig,
        SyncConfig,
        TelegramConfig,
    )
    from tobs.configfile import load_config
    from tobs.errors import (
        AccessDenied,
        ArchiveError,
        BackendCrashed,
        ChatNotFound,
        ConfigError,
        ConnectionLost,
        FileUnavailable,
        LoginFailed,
        NotAuthorized,
        RateLimited,
        SourceError,
        TakeoutRefused,
        TobsError,
        VaultError,
    )
    from tobs.export import export
    from tobs.health import Health
    from tobs.imports import import_exports
    from tobs.progress import Progress, Report
    from tobs.shutdown import Shutdown
    from tobs.source import CheckingSource, History, Source
    from tobs.sync import sync
    from tobs.telegram.client import open_telegram
    from tobs.verify.findings import Finding
    from tobs.verify.verification import Verification, verify_vault
    from tobs.watch import watch

__version__ = "0.1.0"

_HOMES = {
    "tobs.config": (
        "Config",
        "ExportConfig",
        "LoggingConfig",
        "MediaConfig",
        "PipelineConfig",
        "ServerConfig",
        "ShutdownConfig",
        "SyncConfig",
        "TelegramConfig",
    ),
    "tobs.configfile": ("load_config",),
    "tobs.errors": (
        "AccessDenied",
        "ArchiveError",
        "BackendCrashed",
        "ChatNotFound",
        "ConfigError",
        "ConnectionLost",
        "FileUnavailable",
        "LoginFailed",
        "NotAuthorized",
        "RateLimited",
        "SourceError",
        "TakeoutRefused",
        "TobsError",
        "VaultError",
    ),
    "tobs.export": ("export",),
    "tobs.health": ("Health",),
    "tobs.imports": ("import_exports",),
    "tobs.progress": ("Progress", "Report"),
    "tobs.shutdown": ("Shutdown",),
    "tobs.source": ("CheckingSource", "History", "Source"),
    "tobs.sync": ("sync",),
    "tobs.telegram.client": ("open_telegram",),
    "tobs.verify.findings": ("Finding",),
    "tobs.verify.verification": ("Verification", "verify_vault"),
    "tobs.watch": ("watch",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AccessDenied",
    "ArchiveError",
    "BackendCrashed",
    "ChatNotFound",
    "CheckingSource",
    "Config",
    "ConfigError",
    "ConnectionLost",
    "ExportConfig",
    "FileUnavailable",
    "Finding",
    "Health",
    "History",
    "LoggingConfig",
    "LoginFailed",
    "MediaConfig",
    "NotAuthorized",
    "PipelineConfig",
    "Progress",
    "RateLimited",
    "Report",
    "ServerConfig",
    "Shutdown",
    "ShutdownConfig",
    "Source",
    "SourceError",
    "SyncConfig",
    "TakeoutRefused",
    "TelegramConfig",
    "TobsError",
    "VaultError",
    "Verification",
    "export",
    "import_exports",
    "load_config",
    "open_telegram",
    "sync",
    "verify_vault",
    "watch",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'tobs' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps ``tobs.export``, ``sync`` and ``watch`` functions: whoever imports a module first would bind it."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("export", "sync", "watch") and isinstance(value, ModuleType):
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
