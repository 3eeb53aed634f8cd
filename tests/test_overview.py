"""The notes of chats, topics and people, and the start page, from plain values."""

import re
from datetime import UTC
from typing import Any

import attrs
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tobs.archive.rows import ArchivedChat, Note
from tobs.model import Chat, Peer, Topic
from tobs.vault import charts
from tobs.vault.archive_context import World
from tobs.vault.chat_note import chat_note
from tobs.vault.names import homes
from tobs.vault.overview import Totals
from tobs.vault.person_note import person_note
from tobs.vault.start_page import CHATS_SHOWN, start_page
from tobs.vault.topic_note import topic_note
from tobs.vault.topics import TopicPlace

DAY = 86_400
ME = Peer(1, "private", "Me Myself")
CATS = ArchivedChat(Chat(-1007, "forum", "Cats", topics=(Topic(1, "General"), Topic(5, "Food"))), "Cats")
HOSTILE = st.text(
    st.sampled_from("ab Яש🙂\u202e\u2066\u200d\"'`[]{}<>%#$&;:|\\~^=-*_()!\n\r\t\x00\u2028\u0301"), max_size=20
)


def world(*chats: ArchivedChat, people: dict[int, str] | None = None) -> World:
    known = {archived.chat.id: archived for archived in chats}
    migrated = frozenset(archived.chat.migrated_from for archived in chats) & known.keys()
    names = people or {}
    return World(UTC, True, ME.id, names, {**names}, known, homes(chats), {}, migrated, frozenset())


def totals(*notes: Note, senders: dict[int, int] | None = None, months: dict[str, int] | None = None) -> Totals:
    return Totals(sum(note.messages for note in notes), senders or {}, months or {}, notes)


def period(name: str, first: int, last: int, messages: int = 3, folder: str = "Cats") -> Note:
    return Note(f"Telegram/Chats/{folder}/{name}.md", "period", -1007, 1, 2, messages, first * DAY, last * DAY)


def properties(note: str) -> dict[str, Any]:
    return dict(yaml.safe_load(note.split("---\n")[1]))


def body(note: str) -> str:
    return note.partition("tobs:begin %%\n")[2].partition("%% tobs:seal")[0]


# Charts


@pytest.mark.parametrize(
    ("months", "axis", "bars"),
    [
        ({"2023-11": 3, "2024-02": 4}, ["2023-11", "2023-12", "2024-01", "2024-02"], [3, 0, 0, 4]),
        ({"2023-01": 1, "2024-01": 1}, [f"2023-{n:02}" for n in range(1, 13)] + ["2024-01"], [1, *[0] * 11, 1]),
        (
            {"2023-03": 1, "2024-03": 1, "2024-04": 2},
            [f"2023 Q{n}" for n in range(1, 5)] + ["2024 Q1", "2024 Q2"],
            None,
        ),
        (
            {"2019-12": 1, "2021-01": 2, "2024-01": 3},
            ["2019", "2020", "2021", "2022", "2023", "2024"],
            [1, 0, 2, 0, 0, 3],
        ),
        ({"1970-01": 1, "2024-01": 3}, ["1970", "2024"], [1, 3]),
    ],
)
def test_activity_is_shown_by_what_can_be_told_apart(
    months: dict[str, int], axis: list[str], bars: list[int] | None
) -> None:
    lines = charts.activity(months).splitlines()
    assert lines[:2] == ["```mermaid", "xychart-beta"]
    assert re.findall('"([^"]+)"', lines[2]) == axis
    counts = [int(count) for count in re.findall(r"\d+", lines[4])]
    assert sum(counts) == sum(months.values())
    assert bars is None or counts == bars


