"""A sentence for every service action of Telegram's layer 229, to be filled by `service`."""

from __future__ import annotations

from collections.abc import Mapping

from tobs.model import Message, Raw
from tobs.rawfields import mapping, numbers, peer_id, plain
from tobs.vault.payments import PAYMENTS
from tobs.vault.sentences import Template, either, first_of, with_tails


def _added(action: Raw, message: Message) -> str:
    alone = numbers(action, "users") == [message.sender_id]
    return "{who} joined" if alone else "{who} added {users}"


def _removed(action: Raw, message: Message) -> str:
    alone = peer_id(action.get("user_id")) == message.sender_id
    return "{who} left" if alone else "{who} removed {user}"


def _call(action: Raw, message: Message) -> str:
    kind = "video call" if action.get("video") else "call"
    ending = plain(mapping(action, "reason").get("_")).removeprefix("PhoneCallDiscardReason")
    how = "cancelled " if ending == "Missed" and message.out else _HOW.get(ending, "")
    return f"{{who}}: {how}{kind}{{for}}{_THEN.get(ending, '')}"


_HOW = {"Missed": "missed ", "Busy": "declined "}
_THEN = {"Disconnect": ", the connection was lost", "MigrateConferenceCall": ", went on as a group call"}


def _conference(action: Raw, message: Message) -> str:
    how = "missed " if action.get("missed") else "ongoing " if action.get("active") else ""
    kind = "video call" if action.get("video") else "call"
    people = " with {members}" if action.get("other_participants") else ""
    return f"{{who}}: {how}group {kind}{people}{{for}}"


def _topic_edit(action: Raw, message: Message) -> str:
    changes = [yes if action[key] else no for key, yes, no in _TOPIC_CHANGES if key in action] or ["changed %s"]
    return "{who} " + " and ".join([changes[0] % "the topic", *(change % "it" for change in changes[1:])])


_TOPIC_CHANGES = (
    ("title", "renamed %s to “{title}”", "took the name of %s"),
    ("closed", "closed %s", "reopened %s"),
    ("hidden", "hid %s", "showed %s again"),
    ("icon_emoji_id", "changed the icon of %s", "took the icon of %s"),
)


def _ttl(action: Raw, message: Message) -> str:
    if not action.get("period"):
        return "{who} turned off auto-delete"
    default = ", by a setting of {auto}" if action.get("auto_setting_from") else ""
    return "{who} set messages to delete themselves after {period}" + default


def _completions(action: Raw, message: Message) -> str:
    done = [words for key, words in (("completed", "ticked {completed}"), ("incompleted", "unticked {incompleted}"))
            if action.get(key)]  # fmt: skip
    return "{who} " + (" and ".join(done) or "changed nothing") + " in the checklist"


TEMPLATES: Mapping[str, Template] = {
    **PAYMENTS,
    "MessageActionBoostApply": "{who} boosted the group {boosts} times",
    "MessageActionBotAllowed": with_tails(
        "{who} allowed messages from the bot",
        domain=" by logging in to {domain}",
        app=" through {app}",
        attach_menu=" by adding it to the menu",
        from_request=" on its request",
    ),
    "MessageActionChangeCommunity": either(
        "community_id", "{who} added the chat to {chat}", "{who} took the chat out of its community"
    ),
    "MessageActionChangeCreator": "{who} made {creator} the owner",
    "MessageActionChannelCreate": "{who} created “{title}”",
    "MessageActionChannelMigrateFrom": "The group “{title}” became this supergroup{before}",
    "MessageActionChatAddUser": _added,
    "MessageActionChatCreate": "{who} created the group “{title}” with {users}",
    "MessageActionChatDeletePhoto": "{who} removed the chat's photo",
    "MessageActionChatDeleteUser": _removed,
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
    "MessageActionGroupCall": either("duration", "{who} ended the video chat{for}", "{who} started a video chat"),
    "MessageActionGroupCallScheduled": "{who} planned a video chat for {scheduled}",
    "MessageActionHistoryClear": "The history was cleared",
    "MessageActionInviteToGroupCall": "{who} invited {users} to the video chat",
    "MessageActionManagedBotCreated": "{who} created the bot {bot}",
    "MessageActionNewCreatorPending": "{who} asked {creator} to become the owner",
    "MessageActionNoForwardsRequest": with_tails(
        either("new_value", "{who} asked to forbid forwarding", "{who} asked to allow forwarding"),
        expired=" (expired)",
    ),
    "MessageActionNoForwardsToggle": either("new_value", "{who} forbade forwarding", "{who} allowed forwarding"),
    "MessageActionPhoneCall": _call,
    "MessageActionPinMessage": "{who} pinned {pinned}",
    "MessageActionPollAppendAnswer": "{who} added the answer “{answer}” to the poll",
    "MessageActionPollDeleteAnswer": "{who} removed the answer “{answer}” from the poll",
    "MessageActionRequestedPeer": "{who} shared {peers} with the bot",
    "MessageActionRequestedPeerSentMe": "{who} shared {requested} with the bot",
    "MessageActionScreenshotTaken": "{who} took a screenshot",
    "MessageActionSecureValuesSent": "{who} sent documents from Telegram Passport: {documents}",
    "MessageActionSecureValuesSentMe": "{who} sent documents from Telegram Passport: {documents}",
    "MessageActionSetChatTheme": "{who} changed the chat's theme {theme}",
    "MessageActionSetChatWallPaper": with_tails(
        either("same", "{who} set the same wallpaper", "{who} changed the chat's wallpaper"), for_both=" for both"
    ),
    "MessageActionSetMessagesTTL": _ttl,
    "MessageActionSuggestBirthday": "{who} suggested the birthday {birthday}",
    "MessageActionSuggestProfilePhoto": "{who} suggested a profile photo",
    "MessageActionSuggestedPostApproval": first_of(
        ("balance_too_low", "{who}: the balance was too low for the suggested post"),
        ("rejected", with_tails("{who} rejected the suggested post", reject_comment=": {reject_comment}")),
        otherwise=with_tails(
            "{who} approved the suggested post", price=" for {price}", schedule_date=", to appear {scheduled}"
        ),
    ),
    "MessageActionSuggestedPostRefund": either(
        "payer_initiated",
        "The suggested post was refunded to the one who asked for it",
        "The suggested post was refunded",
    ),
    "MessageActionSuggestedPostSuccess": "The suggested post was paid: {price}",
    "MessageActionTodoAppendTasks": "{who} added {tasks} to the checklist",
    "MessageActionTodoCompletions": _completions,
    "MessageActionTopicCreate": "{who} created the topic “{title}”",
    "MessageActionTopicEdit": _topic_edit,
    "MessageActionWebViewDataSent": "{who} sent data from “{text}”",
    "MessageActionWebViewDataSentMe": "{who} sent data from “{text}”",
}
