"""``tobs init``"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import attrs

from tobs.cli.called import Called
from tobs.cli.outcome import Exit
from tobs.cli.settings import DEFAULT, ConfigFile, ConfigPath, Switch
from tobs.config import Config
from tobs.errors import ConfigError

if TYPE_CHECKING:
    from tobs.cli.dialogue import Answers
    from tobs.cli.signals import Interrupts
    from tobs.configedit import Place

T = TypeVar("T")
NEW_VAULT = Path("vault")  # beside config.toml; `export` is where the demo's chats are


def init(*, config: ConfigPath = DEFAULT, stdout: Switch = False, debug: Switch = False) -> int:
    """Ask what tobs needs to know, write config.toml, sign in, and tell what an export would fetch.

    Run it again to change answers: Enter keeps what is there, and keys and comments of your own stay. Until the last
    question about the configuration is answered nothing is written. Without a terminal it asks nothing, and writes a
    file with every key and its default.

    Examples:
        tobs init
        tobs init --config ~/telegram/config.toml

    Parameters
    ----------
    config
        Where to write it; with --account, the account that is added or changed.
    stdout
        Print a file with every key and its default instead.
    debug
        Log everything, and show tracebacks.
    """
    from tobs.configfile import example

    if stdout:
        print(example(), end="")
        return Exit.DONE
    if sys.stdin.isatty() and sys.stderr.isatty():
        return by_dialogue(config, debug)
    write_example(config.path)
    then = Called(config).says("then run: `tobs login`")
    print(f"Wrote {config.path}. Put api_id and api_hash from https://my.telegram.org into it, {then}")
    return Exit.DONE


def write_example(path: Path) -> None:
    """A file with every key. Raises `ConfigError` if there is one already."""
    from tobs.configfile import example

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError([f"{path} is there already; edit it, or name another with --config"]) from None
    except OSError as error:
        raise ConfigError([f"{path} cannot be written ({error.strerror}); choose another place"]) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(example())


def by_dialogue(file: ConfigFile, debug: bool) -> int:
    """Ask, write, and offer what comes next."""
    from tobs.configedit import write_private

    draft = Draft.of(file)
    answers = questions(draft)
    text = draft.with_keys(answers.keys)
    draft.read(text)
    write_private(file.path, text)
    print(f"Wrote {file.path}, readable by you only.", file=sys.stderr)
    return go_on(file, answers, debug)


@attrs.frozen
class Draft:
    """What is to become the file at `file.path`: its text so far, or that of a new one."""

    file: ConfigFile
    text: str
    neighbour: str = ""  # the vault of the first account as the file has it, if another account is new

    @classmethod
    def of(cls, file: ConfigFile) -> Draft:
        """What is there, with an account that is named and not there yet. Raises `ConfigError` if that is not valid."""
        from tobs.configfile import dump_config

        try:
            text = file.path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            text = dump_config(attrs.evolve(Config(), export=attrs.evolve(Config().export, vault=NEW_VAULT)))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError([f"{file.path} cannot be read ({error}); check its name and permissions"]) from error
        return cls(file, text)._with_account()

    def _with_account(self) -> Draft:
        """With a vault of its own, an account that the file does not know yet can be read."""
        import tomllib

        from tobs.configfile import parse_config

        parse_config(self.text, self.file.path)  # raises what is wrong with it already
        written = tomllib.loads(self.text)
        if not self.file.account or self.file.account in written.get("accounts", {}):
            return self
        vault = written.get("export", {}).get("vault", str(Config().export.vault))
        return attrs.evolve(self, text=self.with_keys({("export", "vault"): self.file.account}), neighbour=vault)

    def with_keys(self, keys: dict[Place, object]) -> str:
        """The text with these keys of the account."""
        from tobs.configedit import edited

        prefix = ("accounts", self.file.account) if self.file.account else ()
        return edited(self.text, {(*prefix, *place): value for place, value in keys.items()})

    def read(self, text: str) -> Config:
        """What a text says. Raises `ConfigError`."""
        from tobs.configfile import parse_config

        return parse_config(text, self.file.path, account=self.file.account)

    def vault_problem(self, vault: str) -> str:
        """What is wrong with a folder for the vault, "" if nothing is."""
        try:
            text = self.with_keys({("export", "vault"): vault}) if vault else self.text
            path = self.read(text).export.vault
        except ConfigError as error:
            return error.problems[0].rpartition(" @ ")[0]
        above = next(folder for folder in (path, *path.parents) if folder.exists())
        if not above.is_dir():
            return f"{above} is a file; name a folder"
        return "" if os.access(above, os.W_OK) else f"{above} cannot be written into; name another folder"


def questions(draft: Draft) -> Answers:
    """What a person answers. Raises KeyboardInterrupt when they want no more of it."""
    from tobs.cli.dialogue import Dialogue

    return _answered(Dialogue(draft.read(draft.text), draft.vault_problem, draft.neighbour).ask)


def _answered(work: Callable[[], Awaitable[T]]) -> T:
    from tobs.cli.prompts import EndOfInput
    from tobs.cli.signals import run

    async def asked(_interrupts: Interrupts) -> T | None:
        try:
            return await work()
        except EndOfInput:
            print(file=sys.stderr)
            return None

    answer = run(asked)  # which takes None for an interrupt, too
    assert answer is not None
    return answer


def go_on(file: ConfigFile, answers: Answers, debug: bool) -> int:
    """Sign in, choose chats and plan, each if it is wanted."""
    from tobs.cli.answers import Answers as Given
    from tobs.cli.choice import choose_chats
    from tobs.cli.login import sign_in
    from tobs.cli.plain import plain
    from tobs.cli.plan import plan
    from tobs.cli.settings import settings

    says = Called(file).says
    way = decide("Sign in now: with a code, by a QR code, or not", ("code", "qr", "no"))
    if way == "no":
        print(says("Next: `tobs login`"))
        return Exit.DONE
    config = settings(file, debug=debug)
    person = sign_in(config.telegram, Given(), qr=way == "qr")
    print(f"Logged in as {plain(person.name)}.", file=sys.stderr)
    if answers.choose:
        choose_chats(config, file)
        config = settings(file, debug=debug)
    if not config.export.chats:
        print(says("Next: `tobs chats --choose`, then `tobs export`"))
        return Exit.DONE
    if decide("Tell what an export would fetch", ("yes", "no")) == "yes":
        plan(config=file, debug=debug)
    print(says("Next: `tobs export`"))
    return Exit.DONE


def decide(question: str, choices: tuple[str, ...]) -> str:
    """One of `choices`; Enter is the first. Raises KeyboardInterrupt when there is no answer."""
    from tobs.cli.prompts import ask_choice

    return _answered(partial(ask_choice, question, choices))