@given(st.lists(st.tuples(HOSTILE, st.integers(1, 9)), min_size=2, max_size=14))
def test_no_name_leaves_its_label_or_hides_another(parts: list[tuple[str, int]]) -> None:
    first, kind, *slices, last = charts.shares(parts).split("\n")
    assert (first, kind, last) == ("```mermaid", "pie showData", "```")
    found = [
        re.fullmatch(r'    "([^"#$%&;<>\[\]\\`{|}~^\x00-\x1f\u2028\u202a-\u202e\u2066-\u2069]+)" : (\d+)', line)
        for line in slices
    ]
    assert all(found)
    labels = [match[1] for match in found if match]
    assert len(set(labels)) == len(labels) == min(len(parts), charts.SLICES + 1)
    assert sum(int(match[2]) for match in found if match) == sum(count for _, count in parts)


def test_names_stay_recognisable_in_a_chart() -> None:
    assert charts.label("Дан 🙂 שלום O'Neil (he/him): 50 %") == "Дан 🙂 שלום O'Neil (he/him): 50 ％"
    assert charts.label('"] %%{init}%%\n```') == "＂］ ％％｛init｝％％ ｀｀｀"
    assert charts.label("\u202e\u0000 ") == "␀"
    assert charts.label("\u2066") == "Unknown"


def test_one_part_is_no_pie_and_one_month_no_bars() -> None:
    assert charts.shares([("Ann", 4)]) == charts.shares([]) == ""
    assert charts.activity({"2024-05": 3}) == charts.activity({}) == ""
    note = chat_note(CATS, totals(period("a", 10, 11), months={"1970-01": 3}), world())
    assert "## Activity" not in note


def test_what_began_and_ended_on_one_day_has_one_date() -> None:
    assert " · 3 messages · 1970-01-11 · " in chat_note(CATS, totals(period("a", 10, 10)), world())


# Chats


def test_a_chat_tells_what_telegram_tells() -> None:
    raw = {
        "noforwards": True,
        "restricted": True,
        "verified": "yes",
        "usernames": [
            {"username": "cats", "active": True},
            {"username": "cats2", "active": True},
            {"username": "old"},
            7,
        ],
        "restriction_reason": [{"text": "Not *here*"}, {"text": "Not *here*"}, "odd"],
    }
    chat = Chat(-1007, "supergroup", "Cats", "cats", "All", members=1204, raw=raw)
    note = chat_note(ArchivedChat(chat, "Cats", ("Kittens",)), totals(period("a", 10, 11)), world())
    found = properties(note)
    assert (found["tg_noforwards"], found["tg_restricted"], found.get("tg_verified")) == (True, True, None)
    assert (found["aliases"], found["tg_username"]) == (["Kittens", "@cats", "@cats2"], "@cats")
    assert (str(found["tg_first"]), str(found["tg_last"]), found["tg_messages"]) == ("1970-01-11", "1970-01-12", 3)
    assert body(note).count("> [!warning] Restricted by Telegram\n> Not \\*here\\*") == 1
    assert "3 messages · 1970-01-11 – 1970-01-12 · 1,204 members · times are in UTC" in note


def test_no_username_is_a_link_in_a_property() -> None:
    raw = {"usernames": [{"username": "[[x]]", "active": True}]}
    found = properties(chat_note(ArchivedChat(Chat(-5, "group", "Cats", raw=raw), "Cats"), totals(), world()))
    assert not [value for value in (found["tg_username"], *found["aliases"]) if "[[" in value]


def test_a_group_and_the_supergroup_it_became_lead_to_each_other() -> None:
    old = ArchivedChat(Chat(-5, "group", "Cats"), "Cats (old)")
    new = ArchivedChat(Chat(-1007, "supergroup", "Cats", migrated_from=-5, linked_chat=-1009), "Cats")
    channel = ArchivedChat(Chat(-1009, "channel", "News", linked_chat=-1007), "News")
    here = world(old, new, channel)
    assert "Later messages are in [[Cats]]" in chat_note(old, totals(), here)
    assert "Earlier messages are in [[Cats (old)]]" in chat_note(new, totals(), here)
    assert "Comments on [[News]]" in chat_note(new, totals(), here)
    assert "Discussion in [[Cats]]" in chat_note(channel, totals(), here)


