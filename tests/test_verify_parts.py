"""The pure parts of a verification: what is read in Markdown, where links lead, what is missing of a history."""

from array import array
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs.model import Chat, ChatKind, Entity
from tobs.vault.context import Target
from tobs.vault.links import note_link
from tobs.vault.links import wikilink as written_wikilink
from tobs.vault.names import safe_name
from tobs.vault.text import render_text
from tobs.verify.anchors import Anchors, Placed, number_of
from tobs.verify.findings import Finding, Kind, grouped, joined
from tobs.verify.history import History, ranges
from tobs.verify.links import Files
from tobs.verify.markdown import Link, anchors, heading_key, headings, links, property_links, without_code
from tobs.verify.online import Archived, compare
from tobs.verify.snapshot import KnownChat

hostile = st.text(st.sampled_from("^m1g2 a-\n[]()<>|#`~\\!&%$*_=:.'\"é\t"), max_size=40)
kinds = st.sampled_from(["Bold", "Italic", "Code", "Pre", "Blockquote", "Spoiler", "TextUrl", "Strike"])


# Markdown


@given(hostile, st.lists(st.tuples(kinds, st.integers(0, 40), st.integers(1, 20)), max_size=3))
def test_no_text_of_a_message_is_read_as_a_link_or_an_anchor(text: str, marks: list[tuple[str, int, int]]) -> None:
    entities = [Entity(kind, start, length, url="https://example.com/[[x]]") for kind, start, length in marks]
    body = without_code(render_text(text, entities))
    quoted = without_code("\n".join(f"> {line}" for line in render_text(text, entities).split("\n")))
    for shown in (body, quoted):
        assert [*anchors(shown)] == []
        assert [*links(shown)] == []


@given(hostile, hostile, st.integers(1, 10**12))
def test_every_link_that_tobs_writes_is_read(name: str, label: str, message_id: int) -> None:
    target = Target(safe_name(name), f"m{message_id}")
    wanted = [Link(target.note, f"^{target.anchor}")]
    assert [*links(f"> ↩ {written_wikilink(target, label)}")] == wanted
    assert [*links(note_link("label", "la*bel", target))] == wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("^m5", ["m5"]),
        ("text ^m5", ["m5"]),
        ("  more text ^M5  ", ["m5"]),
        ("a\n\n^m5\n\nb\n\n^g6\n", ["m5", "g6"]),
        ("text^m5", []),
        ("\\^m5", []),
        ("> text ^m5", []),
        ("  > text ^m5", []),
        ("^m5 text", []),
        ("^m5_", []),
        ("^a-section-1", ["a-section-1"]),
    ],
)
def test_anchors(text: str, found: list[str]) -> None:
    assert [*anchors(text)] == found


@pytest.mark.parametrize(
    "code",
    [
        "```\n^m5\n```",
        "```py\n^m5\n``\n```",
        "````\n```\n^m5\n```\n````",
        "> ```\n> x ^m5\n> ```",
        "> ```\n^m5 is not code, since the quote has ended",
        "- ```\n  ^m5\n  ```",
        "~~~\n```\n^m5\n~~~",
        "  ```\n  > ^m5\n  ```",
        "- > - ```\n  >   ^m5\n  >   ```",
        "$$\nx ^m5\n$$",
    ],
)
def test_code_is_no_text(code: str) -> None:
    assert [*anchors(without_code(f"before ^m1\n\n{code}\n\nafter ^m2"))] == ["m1", "m2"]


def test_headings_are_compared_as_obsidian_does() -> None:
    assert [*headings("# One: two\n\n## 2024-05-03 Fri ##\n#tag\n\\# no\n")] == ["one two", "2024-05-03 fri"]
    assert heading_key("One  *two*") == heading_key("one: two")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[[A]] ![[B#^m1|400]]", [Link("A"), Link("B", "^m1")]),
        ("| [[A\\|b]] |", [Link("A")]),
        ("[[#Here]]", [Link("", "Here")]),
        ("[a\\]](<A%20b#^m1>)", [Link("A b", "^m1")]),
        ("[a](<https://example.com>) <https://example.com>", []),
        ("\\[[A]] \\\\[[B]]", [Link("B")]),
        ("`[[A]]` `` ` [[B]] `` [[C]]", [Link("C")]),
        ("\\`[[A]]\\`", [Link("A")]),
    ],
)
def test_links(text: str, found: list[Link]) -> None:
    assert [*links(text)] == found


