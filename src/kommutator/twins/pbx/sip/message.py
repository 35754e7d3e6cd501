"""SIP messages: reading and writing."""

import re
from dataclasses import dataclass, field

from kommutator.twins.pbx.errors import MalformedMessage

_VERSION = "SIP/2.0"
_START = re.compile(r"SIP/2\.0 \d{3}( .*)?|[A-Z]+ \S+ SIP/2\.0")
_CSEQ = re.compile(r"\d+ [A-Z]+")


@dataclass(slots=True)
class Message:
    """A request or a response; header names are lower case when read."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> "Message":
        """Read one datagram. Raises MalformedMessage."""
        head, _, body = raw.partition(b"\r\n\r\n")
        start, *lines = head.decode("utf-8", "replace").split("\r\n")
        message = cls(start, [], body)
        for line in lines:
            if line[:1] in " \t" and message.headers:  # folded: goes on from the line before
                name, value = message.headers.pop()
                message.headers.append((name, f"{value} {line.strip()}"))
                continue
            name, _, value = line.partition(":")
            message.headers.append((name.strip().lower(), value.strip()))
        message._check()
        return message

    def _check(self) -> None:
        needed = ("call-id", "from", "to", "via")
        whole = _START.fullmatch(self.start) and _CSEQ.fullmatch(self.get("cseq"))
        if not whole or not all(self.get(name) for name in needed):
            raise MalformedMessage(self.start[:80])

    def render(self) -> bytes:
        """The datagram, with its Content-Length."""
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body

    def get(self, name: str, default: str = "") -> str:
        """First value of a header."""
        return next(iter(self.every(name)), default)

    def every(self, name: str) -> list[str]:
        """All values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def is_response(self) -> bool:
        return self.start.startswith(_VERSION)

    @property
    def code(self) -> int:
        """Status of a response."""
        return int(self.start.split()[1])

    @property
    def method(self) -> str:
        return self.get("cseq").split()[1]

    @property
    def uri(self) -> str:
        """Request URI of a request."""
        return self.start.split()[1]

    @property
    def branch(self) -> str:
        """What ties a response to its request."""
        found = re.search(r"branch=([^;,\s]+)", self.get("via"))
        return found[1] if found else ""


def tag_of(header: str) -> str:
    """The tag of a From or To header."""
    found = re.search(r"[;]tag=([^;>\s]+)", header)
    return found[1] if found else ""


def uri_of(header: str) -> str:
    """The URI inside the angle brackets of a header, or the bare one."""
    found = re.search(r"<([^>]+)>", header)
    return found[1] if found else header.split(";", maxsplit=1)[0].strip()


def user_of(header: str) -> str:
    """The user part of a header's URI: the number."""
    found = re.search(r"sips?:([^@;>]+)@", header)
    return found[1] if found else ""


def response_to(request: Message, code: int, reason: str, to: str | None = None) -> Message:
    """A response with everything that must be copied from the request."""
    copied = [("Via", via) for via in request.every("via")]
    copied += [("Record-Route", route) for route in request.every("record-route")]
    copied += [("From", request.get("from")), ("To", to or request.get("to"))]
    copied += [("Call-ID", request.get("call-id")), ("CSeq", request.get("cseq"))]
    return Message(f"{_VERSION} {code} {reason}", copied)
