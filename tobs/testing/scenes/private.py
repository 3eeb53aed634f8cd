"""Private chats: Maya (English, a bit of everything), Noor (Arabic), Dan (Hebrew), a bot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import types

from tobs.testing.scenes import text as t
from tobs.testing.scenes.scene import Scene, Stage, answers, plain, reactions, votes

PARIS = types.GeoPoint(long=8.1123, lat=46.5289, access_hash=77, accuracy_radius=20)


def write(stage: Stage) -> None:
    _maya(stage)
    _noor(stage)
    _dan(stage)
    _weather(stage)


def _maya(stage: Stage) -> None:
    scene = stage.scene(stage.people["maya"], first_id=3001).at(2024, 2, 10, 17, 58)
    scene.act("maya", types.MessageActionContactSignUp())
    _plans(scene)
    _pictures(scene, stage)
    _calls(scene)
    _summer(scene, stage)
    _winter(scene, stage)


def _plans(scene: Scene) -> None:
    scene.talk("""
        maya: Hi Alex! Found you here at last 👋
        me: Maya!! It has been ages
        maya: Two years, I counted
        me: Are you still in the mountains?
        maya: Always. You should come in May, when the passes open
    """)
    idea = scene.say("maya", "We could do the ridge walk. 14 km, a hut in the middle, and a lake at the end.")
    scene.say("me", "Yes. Yes! 🏔️", reply_to=scene.reply(idea, quote="a lake at the end"))
    scene.say("me", "I will bring the stove", edit_date=scene.now + timedelta(minutes=9))
    scene.say("maya", "And I the coffee", reactions=reactions(("❤", 1), ("☕", 1)))


def _pictures(scene: Scene, stage: Stage) -> None:
    library = stage.library
    scene.at(2024, 3, 3, 10, 20).say("maya", "This morning, from my window", media=library.photo("snow-cabin"))
    scene.talk("me: Unfair.\nme: I have rain and a tram")
    scene.say("me", media=library.photo("tram"))
    scene.say("maya", media=library.sticker("sticker-duck", "🦆"))
    scene.say("maya", media=library.photo("cat-orange"), pause=3)
    scene.say("maya", "Meet Biscuit. He has opinions.")
    scene.say("me", "Biscuit is perfect", media=library.sticker("sticker-rocket", "🚀"))
    scene.say("me", media=types.MessageMediaPhoto(spoiler=True, photo=library.picture("cake")))
    scene.say("me", "Guess what I baked (do not look yet)")
    scene.say("maya", media=library.voice("voice-2.ogg"), media_unread=True)
    scene.say("maya", media=library.round_video("round.mp4"), pause=12)
    scene.say("maya", media=types.MessageMediaPhoto(ttl_seconds=10))


def _calls(scene: Scene) -> None:
    scene.at(2024, 4, 21, 19, 2)
    missed, hung_up = types.PhoneCallDiscardReasonMissed(), types.PhoneCallDiscardReasonHangup()
    scene.act("maya", types.MessageActionPhoneCall(call_id=901, reason=missed))
    scene.act("me", types.MessageActionPhoneCall(call_id=902, reason=hung_up, duration=1268))
    scene.act("maya", types.MessageActionPhoneCall(call_id=903, video=True, reason=hung_up, duration=75))
    scene.act("me", types.MessageActionSetMessagesTTL(period=2_678_400))
    scene.act("maya", types.MessageActionScreenshotTaken())


def _summer(scene: Scene, stage: Stage) -> None:
    library = stage.library
    scene.at(2024, 5, 16, 8, 11).say("maya", "Where we meet:", ttl_period=2_678_400)
    venue = types.MessageMediaVenue(
        PARIS, "Bahnhof Oberwald", "Furkastrasse 1, Oberwald", "foursquare", "4b0588", "train"
    )
    scene.say("maya", media=venue)
    scene.say("me", media=types.MessageMediaGeo(PARIS))
    scene.say("me", media=types.MessageMediaGeoLive(PARIS, period=3600, heading=210))
    scene.say(
        "maya",
        "Ask her for the hut:",
        media=types.MessageMediaContact(
            "+41 27 555 01 01", "Trudi", "(hut)", "BEGIN:VCARD\nVERSION:3.0\nFN:Trudi\nEND:VCARD", 0
        ),
    )
    scene.at(2024, 5, 18, 17, 40).album(
        "maya",
        [library.photo(name) for name in ("lake", "forest", "balloons", "moon")],
        t.bold("The best of today"),
        "\nThe third one is for ",
        t.italic("you"),
        ".",
        reactions=reactions(("🔥", 2), ("😍", 1)),
    )
    scene.say("me", media=library.video("sea.mp4"))
    scene.say("me", media=library.animation("ball.mp4"), via_bot_id=stage.people["gifbot"].id)
    scene.say("maya", media=types.MessageMediaDice(value=5, emoticon="🎲"))
    scene.say("me", media=types.MessageMediaDice(value=1, emoticon="🎯"))
    scene.say("maya", "🐈", pause=30)
    scene.say("me", "Good night! ", t.spoiler("(Biscuit says so too)"), effect=5104841245755180586)


def _winter(scene: Scene, stage: Stage) -> None:
    """Messages of more than one file."""
    library = stage.library
    scene.at(2024, 12, 27, 11, 30).say("maya", "The lake, and it moves", media=library.live_photo("lake", "sea.mp4"))
    scene.say("me", media=library.animated_sticker("ball", "🦆", "sticker-duck"))
    sun, heart = (stage.emoji[name].id for name in ("sun", "heart"))
    scene.say(
        "maya",
        t.bold("No clouds at all ", t.emoji(sun, "☀️")),
        " and more of it tomorrow ",
        t.emoji(sun, "☀️"),
        t.emoji(heart, "❤️"),
        ". Not in code: ",
        t.code("☀️"),
        reactions=reactions((heart, 1), ("🔥", 1)),
    )
    cover = library.picture("sailboat")
    scene.say("maya", "From the boat", media=library.video("sea.mp4", video_cover=cover, video_timestamp=1))
    scene.say("me", "Next year we row it ourselves")


def _noor(stage: Stage) -> None:
    scene = stage.scene(stage.people["noor"], first_id=5001).at(2024, 3, 20, 18, 0)
    scene.talk("""
        noor: مرحبا أليكس! كيف حالك؟ 🌙
        me: مرحبا نور! أنا بخير، شكرا
        noor: رمضان كريم
        me: Ramadan kareem! How do you say “see you soon”?
        noor: أراك قريبا 🙂 (araka qariban)
        noor: القائمة:\\n١. خبز\\n٢. زيتون\\n٣. #قهوة_عربية
    """)
    scene.say(
        "noor",
        "كلمة ",
        t.bold("مهمة"),
        " جدا ثم English ثم ",
        t.link("https://ar.wikipedia.org/wiki/قهوة", "رابط"),
        ".",
    )
    scene.say("noor", media=stage.library.photo("coffee"))
    scene.say("me", "شكرا!", reactions=reactions(("❤", 1)))


def _dan(stage: Stage) -> None:
    scene = stage.scene(stage.people["dan"], first_id=5201).at(2024, 4, 9, 11, 30)
    scene.talk("""
        dan: שלום! ראית את התוכנית החדשה?
        me: עוד לא, מתי?
        dan: מחר ב-20:30, אצלי. תביא משהו לאכול 🍜
        me: OK, אני מביא ramen
    """)
    scene.say("me", "אחד כזה:", media=stage.library.photo("ramen"))
    scene.say("dan", "מעולה ", t.underline("ממש"), " מעולה!")
    scene.say("dan", t.pre("javascript", "const שלום = 'עולם';\nconsole.log(שלום);"))


def _weather(stage: Stage) -> None:
    """A bot: commands, buttons, a quiz."""
    scene = stage.scene(stage.people["weatherbot"], first_id=5401).at(2024, 5, 17, 6, 55)
    scene.act("me", types.MessageActionBotAllowed(attach_menu=True))
    scene.say("me", "/start")
    scene.say(
        "weatherbot",
        "Good morning! Send me a place, or /settings, or try /forecast_7days@WeatherDemoBot.",
        reply_markup=_buttons(),
    )
    scene.say("me", "Oberwald")
    scene.say(
        "weatherbot",
        t.bold("Oberwald, Sat 18 May"),
        "\n",
        t.code("07:00   6 °C  ☀\n12:00  14 °C  ⛅\n18:00  11 °C  🌦"),
        "\n",
        t.italic("Take a jacket."),
    )
    scene.say("weatherbot", media=stage.library.file("chart.png", types.DocumentAttributeImageSize(640, 400)))
    poll = types.Poll(
        id=88001,
        question=plain("What is the foehn?"),
        answers=answers("A warm wind", "A cheese", "A lake"),
        hash=0,
        quiz=True,
        closed=True,
    )
    scene.say("weatherbot", media=types.MessageMediaPoll(poll, _quiz_results()))
    date = datetime(2024, 5, 17, 7, 20, tzinfo=UTC)
    scene.say(
        "me",
        "Next look: ",
        t.mark(lambda **at: types.MessageEntityFormattedDate(date=date, relative=True, **at), "in an hour"),
    )


def _buttons() -> Any:
    def button(text: str, kind: Any) -> Any:
        return types.KeyboardInlineButton(text=text, type=kind)

    rows = [
        [
            button("🌦 Forecast", types.InlineButtonTypeCallback(data=b"forecast")),
            button("Map", types.InlineButtonTypeUrl("https://example.com/map?z=[5]")),
        ],
        [button("Help | FAQ", types.InlineButtonTypeUrl("https://example.com/help"))],
    ]
    return types.ReplyInlineMarkup(rows=[types.KeyboardInlineButtonRow(buttons=row) for row in rows])


def _quiz_results() -> Any:
    return types.PollResults(
        results=votes(41, 7, 3, chosen=0, correct=0),
        total_voters=51,
        solution="A dry, warm wind on the lee side of mountains.",
        solution_entities=[types.MessageEntityBold(offset=2, length=3)],
    )