def test_links_in_properties() -> None:
    head = (
        '---\ntg_chat: "[[A]]"\nparticipants: ["[[B|b \\"b\\"]]", "C", "[[D"]\nmine: "[[E]]"\naliases: ["[[F]]"]\n---\n'
    )
    assert [*property_links(head)] == [Link("A"), Link("B")]


# Links


def test_a_link_means_every_file_of_its_name() -> None:
    files = Files()
    for path in ("A.md", "x/A.md", "x/y/B.MD", "y/B.jpg", "Über.md"):
        files.add(path)
    files.expect("x/a.md")
    files.expect("gone.md")
    assert files.meant_by("a") == ["a.md", "x/a.md"]
    assert files.meant_by("X/a") == ["x/a.md"]
    assert files.meant_by("y/b") == ["x/y/b.md"]
    assert files.meant_by("B.jpg") == ["y/b.jpg"]
    assert files.meant_by("u\u0308ber") == ["über.md"]
    assert files.meant_by("gone") == ["gone.md"]
    assert files.meant_by("z/a") == files.meant_by("c") == []


# Anchors

PRIVATE = KnownChat(Chat(5, "private", "Ann"), "Ann", migrated=False)
OLD_GROUP = KnownChat(Chat(-5, "group", "Cats"), "Cats", migrated=True)


def found(known: KnownChat, messages: Sequence[int], placed: Sequence[Sequence[str]]) -> Counter[tuple[Kind, int]]:
    """What is found when these anchors stand in the notes of a chat with these messages."""
    notes = [
        Placed(f"{index}.md", array("q", sorted(number_of(anchor) for anchor in note)))
        for index, note in enumerate(placed)
    ]
    looking = Anchors(known, notes, [])
    findings = [finding for each in messages for finding in looking.see(each, first=True)]
    return Counter((finding.kind, finding.message_id) for finding in [*findings, *looking.end()])


ids = st.lists(st.integers(1, 30), max_size=20)


@given(st.sets(st.integers(1, 30)), st.lists(ids, max_size=4), st.sampled_from([PRIVATE, OLD_GROUP]))
def test_each_message_has_one_anchor(messages: set[int], placed: list[list[int]], known: KnownChat) -> None:
    times = Counter(number for note in placed for number in note)
    wanted = Counter({(Kind.NO_ANCHOR, one): 1 for one in messages if not times[one]})
    wanted.update({(Kind.TWO_ANCHORS, one): 1 for one in messages if times[one] > 1})
    wanted.update({(Kind.NO_ROW, one): count for one, count in times.items() if one not in messages})
    assert found(known, sorted(messages), [[known.anchor(one) for one in note] for note in placed]) == wanted


def test_an_anchor_of_the_other_kind_is_of_no_message() -> None:
    assert found(PRIVATE, [5], [["g5"]]) == {(Kind.NO_ANCHOR, 5): 1, (Kind.NO_ROW, 5): 1}
    assert found(OLD_GROUP, [5], [["m5"]]) == {(Kind.NO_ANCHOR, 5): 1, (Kind.NO_ROW, 5): 1}


@pytest.mark.parametrize("anchor", ["", "m", "m05", "m0", "m-5", "m5x", "x5", "m٣", "m" + "9" * 30, "a-5"])
def test_other_anchors_are_no_messages(anchor: str) -> None:
    assert number_of(anchor) == 0


# History


