"""A sentence for every service action of Telegram's layer 229, to be filled by `service`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tobs.model import Raw

Template = str | Callable[[Raw], str]  # a function where the sentence depends on flags


def _if(key: str, yes: str, no: str) -> Callable[[Raw], str]:
    return lambda action: yes if action.get(key) else no


def _call(action: Raw) -> str:
    kind = "video call" if action.get("video") else "call"
    reason = action.get("reason")
    ended = reason.get("_", "") if isinstance(reason, dict) else ""
    how = {"PhoneCallDiscardReasonMissed": "missed ", "PhoneCallDiscardReasonBusy": "declined "}.get(ended, "")
    return f"{{who}}: {how}{kind}{{for}}"


def _conference(action: Raw) -> str:
    how = "missed " if action.get("missed") else "ongoing " if action.get("active") else ""
    kind = "video call" if action.get("video") else "call"
    people = " with {members}" if action.get("other_participants") else ""
    return f"{{who}}: {how}group {kind}{people}{{for}}"


def _topic_edit(action: Raw) -> str:
    changes = [yes if action[key] else no for key, yes, no in _TOPIC_CHANGES if key in action]
    return "{who} changed the topic" + (f": {' and '.join(changes)}" if changes else "")


_TOPIC_CHANGES = (
    ("title", "named it “{title}”", "took its name"),
    ("closed", "closed it", "opened it"),
    ("hidden", "hid it", "showed it"),
    ("icon_emoji_id", "changed its icon", "took its icon"),
)


def _ttl(action: Raw) -> str:
    if not action.get("period"):
        return "{who} turned off auto-delete"
    return "{who} set messages to delete themselves after {period}"


def _gift(action: Raw) -> str:
    verb = "converted" if action.get("converted") else "returned" if action.get("refunded") else "sent"
    return f"{{who}} {verb} {{gift}} ({{gift_stars}}){{said}}"


def _unique_gift(action: Raw) -> str:
    verb = "upgraded" if action.get("upgrade") else "transferred" if action.get("transferred") else "sent"
    return f"{{who}} {verb} the unique gift {{gift}}{{said}}"


def _post_approval(action: Raw) -> str:
    if action.get("balance_too_low"):
        return "{who}: the balance was too low for the suggested post"
    if action.get("rejected"):
        return "{who} rejected the suggested post {reject_comment}"
    return "{who} approved the suggested post for {price}"


def _offer(action: Raw) -> str:
    result = "accepted" if action.get("accepted") else "declined" if action.get("declined") else "open"
    return f"{{who}} offered {{price}} for {{gift}} ({result})"


def _bot_allowed(action: Raw) -> str:
    if action.get("domain"):
        return "{who} allowed messages from the bot by logging in to {domain}"
    return "{who} allowed messages from the bot" + (" through {app}" if action.get("app") else "")


TEMPLATES: Mapping[str, Template] = {
    "MessageActionBoostApply": "{who} boosted the group {boosts} times",
    "MessageActionBotAllowed": _bot_allowed,
    "MessageActionChangeCommunity": _if("community_id", "{who} added the chat to {chat}", "{who} left the community"),
    "MessageActionChangeCreator": "{who} made {creator} the owner",
    "MessageActionChannelCreate": "{who} created “{title}”",
    "MessageActionChannelMigrateFrom": "The group “{title}” became this supergroup",
    "MessageActionChatAddUser": "{who} added {users}",
    "MessageActionChatCreate": "{who} created the group “{title}” with {users}",
    "MessageActionChatDeletePhoto": "{who} removed the chat's photo",
    "MessageActionChatDeleteUser": "{who} removed {user}",
    "MessageActionChatEditPhoto": "{who} changed the chat's photo",
    "MessageActionChatEditTitle": "{who} renamed the chat to “{title}”",
    "MessageActionChatJoinedByLink": "{who} joined by a link of {inviter}",
    "MessageActionChatJoinedByRequest": "{who} was let in on request",
    "MessageActionChatJoinedViaCommunity": "{who} joined through {chat}",
    "MessageActionChatMigrateTo": "This group became the supergroup {chat}",
    "MessageActionConferenceCall": _conference,
    "MessageActionContactSignUp": "{who} joined Telegram",
    "MessageActionCustomAction": "{message}",
    "MessageActionEmpty": "{who}: (empty action)",
    "MessageActionGameScore": "{who} scored {score}",
    "MessageActionGeoProximityReached": "{from} came within {distance} m of {to}",
    "MessageActionGiftCode": "{who} gave a Premium code for {days}{said}",
    "MessageActionGiftPremium": "{who} gave Premium for {days}, {money}{said}",
    "MessageActionGiftStars": "{who} gave ⭐ {stars}, {money}",
    "MessageActionGiftTon": "{who} gave TON, {money}",
    "MessageActionGiveawayLaunch": "{who} started a giveaway",
    "MessageActionGiveawayResults": "The giveaway ended with {winners_count} winners",
    "MessageActionGroupCall": _if("duration", "{who} ended the video chat{for}", "{who} started a video chat"),
    "MessageActionGroupCallScheduled": "{who} planned a video chat for {scheduled}",
    "MessageActionHistoryClear": "The history was cleared",
    "MessageActionInviteToGroupCall": "{who} invited {users} to the video chat",
    "MessageActionManagedBotCreated": "{who} created the bot {bot}",
    "MessageActionNewCreatorPending": "{who} asked {creator} to become the owner",
    "MessageActionNoForwardsRequest": _if(
        "new_value", "{who} asked to forbid forwarding", "{who} asked to allow forwarding"
    ),
    "MessageActionNoForwardsToggle": _if("new_value", "{who} forbade forwarding", "{who} allowed forwarding"),
    "MessageActionPaidMessagesPrice": _if(
        "stars", "{who} set the price of a message to ⭐ {stars}", "{who} made messages free"
    ),
    "MessageActionPaidMessagesRefunded": "{who} gave back ⭐ {stars} for {count} messages",
    "MessageActionPaymentRefunded": "{who} gave back {money}",
    "MessageActionPaymentSent": "{who} paid {money}",
    "MessageActionPaymentSentMe": "{who} paid {money}",
    "MessageActionPhoneCall": _call,
    "MessageActionPinMessage": "{who} pinned {pinned}",
    "MessageActionPollAppendAnswer": "{who} added the answer “{answer}” to the poll",
    "MessageActionPollDeleteAnswer": "{who} removed the answer “{answer}” from the poll",
    "MessageActionPrizeStars": "{who} won ⭐ {stars}",
    "MessageActionRequestedPeer": "{who} shared {peers} with the bot",
    "MessageActionRequestedPeerSentMe": "{who} shared a chat or person with the bot",
    "MessageActionScreenshotTaken": "{who} took a screenshot",
    "MessageActionSecureValuesSent": "{who} sent documents from Telegram Passport",
    "MessageActionSecureValuesSentMe": "{who} sent documents from Telegram Passport",
    "MessageActionSetChatTheme": "{who} changed the chat's theme {theme}",
    "MessageActionSetChatWallPaper": "{who} changed the chat's wallpaper",
    "MessageActionSetMessagesTTL": _ttl,
    "MessageActionStarGift": _gift,
    "MessageActionStarGiftPurchaseOffer": _offer,
    "MessageActionStarGiftPurchaseOfferDeclined": "{who} declined {price} for {gift}",
    "MessageActionStarGiftUnique": _unique_gift,
    "MessageActionSuggestBirthday": "{who} suggested the birthday {birthday}",
    "MessageActionSuggestProfilePhoto": "{who} suggested a profile photo",
    "MessageActionSuggestedPostApproval": _post_approval,
    "MessageActionSuggestedPostRefund": "The suggested post was refunded",
    "MessageActionSuggestedPostSuccess": "The suggested post was paid: {price}",
    "MessageActionTodoAppendTasks": "{who} added {tasks} to the checklist",
    "MessageActionTodoCompletions": "{who} completed {completed} of the checklist",
    "MessageActionTopicCreate": "{who} created the topic “{title}”",
    "MessageActionTopicEdit": _topic_edit,
    "MessageActionWebViewDataSent": "{who} sent data from “{text}”",
    "MessageActionWebViewDataSentMe": "{who} sent data from “{text}”",
}
