"""What Telethon raises, said in tobs' words."""

from __future__ import annotations

from telethon import errors

from tobs.errors import (
    AccessDenied,
    ChatNotFound,
    ConnectionLost,
    FileUnavailable,
    LoginFailed,
    NotAuthorized,
    RateLimited,
    SourceError,
)


class NoAnswer(ConnectionLost):
    """The deadline of a request passed. The connection may be dead without knowing it."""


class ProxyRefused(ConnectionLost):
    """Whoever answers at the place of an MTProxy does not know its secret, or does not let us in."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"The proxy {place} does not know this secret: copy its link again, and see that the clock of this computer"
            " is right."
        )


class ServerTrouble(SourceError):
    """Telegram failed inside (500, -503). The same request may work a moment later."""


class TakeoutDelayed(SourceError):
    """A takeout may begin in so many seconds. Others that the account's owner uses were told of it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Telegram lets a takeout begin in {seconds} s.")


class TakeoutEnded(SourceError):
    """The takeout is no longer open. Another one may be begun."""


class ReferenceExpired(SourceError):
    """A file reference is too old: the message must be read again."""


class WrongDataCentre(SourceError):
    """The file lies on `dc_id`."""

    def __init__(self, dc_id: int) -> None:
        self.dc_id = dc_id
        super().__init__(f"The file lies on data centre {dc_id}.")


class Unreachable(SourceError):
    """A data centre could not be reached, while the account's own answers. Concerns the files on it."""

    def __init__(self, dc_id: int) -> None:
        super().__init__(f"Data centre {dc_id} of Telegram cannot be reached now; another run fetches what it has.")


class RedirectExpired(SourceError):
    """A content delivery network does not know the file by this name any more: Telegram must be asked again."""


_WAITS = (errors.FloodWaitError, errors.SlowModeWaitError, errors.FloodTestPhoneWaitError)
_LOG_IN = "Run `tobs login` first."

_SENTENCES: tuple[tuple[tuple[type[Exception], ...], type[SourceError], str], ...] = (
    (
        (
            errors.AuthKeyUnregisteredError, errors.AuthKeyInvalidError, errors.AuthKeyPermEmptyError,
            errors.SessionRevokedError, errors.SessionExpiredError, errors.AuthKeyNotFound,
        ),
        NotAuthorized,
        f"This session is not signed in. {_LOG_IN}",
    ),
    (
        (errors.UserDeactivatedError, errors.UserDeactivatedBanError),
        NotAuthorized,
        "Telegram has deactivated this account. To use another one, run `tobs login`.",
    ),
    (
        (errors.AuthKeyDuplicatedError,),
        NotAuthorized,
        f"Telegram revoked this session because it was used from two places at once. {_LOG_IN}",
    ),
    (
        (
            errors.ChannelPrivateError, errors.ChatAdminRequiredError, errors.ChatForbiddenError,
            errors.ChannelBannedError, errors.ChatRestrictedError, errors.UserBannedInChannelError,
            errors.ChannelPublicGroupNaError, errors.UserPrivacyRestrictedError,
            errors.InputUserDeactivatedError,
        ),
        AccessDenied,
        "This account may not read this chat; it may have been removed from it.",
    ),
    (
        (
            errors.UsernameNotOccupiedError, errors.UsernameInvalidError, errors.PeerIdInvalidError,
            errors.ChannelInvalidError, errors.ChatIdInvalidError, errors.UserIdInvalidError,
            errors.InviteHashEmptyError, errors.InviteHashExpiredError, errors.InviteHashInvalidError,
        ),
        ChatNotFound,
        "No chat answers to this name; `tobs chats` lists those that do.",
    ),
    (
        (errors.FileReferenceExpiredError, errors.FileReferenceInvalidError, errors.FileReferenceEmptyError),
        ReferenceExpired,
        "The file reference is too old.",
    ),
    (
        (errors.LocationInvalidError, errors.FileIdInvalidError),
        FileUnavailable,
        "Telegram no longer has this file.",
    ),
    (
        (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError, errors.PhoneCodeHashEmptyError),
        LoginFailed,
        "The code is wrong.",
    ),
    ((errors.PhoneCodeExpiredError,), LoginFailed, "The code has expired; run `tobs login` again for a new one."),
    ((errors.PasswordHashInvalidError, errors.PasswordEmptyError), LoginFailed, "The password is wrong."),
    (
        (errors.SrpIdInvalidError, errors.SrpPasswordChangedError),
        LoginFailed,
        "The password was changed meanwhile; enter the one of now.",
    ),
    ((errors.SessionPasswordNeededError,), LoginFailed, "The account has a password; run `tobs login` again."),
    (
        (errors.PhoneNumberInvalidError,),
        LoginFailed,
        "Telegram does not know this phone number; write it with its country code, as in +49 170 1234567.",
    ),
    (
        (errors.PhoneNumberUnoccupiedError, errors.PhoneNumberAppSignupForbiddenError),
        LoginFailed,
        "This number has no Telegram account; sign up in the Telegram app first.",
    ),
    (
        (errors.PhoneNumberFloodError, errors.PhonePasswordFloodError),
        LoginFailed,
        "Telegram allows this number no more attempts for now; wait a day, or sign in with `tobs login --qr`.",
    ),
    ((errors.PhoneNumberBannedError,), LoginFailed, "Telegram has banned this phone number."),
    (
        (errors.PhonePasswordProtectedError,),
        LoginFailed,
        "Telegram protects this number with a password of its own; sign in with `tobs login --qr`.",
    ),
    (
        (errors.ApiIdInvalidError, errors.ConnectionApiIdInvalidError),
        LoginFailed,
        "Telegram does not accept api_id and api_hash; copy them again from https://my.telegram.org.",
    ),
    (
        (errors.ApiIdPublishedFloodError,),
        LoginFailed,
        "Telegram has closed this api_id because it became public; get one of your own from https://my.telegram.org.",
    ),
    (
        (errors.SmsCodeCreateFailedError,),
        LoginFailed,
        "Telegram could not send the code; try again later, or sign in with `tobs login --qr`.",
    ),
    (
        (errors.UpdateAppToLoginError,),
        LoginFailed,
        "Telegram lets this version of tobs no longer sign in with a code; update tobs, or try `tobs login --qr`.",
    ),
    (
        (
            errors.AuthTokenExpiredError, errors.AuthTokenInvalidError, errors.AuthTokenInvalid2Error,
            errors.AuthTokenInvalidxError, errors.AuthTokenAlreadyAcceptedError, errors.AuthTokenExceptionError,
        ),
        LoginFailed,
        "The QR code is no longer good; run `tobs login --qr` again for a new one.",
    ),
    (
        (errors.AuthRestartError, errors.SignInFailedError),
        LoginFailed,
        "Telegram wants to begin anew; run `tobs login` again.",
    ),
    ((errors.TakeoutInvalidError,), TakeoutEnded, "Telegram ended the takeout."),
    (
        (errors.TakeoutRequiredError,),
        SourceError,
        "Telegram does not give this in the takeout that was begun; try `tobs export --no-takeout`.",
    ),
    ((errors.ServerError, errors.TimedOutError), ServerTrouble, "Telegram has trouble inside; try again later."),
)  # fmt: skip

