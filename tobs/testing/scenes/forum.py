"""A forum: General and three topics, whose messages are mixed in one history.

https://core.telegram.org/api/forum
"""

from __future__ import annotations

from datetime import UTC, datetime

from telethon.tl import types

from tobs.testing.account import Topic
from tobs.testing.scenes import text as t
from tobs.testing.scenes.people import chat_photo, supergroup
from tobs.testing.scenes.scene import Scene, Stage, reactions

COLOURS = (0x6FB9F0, 0xFFD67E, 0xCB86DB)


def write(stage: Stage) -> None:
    picture = stage.library.picture("avatar-forum")
    chat = supergroup(
        1_500_100_500, "Tiny Tools Forum", "tinytools_demo", forum=True, photo=chat_photo(picture), participants_count=7
    )
    members = [stage.people[name].id for name in ("wei", "me", "yuki", "priya", "sam", "tomas", "dan")]
    stage.account.add_chat(chat, members=members, photo=picture, about="Small programs that do one thing.")
    scene = stage.scene(chat).at(2024, 7, 1, 9, 0)
    scene.act("wei", types.MessageActionChannelCreate(title="Tiny Tools Forum"))
    Forum(stage, scene).write()


class Forum:
    """Writes topics; `inside` chooses the one that is spoken in."""

    def __init__(self, stage: Stage, scene: Scene) -> None:
        self.stage, self.scene = stage, scene
        self.topics = stage.account.topics.setdefault(scene.key, {})
        born = datetime(2024, 7, 1, 9, 0, tzinfo=UTC)
        self.topics[1] = Topic(1, "General", born, stage.people["wei"].id)

    def write(self) -> None:
        self.scene.talk("""
            wei: Welcome! Please open a topic for each tool.
            sam: What counts as tiny?
            wei: If you can explain it before the coffee is ready ☕
        """)
        ideas = self._open("wei", "Ideas 💡", icon="sun", pinned=True)
        helpdesk = self._open("priya", "Help: it does not work")
        shows = self._open("yuki", "作品 / Show & tell")
        self._ideas(ideas)
        self._help(helpdesk)
        self._shows(shows)
        self._back_and_forth(ideas, helpdesk)
        self._close(helpdesk)

    def _open(self, who: str, title: str, *, icon: str = "", pinned: bool = False) -> int:
        self.scene.topic = None
        colour = COLOURS[len(self.topics) - 1]
        emoji = self.stage.emoji[icon].id if icon else None
        create = types.MessageActionTopicCreate(title=title, icon_color=colour, icon_emoji_id=emoji)
        made = self.scene.act(who, create)
        creator = self.stage.people[who].id
        self.topics[made.id] = Topic(
            made.id, title, made.date, creator, icon_color=colour, icon_emoji_id=emoji, pinned=pinned
        )
        return int(made.id)

    def _close(self, topic: int) -> None:
        self.inside(topic).act("priya", types.MessageActionTopicEdit(title="Help: it works now ✅"))
        self.scene.act("wei", types.MessageActionTopicEdit(closed=True))
        old = self.topics[topic]
        self.topics[topic] = Topic(
            topic, "Help: it works now ✅", old.date, old.creator, icon_color=old.icon_color, closed=True
        )
        self.scene.topic = None
        self.scene.say("wei", "One topic closed. That is how it should be. 🧘")

    def inside(self, topic: int | None) -> Scene:
        self.scene.topic = topic
        return self.scene

    def _ideas(self, topic: int) -> None:
        scene = self.inside(topic).at(2024, 7, 3, 20, 0)
        first = scene.say("sam", "A clock that shows only “morning”, “noon”, “evening”, “too late”")
        scene.say("me", "I need this on my wall", reply_to=scene.reply(first))
        scene.say("yuki", "俳句を数えるツール。五・七・五 🍃", reactions=reactions(("❤", 4)))
        scene.say("tomas", "Un `grep` para recetas: ", t.code("receta --sin cebolla"))
        scene.say("dan", media=self.stage.library.photo("whiteboard"))
        scene.say("dan", "הנה התרשים. מימין לשמאל, כמובן 😉")
        scene.say("priya", "Votes: ", t.bold("clock 4"), ", haiku 5, grep 3 #poll")

    def _help(self, topic: int) -> None:
        scene = self.inside(topic).at(2024, 7, 5, 21, 14)
        scene.say("priya", "It says:")
        trace = scene.say(
            "priya",
            t.pre("text", "Traceback (most recent call last):\n  File \"clock.py\", line 3\nKeyError: 'too late'"),
        )
        answer = scene.say("wei", "Line 3. It is always line 3. Try:", reply_to=scene.reply(trace))
        scene.say("wei", t.pre("diff", "- names[hour]\n+ names.get(hour, 'sleep')"))
        scene.say("priya", "It works!! 谢谢 🎉", reply_to=scene.reply(answer), reactions=reactions(("🎉", 3)))
        scene.say("me", "Docs: https://docs.python.org/3/library/stdtypes.html#dict.get")

    def _shows(self, topic: int) -> None:
        library, scene = self.stage.library, self.inside(topic).at(2024, 7, 9, 12, 0)
        scene.say(
            "yuki",
            "できました！",
            media=library.file("chart.png", types.DocumentAttributeImageSize(640, 400), shown_as="俳句 chart.png"),
        )
        scene.say("sam", "My clock, at the moment it says “noon”", media=library.photo("city-night"))
        scene.say("tomas", "That is not noon", media=library.sticker("sticker-duck", "🦆"))
        scene.album(
            "priya", [library.photo("cat-grey"), library.photo("cat-orange"), library.photo("books")], "Reviewers"
        )
        scene.say("wei", media=library.voice("voice-2.ogg"))
        scene.say(
            "me",
            "Source: ",
            t.link("https://example.com/tiny?tool=clock&v=1.0", "tiny/clock"),
            " (",
            t.code("12 lines"),
            ")",
        )

    def _back_and_forth(self, ideas: int, helpdesk: int) -> None:
        """Evenings on which all topics are spoken in by turns."""
        lines: tuple[tuple[str, str], ...] = (
            ("sam", "How tiny is tiny? Mine is at 40 lines now"),
            ("wei", "少即是多"),
            ("dan", "אפשר גם ב-12"),
            ("me", "Pull request is open: two lines fewer, one bug more"),
            ("yuki", "バグも小さいですか？😄"),
            ("priya", "A very tiny bug 🐞"),
        )
        for evening in range(8):
            self.scene.at(2024, 7 + evening // 3, 11 + 5 * (evening % 3), 19, 5 * evening)
            for step, place in enumerate((ideas, None, helpdesk)):
                who, text = lines[(evening + 2 * step) % len(lines)]
                self.inside(place).say(who, text if evening % 4 else f"{text} ({evening + 1}.{step + 1})")
