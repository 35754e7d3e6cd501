"""AMI messages as bytes: "Name: value" lines, CRLF, an empty line at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kommutator.connectors.pbx.asterisk.errors import InvalidField

END: Final = b"\r\n\r\n"
Fields = Iterable[tuple[str, str]]
Message = Mapping[str, Any]
"""Header → text, or a list of texts where the header was repeated."""

_BREAKERS = frozenset("\r\n\0")


def encode(fields: Fields) -> bytes:
    """One action.

    Raises:
        InvalidField: a line break inside a name or value, which would smuggle in headers.
    """
    lines = []
    for name, value in fields:
        if _BREAKERS & set(name) or _BREAKERS & set(value) or ":" in name:
            raise InvalidField(f"line break in AMI field {name.split(':')[0][:40]!r}")
        lines.append(f"{name}: {value}\r\n")
    return "".join([*lines, "\r\n"]).encode()


def decode(block: bytes) -> dict[str, Any]:
    """One message without its empty last line.

    Decoded as a whole, so that a letter split between two TCP segments stays a letter.
    """
    message: dict[str, Any] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        if name not in message:
            message[name] = value
        elif isinstance(message[name], list):
            message[name].append(value)
        else:
            message[name] = [message[name], value]
    return message