def look(kind: ChatKind, spans: Sequence[tuple[int, int]], messages: Sequence[int], **actions: int) -> dict[Kind, str]:
    """What is found in a chat of 20 messages when these were archived; an action by its name and message."""
    looking = History(KnownChat(Chat(-100, kind, "Cats", top_message=20), "Cats", migrated=False), spans)
    names = {message_id: {"_": f"MessageAction{name}"} for name, message_id in actions.items()}
    findings = [finding for each in messages for finding in looking.see(each, names.get(each))]
    return {finding.kind: finding.text for finding in [*findings, *looking.end()]}


def test_a_whole_history() -> None:
    assert look("channel", [(1, 20)], range(1, 21)) == {}
    assert look("private", [(1, 20)], [3, 20]) == {}


def test_what_was_not_read() -> None:
    told = look("private", [(1, 5), (8, 8)], [3, 8])
    assert told == {Kind.UNREAD: "“Cats”: not read yet: messages 6–7, 9–20."}
    assert look("group", [], [])[Kind.UNREAD] == "“Cats”: not read yet: messages 1–20."


@pytest.mark.parametrize(
    ("messages", "actions", "why"),
    [
        ([1, 2, *range(5, 21)], {"ChannelCreate": 1}, "2 deleted, or never visible to you"),
        (range(4, 21), {}, "3 from before the first message that you can see"),
        (range(4, 21), {"ChannelMigrateFrom": 4}, "3 from before the chat began here"),
        (
            [1, 5, 10, *range(12, 21)],
            {"HistoryClear": 10},
            "7 from before its history was cleared, 1 deleted, or never",
        ),
        ([], {}, "20 deleted, or never visible to you"),
    ],
)
def test_why_ids_have_no_message(messages: Sequence[int], actions: dict[str, int], why: str) -> None:
    told = look("supergroup", [(1, 20)], messages, **actions)
    assert set(told) == {Kind.GAPS}
    assert told[Kind.GAPS].startswith(f"“Cats”: {why}")


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9)), max_size=5), st.sets(st.integers(1, 40)))
def test_a_message_is_in_a_span_or_unproven(lows: list[tuple[int, int]], messages: set[int]) -> None:
    spans = sorted((low, low + more) for low, more in lows)
    looking = History(KnownChat(Chat(-100, "channel", "Cats"), "Cats", migrated=False), spans)
    findings = [finding for each in sorted(messages) for finding in looking.see(each, None)]
    proven = {number for low, high in spans for number in range(low, high + 1)}
    assert {finding.message_id for finding in findings} == messages - proven
    assert sum(finding.count for finding in looking.end()) == len(proven - messages)


def test_ranges_for_a_person() -> None:
    assert ranges([(3, 3)]) == "message 3"
    assert ranges([(n, n) for n in range(1, 20, 2)]) == "messages 1, 3, 5, 7, 9 and 5 more ranges"


# Counts


@pytest.mark.parametrize(
    ("here", "newest", "there", "kinds"),
    [
        (20, 20, 20, {}),
        (20, 20, 17, {Kind.GONE_SINCE: 3}),
        (20, 25, 25, {Kind.UNREAD: 5}),
        (20, 25, 18, {Kind.UNREAD: 1, Kind.GONE_SINCE: 2}),
        (20, 20, 22, {Kind.MISCOUNTED: 2}),
    ],
)
def test_counts_of_the_server(here: int, newest: int, there: int, kinds: dict[Kind, int]) -> None:
    found = compare(Archived(PRIVATE, here, ((1, 20),)), newest, there)
    assert {finding.kind: finding.count for finding in found} == kinds


def test_only_the_first_findings_are_kept() -> None:
    groups = grouped([Finding(Kind.NO_ROW, str(n), count=2) for n in range(10)], kept=3)
    assert [(group.count, group.sentences, len(group.first)) for group in groups] == [(20, 10, 3)]
    more = joined([*groups, *grouped([Finding(Kind.DAMAGED, "x"), Finding(Kind.NO_ROW, "y")])])
    assert [(group.kind, group.count) for group in more] == [(Kind.DAMAGED, 1), (Kind.NO_ROW, 21)]
