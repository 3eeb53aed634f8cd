"""The configuration file: what is read, and how everything wrong with it is told at once."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tobs.config
from tobs import strict
from tobs.config import ChatConfig, Config, ExportConfig, Filters, PipelineConfig
from tobs.configfile import example, is_private, load_config
from tobs.errors import ConfigError
from tobs.root import Root

EXAMPLE = Path(__file__).parent.parent / "config.toml.example"


@pytest.fixture
def load(tmp_path):
    def write_and_load(text: str, **environ: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, environ)

    return write_and_load


@pytest.fixture
def problems(load):
    def read(text: str, **environ: str) -> tuple[str, ...]:
        with pytest.raises(ConfigError) as caught:
            load(text, **environ)
        return caught.value.problems

    return read


def test_example_is_made_from_the_classes():
    assert EXAMPLE.read_text(encoding="utf-8") == example(), "run: .venv/bin/tobs init --stdout > config.toml.example"


def test_the_page_about_the_configuration_shows_it():
    assert f"```toml\n{example()}```" in (EXAMPLE.parent / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_example_holds_the_defaults_and_every_key(load, tmp_path):
    telegram = attrs.evolve(Config().telegram, sessions_dir=tmp_path / "sessions")
    export = attrs.evolve(Config().export, vault=tmp_path / "export")
    assert load(example()) == attrs.evolve(Config(), telegram=telegram, export=export)
    classes = [cls for cls in vars(tobs.config).values() if isinstance(cls, type) and attrs.has(cls)]
    classes.remove(Config)
    classes.remove(Root)
    tables = {"chat", "name", "media"}  # [[chat]] and [chat.media], which stands there as often as there are chats
    keys = {
        field.name
        for cls in classes
        if cls is not Config
        for field in attrs.fields(cls)
        if not attrs.has(type(field.default))
    }
    assert {line.split(" = ")[0] for line in example().splitlines() if " = " in line} == keys - tables
    assert all(field.metadata["doc"] for cls in classes for field in attrs.fields(cls))


def test_filters_of_chats_go_before_those_of_all(load):
    text = """
        [export]
        chats = ["@durov", "Family"]
        since = 2024-05-03
        last = 100
        [[chat]]
        name = "Family"
        last = 0
        only = ["photo"]
        [[chat]]
        name = "-77"
    """
    export = load(text).export
    assert export.filters == Filters(since="2024-05-03", last=100)
    assert export.chats == ("@durov", "Family", "-77")
    assert export.chat == (
        ChatConfig("Family", Filters(since="2024-05-03", only=("photo",))),
        ChatConfig("-77", export.filters),
    )


def test_mistakes_in_filters_are_told_with_their_place(problems):
    text = """
        [export]
        since = "yesterday"
        filters = 1
        [[chat]]
        name = "Family"
        last = -1
        lst = 3
        [[chat]]
        until = 2024-05-03
        name = "folder:Work"
        [[chat]]
        only = ["photo", "songs"]
    """
    told = problems(text)
    for place in ("export.since", "export.filters", "chat[0].last", "chat[0].lst", "chat[1].name", "chat[2].only[1]"):
        assert any(problem.endswith(f"config.toml: {place}") for problem in told), (place, told)
    assert problems("[[chat]]\nlast = 3") == ("name is missing; say which chat this is @ config.toml: chat[0]",)
    assert problems("chat = 3") == ("expected a list in [brackets], not 3 @ config.toml: chat",)
    assert problems("[export]\nchat = 3") == ("unknown key; the table is called [chat] @ config.toml: export.chat",)


def test_an_empty_file_is_the_defaults(load):
    assert load("").export.pipeline == PipelineConfig()


def test_paths_start_from_the_folder_of_the_file(load, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    config = load('[telegram]\nsessions_dir = "~/s"\n[export]\nvault = "notes"')
    assert config.export.vault == tmp_path / "notes"
    assert config.telegram.sessions_dir == Path("/home/me/s")
    assert load('[export]\nvault = "/abs"').export.vault == Path("/abs")


def test_environment_goes_before_the_file(load):
    config = load('[telegram]\napi_id = 1\nphone = "+1"', TOBS_API_ID="42", TOBS_API_HASH="abc", TOBS_PHONE="")
    assert (config.telegram.api_id, config.telegram.api_hash, config.telegram.phone) == (42, "abc", "+1")


def test_tables_at_the_top_reach_the_export(load):
    text = '[media]\ntypes = ["photo"]\nmax_size_mb = 2\n[pipeline]\nenabled = false\n[shutdown]\ngrace_seconds = 1.5'
    export = load(text).export
    assert export.media.types == ("photo",)
    assert (export.media.max_size_mb, type(export.media.max_size_mb)) == (2.0, float)
    assert (export.pipeline.enabled, export.shutdown.grace_seconds) == (False, 1.5)


BAD = {
    '[telegram]\napi_id = "7"': "expected a whole number, not '7' @ config.toml: telegram.api_id",
    "[telegram]\napi_id = true": "expected a whole number, not true @ config.toml: telegram.api_id",
    "[telegram]\napi_id = -1": "must be at least 0, not -1 @ config.toml: telegram.api_id",
    "[pipeline]\nenabled = 1": "expected true or false, not 1 @ config.toml: pipeline.enabled",
    "[pipeline]\nfetch_workers = 0": "must be at least 1, not 0 @ config.toml: pipeline.fetch_workers",
    "[pipeline]\nfetch_workers = 2.0": "expected a whole number, not 2.0 @ config.toml: pipeline.fetch_workers",
    "[shutdown]\ngrace_seconds = nan": "must be at least 0, not nan @ config.toml: shutdown.grace_seconds",
    "[shutdown]\ngrace_seconds = '1'": "expected a number, not '1' @ config.toml: shutdown.grace_seconds",
    "[pipeline]\nfetch_wrkers = 1": "unknown key; did you mean fetch_workers? @ config.toml: pipeline.fetch_wrkers",
    "[exprot]\nvault = 'x'": "unknown key; did you mean export? @ config.toml: exprot",
    "[export.media]\nenabled = true": "unknown key; the table is called [media] @ config.toml: export.media",
    "zzz = 1": "unknown key @ config.toml: zzz",
    "telegram = 3": "expected a table, not 3 @ config.toml: telegram",
    "export = 3": "expected a table, not 3 @ config.toml: export",
    "media = []": "expected a table, not a list @ config.toml: media",
    "[export]\nchats = 'all'": "expected a list in [brackets], not 'all' @ config.toml: export.chats",
    "[export]\nchats = ['a', 5]": 'expected text in "quotes", not 5 @ config.toml: export.chats[1]',
    "[export]\nlayout = 'dya'": "expected one of auto, single, day, week, month, year, post, message, not 'dya'; "
    "did you mean day? @ config.toml: export.layout",
    "[export]\nlayout = []": "expected one of auto, single, day, week, month, year, post, message, not a list"
    " @ config.toml: export.layout",
    "[export]\ntimezone = 'Mars/Base'": "'Mars/Base' is no time zone; write one such as Europe/Berlin"
    " @ config.toml: export.timezone",
    "[export]\ntimezone = '../../etc/passwd'": "'../../etc/passwd' is no time zone; write one such as Europe/Berlin"
    " @ config.toml: export.timezone",
    "[export]\nvault = ''": "expected a path in \"quotes\", not '' @ config.toml: export.vault",
    "[telegram]\nsession = '../x'": "must be a plain name of letters, digits, '-', '_' or '.', not '../x'"
    " @ config.toml: telegram.session",
    "[telegram.server]\ndc_id = 2\nhost = '127.0.0.1'": "port, public_key must be set too"
    " @ config.toml: telegram.server",
    "[telegram.server]\nport = 70000": "must be a port between 0 and 65535, not 70000"
    " @ config.toml: telegram.server.port",
}


@pytest.mark.parametrize("text", BAD)
def test_each_mistake_is_one_sentence_with_its_place(text, problems):
    assert problems(text) == (BAD[text],)


def test_all_mistakes_are_told_at_once(problems):
    text = "[telegram]\napi_id = '7'\n[pipeline]\nfetch_workers = 0\nwrok = 1\n[media]\ntypes = ['vidoe', 1]\n[foo]"
    places = [problem.rpartition(" @ ")[2] for problem in problems(text, TOBS_API_HASH="x")]
    assert sorted(places) == [
        "config.toml: foo",
        "config.toml: media.types[0]",
        "config.toml: media.types[1]",
        "config.toml: pipeline.fetch_workers",
        "config.toml: pipeline.wrok",
        "config.toml: telegram.api_id",
    ]


def test_the_environment_is_checked_too(problems):
    assert problems("", TOBS_API_ID="12x") == ("expected a whole number @ environment: TOBS_API_ID",)


@pytest.mark.parametrize("name", ["api_hash", "phone", "proxy"])
def test_secrets_are_never_repeated(name, problems, load):
    assert "4711" not in problems(f"[telegram]\n{name} = 4711")[0]
    config = load('[telegram]\napi_hash = "4711"\nphone = "4711"\nproxy = "socks5://u:4711@h:1"')
    assert "4711" not in repr(config)


def test_a_file_that_cannot_be_read(tmp_path):
    for path, said in [
        (tmp_path / "no.toml", "`tobs init`"),
        (tmp_path, "cannot be read"),
        (_written(tmp_path / "latin.toml", b'a = "\xe4"'), "not UTF-8"),
        (_written(tmp_path / "broken.toml", b"a = = 1"), "not valid TOML"),
    ]:
        with pytest.raises(ConfigError, match=said):
            load_config(path, {})


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = _written(tmp_path / "config.toml", b"\xef\xbb\xbf[telegram]\napi_id = 5")
    assert load_config(path, {}).telegram.api_id == 5


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_who_else_may_read_the_file(tmp_path):
    path = _written(tmp_path / "config.toml", b"")
    path.chmod(0o640)
    assert not is_private(path)
    path.chmod(0o600)
    assert is_private(path)


NAMES = [field.name for field in attrs.fields(ExportConfig)]
WORDS = st.text("a/.~\0é\n ", max_size=4)  # a small alphabet: the full one takes seconds to build
TOML_VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), TOML_VALUES))
def test_whatever_stands_in_a_table_is_a_value_or_a_problem(table):
    config, found = strict.structure({"export": table}, Config)
    assert (config is None) == bool(found)


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


# Further accounts

TWO = """
    [telegram]
    api_id = 7
    api_hash = "abc"
    phone = "+1"
    [export]
    chats = ["all"]
    layout = "day"
    last = 5
    [[chat]]
    name = "Family"
    [media]
    workers = 2
    [accounts.work.telegram]
    phone = "+2"
    [accounts.work.export]
    vault = "work"
    since = 2024-05-03
    [accounts.work.media]
    types = ["photo"]
    [[accounts.work.chat]]
    name = "Boss"
    last = 0
