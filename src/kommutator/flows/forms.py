"""What an administrator fills in for a connection, checked before anything is stored."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kommutator.domain.connection import ConnectionKind
from kommutator.kit.errors import InvalidInput
from kommutator.kit.given import whole

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class ConnectionForm:
    """One connection as filled in.

    Attributes:
        address: the CRM's domain or the PBX's host, as people write it.
        secrets: only what was typed anew; a field that is absent keeps its stored value.
        config: merged over the stored config; None as a value removes the key.
    """

    kind: ConnectionKind
    address: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    config: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


def crm_address(text: str, *, private_hosts: Collection[str]) -> str:
    """`example.retailcrm.ru`, or what was copied from the browser's address bar → `https://host`.

    A port is kept. Plain http, private addresses and a path in front of the API only for hosts
    that the installation names.

    Raises:
        InvalidInput: `domain_missing`, `domain_invalid`, `domain_needs_https`, `domain_private`.
    """
    text = text.strip().rstrip("/")
    if not text:
        raise InvalidInput("domain_missing")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        raise InvalidInput("domain_invalid", domain=text[:100]) from None
    host = (parts.hostname or "").lower()
    if (
        parts.scheme not in ("http", "https")
        or not _HOST.fullmatch(host)
        or parts.username is not None
    ):
        raise InvalidInput("domain_invalid", domain=text[:100])
    named = host in private_hosts
    if not named:
        if parts.scheme != "https":
            raise InvalidInput("domain_needs_https")
        if _private(host):
            raise InvalidInput("domain_private", domain=host)
    port = f":{_port(parts.netloc)}" if ":" in parts.netloc else ""
    return f"{parts.scheme}://{host}{port}{parts.path if named else ''}"


def pbx_address(text: str, port: int, link: str = "ami") -> str:
    """Host of the PBX → `ami://host:port`, or `ssh://host:port`.

    Raises:
        InvalidInput: `pbx_host_missing`, `pbx_host_invalid`, `pbx_port_invalid`.
    """
    host = text.strip().lower().removeprefix("ami://").removeprefix("ssh://").rstrip("/")
    if not host:
        raise InvalidInput("pbx_host_missing")
    if host.count(":") == 1:
        host, _, tail = host.partition(":")
        port = whole(tail) or 0
    if not _HOST.fullmatch(host):
        raise InvalidInput("pbx_host_invalid", host=host[:100])
    if port not in _PORTS:
        raise InvalidInput("pbx_port_invalid")
    return f"{link}://{host}:{port}"


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new over the old, without what was set to None."""
    both = {**old, **new}
    return {key: value for key, value in both.items() if value is not None}


def _port(netloc: str) -> int:
    try:
        port = int(netloc.rpartition(":")[2])
    except ValueError:
        port = 0
    if port not in _PORTS:
        raise InvalidInput("domain_invalid", domain=netloc[:100])
    return port


def _private(host: str) -> bool:
    """Names are judged again at connect time, by the address they resolve to."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host
