"""A broadcast channel with a discussion group: posts, their copies, and the comments below them.

https://core.telegram.org/api/discussion
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from telethon.tl import types

from tobs.testing import refs
from tobs.testing.scenes import text as t
from tobs.testing.scenes.people import channel, chat_photo, supergroup
from tobs.testing.scenes.scene import Scene, Stage, answers, plain, reactions, votes

CHANNEL_ID, GROUP_ID = 1_500_100_400, 1_500_100_401


def write(stage: Stage) -> None:
    picture = stage.library.picture("avatar-news")
    posts = channel(
        CHANNEL_ID,
        "Slow News",
        "slow_news_demo",
        photo=chat_photo(picture),
        signatures=True,
        has_link=True,
        participants_count=12_480,
    )
    talk = supergroup(GROUP_ID, "Slow News: comments", None, has_link=True, participants_count=311)
    members = [stage.people[name].id for name in ("olena", "me", "maya", "priya", "sam", "wei")]
    stage.account.add_chat(
        posts, about="One good thing a week. No breaking news.", photo=picture, linked_chat_id=GROUP_ID
    )
    stage.account.add_chat(talk, about="Be kind.", members=members, linked_chat_id=CHANNEL_ID)
    Column(stage, stage.scene(posts), stage.scene(talk)).write()


class Column:
    """Writes both chats at once: every post is copied to the group, where it is commented on."""

    def __init__(self, stage: Stage, posts: Scene, talk: Scene) -> None:
        self.stage, self.posts, self.talk = stage, posts, talk
        self.comments: dict[int, list[Any]] = {}

    def write(self) -> None:
        self.posts.at(2024, 4, 29, 8, 0).act(None, types.MessageActionChannelCreate(title="Slow News"))
        self.posts.act(None, types.MessageActionChatEditPhoto(photo=self.stage.library.picture("avatar-news")))
        self.talk.at(2024, 4, 29, 8, 5).act("olena", types.MessageActionChannelCreate(title="Slow News: comments"))
        self._spring()
        self._summer()
        self._autumn()
        self._next_year()

    def _spring(self) -> None:
        library = self.stage.library
        self.post(
            "A tram that waits",
            "\n\nIn Lisbon a driver waits eleven seconds longer than the timetable wants. Nobody complains.",
            media=library.photo("tram"),
            said=("sam: We need this everywhere", "priya: 11 seconds of kindness 💛"),
        )
        self.post(
            "The route for May",
            "\n\nA ridge, a hut, a lake. ",
            t.link("https://example.org/ridge", "The map"),
            " is free.",
            said=("maya: We walk it on the 18th!", "me: I can confirm: worth it ⛰", "wei: 下次带我"),
        )
        self.post(
            "A plant grows",
            "\n\n",
            t.quote("I forgot it for three weeks. It did not forget to grow."),
            "\n— a reader",
            album=("plant-1", "plant-2", "books"),
            said=("olena: Як мій фікус!",),
        )

    def _summer(self) -> None:
        library = self.stage.library
        options = answers("Monday", "Sunday", "“Someday”")
        poll = types.Poll(id=88003, question=plain("Which day is the slowest?"), answers=options, hash=0, closed=True)
        results = types.PollResults(results=votes(402, 1931, 877), total_voters=3210)
        self.post(media=types.MessageMediaPoll(poll, results), said=())
        self.post(
            "Listen: twelve seconds of a summer",
            media=library.music("song.mp3", "Paper Boats", "The Loopbacks"),
            said=("me: On repeat", "sam: 🎶🎶"),
        )
        self.post(
            "The sea, as promised",
            media=library.video("sea.mp4"),
            said=("priya: I can hear it", "wei: 想去海边", "maya: 🌊"),
        )
        self.post(
            "Corrections",
            "\n\nLast week we wrote ",
            t.strike("seven"),
            " ",
            t.bold("eight"),
            " bridges. We counted again: ",
            t.spoiler("nine"),
            ".",
            edited=True,
            factcheck=types.FactCheck(hash=5, country="PT", text=plain("There are nine bridges.")),
            said=("sam: Ten, if you count the small one",),
        )

    def _autumn(self) -> None:
        for number, (name, title, line) in enumerate(
            (
                ("balloons", "Balloons over the valley", "They land where the wind wants. So do we."),
                ("lighthouse", "The last keeper", "She still climbs the 212 steps, for the view."),
                ("city-night", "Lights", "A city that dims its lamps saw the Milky Way again."),
                ("aurora", "Green skies", "Nobody in the village slept. Everybody was on time."),
                ("bicycle", "Repair café #100", "One hundred evenings, 2,311 things that work again."),
                ("whiteboard", "How we choose", "A post must be true, small, and kind. Two of three will not do."),
                ("snow-cabin", "Winter issue", "We rest until March. Thank you for reading slowly. ☕"),
            )
        ):
            talk = ("me: 👏",) if number % 2 else ("priya: Lovely", "olena: Дякую! 💙")
            self.post(title, f"\n\n{line}", media=self.stage.library.photo(name), said=talk)

    def _next_year(self) -> None:
        library = self.stage.library
        self.posts.later(days=80)
        self.post(
            "Behind the column",
            "\n\nTwo things that did not fit, for those who keep us in coffee.",
            media=library.paid(50, library.photo("dunes"), library.video("sea.mp4")),
            said=("maya: Worth every star ⭐",),
        )
        options = answers("The keeper's lamp", "The tram bell")
        options[0].media = library.photo("lighthouse")
        poll = types.Poll(id=88004, question=plain("What shall we draw for the cover?"), answers=options, hash=0)
        results = types.PollResults(results=votes(88, 61), total_voters=149)
        self.post(media=types.MessageMediaPoll(poll, results, attached_media=library.photo("whiteboard")), said=())

    def post(
        self,
        title: str = "",
        *body: t.Part,
        said: tuple[str, ...],
        album: tuple[str, ...] = (),
        edited: bool = False,
        **fields: Any,
    ) -> None:
        """One post (or album), its copy in the group, and comments written as ``name: text``."""
        self.posts.later(days=6)
        number = len(self.posts.stage.account.history(self.posts.key)) + 1
        fields |= {
            "views": 4000 + number * 731,
            "forwards": 3 + number * 5,
            "post_author": ("Redaktion", "L. Keeper")[number % 2],
        }
        if edited:
            fields["edit_date"] = self.posts.now + timedelta(hours=5)
        text: tuple[t.Part, ...] = (t.bold(title), *body) if title else ()
        if album:
            made = self.posts.album(None, [self.stage.library.photo(name) for name in album], *text, **fields)
        else:
            made = [self.posts.say(None, *text, **fields)]
        self._discuss(made, said)

    def _discuss(self, made: list[Any], said: tuple[str, ...]) -> None:
        copies = [self._copy(post) for post in made]
        for index, line in enumerate(said):
            name, _, text = line.partition(": ")
            self.talk.say(
                name, text, reply_to=types.MessageReplyHeader(reply_to_msg_id=copies[0].id), pause=20 + 7 * index
            )
        people = [types.PeerUser(self.stage.people[line.partition(": ")[0]].id) for line in said]
        made[0].reactions = reactions(("👍", 40 + made[0].id), ("❤", 21), ("🔥", 5 + made[0].id % 7))
        made[0].replies = types.MessageReplies(
            replies=len(said),
            replies_pts=1,
            comments=True,
            channel_id=GROUP_ID,
            recent_repliers=people or None,
            max_id=copies[-1].id + len(said),
        )
        self.stage.account.add_message(self.posts.key, made[0])

    def _copy(self, post: Any) -> Any:
        """The automatic forward of a post: sent by the channel, pinned, and pointing back."""
        origin = refs.key_peer(self.posts.key)
        self.talk.now = post.date
        return self.talk.say(
            None,
            pause=0,
            date=post.date,
            from_id=origin,
            message=post.message,
            entities=post.entities,
            media=post.media,
            grouped_id=post.grouped_id and post.grouped_id + 1,
            pinned=True,
            fwd_from=forwarded(post, origin),
        )


def forwarded(post: Any, origin: types.PeerChannel) -> types.MessageFwdHeader:
    """What a copy of a post says of where it comes from."""
    return types.MessageFwdHeader(
        date=post.date,
        from_id=origin,
        channel_post=post.id,
        post_author=post.post_author,
        saved_from_peer=origin,
        saved_from_msg_id=post.id,
    )
