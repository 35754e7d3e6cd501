"""What can go wrong with the telephone twin.

PbxError
├── PbxUnavailable   Asterisk cannot be had on this machine (nobody's fault: skip and say why)
├── PbxFailed        Asterisk is installed but did not start, stop or obey
└── SipError
    ├── MalformedMessage   a datagram that is not SIP
    ├── SipTimeout         nobody answered a request
    ├── SipRefused         a request was answered with an error (`code`)
    └── CallEnded          the call ended before what was waited for (`code`, None after BYE)
"""


class PbxError(Exception):
    """Root of this tree."""


class PbxUnavailable(PbxError):
    """Asterisk cannot be installed here; `reason` is one line for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PbxFailed(PbxError):
    """Asterisk did not start, stop or obey; the text ends with what it printed."""


class SipError(PbxError):
    """Anything wrong between two SIP parties."""


class MalformedMessage(SipError):
    """A datagram that is not a SIP message."""


class SipTimeout(SipError):
    """A request stayed without any answer."""


class SipRefused(SipError):
    """A request was answered with a final error; `code` is its SIP status."""

    def __init__(self, what: str, code: int) -> None:
        super().__init__(f"{what} was refused with {code}")
        self.code = code


class CallEnded(SipError):
    """The call was over before the awaited moment; `code` is the final SIP status if there was."""

    def __init__(self, what: str, code: int | None) -> None:
        super().__init__(f"call ended before it was {what} (final status {code})")
        self.code = code
