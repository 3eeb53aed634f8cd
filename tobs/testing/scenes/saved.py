"""Saved Messages: notes to oneself, and every way of marking text."""

from __future__ import annotations

from datetime import UTC, datetime

from telethon.tl import types

from tobs.model import HIDDEN_AUTHOR
from tobs.testing import refs
from tobs.testing.scenes import text as t
from tobs.testing.scenes.channel import CHANNEL_ID, forwarded
from tobs.testing.scenes.scene import Scene, Stage, plain
from tobs.testing.threads import everything

HOSTILE = (
    "# not a heading\n- not a list\n> not a quote\n1. not a number\n[[not a link]] ![[not an embed]] #notatag\n"
    '**not bold** _not italic_ ~~not struck~~ ==not marked== `not code`\n```dataview\nLIST FROM "/"\n```\n'
    "| not | a table |\n|---|---|\n$= dv.current() $$x^2$$ <% tp.date.now() %> %%not a comment%%\n"
    "<img src=x onerror=alert(1)> &amp; [^1] ^block-id\n---\nkey:: value\n    not code either\nhttps://example.com/a_b_c?d=*e*\\"
)


def write(stage: Stage) -> None:
    scene = stage.scene(stage.me, first_id=1001).at(2024, 1, 7, 20, 15)
    _marks(stage, scene)
    scene.at(2024, 2, 11, 8, 30).say("me", "First light over the ridge", media=stage.library.photo("sunrise"))
    scene.say("me", media=stage.library.file("plan.pdf", shown_as="Ridge walk: the plan?.pdf", thumb="forest"))
    _forwards(stage, scene)
    _things(stage, scene)
    scene.at(2024, 5, 19, 22, 5).say("me", "What a walk. ⛰️👣", t.Rich(" "), t.bold("Again, soon."))
    scene.say(
        "me",
        "Zero-width and friends: a\u200bb, e\u0301 = é, ﷽, 𝕬𝖘𝖙𝖗𝖆𝖑, 👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈, "
        "\u202eabc\u202c, tab\there,   spaces",
    )
    scene.at(2024, 9, 2, 7, 45).say("me", "#ideas A chat archive that reads like a book.")


def _marks(stage: Stage, scene: Scene) -> None:
    """Every way of marking text, and text that only looks marked."""
    smile = stage.emoji["smile"].id
    scene.say("me", "Things to read this winter 📚\n• The Left Hand of Darkness\n• Invisible Cities\n• Piranesi")
    scene.say(
        "me",
        "All the marks: ",
        t.bold("bold"),
        ", ",
        t.italic("italic"),
        ", ",
        t.underline("underlined"),
        ", ",
        t.strike("struck out"),
        ", ",
        t.spoiler("a spoiler"),
        ", ",
        t.code("inline code"),
        ", ",
        t.link("https://example.com/path?q=1&r=2", "a link with a name"),
        ", ",
        t.emoji(smile, "🙂"),
        " and ",
        t.bold("bold with ", t.italic("italic with ", t.underline("everything"))),
        ".",
    )
    scene.say(
        "me",
        t.pre(
            "python", 'def greet(name: str) -> str:\n    """Say hello."""\n    return f"Hello, {name}! `not code`"\n'
        ),
    )
    scene.say("me", "A shell line to remember:\n", t.pre("", "tar -xzf backup.tar.gz --strip-components=1"))
    scene.say(
        "me",
        t.quote("The cure for anything is salt water:\nsweat, tears or the sea."),
        "\n— Isak Dinesen\n\n",
        t.folded("\n".join(f"And a long quotation, folded: line {n}" for n in range(1, 7))),
    )
    scene.say("me", t.Rich(HOSTILE))  # Rich: nothing in it is found to be an entity
    scene.say(
        "me",
        "Call ",
        t.phone("+1 202 555 0142"),
        " or write to ",
        t.email("alex@example.org"),
        ", card ",
        t.card("4242 4242 4242 4242"),
        ", ticker ",
        t.mark(types.MessageEntityCashtag, "$TON"),
        ", tag ",
        t.mark(types.MessageEntityHashtag, "#ideas"),
    )


def _forwards(stage: Stage, scene: Scene) -> None:
    """Messages of others that were kept."""
    kept = next(m for m in everything(stage.account, stage.people["maya"].id) if "in May" in (m.message or ""))
    scene.say(
        "me",
        kept.message,
        saved_peer_id=types.PeerUser(stage.people["maya"].id),
        fwd_from=types.MessageFwdHeader(
            date=kept.date,
            from_id=types.PeerUser(stage.people["maya"].id),
            saved_from_peer=types.PeerUser(stage.people["maya"].id),
            saved_from_msg_id=kept.id,
        ),
    )
    scene.say(
        "me",
        "A sentence from somebody who hides their account.",
        saved_peer_id=types.PeerUser(HIDDEN_AUTHOR),
        fwd_from=types.MessageFwdHeader(date=datetime(2023, 12, 24, 17, 0, tzinfo=UTC), from_name="A. Hidden [friend]"),
    )


def _things(stage: Stage, scene: Scene) -> None:
    """What is more than text."""
    scene.say(
        "me",
        t.found("https://example.org/garden").text,
        media=types.MessageMediaWebPage(
            types.WebPage(
                id=61001,
                url="https://example.org/garden",
                display_url="example.org/garden",
                hash=0,
                type="article",
                site_name="The Garden Journal",
                title="Seven plants that forgive you",
                author="R. Fern",
                description="They grow in the dark, they wait for water, and they do not hold a grudge.",
                photo=stage.library.picture("plant-2"),
            )
        ),
    )
    scene.say("me", media=stage.library.voice("voice-1.ogg"))
    todo = types.TodoList(
        title=plain("Before the trip"),
        list=[
            types.TodoItem(i, plain(text))
            for i, text in enumerate(("Tent", "Stove", "Train tickets", "Ask Maya about the map"), 1)
        ],
    )
    done = [types.TodoCompletion(i, types.PeerUser(stage.me.id), scene.now) for i in (1, 3)]
    scene.say("me", media=types.MessageMediaToDo(todo, done))


def keep(stage: Stage) -> None:
    """Two posts of the channel, which has to be there, kept when they came; the channel is pinned among the origins."""
    news = refs.channel_key(CHANNEL_ID)
    scene = stage.scene(stage.me, first_id=1101).at(2024, 10, 20, 10, 5)
    posts = [one for one in everything(stage.account, news) if getattr(one, "message", "") and not one.media]
    for post in posts[:2]:
        origin = types.PeerChannel(CHANNEL_ID)
        scene.say(
            "me",
            t.Rich(post.message, post.entities or ()),
            saved_peer_id=origin,
            fwd_from=forwarded(post, origin),
        )
    stage.account.saved_pins.append(news)
