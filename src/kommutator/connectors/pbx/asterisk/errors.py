"""What goes wrong with a PBX, and what the outbox makes of it."""

from __future__ import annotations

from typing import Final

from kommutator.domain.outcome import Exchange, Failed
from kommutator.kit.errors import ErrorKind, KommutatorError, Stage


class AmiError(KommutatorError):
    """Root of what the link can raise. The text is for people and free of secrets."""


class InvalidField(AmiError):
    """A value that would break out of its header line. Nothing was sent."""


class LinkDown(AmiError):
    """There is no link. Nothing was sent."""


class LinkLost(AmiError):
    """The link broke after the action was sent: whether it was executed is not known."""


class ActionTimeout(AmiError):
    """Sent, and no answer in time: whether it was executed is not known."""


class LoginRefused(AmiError):
    """Wrong name or secret, or an address that manager.conf does not permit."""


class NoAsterisk(LinkDown):
    """The machine answers and Asterisk does not run there, or not for us. Nothing was sent."""


class HostKeyUnknown(AmiError):
    """The SSH server is not the one whose key the administrator saved. Nothing was sent."""


class ActionRefused(AmiError):
    """The PBX answered `Response: Error`; the text is its own message."""


SHUTTING_DOWN: Final = "shutting down"
"""In the answer to any action while Asterisk stops, log-ins too (main/manager.c)."""

_PERMISSION: Final = "permission denied"

# Fragments of Asterisk's `Message` in lower case → our hint (catalog key `hint.<slug>`).
# Source: main/manager.c, action_originate() and action_hangup(), Asterisk 16 to 22.
_REFUSALS: Final = (
    (_PERMISSION, "ami_permission"),
    ("originate access forbidden", "ami_permission"),
    ("extension does not exist", "ami_context_missing"),
    ("channel not specified", "ami_channel_invalid"),
    ("invalid channel", "ami_channel_invalid"),
    ("uniqueid already in use", "call_id_in_use"),
    ("no such command", "ssh_command_missing"),
)

# Fragments of what the link's own errors say → catalog key `link.<slug>`, the more telling first.
# Words for the log are English and stay in the lane's row; people read the catalog's.
_TROUBLES: Final = (
    ("events come faster", "too_many_events"),
    ("certificate", "tls"),
    ("not an asterisk manager", "not_ami"),
    ("says nothing", "silent"),
    ("no answer", "silent"),
    ("another key than the saved", "host_key"),
    ("key is not saved yet", "host_key"),
    ("authentication failed", "login_refused"),
    ("refuses this user or this key", "login_refused"),
    ("does not answer", "down"),
    ("to the pbx is down", "down"),
    ("was closed", "down"),
    ("broke", "down"),
)


def trouble_of(words: str) -> str | None:
    """Which known trouble of the link these words tell of; None for the PBX's other words."""
    lower = words.lower()
    return next((slug for fragment, slug in _TROUBLES if fragment in lower), None)


def failure(error: AmiError, exchange: Exchange) -> Failed:
    """The outcome that this error means for a command."""
    message = str(error)
    if isinstance(error, LinkDown | HostKeyUnknown | LoginRefused):
        return Failed(
            ErrorKind.TRANSIENT, Stage.BEFORE_SENDING, message, exchange, hint="pbx_link_down"
        )
    if isinstance(error, LinkLost | ActionTimeout):
        return Failed(ErrorKind.UNSURE, Stage.SENT, message, exchange, hint="pbx_silent")
    if isinstance(error, InvalidField):
        return Failed(ErrorKind.REJECTED, Stage.BEFORE_SENDING, message, exchange)
    return _refusal(message, exchange)


def _refusal(message: str, exchange: Exchange) -> Failed:
    """A click that was refused is dead: by the time that somebody repairs it, it is stale."""
    words = message.lower()
    if SHUTTING_DOWN in words:  # nothing was done, and it may be back within the click's patience
        return Failed(ErrorKind.TRANSIENT, Stage.ANSWERED, message, exchange, hint="pbx_link_down")
    hint = next((hint for fragment, hint in _REFUSALS if fragment in words), None)
    return Failed(ErrorKind.REJECTED, Stage.ANSWERED, message, exchange, hint=hint)