def test_many_notes_are_listed_by_year() -> None:
    notes = [period(f"{2020 + n // 12}/Cats {2020 + n // 12}-{n % 12 + 1:02}", n, n) for n in range(14)]
    text = body(chat_note(CATS, totals(*notes), world()))
    assert "### 2020\n\n- [[Cats 2020-01]] · 3 messages\n" in text
    assert "### 2021\n\n- [[Cats 2021-01]] · 3 messages\n" in text


def test_many_days_are_listed_in_a_line_a_month() -> None:
    notes = [period(f"2024/Cats 2024-05-{n:02}", n, n) for n in range(1, 13)]
    notes += [period("2024/Cats 2024-05-12 (2)", 12, 12), period("2024/Cats 2024-06-01", 32, 32)]
    text = body(chat_note(CATS, totals(*notes), world()))
    assert "- 2024-05 · 39 messages: [[Cats 2024-05-01|01]] · [[Cats 2024-05-02|02]] · " in text
    assert (
        " · [[Cats 2024-05-12|12]] · [[Cats 2024-05-12 (2)|12 (2)]]\n- 2024-06 · 3 messages: [[Cats 2024-06-01|01]]\n"
        in text
    )
    assert "![[Telegram/Telegram.base#Notes here]]\n\n### 2024\n" in text


def test_posts_are_listed_by_their_titles_and_messages_by_their_times() -> None:
    path = "Telegram/Chats/Cats/2024"
    posts = [Note(f"{path}/Cat {n} › Cats {n}.md", "period", -1007, n, n, 1 + (n == 3), n, n) for n in range(1, 15)]
    text = body(chat_note(CATS, totals(*posts), world()))
    assert "\n### 2024\n\n- [[Cat 1 › Cats 1|Cat 1]]\n" in text
    assert "- [[Cat 3 › Cats 3|Cat 3]] · 2 messages\n" in text
    names = [f"{path}/2024-05/Cats › 2024-05-03 09{n:02} {n}.md" for n in range(13)]
    text = body(chat_note(CATS, totals(*(Note(name, "period", -1007, 1, 1, 1) for name in names)), world()))
    assert "- 2024-05 · 13 messages: [[Cats › 2024-05-03 0900 0|03 0900]] · " in text


def test_a_chat_with_a_note_for_each_of_its_messages_has_a_note_that_opens() -> None:
    path = "Telegram/Chats/Cats/2024/2024-05"
    notes = [Note(f"{path}/Cats › 2024-05-03 0900 {n}.md", "period", -1007, n, n, 1) for n in range(20_000)]
    text = body(chat_note(CATS, totals(*notes), world()))
    assert (text.count("[[Cats › "), "The newest of 20,000 notes:" in text) == (2_000, True)
    assert "[[Cats › 2024-05-03 0900 19999|" in text


def test_a_forum_lists_its_topics_and_leaves_their_notes_to_them() -> None:
    def place(number: int, title: str, **more: Any) -> TopicPlace:
        return TopicPlace(Topic(number, title, **more), f"Cats - {number}", f"Telegram/Chats/Cats/Topics/{number}")

    topics = [
        (place(3, "Gone [[x]]", hidden=True), totals(period("Topics/3/c", 30, 31))),
        (place(5, "Food", icon="🍲"), totals(period("Topics/5/a", 3, 4))),
        (place(7, "Toys"), totals(period("Topics/7/b", 5, 9))),
        (place(1, "General", pinned=True, closed=True), totals()),
    ]
    note = chat_note(CATS, totals(period("Topics/5/a", 3, 4), period("whole", 1, 2)), world(), topics)
    assert re.findall(r"^- .*", body(note), re.M) == [
        "- 📌 🔒 [[Cats - 1|General]] · 0 messages",
        "- [[Cats - 7|Toys]] · 3 messages",
        "- 🍲 [[Cats - 5|Food]] · 3 messages",
        "- 👻 [[Cats - 3|Gone ［［x］］]] · 3 messages",
        "- [[whole]] · 3 messages",
    ]
    assert "- General\n- Food" in body(chat_note(CATS, totals(), world()))


# Topics