"""


def test_a_further_account_has_what_the_first_has_save_what_is_its_own(tmp_path):
    path = _written(tmp_path / "config.toml", TWO.encode())
    first, work = load_config(path, {}), load_config(path, {"TOBS_PHONE": "+3"}, "work")
    assert (first.telegram.session, first.telegram.phone, first.export.chats) == ("tobs", "+1", ("all", "Family"))
    assert (work.telegram.session, work.telegram.phone, work.telegram.api_id) == ("work", "+3", 7)
    assert (work.export.vault, work.export.layout, work.export.chats) == (tmp_path / "work", "day", ("Boss",))
    assert (work.export.media.workers, work.export.media.types) == (2, ("photo",))
    assert work.export.filters == Filters(since="2024-05-03", last=5)
    assert work.export.chat[0].filters == Filters(since="2024-05-03")
    assert (first.other_sessions, work.other_sessions) == ({"work"}, {"tobs"})


ACCOUNTS = {
    "": "there is no account 'work' (there are: none) @ config.toml: accounts",
    "[accounts.wrk.export]\nvault='x'": "there is no account 'work' (there are: wrk); did you mean wrk? "
    "@ config.toml: accounts",
    "[accounts.'../x'.telegram]\n[accounts.work]": "an account must be called by letters, digits, '-' or '_', not"
    " '../x'"
    " @ config.toml: accounts",
    "[accounts]\nwork = 3": "expected a table, not 3 @ config.toml: accounts.work",
    "accounts = 3": "expected a table for each account, as in [accounts.work.telegram] @ config.toml: accounts",
    "[accounts.work.export]\nvalt = 'x'": "unknown key; did you mean vault? @ config.toml: accounts.work.export.valt",
    "[accounts.work.sessions]\ngc_enabled = true": "unknown key @ config.toml: accounts.work.sessions",
    "[accounts.work.telegram]\nphone = 1": "expected text in \"quotes\" @ config.toml: accounts.work.telegram.phone",
    "[accounts.work.export]\nvault='export/w'": "this folder lies in the vault of the first account or around it; name"
    " that vault itself, or a folder elsewhere @ config.toml: accounts.work.export.vault",
    f"[accounts.'{'ü' * 22}'.export]\n[accounts.work.telegram]": "files of a shared vault are named after the account;"
    f" give it a shorter name, or a vault of its own @ config.toml: accounts.{'ü' * 22}.export.vault",
    "[accounts.Work.export]\n[accounts.work.telegram]": "the accounts 'Work' and 'work' are called the same to many"
    " disks, or to the eye; call one of them otherwise @ config.toml: accounts",
    "[accounts.work.export]\nroot = {name = 'x'}": "unknown key @ config.toml: accounts.work.export.root",
    "[accounts.work.export]\nvault='w'\n[accounts.work.telegram]\nsession='TOBS'": "this session is the first"
    " account's; give each account its own @ config.toml: accounts.work.telegram.session",
    "[accounts.work.export]\nvault='w'\n[accounts.work.telegram.server]\nport=1": "dc_id, host, public_key must be set"
    " too @ config.toml: accounts.work.telegram.server",
}  # fmt: skip


@pytest.mark.parametrize("text", ACCOUNTS)
def test_mistakes_in_accounts_are_told_with_their_place(text, tmp_path):
    with pytest.raises(ConfigError) as caught:
        load_config(_written(tmp_path / "config.toml", text.encode()), {}, "work")
    assert ACCOUNTS[text] in caught.value.problems
