"""A supergroup of many languages: what people cook, with answers to answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from telethon.tl import types

from tobs.testing.scenes import pages
from tobs.testing.scenes import text as t
from tobs.testing.scenes.people import supergroup
from tobs.testing.scenes.scene import Scene, Stage, reactions

MEMBERS = ("yuki", "me", "wei", "noor", "dan", "priya", "tomas", "olena", "ana", "ghost", "gifbot")


def write(stage: Stage) -> None:
    members = [stage.people[name].id for name in MEMBERS]
    chat = supergroup(
        1_500_100_300, "World Kitchen 世界厨房 🍲 | recipes: [all]", None, participants_count=len(members)
    )
    stage.account.add_chat(chat, members=members, about="One dish a week. Photos, please! 写真もお願いします")
    scene = stage.scene(chat).at(2024, 6, 3, 18, 0)
    scene.act("yuki", types.MessageActionChannelCreate(title=chat.title))
    scene.act("yuki", types.MessageActionChatAddUser(users=members[1:4]))
    _noodles(scene, stage)
    _bread(scene, stage)
    _weeks(scene, stage)
    _pages(scene, stage)


def _noodles(scene: Scene, stage: Stage) -> None:
    scene.talk("""
        yuki: 皆さん、こんにちは！今週はラーメンです 🍜
        wei: 太好了！我喜欢拉面。汤要煮多久？
        yuki: 六時間。でも急ぐ人は二時間で大丈夫です
    """)
    recipe = scene.say(
        "yuki",
        t.bold("ラーメンの作り方"),
        "\n1. スープ（鶏ガラ、",
        t.italic("昆布"),
        "、生姜）\n2. たれ：",
        t.code("醤油 3 : みりん 1"),
        "\n3. 麺を茹でる",
        t.bold("（2分）"),
        "。\n4. 盛り付け ",
        t.spoiler("卵を忘れずに！"),
        reactions=reactions(("❤", 7), ("🔥", 3), (None, 50)),
    )
    scene.say("wei", "翻译一下：汤、酱、面、", t.underline("鸡蛋"), "。", reply_to=scene.reply(recipe))
    scene.say("noor", "بدون خنزير ممكن؟ 🙏", reply_to=scene.reply(recipe))
    halal = scene.say("yuki", "もちろん！鶏だけで作れます")
    scene.say("noor", "ممتاز، شكرا جزيلا!", reply_to=scene.reply(halal, reply_to_top_id=recipe.id))
    scene.later(days=1).say("wei", "我的第一碗 😋", media=stage.library.photo("ramen"), reactions=reactions(("👏", 6)))
    scene.say("priya", "Looks amazing! Chilli oil?? 🌶️🌶️🌶️")
    scene.say("gifbot", media=stage.library.animation("ball.mp4"))


def _bread(scene: Scene, stage: Stage) -> None:
    scene.at(2024, 6, 14, 16, 30)
    scene.talk("""
        dan: השבוע: חלה! 🥖
        dan: צריך: 1 ק״ג קמח, 2 ביצים, 20 גרם שמרים
        olena: Як у моєї бабусі! Вона плела з шести пасом
        ana: ¿Y sin gluten?
        priya: नमस्ते! मैं रोटी बनाऊँगी 🫓
        wei: 我做馒头。都是面包的亲戚 😄
    """)
    scene.say("ghost", "I was here once.", edit_date=None)
    scene.album("olena", [stage.library.photo("cake"), stage.library.photo("coffee")], "Хала → торт. Буває.")
    scene.say("dan", "זה ", t.strike("חלה"), " עוגה, ", t.person(stage.people["sam"], "Sam"), " יאהב")
    scene.say("me", "Mixed: שלום, مرحبا, 你好, नमस्ते, 𝒽𝑒𝓁𝓁𝑜, Ελληνικά, ქართული, ไทย", reactions=reactions(("🌍", 9)))


def _weeks(scene: Scene, stage: Stage) -> None:
    """Half a year of short weeks: enough days for a calendar to show."""
    dishes: list[tuple[str, str, str]] = [
        ("priya", "Dal with cumin and a lot of butter", "Recipe? ASAP 🙂"),
        ("tomas", "Gazpacho: tomate, pepino, ajo, *nada más*", "Nothing_else_at_all? Not even bread?"),
        ("olena", "Борщ. Без обговорень.", "Respect 🫡"),
        ("yuki", "冷やし中華はじめました ☀️", "夏だ！"),
        ("wei", "麻婆豆腐（四川）🌶", "I cried. 10/10"),
        ("noor", "فتوش مع سماق", "So fresh! #salad"),
        ("ana", "Tortilla, 6 eggs, onion: yes (obviously)", "Onion: no!! ⚔️"),
        ("dan", "שקשוקה, 4 ביצים", "Breakfast for dinner: the best"),
    ]
    for week in range(18):
        cook, dish, answer = dishes[week % len(dishes)]
        scene.now = datetime(2024, 6, 20, 17, 10, 12, tzinfo=UTC) + timedelta(days=9 * week, minutes=37 * (week % 5))
        shown: Any = stage.library.photo(("plant-1", "ramen", "coffee", "books")[week % 4]) if week % 6 == 2 else None
        first = scene.say(cook, dish, media=shown, reactions=reactions(("❤", 1 + week % 5)))
        scene.say(MEMBERS[(week * 3 + 1) % 7], answer, reply_to=scene.reply(first))
        if week % 3 == 0:
            scene.say("me", f"Week {week + 1}: saved for Sunday. #week{week + 1:02d}")


def _pages(scene: Scene, stage: Stage) -> None:
    scene.later(days=3).say("me", "@gif ramen for four, on a weeknight?")
    scene.say("gifbot", rich_message=pages.recipe(stage.library))
    scene.say("wei", "这个机器人会做饭！", reactions=reactions(("🤖", 4)))
    scene.say("priya", t.found(pages.ADDRESS).text, media=pages.article(stage.library))
