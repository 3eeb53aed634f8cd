"""A basic group that grew into a supergroup: both histories, and the two messages that join them.

https://core.telegram.org/api/channel#migration
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import types

from tobs.testing.scenes import text as t
from tobs.testing.scenes.channel import CHANNEL_ID
from tobs.testing.scenes.people import chat_photo, group, supergroup
from tobs.testing.scenes.scene import Scene, Stage, answers, plain, reactions, votes

GROUP_ID, SUPERGROUP_ID = 4_100_200, 1_500_100_200
MEMBERS = ("maya", "me", "tomas", "olena", "sam", "ana")


def write(stage: Stage) -> None:
    members = [stage.people[name].id for name in MEMBERS]
    old = group(GROUP_ID, "Sunday Hikers", len(members), deactivated=True)
    old.migrated_to = types.InputChannel(SUPERGROUP_ID, 0)
    picture = stage.library.picture("avatar-hikers")
    new = supergroup(SUPERGROUP_ID, "Sunday Hikers 🥾", "sundayhikers", photo=chat_photo(picture), participants_count=6)
    old.migrated_to.access_hash = new.access_hash
    account = stage.account
    account.add_chat(old, members=members)
    last = _before(stage, old)
    account.add_chat(
        new,
        about="Every other Sunday, whatever the weather. Bring water.",
        members=members,
        photo=picture,
        migrated_from_chat_id=GROUP_ID,
        migrated_from_max_id=last,
    )
    _after(stage, new)


def _before(stage: Stage, chat: Any) -> int:
    scene = stage.scene(chat, first_id=2001).at(2024, 2, 12, 19, 0)
    ids = [stage.people[name].id for name in MEMBERS]
    scene.act("maya", types.MessageActionChatCreate(title="Hike??", users=ids[:4]))
    scene.act("maya", types.MessageActionChatEditTitle(title="Sunday Hikers"))
    scene.talk("""
        maya: Welcome! This is for the ridge walk in May
        tomas: ¡Hola a todos! ¿Quién trae el queso? 🧀
        olena: Привіт! Я принесу хліб і чай
        me: I bring the stove. And a map. A paper one
        tomas: A paper map?! What year is it
        me: 2024, and batteries still die
    """)
    scene.act("tomas", types.MessageActionChatAddUser(users=[stage.people["sam"].id]))
    scene.talk("sam: Hey hey! Is it far?\nmaya: 14 km\nsam: 😅")
    scene.say("maya", media=stage.library.photo("forest"))
    scene.act("maya", types.MessageActionChatEditPhoto(photo=stage.library.picture("avatar-hikers")))
    scene.say("olena", "Дуже гарно! Це там?")
    scene.act("ana", types.MessageActionChatJoinedByLink(inviter_id=stage.people["maya"].id))
    scene.say("ana", "Hello 👩‍👩‍👧 we are three, is that fine?")
    scene.say("maya", "The more the merrier", reactions=reactions(("👍", 4)))
    scene.act("ghost", types.MessageActionChatDeleteUser(user_id=stage.people["ghost"].id))
    moved = scene.at(2024, 4, 1, 12, 0).act("maya", types.MessageActionChatMigrateTo(channel_id=SUPERGROUP_ID))
    return int(moved.id)


def _after(stage: Stage, chat: Any) -> None:
    scene = stage.scene(chat).at(2024, 4, 1, 12, 0)
    scene.act("maya", types.MessageActionChannelMigrateFrom(title="Sunday Hikers", chat_id=GROUP_ID), pause=0)
    scene.act("maya", types.MessageActionChatEditTitle(title="Sunday Hikers 🥾"))
    _planning(scene, stage)
    _the_day(scene, stage)
    _afterwards(scene, stage)


def _planning(scene: Scene, stage: Stage) -> None:
    plan = scene.at(2024, 5, 2, 18, 30).say(
        "maya",
        "The plan for Saturday. Please read it 🙏",
        media=stage.library.file("plan.pdf", shown_as="Ridge walk.pdf", thumb="lake"),
        pinned=True,
        reactions=reactions(("👍", 5), ("🙏", 1)),
    )
    stage.account.details[scene.key].pinned_msg_id = plan.id
    scene.act("maya", types.MessageActionPinMessage(), reply_to=types.MessageReplyHeader(reply_to_msg_id=plan.id))
    scene.say("tomas", "GPX and a packing list, for those who read", media=stage.library.file("route.zip"))
    scene.say(
        "sam",
        "07:40?! In the ",
        t.bold("morning"),
        "?",
        reply_to=scene.reply(plan, quote="Please read it"),
        reactions=reactions(("😁", 3), (stage.emoji["smile"].id, 2)),
    )
    scene.say("me", "@maya_lindqvist can we take the later train?", mentioned=False)
    scene.say(
        "maya", t.person(stage.people["sam"], "Sam"), " will be fine. The later train is ", t.strike("08:40"), " gone."
    )
    poll = types.Poll(
        id=88002,
        question=plain("Soup at the hut?"),
        answers=answers("Yes, soup!", "I bring sandwiches", "What is a hut?"),
        hash=0,
        multiple_choice=True,
    )
    scene.say(
        "olena", media=types.MessageMediaPoll(poll, types.PollResults(results=votes(4, 2, 1, chosen=0), total_voters=6))
    )
    scene.act(
        "maya",
        types.MessageActionGroupCallScheduled(types.InputGroupCall(71, 72), datetime(2024, 5, 17, 18, 0, tzinfo=UTC)),
    )
    scene.talk("""
        ana: What about the weather? https://example.com/weather/oberwald?days=3&lang=en
        tomas: ☀️ ☀️ ⛅
        olena: Беру парасольку про всяк випадок 🌂
        sam: #packing one jacket, one hat, snacks snacks snacks
    """)
    scene.at(2024, 5, 17, 18, 25)
    scene.act("maya", types.MessageActionGroupCall(types.InputGroupCall(71, 72), duration=1520))


def _the_day(scene: Scene, stage: Stage) -> None:
    library = stage.library
    scene.at(2024, 5, 18, 7, 38)
    scene.talk("""
        maya: Platform 2!
        sam: I am here. I am awake. Mostly.
        ana: 👩‍👩‍👧 on board, coach 3
        me: Saving you seats
    """)
    scene.later(hours=2).say("tomas", "Here we go", media=library.photo("lighthouse"))
    scene.say("sam", media=library.voice("voice-1.ogg"))
    scene.later(hours=1).say("olena", media=library.photo("dunes"))
    scene.say("me", "That is sand, Olena. We are on a mountain.", reactions=reactions(("🤣", 4), ("❤", 1)))
    scene.later(hours=2).album(
        "ana",
        [library.photo(name) for name in ("lake", "sailboat", "sunrise")],
        "Three from the hut. #ridgewalk",
        reactions=reactions(
            ("❤", 5), ("🔥", 2), recent=[(stage.people["maya"], "❤", scene.now + timedelta(minutes=5))]
        ),
    )
    scene.say("sam", media=types.MessageMediaDice(value=6, emoticon="🎲"))
    scene.say("tomas", media=library.round_video("round.mp4"))
    scene.say("maya", "Last bus 18:05!!", pause=80, edit_date=scene.now + timedelta(minutes=83))
    scene.say("sam", media=library.sticker("sticker-rocket", "🚀"))


def _afterwards(scene: Scene, stage: Stage) -> None:
    scene.at(2024, 5, 19, 10, 12)
    scene.talk("""
        maya: Everybody home?
        olena: Так! Ноги болять 😊
        tomas: Sí. What a day, gente.
        sam: I would do it again. Not today. But again.
    """)
    scene.say("ana", "Our song of the day", media=stage.library.music("song.mp3", "Paper Boats", "The Loopbacks"))
    scene.say("me", "Expenses: train 5 × 12.40, soup 4 × 9.50, cable car 0 (we walked!) → ", t.code("100.00 CHF"))
    post = stage.account.history(types.PeerChannel(CHANNEL_ID)).get(4)
    assert post is not None
    scene.say(
        "me",
        t.Rich(post.message, tuple(post.entities)),
        fwd_from=types.MessageFwdHeader(
            date=post.date, from_id=post.peer_id, channel_post=post.id, post_author=post.post_author
        ),
    )
    scene.act("maya", types.MessageActionSetChatTheme(theme=types.ChatTheme("🎄")))
    scene.act("sam", types.MessageActionBoostApply(boosts=2))
    scene.say("maya", "Next one: 2 June. Same place, other side of the hill 🏕", reactions=reactions(("🎉", 6)))
