"""Sentences for what is paid, given and won: stars, Premium, gifts, giveaways."""

from __future__ import annotations

from collections.abc import Mapping

from tobs.vault.sentences import Template, either, first_of, with_tails

_STATES = (("accepted", " (accepted)"), ("declined", " (declined)"))
_PAID = {"currency": ", {money}", "crypto_currency": ", paid as {crypto}"}
_SUBSCRIPTION = {
    "recurring_init": ", which begins a subscription",
    "recurring_used": ", for a subscription",
    "subscription_until_date": " until {subscribed}",
}

PAYMENTS: Mapping[str, Template] = {
    "MessageActionGiftCode": with_tails(
        either("via_giveaway", "{who}: a giveaway was won, Premium for {days}", "{who} gave a Premium code for {days}"),
        boost_peer=" from {boosted}", unclaimed=" (unclaimed)", **_PAID, message="{said}",
    ),
    "MessageActionGiftPremium": with_tails("{who} gave Premium for {days}", **_PAID, message="{said}"),
    "MessageActionGiftStars": with_tails("{who} gave ⭐ {stars}", **_PAID),
    "MessageActionGiftTon": with_tails("{who} gave {crypto}", currency=", {money}"),
    "MessageActionGiveawayLaunch": either("stars", "{who} began a giveaway of ⭐ {stars}", "{who} began a giveaway"),
    "MessageActionGiveawayResults": with_tails(
        either("stars", "The giveaway of stars ended with {winners_count} winners",
               "The giveaway ended with {winners_count} winners"),
        unclaimed_count=", {unclaimed_count} prizes unclaimed",
    ),
    "MessageActionPaidMessagesPrice": with_tails(
        either("stars", "{who} set the price of a message to ⭐ {stars}", "{who} made messages free"),
        broadcast_messages_allowed=" and opened direct messages to the channel",
    ),
    "MessageActionPaidMessagesRefunded": "{who} gave back ⭐ {stars} for {count} messages",
    "MessageActionPaymentRefunded": "{who} gave back {money} to {payee}",
    "MessageActionPaymentSent": with_tails("{who} paid {money}", **_SUBSCRIPTION),
    "MessageActionPaymentSentMe": with_tails("{who} paid {money}", **_SUBSCRIPTION),
    "MessageActionPrizeStars": with_tails(
        "{who} won ⭐ {stars}", boost_peer=" in a giveaway of {boosted}", giveaway_msg_id=" ({giveaway})",
        unclaimed=" (unclaimed)",
    ),
    "MessageActionStarGift": with_tails(
        first_of(
            ("converted", "{who}: {gift}{gift_num} ({gift_stars}) was exchanged for stars"),
            ("refunded", "{who}: {gift}{gift_num} ({gift_stars}) was refunded"),
            ("prepaid_upgrade", "{who} paid the upgrade of {gift}{gift_num} ({gift_stars})"),
            otherwise="{who} sent {gift}{gift_num} ({gift_stars})",
        ),
        from_id=" from {from}", to_id=" to {to}", peer=" for {payee}", auction_acquired=", won at an auction",
        convert_stars=", worth ⭐ {convert_stars}", name_hidden=", without a name", saved=", shown on the profile",
        upgraded=", since upgraded", message="{said}",
    ),
    "MessageActionStarGiftPurchaseOffer": with_tails(
        "{who} offered {price} for {gift}", expires_at=" until {expires}", **dict(_STATES)
    ),
    "MessageActionStarGiftPurchaseOfferDeclined": with_tails(
        "{who} declined {price} for {gift}", expired=", the offer had expired"
    ),
    "MessageActionStarGiftUnique": with_tails(
        first_of(
            ("refunded", "{who}: the unique gift {gift} was refunded"),
            ("upgrade", "{who} upgraded the unique gift {gift}"),
            ("transferred", "{who} transferred the unique gift {gift}"),
            ("prepaid_upgrade", "{who} got the unique gift {gift} by a paid upgrade"),
            ("assigned", "{who} was assigned the unique gift {gift}"),
            ("from_offer", "{who} sold the unique gift {gift} on an offer"),
            ("craft", "{who} crafted the unique gift {gift}"),
            otherwise="{who} sent the unique gift {gift}",
        ),
        from_id=" from {from}", peer=" to {payee}", resale_amount=" for {resale}", name_hidden=", without a name",
        saved=", shown on the profile", message="{said}",
    ),
}  # fmt: skip
