"""The questions of ``tobs init``: what is asked, what fits, and which keys the answers are."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs

from tobs import strict
from tobs.cli.plain import plain
from tobs.cli.prompts import Unfit, ask, ask_choice
from tobs.config import MEDIA_TYPES, Config, ExportConfig, MediaConfig
from tobs.configedit import Place


@attrs.frozen
class Answers:
    """The keys of one account and their values, and whether its chats are still to be chosen from a list."""

    keys: dict[Place, Any]
    choose: bool


@attrs.frozen
class Dialogue:
    """Asks for what an account needs. `now` is what the configuration says so far, and Enter keeps it.

    `check_vault` says what is wrong with a folder, "" if nothing is. With
    `neighbour`, the vault of another account, it may become this one's too. Each
    answer is held against the rules of its key, and asked for again until it fits.
    """

    now: Config
    check_vault: Callable[[str], str]
    neighbour: str = ""

    async def ask(self) -> Answers:
        """All questions. Raises `EndOfInput`."""
        telegram, export = self.now.telegram, self.now.export
        keys: dict[Place, Any] = {("export", "vault"): await self._vault()}
        print("api_id and api_hash come from https://my.telegram.org, under API development tools.", file=sys.stderr)
        keys["telegram", "api_id"] = await ask(_with("api_id", telegram.api_id or ""), _or(telegram.api_id, api_id))
        known = "as it is" if telegram.api_hash else ""
        keys["telegram", "api_hash"] = await ask(_with("api_hash", known), _or(telegram.api_hash, api_hash))
        about = telegram.phone or "asked for at login"
        keys["telegram", "phone"] = await ask(
            _with("Phone number with country code", about), _or(telegram.phone, phone)
        )
        chats = await self._chats()
        if chats:
            keys["export", "chats"] = chats
        keys |= await self._media()
        zone = export.timezone or local_zone_name()
        keys["export", "timezone"] = await ask(_with("Time zone", zone), _or(zone, time_zone))
        changed = {place: value for place, value in keys.items() if value != _now(self.now, place)}
        return Answers(changed, choose=not chats and not export.chats)

    async def _vault(self) -> str | Path:
        return self.neighbour if await self._shares() else await self._own_vault()

    async def _shares(self) -> bool:
        """Whether the account goes into the vault that is there, where its notes have a folder of their own."""
        if not self.neighbour:
            return False
        vault = plain(self.neighbour, 200)
        question = f"A vault of its own, or a part of {vault}, beside the first account"
        while await ask_choice(question, ("own", "part")) == "part":
            if not (problem := self.check_vault(self.neighbour)):
                return True
            print(plain(problem, 300), file=sys.stderr)
        return False

    async def _own_vault(self) -> str | Path:
        now = self.now.export.vault

        def vault(text: str) -> str | Path:
            if problem := _problem(ExportConfig, "vault", text or str(now)) or self.check_vault(text):
                raise Unfit(problem)
            return text or now

        return await ask(_with("Folder of the Obsidian vault", now), vault)

    async def _chats(self) -> tuple[str, ...]:
        now = ", ".join(self.now.export.chats) or "choose from a list"
        question = "Chats, as all, or names separated by commas"
        return await ask(_with(question, now), lambda text: tuple(filter(None, map(str.strip, text.split(",")))))

    async def _media(self) -> dict[Place, Any]:
        media = self.now.export.media
        now = "none" if not media.enabled else "all" if media.types == MEDIA_TYPES else ", ".join(media.types)
        question = f"Files to fetch: all, none, or some of {', '.join(MEDIA_TYPES)}"
        kinds = await ask(_with(question, now), lambda text: media_types(text or now))
        keys: dict[Place, Any] = {("media", "enabled"): bool(kinds)}
        if kinds:
            keys["media", "types"] = kinds
            size = f"{media.max_size_mb:g}"
            question = _with("Largest file to fetch in megabytes, 0 for no limit", size)
            keys["media", "max_size_mb"] = await ask(question, lambda text: megabytes(text or size))
        return keys


def _now(config: Config, place: Place) -> Any:
    """What the configuration says of a key."""
    table, key = place
    values: Any = config.export.media if table == "media" else getattr(config, table)
    return getattr(values, key)


def _with(question: str, now: object) -> str:
    return f"{question} [{now}]" if now != "" else question


def _or(now: Any, understand: Callable[[str], Any]) -> Callable[[str], Any]:
    """Enter alone means what is there now, if it fits."""
    return lambda text: understand(text or str(now or ""))


def _problem(cls: type, key: str, value: object) -> str:
    """What is wrong with a value of a key; "" if nothing is."""
    _, problems = strict.structure({key: value}, cls)
    return problems[0].rpartition(" @ ")[0] if problems else ""


def api_id(text: str) -> int:
    """A number."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise Unfit("api_id is a number such as 1234567, which my.telegram.org shows above api_hash")
    return int(text)


def api_hash(text: str) -> str:
    """32 hexadecimal digits."""
    if not re.fullmatch(r"[0-9a-f]{32}", text.lower()):
        raise Unfit("api_hash has 32 of the digits 0 to 9 and letters a to f")
    return text.lower()


def phone(text: str) -> str:
    """A number as Telegram knows it, or nothing."""
    number = re.sub(r"[\s()./-]", "", text)
    if number and not re.fullmatch(r"\+?\d{7,15}", number):
        raise Unfit("a phone number has a country code and 7 to 15 digits, as in +4915112345678")
    return number


def media_types(text: str) -> tuple[str, ...]:
    """Kinds of files."""
    words = tuple(dict.fromkeys(word.casefold() for word in re.split(r"[\s,]+", text) if word))
    if words in (("all",), ("none",)):
        return MEDIA_TYPES if words == ("all",) else ()
    if problem := _problem(MediaConfig, "types", list(words)):
        raise Unfit(problem)
    return words


def megabytes(text: str) -> float:
    """A size."""
    try:
        size = float(text.replace(",", "."))
    except ValueError:
        raise Unfit("write a number of megabytes, such as 20, or 0 for no limit") from None
    if problem := _problem(MediaConfig, "max_size_mb", size):
        raise Unfit(problem)
    return size


def time_zone(text: str) -> str:
    """A name of a zone."""
    if problem := _problem(ExportConfig, "timezone", text):
        raise Unfit(problem)
    return text


def local_zone_name() -> str:
    """The computer's time zone; UTC if it does not say."""
    import tzlocal

    try:
        return tzlocal.get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):  # settings that contradict each other, or none
        return "UTC"
