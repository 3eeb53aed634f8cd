"""A configuration is edited in place: nothing a person wrote is lost, and nothing a stranger wrote gets in."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_config_rules import CONFIGS, FILE, TEXT, as_read
from tobs.configedit import Named, edited, with_topics, write_private
from tobs.configfile import dump_config, example, parse_config
from tobs.errors import ConfigError

MINE = """\
# my notes
[export]   # what goes out
vault = 'notes' # not the other one
chats = [
    "@durov",  # the news
]

[telegram]
api_id = 1
"""


def test_only_what_changes_changes():
    changed = edited(MINE, {("export", "vault"): Path("there"), ("telegram", "phone"): "+1", ("telegram", "api_id"): 1})
    assert changed == MINE.replace("'notes'", '"there"') + 'phone = "+1"\n'
    assert edited(MINE, {("export", "vault"): Path("notes"), ("export", "chats"): ("@durov",)}) == MINE


def test_a_table_that_was_only_the_name_of_others():
    text = "# mine\n[telegram.server] # at home\ndc_id = 1\n"
    changed = edited(text, {("telegram", "api_id"): 5})
    assert changed == "# mine\n[telegram]\napi_id = 5\n\n[telegram.server] # at home\ndc_id = 1\n"


STYLES = (
    "",
    "telegram.api_id = 5\nexport.vault = 'x'\n",
    "telegram = {api_id = 1, server = {}}\nexport = {chats = ['a']}\n",
    "[telegram]\r\napi_id = 1\r\n",
    "chat = [{name = '-1'}]\n",
    "[[chat]]\nname = '-1'\n\n# end\n",
    "[telegram.server]\n[export]\nlast = 3\n[telegram]\napi_id = 1\n",
    "[accounts]\nwork = {export = {vault = 'w'}}\n",
    "[accounts.work.export]\nvault = 'w'\n[media]\nworkers = 3\n",
    "[accounts.work.export]\nvault = 'w'\n[export]\nlast = 3\n[accounts.work.telegram]\nphone = '+1'\n",
)


@pytest.mark.parametrize("account", ["", "work"])
@pytest.mark.parametrize("text", STYLES)
def test_however_a_person_writes_toml(text, account):
    before = tomllib.loads(text)
    prefix = ("accounts", "work") if account else ()
    keys = {("export", "vault"): "there", ("telegram", "phone"): "+123", ("media", "types"): ("photo",)}
    changed = edited(text, {(*prefix, *place): value for place, value in keys.items()})
    changed = with_topics(changed, account, {"-1": ("x", ["1"])})
    config = parse_config(changed, FILE, {}, account)
    assert (config.export.vault, config.telegram.phone) == (FILE.parent / "there", "+123")
    assert (config.export.media.types, config.export.chat[0].filters.topics) == (("photo",), ("1",))
    assert all(holds(tomllib.loads(changed), table, values, keys) for table, values in before.items())


def holds(after: dict, table: str, values: object, keys: dict) -> bool:
    """Whether what stood in a table stands there still, save what was changed."""
    if not isinstance(values, dict) or table == "accounts":
        return table in after
    return all((table, key) in keys or after[table][key] == value for key, value in values.items())


def test_chats_by_number_say_which_they_are():
    text = edited(example(), {("export", "chats"): (Named("-100", "Family"), "all")})
    assert 'chats = [\n    "-100", # Family\n    "all",\n]' in text
    assert parse_config(text, FILE).export.chats == ("-100", "all")


@pytest.mark.parametrize("account", ["", "work"])
def test_topics_of_a_chat(account):
    text = edited(example(), {("accounts", "work", "export", "vault"): "work"})
    text = with_topics(text, account, {"-100": ("Club", ["1", "7"]), "-200": ("Other", [])})
    chat = parse_config(text, FILE, {}, account).export.chat
    assert [(each.name, each.filters.topics) for each in chat] == [("-100", ("1", "7"))]
    text = text.replace('topics = ["1", "7"]', 'topics = ["1", "7"]\nlast = 5')
    text = with_topics(text, account, {"-100": ("Club", [])})
    (each,) = parse_config(text, FILE, {}, account).export.chat
    assert (each.filters.topics, each.filters.last) == ((), 5)


@settings(max_examples=15, deadline=None)
@given(CONFIGS, st.text(max_size=8), TEXT.map(str.strip))
def test_titles_and_values_say_nothing_but_themselves(config, title, vault):
    """Whatever stands in the file before, and whatever a chat is called."""
    config = attrs.evolve(config, export=attrs.evolve(config.export, chat=()))
    title = f"{title}\n[telegram]\nproxy = 'http://evil:1'\n{title}"
    text = edited(dump_config(config), {("export", "chats"): (Named("-1", title),), ("logging", "file"): "/" + vault})
    text = with_topics(text, "", {"-2": (title, ["3"])})
    read = parse_config(text, FILE)
    assert read.telegram == as_read(config).telegram
    assert (read.export.chats, read.export.chat[0].filters.topics) == (("-1", "-2"), ("3",))
    assert tomllib.loads(text)["logging"]["file"] == "/" + vault


def test_the_file_is_private_and_whole(tmp_path):
    path = tmp_path / "config.toml"
    old = os.umask(0)
    try:
        write_private(path, "a = 1\r\n")
    finally:
        os.umask(old)
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o600, b"a = 1\r\n")
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    write_private(link, "a = 2")
    assert (link.is_symlink(), path.read_text()) == (True, "a = 2")
    assert sorted(tmp_path.iterdir()) == [path, link]


def test_a_file_that_cannot_be_written_stays(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        write_private(tmp_path / "none" / "config.toml", "")
    with pytest.raises(UnicodeEncodeError):
        write_private(tmp_path / "config.toml", "\ud800")
    assert list(tmp_path.iterdir()) == []