def test_a_topic_tells_its_names_over_time() -> None:
    place = TopicPlace(
        Topic(5, "Food", icon="🍲", closed=True),
        "Cats - Eat",
        "Telegram/Chats/Cats/Topics/Eat",
        ((0, "Eat"), (DAY, "Food")),
    )
    some = totals(period("Topics/Eat/a", 3, 4), senders={1: 2, 2: 1}, months={"1970-01": 3})
    note = topic_note(place, CATS, some, world(CATS, people={1: "Me", 2: "Ann"}))
    found = properties(note)
    assert (found["tg_kind"], found["tg_chat"], found["tg_topic_id"]) == ("topic", "[[Cats]]", 5)
    assert (found["aliases"], found["tg_closed"], "tg_pinned" in found) == (["Food", "Eat"], True, False)
    assert body(note).startswith("\n🍲 · 🔒 closed · 3 messages · 1970-01-04 – 1970-01-05 · a topic of [[Cats]]\n")
    assert "## Names\n\n- Eat\n- since 1970-01-02: Food\n" in note
    assert '"Me" : 2' in note
    assert "- [[Ann]] · 1 message\n" in note
    assert "- [[a]] · 3 messages\n" in note
    assert note.index("## Notes") < note.index("## People")  # as in the note of a chat


@given(HOSTILE)
def test_no_title_of_a_topic_acts(title: str) -> None:
    place = TopicPlace(Topic(5, title, icon=title), "Cats - Eat", "x", ((0, title), (DAY, title)))
    lines = body(topic_note(place, CATS, totals(), world(CATS))).splitlines()
    assert not [line for line in lines if line.startswith(("```", "#")) and line != "## Names"]
    assert sum(line.count("[[") for line in lines) == 1
    assert "[[" not in chat_note(CATS, totals(), world(), [(place, totals())]).replace("[[Cats - Eat", "")


# People


def test_a_person_is_found_by_every_name() -> None:
    raw = {"premium": True, "usernames": [{"username": "ann", "active": True}, {"username": "annie", "active": True}]}
    ann = Peer(2, "private", "Ann Now", "ann", "49170", raw)
    private = ArchivedChat(Chat(2, "private", "Ann Now"), "Ann Then", ("Ann Now",))
    note = person_note(ann, {-1007, 2}, world(CATS, private, people={2: "Ann Now (person)"}), phone_numbers=False)
    found = properties(note)
    assert found["aliases"] == ["Ann Now", "@ann", "@annie"]
    assert found["tg_chats"] == ["[[Ann Then]]", "[[Cats]]"]
    assert (found["tg_premium"], "tg_deleted" in found, "tg_phone" in found) == (True, False, False)
    assert body(note) == "\nChat: [[Ann Then]]\n\n## Seen in\n\n- [[Cats]]\n\n"


def test_a_person_in_thousands_of_chats_has_a_note_that_opens() -> None:
    chats = [ArchivedChat(Chat(-n, "group", f"Chat {n}"), f"Chat {n}") for n in range(1, 5_001)]
    seen = [archived.chat.id for archived in chats]
    note = person_note(ME, seen, world(*chats, people={1: "Me"}), phone_numbers=False)
    found = properties(note)
    assert (found["tg_chat_count"], len(found["tg_chats"]), found["tg_chats"][0]) == (5_000, 300, "[[Chat 1]]")
    assert body(note).splitlines()[-2] == "- and 4,700 more"


# The start page


def test_ten_thousand_chats_leave_a_page_that_opens() -> None:
    chats = [
        (ArchivedChat(attrs.evolve(CATS.chat, id=-n, title=f"Chat {n}"), f"Chat {n}"), totals(period("a", 1, 2, n)))
        for n in range(1, 10_001)
    ]
    page = start_page(ME, chats, world())
    assert len(page) < 50_000
    assert len(re.findall(r"^\| \[\[", page, re.M)) == CHATS_SHOWN
    assert "9,800 more are in this table:\n\n![[Telegram/Telegram.base#Chats]]" in page
    assert page.index("[[Chat 10000]]") < page.index("[[Chat 9999]]")