_GONE = ("LOCATION_NOT_AVAILABLE", "VERSION_INVALID", "FILE_ID_INVALID", "LOCATION_INVALID")
_ELSEWHERE = ("FILE_TOKEN_INVALID", "REQUEST_TOKEN_INVALID")
_NO_STORIES = ("STORIES_NEVER_CREATED", "STORY_ID_INVALID")
_PRIVATE = ("CHANNEL_PRIVATE", "CHAT_ADMIN_REQUIRED", "CHAT_FORBIDDEN")


def translate(exc: Exception) -> SourceError | None:
    """Our error for one of Telethon's or of the network's, None for one that is neither: a bug that must be seen."""
    if isinstance(exc, SourceError):
        return exc
    if isinstance(exc, errors.FloodPremiumWaitError):
        return RateLimited(exc.seconds, transfer=True)
    if isinstance(exc, _WAITS):
        return RateLimited(exc.seconds)
    if isinstance(exc, errors.TakeoutInitDelayError):
        return TakeoutDelayed(exc.seconds)
    if isinstance(exc, errors.FileMigrateError):
        return WrongDataCentre(exc.new_dc)
    for kinds, ours, sentence in _SENTENCES:
        if isinstance(exc, kinds):
            return ours(sentence)
    if isinstance(exc, errors.RPCError):
        return _other(exc)
    if isinstance(exc, errors.InvalidBufferError):
        return _transport(exc.code)
    if isinstance(exc, (OSError, EOFError, TimeoutError, BufferError, errors.SecurityError)):
        return ConnectionLost("The connection to Telegram was lost; run tobs again to go on.")
    return None


def _transport(code: int | None) -> SourceError:
    # https://core.telegram.org/mtproto/mtproto-transports#transport-errors
    if code == 404:
        return NotAuthorized(f"Telegram no longer knows this session. {_LOG_IN}")
    if code == 429:
        return ConnectionLost("Telegram gets too many connections from here; wait a few minutes and run tobs again.")
    return ConnectionLost("The connection to Telegram was lost; run tobs again to go on.")


def _other(exc: errors.RPCError) -> SourceError:
    # Telethon knows its own errors by class and the rest by Telegram's word for them.
    word = exc.message if type(exc).__module__.endswith("rpcbaseerrors") else type(exc).__name__.removesuffix("Error")
    if exc.code == 401:
        return NotAuthorized(f"Telegram refuses this session ({word}). {_LOG_IN}")
    if word.startswith("RECAPTCHA_CHECK"):
        return LoginFailed("Telegram wants proof that a person signs in; sign in with `tobs login --qr`.")
    if word in _ELSEWHERE:
        return RedirectExpired("The way to the file has changed.")
    if word in _PRIVATE:
        return AccessDenied("This account may not read this chat.")
    if word in _GONE:
        return FileUnavailable("Telegram no longer has this file.")
    if word in _NO_STORIES:
        return FileUnavailable("Telegram no longer has this story.", final=True)
    if word.startswith("FILE_REFERENCE_"):  # FILE_REFERENCE_0_EXPIRED, which Telethon has no class for
        return ReferenceExpired("The file reference is too old.")
    if exc.code in (500, -500, 503, -503):
        return ServerTrouble(f"Telegram has trouble inside ({word}); try again later.")
    return SourceError(f"Telegram refused a request: {word}.")
